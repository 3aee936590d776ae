"""Write our pages: templates that escape everything, and the shop's colors."""

from pathlib import Path
from typing import Any, Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from plantly.domain.shop import ShopConfig
from plantly.services.money_text import format_money
from plantly.web.colors import accent_on
from plantly.web.security import new_nonce, page_headers

_LIGHT: Final = "#f3f5f2"
_DARK: Final = "#232725"
_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["money"] = format_money


class Paper:
    """What every page of one router has in common: where its forms may lead, and its frame."""

    def __init__(self, form_targets: tuple[str, ...], *, test_mode: bool) -> None:
        self._form_targets = form_targets
        self._test_mode = test_mode

    def page(
        self, template: str, shop: ShopConfig, values: dict[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Return a page of this shop."""
        nonce = new_nonce()
        html = _environment.get_template(template).render(
            values,
            nonce=nonce,
            shop=shop,
            test_mode=self._test_mode,
            light=accent_on(shop.accent, _LIGHT),
            dark=accent_on(shop.accent_dark, _DARK),
        )
        return HTMLResponse(html, status, headers=page_headers(nonce, self._form_targets))
