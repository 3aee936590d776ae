"""Say whether the server is alive, and whether it can serve."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from plantly.db import Database


def health_router(db: Database) -> APIRouter:
    """Return the routes that load balancers and people ask."""
    router = APIRouter(include_in_schema=False)

    async def alive() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def ready() -> JSONResponse:
        try:
            set_up = await db.read(lambda uow: uow.shop.exists())
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the database does not answer
            return JSONResponse({"status": "unavailable", "database": "down"}, 503)
        if not set_up:
            return JSONResponse({"status": "unavailable", "shop": "not set up"}, 503)
        return JSONResponse({"status": "ok"})

    router.add_api_route("/healthz", alive)
    router.add_api_route("/health", alive)
    router.add_api_route("/readyz", ready)
    return router
