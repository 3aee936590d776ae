"""Say no to browsers, and to whoever else speaks plain HTTP: 429, and when to come again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from plantly.db import Database
from plantly.domain.errors import RateLimited, ShopNotReady
from plantly.domain.visitor import Visitor
from plantly.services.gate import Gate
from plantly.services.workflows.counted import count
from plantly.web.languages import reader_of
from plantly.web.paper import Paper
from plantly.web.refusals import refusal
from plantly.web.security import is_token

TOO_MANY: Final = 429
_NOT_FOUND: Final = 404


def address_of(gate: Gate, scope: Scope) -> str | None:
    """Return where a request came from, or None when nobody says."""
    peer = scope.get("client")
    return gate.address(peer[0] if peer else None, scope["headers"])


def retry_headers(error: RateLimited) -> Mapping[str, str]:
    """Return when to come again, for every reader: RFC 9110 and draft-ietf-httpapi-ratelimit."""
    name = error.limit
    return {
        "Retry-After": str(error.retry_after),
        "RateLimit-Policy": f'"{name}";q={error.quota};w={error.window}',
        "RateLimit": f'"{name}";r=0;t={error.retry_after}',
        "Cache-Control": "no-store",
    }


def too_many(error: RateLimited, *, as_json: bool = False) -> Response:
    """Return the plain answer to somebody who asks too often."""
    headers = retry_headers(error)
    if not as_json:
        return PlainTextResponse(error.message, TOO_MANY, headers)
    said = {"code": error.code, "message": error.message, "retry_after_seconds": error.retry_after}
    return JSONResponse({"error": said}, TOO_MANY, headers)


class PageLimits:
    """Counts what browsers send to pages behind a token, and pages that there are not."""

    def __init__(
        self,
        gate: Gate,
        db: Database,
        paper: Paper,
        place: str = "/checkout",
        way_back: str = "trouble.back_to_checkout",
    ) -> None:
        self._gate = gate
        self._db = db
        self._paper = paper
        self._place = place
        self._way_back = way_back

    def visitor(self, request: Request) -> Visitor:
        """Return who asks: an address, for a cookie is thrown away at will."""
        return self._gate.visitor(address_of(self._gate, request.scope))

    async def answer(
        self, request: Request, page: Callable[[], Awaitable[Response]], *names: str
    ) -> Response:
        """Return the page, once it has been counted under these limits."""
        visitor = self.visitor(request)
        try:
            self._gate.recall(visitor, "misses", *names)
            await count(self._db, visitor, *names)
            response = await page()
            if response.status_code == _NOT_FOUND:
                await count(self._db, visitor, "misses")
        except RateLimited as error:
            self._gate.remember(visitor, error)
            return await self._refused(request, error)
        return response

    async def _refused(self, request: Request, error: RateLimited) -> Response:
        headers = retry_headers(error)
        try:
            shop = await self._db.read(lambda uow: uow.shop.current().config)
        except ShopNotReady:
            return too_many(error)
        token = request.path_params.get("token", "")
        back = f"{self._place}/{token}" if request.method == "POST" and is_token(token) else None
        edition = reader_of(request, back or "").edition(shop)
        values = {
            "text": refusal(edition.tongue, error),
            "back": back,
            "way_back": self._way_back,
        }
        response = self._paper.page("too_many.html", edition, values, TOO_MANY)
        response.headers.update(headers)
        return response
