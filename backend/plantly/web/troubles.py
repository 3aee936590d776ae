"""What a browser gets, and what the log gets, when something happens that nobody expected."""

import logging
import traceback
from collections.abc import Mapping
from pathlib import Path

from fastapi import Request
from fastapi.responses import PlainTextResponse

from plantly.domain.errors import Overloaded
from plantly.web.languages import reader_of

log = logging.getLogger("plantly.web")

BUSY_HEADERS = {"Retry-After": str(Overloaded.retry_after), "Cache-Control": "no-store"}
"""Says when to come again."""


def plain(
    request: Request, key: str, status: int, headers: Mapping[str, str] | None = None
) -> PlainTextResponse:
    """Answer with one sentence, in a language that the browser asks for."""
    return PlainTextResponse(reader_of(request).tongue().t(key), status, headers)


async def apologize(request: Request, _error: Exception) -> PlainTextResponse:
    """Answer a request that failed, with nothing of our insides."""
    headers = {"Retry-After": "5", "Cache-Control": "no-store"}
    return plain(request, "trouble.crash", 500, headers)


async def ask_to_wait(request: Request, _error: Overloaded) -> PlainTextResponse:
    """Answer a request that the shop had no time for."""
    log.warning("a request was turned away: no connection to the database was free")
    return plain(request, "trouble.overloaded", 503, BUSY_HEADERS)


def note_crash(path: str, error: Exception) -> None:
    """Log what failed: its kind and place, but not its text, which may hold what a buyer typed."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-4:]))
    # The rest of the path may be the unguessable name of somebody's page.
    first = path.split("/")[1] if path.startswith("/") else ""
    log.error("/%s failed: %s at %s", first[:40], type(error).__name__, place)
