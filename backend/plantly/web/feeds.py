"""Serve the catalog as live feeds: files that are made anew when the catalog has changed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from plantly.db import Database
from plantly.domain.errors import ShopNotReady
from plantly.domain.ids import Clock
from plantly.services.workflows.feeds import FEEDS, Edition, Feeds
from plantly.settings import Settings

PATIENCE_SECONDS = 10.0
"""How long a request waits for a feed that was never made before."""

_RETRY_AFTER_SECONDS = 30
_HEADERS = {
    # Readers ask again at any time, and are told that nothing has changed.
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_TYPES = {
    ".gz": "application/gzip",
    ".csv": "text/csv; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
}


def feeds_router(
    db: Database, settings: Settings, *, clock: Clock, patience: float = PATIENCE_SECONDS
) -> APIRouter:
    """Return the routes of the feeds. What makes them ends with the application."""
    feeds = Feeds(db, settings.data_dir / "feeds", settings.public_url, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await feeds.stop()

    router = APIRouter(include_in_schema=False, lifespan=lifespan)
    for name in FEEDS:
        router.add_api_route(f"/feeds/{name}", _route(feeds, name, patience), methods=_METHODS)
    return router


_METHODS = ["GET", "HEAD"]


def _route(feeds: Feeds, name: str, patience: float) -> Callable[[Request], Awaitable[Response]]:
    async def feed(request: Request) -> Response:
        try:
            edition = await feeds.current(name, patience)
        except ShopNotReady as error:
            return PlainTextResponse(error.message, 503)
        if edition is None:
            text = "The feed is being made: ask again in a moment."
            return PlainTextResponse(text, 503, {"Retry-After": str(_RETRY_AFTER_SECONDS)})
        headers = {
            **_HEADERS,
            "ETag": edition.etag,
            "Last-Modified": format_datetime(edition.made_at, usegmt=True),
        }
        if _is_known(request, edition):
            return Response(status_code=304, headers=headers)
        return FileResponse(edition.path, headers=headers, media_type=_TYPES[edition.path.suffix])

    return feed


def _is_known(request: Request, edition: Edition) -> bool:
    """Say whether the reader has this edition already (RFC 9110, section 13.1)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return bool(known & {"*", edition.etag})
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return edition.made_at <= _aware(since)


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
