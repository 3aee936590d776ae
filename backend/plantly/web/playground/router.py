"""Serve the playground page, what it loads, and each widget under its own policy."""

import secrets
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from plantly.settings import Settings
from plantly.web.playground.live import LiveWidgets
from plantly.web.playground.policy import frame_policy, page_policy
from plantly.widgets import WidgetSet
from plantly.widgets.guard import GZIP_LIMIT

_HERE: Final = Path(__file__).parent
_MIME_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Bridge = Literal["apps", "openai"]
_USUAL: Final = 100
TextSize = Annotated[int, Query(ge=50, le=300)]


def playground_router(
    widgets: WidgetSet, settings: Settings, live: LiveWidgets | None = None
) -> APIRouter:
    """Return the routes under /playground; with `live` its page follows changes of the sources."""
    router = APIRouter(prefix="/playground", include_in_schema=False)
    page = _page_template()
    static = {path.name: path for path in (_HERE / "static").iterdir()}
    shim, spy = (
        (_HERE / "static" / name).read_text(encoding="utf-8")
        for name in ("openai_shim.js", "probe.js")
    )

    @router.get("")
    async def show_page() -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        endpoint = f"{settings.public_url}/mcp"
        html = page.render(
            nonce=nonce, endpoint=endpoint, watches=live is not None, limit=GZIP_LIMIT
        )
        return HTMLResponse(html, headers={**_HEADERS, **page_policy(nonce)})

    @router.get("/static/{name}")
    async def show_static(name: str) -> Response:
        if name not in static:
            raise HTTPException(404)
        path = static[name]
        return Response(path.read_bytes(), media_type=_MIME_TYPES[path.suffix], headers=_HEADERS)

    @router.get("/build")
    async def show_build() -> JSONResponse:
        if live is None:
            raise HTTPException(404)
        version, problem = await live.look()
        return JSONResponse({"version": version, "problem": problem}, headers=_HEADERS)

    @router.get("/frame/{name}")
    async def show_frame(
        name: str, bridge: Bridge = "apps", text: TextSize = 100, *, probe: bool = False
    ) -> HTMLResponse:
        if name not in widgets:
            raise HTTPException(404)
        widget = widgets[name]
        scripts = (*([spy] if probe else ()), *([shim] if bridge == "openai" else ()))
        headers = {**_HEADERS, **frame_policy(widget.meta_app)}
        return HTMLResponse(_dressed(widget.html, scripts, text), headers=headers)

    return router


def _dressed(html: str, scripts: tuple[str, ...], text: int) -> str:
    """Put in front of a bundle what runs before it, and behind its styles a size of text."""
    before = "".join(f"<script>{script}</script>\n" for script in scripts)
    after = f"<style>html{{font-size:{text}%}}</style>\n" if text != _USUAL else ""
    return html.replace("<head>", f"<head>\n{before}", 1).replace("</head>", f"{after}</head>", 1)


def _page_template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2")
