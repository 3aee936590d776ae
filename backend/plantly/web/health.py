"""Say whether the server is alive, and whether the shop can do everything that it should."""

from functools import partial
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from plantly.db import Database
from plantly.domain.errors import Overloaded
from plantly.domain.ids import Clock, utc_now
from plantly.services.readiness import look
from plantly.web.troubles import BUSY_HEADERS

_UNAVAILABLE = 503


def health_router(db: Database, clock: Clock = utc_now) -> APIRouter:
    """Return the routes that load balancers, monitors and people ask."""
    router = APIRouter(include_in_schema=False)
    started_at = clock()

    async def alive() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def ready() -> JSONResponse:
        said: dict[str, Any]
        try:
            found = await db.read(partial(look, started_at=started_at))
        except Overloaded:
            said = {"status": "unavailable", "database": "busy"}
            return JSONResponse(said, _UNAVAILABLE, BUSY_HEADERS)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the database does not answer
            return JSONResponse({"status": "unavailable", "database": "down"}, _UNAVAILABLE)
        said = {"status": "ok" if found.is_ready else "unavailable"}
        said |= found.problems
        for name in ("parked_webhooks", "switched_off_endpoints"):
            # Worth a word, but nothing that keeps the shop from selling.
            if getattr(found, name):
                said[name] = getattr(found, name)
        return JSONResponse(said, 200 if found.is_ready else _UNAVAILABLE)

    router.add_api_route("/healthz", alive)
    router.add_api_route("/health", alive)
    router.add_api_route("/readyz", ready)
    return router
