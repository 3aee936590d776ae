"""Take webhooks of the payment provider."""

import logging

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.routing import Router

from plantly.domain.errors import InvalidWebhook, NotFound, RateLimited
from plantly.web.deps import WebDeps
from plantly.web.limits import TOO_MANY, address_of, retry_headers
from plantly.web.security import UnreadableBody, read_body
from plantly.web.straight import straight
from plantly.web.troubles import BUSY_HEADERS

log = logging.getLogger("plantly.webhooks")

MOST_BYTES = 256 * 1024


def webhooks_router(deps: WebDeps) -> Router:
    """Return the route that providers post to."""

    async def take(request: Request) -> JSONResponse:
        provider: str = request.path_params["provider"]
        try:
            body = await read_body(request, MOST_BYTES)
            await deps.till.take_webhook(provider, request.headers, body)
        except UnreadableBody as error:
            return JSONResponse({"error": "unreadable"}, error.status)
        except NotFound:
            return JSONResponse({"error": "unknown_provider"}, 404)
        except InvalidWebhook as error:
            try:
                deps.gate.bad_webhook(address_of(deps.gate, request.scope))
            except RateLimited as limited:
                # No line in the log either. Good ones from there are still taken.
                return JSONResponse({"error": limited.code}, TOO_MANY, retry_headers(limited))
            log.warning("a webhook was refused: %s", error.message)
            return JSONResponse({"error": InvalidWebhook.code}, 401)
        except Exception as error:  # noqa: BLE001 - whatever it is, the provider has to come again
            log.error("a webhook could not be kept: %s", type(error).__name__)  # noqa: TRY400 - its text may hold anything
            return JSONResponse({"error": "try_again"}, 503, BUSY_HEADERS)
        return JSONResponse({"received": True})

    return Router([straight("/webhooks/{provider}", take, "POST")])
