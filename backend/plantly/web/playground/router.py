"""Serve the playground page, what it loads, and each widget under its own policy."""

import secrets
from pathlib import Path
from typing import Final, Literal

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from plantly.settings import Settings
from plantly.web.playground.policy import frame_policy, page_policy
from plantly.widgets import WidgetSet

_HERE: Final = Path(__file__).parent
_MIME_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Bridge = Literal["apps", "openai"]


def playground_router(widgets: WidgetSet, settings: Settings) -> APIRouter:
    """Return the routes under /playground."""
    router = APIRouter(prefix="/playground", include_in_schema=False)
    page = _page_template()
    static = {path.name: path for path in (_HERE / "static").iterdir()}
    shim = (_HERE / "static" / "openai_shim.js").read_text(encoding="utf-8")

    @router.get("")
    async def show_page() -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        html = page.render(nonce=nonce, endpoint=f"{settings.public_url}/mcp")
        return HTMLResponse(html, headers={**_HEADERS, **page_policy(nonce)})

    @router.get("/static/{name}")
    async def show_static(name: str) -> Response:
        if name not in static:
            raise HTTPException(404)
        path = static[name]
        return Response(path.read_bytes(), media_type=_MIME_TYPES[path.suffix], headers=_HEADERS)

    @router.get("/frame/{name}")
    async def show_frame(name: str, bridge: Bridge = "apps") -> HTMLResponse:
        if name not in widgets:
            raise HTTPException(404)
        widget = widgets[name]
        html = widget.html
        if bridge == "openai":
            html = html.replace("<head>", f"<head>\n<script>{shim}</script>", 1)
        headers = {**_HEADERS, **frame_policy(widget.meta_app)}
        return HTMLResponse(html, headers=headers)

    return router


def _page_template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2")
