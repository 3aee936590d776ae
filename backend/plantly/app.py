"""The composition root: settings in, an ASGI application out."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from plantly.db import open_database
from plantly.domain.errors import Overloaded, RateLimited
from plantly.domain.ids import Clock, Ids, utc_now
from plantly.mcp_server.asgi import build_mcp_app
from plantly.mcp_server.collector import tune_collector
from plantly.mcp_server.endpoint import MCP_PATHS
from plantly.mcp_server.lane import ConstantAnswers
from plantly.mcp_server.server import ServerParts, build_server
from plantly.mcp_server.toolbook import Toolbook
from plantly.services.demo import demo_media
from plantly.services.gate import Gate
from plantly.services.limits import keep_limits_secret
from plantly.services.workflows.till import Till
from plantly.settings import Settings
from plantly.web.cart_link import cart_link_router
from plantly.web.checkout import checkout_router
from plantly.web.deps import WebDeps
from plantly.web.embed_page import embed_router
from plantly.web.feeds import feeds_router
from plantly.web.health import health_router
from plantly.web.limits import address_of, too_many
from plantly.web.media import media_router
from plantly.web.order_page import order_page_router
from plantly.web.pages import pages_router
from plantly.web.playground import LiveWidgets, playground_router
from plantly.web.sandbox import sandbox_router
from plantly.web.sitemaps import sitemaps_router
from plantly.web.troubles import apologize, ask_to_wait, note_crash
from plantly.web.webhooks import webhooks_router
from plantly.widgets import EmbedPolicy, WidgetExtras, WidgetSet, load_widgets

log = logging.getLogger("plantly.app")

_LOOK_FOR_NEW_TOOLS_SECONDS = 2
_ALWAYS_LET_IN = ("/health", "/readyz", "/webhooks/")
"""A monitor that is refused would raise an alarm; a webhook that is refused brings money late."""


class ShopApp(FastAPI):
    """The application, with a short way to the endpoint that nearly every request is for."""

    mcp: ASGIApp
    gate: Gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or run the lifespan."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        path = scope["path"]
        answering = self.mcp if path in MCP_PATHS else self._page
        try:
            if not path.startswith(_ALWAYS_LET_IN):
                self.gate.request(address_of(self.gate, scope), for_many=path in MCP_PATHS)
        except RateLimited as error:
            answering = too_many(error, as_json=path in MCP_PATHS)
        await answering(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from a route; the server would log the text of what is raised here."""
        try:
            await super().__call__(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the apology has been sent by now
            note_crash(scope["path"], error)


def create_app(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    ids: Ids | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Put the shop together. Nothing is opened before the application's lifespan begins.

    `transport` carries what the shop calls, such as its payment provider.
    """
    db = open_database(settings.database_url, clock=clock, ids=ids, maps_file=True)
    widgets = _load_widgets(settings)
    answers = ConstantAnswers()
    toolbook = Toolbook(db, widgets, on_change=answers.clear, in_chat=settings.in_chat)
    till = Till(db, settings, clock=clock, transport=transport)
    gate = Gate(settings.limits, settings.trusted_proxies, clock)
    parts = ServerParts(
        db, settings, widgets, toolbook, till.nudge, gate, lambda: till.now_open.chat
    )
    mcp = build_mcp_app(
        build_server(parts),
        allowed_hosts=settings.allowed_hosts,
        allowed_origins=settings.allowed_origins,
        lane=settings.lane,
        cache=answers,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await toolbook.refresh()
        gate.open(await db.write(keep_limits_secret))
        async with mcp.run(), till.running(), anyio.create_task_group() as background:
            background.start_soon(_keep_tools_current, toolbook)
            tune_collector()
            yield
            background.cancel_scope.cancel()
        await db.close()

    app = ShopApp(
        title="Plantly",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # Such a redirect would go to whatever host the request named.
        redirect_slashes=False,
        exception_handlers={Overloaded: ask_to_wait, Exception: apologize},
    )
    app.mcp, app.gate = mcp.asgi, gate
    deps = WebDeps(db, settings, till, gate)
    # The first that fits answers: what a purchase asks for has not to be looked for long.
    for router in (
        webhooks_router(deps),
        checkout_router(deps),
        sandbox_router(deps),
        embed_router(deps),
        cart_link_router(deps),
        order_page_router(deps),
        health_router(db, clock),
        media_router([settings.data_dir / "media", demo_media()]),
        pages_router(db, settings),
        sitemaps_router(db, settings),
        feeds_router(db, settings, clock=clock),
    ):
        # As routes of its own: through a router that it includes, FastAPI looks twice.
        app.router.routes.extend(router.routes)
    if settings.playground:
        live = _live_widgets(widgets, settings, answers.clear)
        app.include_router(playground_router(widgets, settings, live))
    return app


def _load_widgets(settings: Settings) -> WidgetSet:
    extras = _widget_extras(settings)
    return load_widgets(settings.public_url, settings.widget_uris, extras=extras)


def _live_widgets(
    widgets: WidgetSet, settings: Settings, changed: Callable[[], None]
) -> LiveWidgets | None:
    """Follow the sources of the widgets where somebody may be working on them."""
    if settings.env != "development":
        return None
    from plantly.widgets.build import SOURCES  # noqa: PLC0415 - a shop that sells needs no minifier
    from plantly.widgets.watch import SourceWatch  # noqa: PLC0415 - the same

    if not SOURCES.is_dir():
        return None
    return LiveWidgets(widgets, SourceWatch(), lambda: _load_widgets(settings), changed)


def _widget_extras(settings: Settings) -> WidgetExtras:
    """Return what widgets need for the ways to pay that are on."""
    in_chat, gr4vy = settings.in_chat, settings.gr4vy
    form = None
    if in_chat.embedded and gr4vy is not None:
        form = EmbedPolicy(gr4vy.script_origins, (gr4vy.frame_origin,), (gr4vy.api_origin,))
    return WidgetExtras(in_chat.conversion, form)


async def _keep_tools_current(toolbook: Toolbook) -> None:
    """Notice what another process has applied, such as `plantly shop apply`."""
    while True:
        await anyio.sleep(_LOOK_FOR_NEW_TOOLS_SECONDS)
        try:
            await toolbook.refresh()
        except Exception as error:  # noqa: BLE001 - a database that is away for a moment must not end the server
            log.warning("the tools could not be looked at: %s", type(error).__name__)
