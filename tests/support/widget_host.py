"""Hosts for the widgets: the playground over a shop in memory, and a bare page that obeys."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from playwright.sync_api import Frame, Page

from plantly.settings import load_settings
from plantly.web.playground import playground_router
from plantly.widgets import WidgetExtras, WidgetSet, load_widgets
from plantly.widgets.build import build_widgets
from tests.support.fake_chat_shop import FORM_SCRIPT
from tests.support.fake_shop import FakeShop, Json
from tests.support.http import ROOT, free_port, wait_until

_BARE_PAGE: Final = Path(__file__).with_name("bare_host.html")
_ARTWORK: Final = ROOT / "backend" / "plantly" / "demo" / "media"
_RENDERS: Final = {
    "list_products": "product-catalog",
    "show_cart": "shopping-cart",
    "start_checkout": "checkout",
    "get_order_status": "order-status",
    "checkout_session": "checkout-session",
}
_MODEL_ONLY: Final = "list_products"


@dataclass
class WidgetHost:
    """A server with the playground, and the shop behind it; `shop` is new for each test."""

    url: str
    widgets: WidgetSet
    kind: type[FakeShop] = FakeShop
    shop: FakeShop = field(init=False)
    app: FastAPI = field(default_factory=FastAPI)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> FakeShop:
        """Forget all carts and calls."""
        self.shop = self.kind(self.url)
        return self.shop


@contextmanager
def running_widget_host(
    dist: Path,
    kind: type[FakeShop] = FakeShop,
    extras: Callable[[str], WidgetExtras] = lambda _: WidgetExtras(),
) -> Iterator[WidgetHost]:
    """Build the widgets from this checkout into `dist` and serve them on a free port.

    `extras` says what there is beside the usual in a shop at an address.
    """
    build_widgets(dist)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    host = WidgetHost(url, load_widgets(url, "hashed", dist=dist, extras=extras(url)), kind)
    config = uvicorn.Config(
        _app(host), host="127.0.0.1", port=port, log_level="warning", ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "the widget host to start")
    yield host
    server.should_exit = True
    thread.join()


def run_tool(page: Page, host: WidgetHost, tool: str, arguments: str = "{}", **state: str) -> Frame:
    """Open the playground, run a tool there and give the frame of its widget."""
    query = {"tool": tool, "args": arguments, "run": "1", "width": "800", **state}
    page.goto(f"{host.url}/playground?{urlencode(query)}")
    return widget_frame(page)


def widget_frame(page: Page) -> Frame:
    """Give the frame of the widget on the page."""
    element = page.wait_for_selector("#frame")
    frame = element.content_frame() if element else None
    assert frame is not None
    return frame


def settled(frame: Frame) -> Frame:
    """Wait until the host has made room for everything in the frame, so that nothing moves."""
    fits = "document.documentElement.scrollHeight <= window.innerHeight"
    # Not frame.wait_for_function: it evaluates text in the page, which the policy forbids.
    wait_until(lambda: bool(frame.evaluate(fits)), "the host to make room for the widget")
    return frame


def open_bare(page: Page, host: WidgetHost, widget: str, script: Json) -> Frame:
    """Show a widget in a page that does what `script` says, and nothing by itself."""
    page.add_init_script(f"window.script = {json.dumps(script)}")
    page.goto(f"{host.url}/bare/{widget}")
    return widget_frame(page)


def _app(host: WidgetHost) -> FastAPI:
    app = host.app
    settings = load_settings({"PLANTLY_PUBLIC_URL": host.url})
    app.include_router(playground_router(host.widgets, settings))

    @app.post("/mcp")
    async def answer(message: Json) -> Json:
        # What a test before this one still asked for is none of the next one's shop.
        result = await run_in_threadpool(_result, host, host.shop, message)
        return {"jsonrpc": "2.0", "id": message["id"], "result": result}

    @app.get("/media/{name}")
    def picture(name: str) -> Response:
        drawn = _ARTWORK / name
        content = drawn.read_text() if drawn.is_file() else _leaf(name)
        return Response(content, media_type="image/svg+xml")

    @app.get("/bare/{widget}")
    def bare(widget: str) -> HTMLResponse:
        return HTMLResponse(_BARE_PAGE.read_text().replace("$WIDGET", widget))

    @app.get("/checkout/{session_id}")
    def checkout(session_id: str) -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><title>Pay</title><h1>{session_id}</h1>")

    @app.get("/form.js")
    def form() -> Response:
        return Response(FORM_SCRIPT, media_type="text/javascript")

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status_code=204)

    return app


def _result(host: WidgetHost, shop: FakeShop, message: Json) -> Json:
    params = message["params"]
    if message["method"] == "tools/list":
        return {"tools": [_tool(host.widgets, name) for name in shop.tool_names()]}
    if message["method"] == "tools/call":
        return shop.call(params["name"], params["arguments"])
    found = host.widgets.read(params["uri"])
    assert found is not None
    mime, html, meta = found
    return {"contents": [{"uri": params["uri"], "mimeType": mime, "text": html, "_meta": meta}]}


def _tool(widgets: WidgetSet, name: str) -> Json:
    ui: Json = {"visibility": ["model"] if name == _MODEL_ONLY else ["model", "app"]}
    if name in _RENDERS:
        ui["resourceUri"] = widgets[_RENDERS[name]].app_uri
    return {"name": name, "inputSchema": {"type": "object"}, "_meta": {"ui": ui}}


def _leaf(name: str) -> str:
    hue = sum(name.encode()) % 60 + 90
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800">'
        f'<rect width="800" height="800" fill="hsl({hue} 35% 90%)"/>'
        f'<path d="M400 620C250 520 240 330 400 180 560 330 550 520 400 620z" '
        f'fill="hsl({hue} 40% 40%)"/></svg>'
    )
