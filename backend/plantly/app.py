"""The composition root: settings in, an ASGI application out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from plantly.db import Database, open_database
from plantly.domain.ids import Clock, Ids, utc_now
from plantly.mcp_server.asgi import McpApp, build_mcp_app
from plantly.mcp_server.collector import tune_collector
from plantly.mcp_server.endpoint import MCP_PATHS
from plantly.mcp_server.lane import ConstantAnswers
from plantly.mcp_server.server import ServerParts, build_server
from plantly.mcp_server.toolbook import Toolbook
from plantly.services.demo import demo_media
from plantly.settings import Settings
from plantly.web.health import health_router
from plantly.web.media import media_router
from plantly.web.pages import pages_router
from plantly.web.playground import playground_router
from plantly.widgets import WidgetSet, load_widgets

_LOOK_FOR_NEW_TOOLS_SECONDS = 2


class ShopApp(FastAPI):
    """The application, with a short way to the endpoint that nearly every request is for."""

    mcp: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or run the lifespan."""
        if scope["type"] == "http" and scope["path"] in MCP_PATHS:
            await self.mcp(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings, *, clock: Clock = utc_now, ids: Ids | None = None) -> FastAPI:
    """Put the shop together. Nothing is opened before the application's lifespan begins."""
    db = open_database(settings.database_url, clock=clock, ids=ids)
    widgets = load_widgets(settings.public_url, settings.widget_uris)
    answers = ConstantAnswers()
    toolbook = Toolbook(db, widgets, on_change=answers.clear)
    mcp = _mcp_app(settings, db, widgets, toolbook, answers)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await toolbook.refresh()
        async with mcp.run(), anyio.create_task_group() as background:
            background.start_soon(_keep_tools_current, toolbook)
            tune_collector()
            yield
            background.cancel_scope.cancel()
        await db.close()

    app = ShopApp(
        title="Plantly", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None
    )
    app.mcp = mcp.asgi
    app.include_router(health_router(db))
    app.include_router(media_router([settings.data_dir / "media", demo_media()]))
    app.include_router(pages_router(db, settings))
    if settings.playground:
        app.include_router(playground_router(widgets, settings))
    return app


def _mcp_app(
    settings: Settings,
    db: Database,
    widgets: WidgetSet,
    toolbook: Toolbook,
    answers: ConstantAnswers,
) -> McpApp:
    parts = ServerParts(db, settings, widgets, toolbook, lambda: None)
    return build_mcp_app(
        build_server(parts),
        allowed_hosts=settings.allowed_hosts,
        allowed_origins=settings.allowed_origins,
        lane=settings.lane,
        cache=answers,
    )


async def _keep_tools_current(toolbook: Toolbook) -> None:
    """Notice what another process has applied, such as `plantly shop apply`."""
    while True:
        await anyio.sleep(_LOOK_FOR_NEW_TOOLS_SECONDS)
        await toolbook.refresh()
