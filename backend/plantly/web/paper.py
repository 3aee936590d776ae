"""Write our pages: templates that escape everything, in the reader's language and shop's colors."""

from base64 import b64encode
from contextvars import ContextVar
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from plantly.domain.colors import accent_on
from plantly.web.explanation import row_name
from plantly.web.languages import Edition
from plantly.web.security import Foreign, new_nonce, page_headers
from plantly.web.tongue import Tongue
from plantly.words import words_for

_OK: Final = 200
_KEPT: Final = ("ETag", "Cache-Control", "Vary", "Set-Cookie")
"""What is said of a page that the reader has, also which language was just asked for."""
_LIGHT: Final = "#f3f5f2"
_DARK: Final = "#232725"
_TEMPLATES: Final = FileSystemLoader(Path(__file__).parent / "templates")
# Not in the values of a page: macros that templates import see the environment only.
_speaking: ContextVar[Tongue] = ContextVar("speaking")


@cache
def _environment(language: str) -> Environment:
    """Return the templates in a language: compiled, they hold the words that stand in them."""
    environment = Environment(
        loader=_TEMPLATES,
        # They change with the package only.
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = words_for(language).texts

    def t(key: str, **values: object) -> str:
        # A filter without values is constant to Jinja, which asks when it compiles: it must not
        # depend on who reads.
        text = texts[key]
        if values or not isinstance(text, str):
            return _speaking.get().words.t(key, **values)
        return text

    environment.globals["row_name"] = _row_name
    environment.filters |= {"t": t, "said": _say, "money": _money, "chosen": _chosen}
    return environment


def _money(amount_minor: int, code: str) -> str:
    return _speaking.get().money(amount_minor, code)


def _say(sentence: str) -> str:
    return _speaking.get().say(sentence)


def _row_name(kind: str, text: str) -> str:
    return row_name(_speaking.get(), kind, text)


def _chosen(choices: tuple[tuple[str, str], ...], chosen: str) -> Markup:
    """Write the options of a list, one of them chosen; the rest of a long list is kept."""
    codes = {code for code, _ in choices}
    return _options(choices, chosen if chosen in codes else "")


@lru_cache(maxsize=512)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> Markup:
    one = Markup('<option value="{}"{}>{}</option>\n')
    mark = {chosen: Markup(" selected")} if chosen else {}
    return Markup("").join(one.format(code, mark.get(code, ""), name) for code, name in choices)


class Paper:
    """What every page of one router has in common: where its forms may lead, and its frame."""

    def __init__(self, form_targets: tuple[str, ...], *, test_mode: bool) -> None:
        self._form_targets = form_targets
        self._test_mode = test_mode

    def page(
        self, template: str, edition: Edition, values: dict[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Return a page of this shop that runs nothing."""
        nonce = new_nonce()
        html = self._written(template, edition, values, nonce)
        headers = page_headers(f"nonce-{nonce}", self._form_targets)
        return _remembering(HTMLResponse(html, status, headers=headers), edition)

    def live_page(
        self, template: str, edition: Edition, values: dict[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Return a page whose own script may run, and ask this server."""
        nonce = new_nonce()
        html = self._written(template, edition, values, nonce)
        allowed = f"nonce-{nonce}"
        headers = page_headers(allowed, self._form_targets, script=allowed)
        return _remembering(HTMLResponse(html, status, headers=headers), edition)

    def embedding_page(
        self, template: str, edition: Edition, values: dict[str, Any], foreign: Foreign
    ) -> HTMLResponse:
        """Return a page with a payment provider's form in it, which sets styles of its own."""
        nonce = new_nonce()
        html = self._written(template, edition, values, nonce)
        headers = page_headers(
            "unsafe-inline", self._form_targets, script=f"nonce-{nonce}", foreign=foreign
        )
        return _remembering(HTMLResponse(html, headers=headers), edition)

    def public_page(
        self, template: str, edition: Edition, values: dict[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Return a page that is the same for everybody, to be asked for again by its tag.

        Its style is allowed by hash: a nonce would make every copy another one.
        """
        html = self._written(template, edition, values, "")
        _, _, rest = html.partition("<style>")
        style, _, _ = rest.partition("</style>")
        digest = b64encode(sha256(style.encode()).digest()).decode()
        headers = page_headers(f"sha256-{digest}", self._form_targets)
        headers["Cache-Control"] = "no-cache"
        headers["Vary"] = "Accept-Language, Cookie"
        headers["ETag"] = f'"{sha256(html.encode()).hexdigest()[:32]}"'
        return _remembering(HTMLResponse(html, status, headers=headers), edition)

    def _written(self, template: str, edition: Edition, values: dict[str, Any], nonce: str) -> str:
        shop, words = edition.shop, edition.tongue.words
        before = _speaking.set(edition.tongue)
        try:
            page = _environment(words.language).get_template(template)
            return page.render(
                values,
                nonce=nonce,
                shop=shop,
                lang=words.locale,
                dir=words.direction,
                languages=edition.languages(),
                test_mode=self._test_mode,
                light=accent_on(shop.accent, _LIGHT),
                dark=accent_on(shop.accent_dark, _DARK),
            )
        finally:
            _speaking.reset(before)


def _remembering(response: HTMLResponse, edition: Edition) -> HTMLResponse:
    edition.remember(response)
    return response


def unless_known(page: Response, tags: str) -> Response:
    """Return the page, or 304 when the reader has it: `tags` is what If-None-Match says."""
    tag = page.headers.get("ETag")
    known = {part.strip().removeprefix("W/") for part in tags.split(",")}
    if page.status_code != _OK or tag not in known:
        return page
    kept = {name: page.headers[name] for name in _KEPT if name in page.headers}
    return Response(status_code=304, headers=kept)
