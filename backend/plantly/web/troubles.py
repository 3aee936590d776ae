"""What a browser gets, and what the log gets, when something happens that nobody expected."""

import logging
import traceback
from pathlib import Path

from fastapi import Request
from fastapi.responses import PlainTextResponse

from plantly.domain.errors import Overloaded

log = logging.getLogger("plantly.web")

_OURS = (
    "Something went wrong on the shop's side. Please load this page again in a moment; you will "
    "never be charged twice."
)
BUSY_HEADERS = {"Retry-After": str(Overloaded.retry_after), "Cache-Control": "no-store"}
"""Says when to come again."""


async def apologize(_: Request, _error: Exception) -> PlainTextResponse:
    """Answer a request that failed, with nothing of our insides."""
    return PlainTextResponse(_OURS, 500, {"Retry-After": "5", "Cache-Control": "no-store"})


async def ask_to_wait(_: Request, error: Overloaded) -> PlainTextResponse:
    """Answer a request that the shop had no time for."""
    log.warning("a request was turned away: no connection to the database was free")
    return PlainTextResponse(error.message, 503, BUSY_HEADERS)


def note_crash(path: str, error: Exception) -> None:
    """Log what failed: its kind and place, but not its text, which may hold what a buyer typed."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-4:]))
    # The rest of the path may be the unguessable name of somebody's page.
    first = path.split("/")[1] if path.startswith("/") else ""
    log.error("/%s failed: %s at %s", first[:40], type(error).__name__, place)
