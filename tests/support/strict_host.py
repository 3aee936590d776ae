"""A host that punishes every deviation, over both bridges, and bridges that deviate."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from playwright.sync_api import Frame, Locator, Page

from plantly.web.playground.policy import frame_policy
from tests.support.fake_shop import Json
from tests.support.http import wait_until
from tests.support.widget_host import WidgetHost, widget_frame

_HERE: Final = Path(__file__).parent

MUTATIONS: Final[dict[str, tuple[str, str]]] = {
    "sends-clientInfo": (r"\bappInfo:", "clientInfo:"),
    "says-another-version": (r"\"2026-01-26\"", '"2024-01-01"'),
    "skips-initialized": (r"\w+\.notify\(\"ui/notifications/initialized\"\)", "0"),
    "initializes-twice": (
        r"(\w+)\.notify\(\"ui/notifications/initialized\"\)",
        r'(\1.notify("ui/notifications/initialized"),\1.notify("ui/notifications/initialized"))',
    ),
    "speaks-before-initialized": (
        r"(\w+)\.request\(\"ui/initialize\",",
        r'(\1.notify("ui/notifications/size-changed",{width:9,height:9}),\1).request("ui/initialize",',
    ),
    "uses-an-id-again": (r"=\+\+(\w+)(?=[;,]\s*return new Promise|;return new Promise)", "=1"),
    "sends-an-object-as-content": (
        r"\{role:\"user\",content:\[(\{[^{}]*\})\]\}",
        r'{role:"user",content:\1}',
    ),
    "answers-twice": (
        r"window\.addEventListener\(\"message\",(\w+)\)",
        r'(window.addEventListener("message",\1),window.addEventListener("message",e=>\1(e)))',
    ),
    "talks-after-the-end": (r"(\w+\|\|=\w+===)\"ui/resource-teardown\"", r"\1void 0"),
    "asks-for-what-was-not-announced": (r"!Object\.keys\(\w+\)\.length", "!0"),
    "names-its-own-method": (r"\"tools/call\"", '"tools/run"'),
}
"""How a bridge may deviate: what is replaced in the bundle, and by what."""


@dataclass(frozen=True, slots=True)
class StrictSession:
    """One widget in the strict host."""

    page: Page
    frame: Frame

    def violations(self) -> list[str]:
        """List what was punished."""
        found: list[str] = self.page.evaluate("window.violations")
        return found

    def seen(self, what: str) -> Any:
        """Give what the host wrote down: sizes, contexts, links, states, messages or calls."""
        return self.page.evaluate(f"window.seen.{what}")

    def notify(self, method: str, **params: Any) -> None:
        """Send a notification of the host."""
        self.page.evaluate(
            "([m, p]) => window.notify(m, p)", [f"ui/notifications/{method}", params]
        )

    def end(self) -> Json:
        """Ask for the end, as a host does that unmounts the view, and give the answer."""
        return self._ask("ui/resource-teardown")

    def heard(self) -> None:
        """Wait until the widget has heard all that was said to it, over the bridge of MCP Apps."""
        self._ask("ping")

    def _ask(self, method: str) -> Json:
        id_ = self.page.evaluate("method => window.ask(method)", method)
        self.page.wait_for_function(
            "id => window.answerTo(id) || window.violations.length", arg=id_
        )
        answer: Json = self.page.evaluate("id => window.answerTo(id)", id_)
        return answer


def strict_router(host: WidgetHost) -> APIRouter:
    """Serve the strict host and its frames."""
    router = APIRouter(prefix="/strict")

    @router.get("/frame/{name}")
    def frame(name: str, bridge: str = "apps", mutation: str = "") -> HTMLResponse:
        widget = host.widgets[name]
        html = mutated(widget.html, mutation) if mutation else widget.html
        if bridge != "apps":
            shim = (_HERE / "strict_openai.js").read_text()
            html = html.replace("<head>", f"<head>\n<script>{shim}</script>", 1)
        return HTMLResponse(html, headers=frame_policy(widget.meta_app))

    @router.get("")
    def page() -> HTMLResponse:
        return HTMLResponse((_HERE / "strict_host.html").read_text())

    return router


def mutated(html: str, mutation: str) -> str:
    """Give a bundle whose bridge deviates in one way."""
    pattern, replacement = MUTATIONS[mutation]
    changed, count = re.subn(pattern, replacement, html)
    assert count >= 1, f"{mutation} finds nothing to change in the bundle"
    return changed


def open_strict(page: Page, host: WidgetHost, widget: str, **plan: Any) -> StrictSession:
    """Show a widget in the strict host; the page says at its top what a `plan` may hold."""
    asked = {"widget": widget, "bridge": "apps", **plan}
    # A page that differs only after the # is not loaded again.
    page.goto("about:blank")
    page.goto(f"{host.url}/strict#{quote(json.dumps(asked))}")
    page.wait_for_function("document.getElementById('frame').src !== ''")
    return StrictSession(page, widget_frame(page))


def press(frame: Frame, name: str) -> None:
    """Press the first button whose name matches, once the pointer reaches it.

    Of a frame that has just come the browser may not know yet: its host would get the press.
    """
    button = frame.get_by_role("button", name=re.compile(name)).first
    wait_until(lambda: _feels_the_pointer(button), f"the pointer to reach {name}")
    button.click()


def _feels_the_pointer(button: Locator) -> bool:
    button.hover()
    return bool(button.evaluate("button => button.matches(':hover')"))


def filled_cart(host: WidgetHost) -> Json:
    """Put three things of two kinds into a cart, and give the arguments that show it."""
    lines = [{"product_id": "aloe-vera", "quantity": 2}, {"product_id": "lavender", "quantity": 1}]
    cart_id = host.shop.call("update_cart", {"lines": lines})["structuredContent"]["cart_id"]
    return {"cart_id": cart_id}
