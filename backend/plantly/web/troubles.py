"""What a browser gets, and what the log gets, when something happens that nobody expected."""

import logging
import traceback
from pathlib import Path

from fastapi import Request
from fastapi.responses import PlainTextResponse

log = logging.getLogger("plantly.web")

_OURS = (
    "Something went wrong on the shop's side. Please load this page again in a moment; you will "
    "never be charged twice."
)


async def apologize(_: Request, _error: Exception) -> PlainTextResponse:
    """Answer a request that failed, with nothing of our insides."""
    return PlainTextResponse(_OURS, 500, {"Retry-After": "5", "Cache-Control": "no-store"})


def note_crash(path: str, error: Exception) -> None:
    """Log what failed: its kind and place, but not its text, which may hold what a buyer typed."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-4:]))
    # The rest of the path may be the unguessable name of somebody's page.
    first = path.split("/")[1] if path.startswith("/") else ""
    log.error("/%s failed: %s at %s", first[:40], type(error).__name__, place)
