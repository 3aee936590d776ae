"""A page that plays the host for one widget at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from fastapi.responses import HTMLResponse
from playwright.sync_api import Frame, Page

from plantly.web.playground.policy import frame_policy
from tests.support.fake_shop import FakeShop, Json
from tests.support.widget_host import WidgetHost

_HERE: Final = Path(__file__).parent
_INLINE: Final[Json] = {
    "theme": "light",
    "locale": "en-US",
    "displayMode": "inline",
    "availableDisplayModes": ["inline", "fullscreen"],
}


@dataclass
class Stage:
    """One page; every widget shown on it takes the place of the one before."""

    page: Page
    host: WidgetHost
    bridge: str = "apps"
    width: int = 390
    shop: FakeShop = field(init=False)

    def __post_init__(self) -> None:
        self.shop = self.host.renew()

    def show(self, widget: str, result: Json | None, **script: Any) -> Frame:
        """Show a widget as a host does that has called its tool; `script` is read by host.html."""
        context = {**_INLINE, **script.pop("context", {})}
        whole = {
            "widget": widget,
            "bridge": self.bridge,
            "width": self.width,
            "result": result,
            "answers": {},
            "context": context,
            **script,
        }
        self.page.evaluate("script => window.show(script)", whole)
        element = self.page.wait_for_selector("#frame")
        frame = element.content_frame() if element else None
        assert frame is not None
        return frame

    def dress(self, **change: Any) -> None:
        """Change what the host looks like, as its notifications do."""
        self.page.evaluate("change => window.dress(change)", change)


State = Callable[[Stage], Frame]
"""Bring a widget into one state and give its frame."""


def add_stage(host: WidgetHost, pages: Mapping[str, str] = MappingProxyType({})) -> None:
    """Let the host serve the stage and what it frames, each widget under its own policy.

    `pages` stand in the place of widgets.
    """
    page = (_HERE / "host.html").read_text(encoding="utf-8")
    shim = (_HERE / "shim.js").read_text(encoding="utf-8")

    @host.app.get("/gallery")
    def stage() -> HTMLResponse:
        return HTMLResponse(page)

    @host.app.get("/gallery/frame/{name}")
    def frame(name: str, bridge: str = "apps") -> HTMLResponse:
        widget = host.widgets[name if name in host.widgets else "checkout"]
        html = pages.get(name, widget.html)
        if bridge == "openai":
            html = html.replace("<head>", f"<head>\n<script>{shim}</script>", 1)
        headers: Mapping[str, str] = frame_policy(widget.meta_app)
        return HTMLResponse(html, headers=dict(headers))
