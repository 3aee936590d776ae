"""The HTTP of the fake Gr4vy: what the SDK sends and reads, and what the form in the page asks."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import jwt
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.fakes.gr4vy_embed import embed_routes
from tests.support.fakes.gr4vy_ledger import (
    ACCOUNT,
    FakeSession,
    FakeTransaction,
    Json,
    new_id,
    refund_resource,
    session_resource,
    transaction_resource,
    transaction_summary,
)
from tests.support.fakes.gr4vy_provider import FakeGr4vy, private_key

_MOST: Final = 99_999_999
_ACCOUNT_HEADER: Final = "x-gr4vy-merchant-account-id"
_READ, _WRITE = "*.read", "*.write"
Handler = Callable[["_Api", Request], Awaitable[Response]]


class RefusedError(Exception):
    """What the API answers instead."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


def api_of(fake: FakeGr4vy) -> Starlette:
    """Put the API and the form of a fake together."""
    api = _Api(fake)
    one = "/transactions/{id}"
    routes = [
        Route("/checkout/sessions", api.route(_Api.create_session), methods=["POST"]),
        Route("/checkout/sessions/{id}", api.route(_Api.read_session), methods=["GET"]),
        Route("/checkout/sessions/{id}", api.route(_Api.delete_session), methods=["DELETE"]),
        Route("/transactions", api.route(_Api.list_transactions), methods=["GET"]),
        Route(one, api.route(_Api.read_transaction), methods=["GET"]),
        Route(f"{one}/sync", api.route(_Api.sync), methods=["POST"]),
        Route(f"{one}/cancel", api.route(_Api.cancel), methods=["POST"]),
        Route(f"{one}/capture", api.route(_Api.capture), methods=["POST"]),
        Route(f"{one}/void", api.route(_Api.void), methods=["POST"]),
        Route(f"{one}/refunds", api.route(_Api.refund), methods=["POST"]),
        Route(f"{one}/refunds", api.route(_Api.list_refunds), methods=["GET"]),
    ]
    cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_headers=["authorization"])
    return Starlette(routes=[*routes, *embed_routes(fake)], middleware=[cors])


class _Api:
    """Answers whoever signs with the right key, for the one account."""

    def __init__(self, fake: FakeGr4vy) -> None:
        self._fake = fake
        self._kept: dict[str, tuple[str, bytes, Json]] = {}

    def route(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            knobs = self._fake.knobs
            if knobs.busy is not None:
                return error_answer(knobs.busy, "busy")
            try:
                self._check(request)
                answer = await self._once(handler, request)
            except RefusedError as refused:
                return error_answer(refused.status, refused.code)
            return error_answer(knobs.busy_after, "busy") if knobs.busy_after else answer

        return endpoint

    def _check(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        scopes = read_token(token).get("scopes", [])
        needed = _READ if request.method == "GET" else _WRITE
        if needed not in scopes:
            raise RefusedError(403, "forbidden")
        if request.headers.get(_ACCOUNT_HEADER) != ACCOUNT:
            raise RefusedError(403, "forbidden")

    async def _once(self, handler: Handler, request: Request) -> Response:
        """Give the first answer to a request that comes again with its key."""
        key, body = request.headers.get("idempotency-key"), await request.body()
        asked = f"{request.method} {request.url.path}"
        if key in self._kept:
            first, content, kept = self._kept[key]
            if (first, content) != (asked, body):
                raise RefusedError(409, "idempotency_key_used")
            return JSONResponse(kept["content"], kept["status"])
        answer = await handler(self, request)
        if key is not None:
            content = json.loads(bytes(answer.body))
            self._kept[key] = (asked, body, {"content": content, "status": answer.status_code})
        return answer

    async def create_session(self, request: Request) -> Response:
        body = await body_of(request)
        amount, currency = body.get("amount"), body.get("currency")
        items = body.get("cart_items") or []
        if not isinstance(amount, int) or not 0 < amount <= _MOST or not isinstance(currency, str):
            raise RefusedError(400, "bad_request")
        if any(item["quantity"] < 1 or not item["name"] for item in items):
            raise RefusedError(400, "bad_request")
        session = FakeSession(
            id=new_id(),
            amount=amount,
            currency=currency,
            metadata=strings(body.get("metadata")),
            cart_items=items,
            expires_at=self._fake.clock() + timedelta(seconds=body.get("expires_in", 3600)),
        )
        self._fake.all[session.id] = session
        return JSONResponse(session_resource(session), 201)

    async def read_session(self, request: Request) -> Response:
        return JSONResponse(session_resource(self._session(request)))

    async def delete_session(self, request: Request) -> Response:
        self._session(request).deleted = True
        return Response(status_code=204)

    async def list_transactions(self, request: Request) -> Response:
        wanted = request.query_params
        found = [one for one in self._fake.transactions.values() if _suits(one, wanted)][::-1]
        start, limit = int(wanted.get("cursor", "0")), int(wanted.get("limit", "20"))
        following = str(start + limit) if len(found) > start + limit else None
        return JSONResponse(
            {
                "items": [transaction_summary(one) for one in found[start : start + limit]],
                "limit": limit,
                "next_cursor": following,
                "previous_cursor": None,
            }
        )

    async def read_transaction(self, request: Request) -> Response:
        return JSONResponse(transaction_resource(self._transaction(request)))

    async def sync(self, request: Request) -> Response:
        return JSONResponse(transaction_resource(self._transaction(request)))

    async def cancel(self, request: Request) -> Response:
        transaction = self._transaction(request)
        if transaction.status != "buyer_approval_pending":
            raise RefusedError(400, "bad_request")
        self._fake.void(transaction)
        return JSONResponse(
            {
                "type": "transaction-cancel",
                "status": "succeeded",
                "code": None,
                "raw_response_code": None,
                "raw_response_description": None,
                "transaction": transaction_resource(transaction),
            }
        )

    async def capture(self, request: Request) -> Response:
        transaction = self._authorized(request)
        amount = (await body_of(request)).get("amount") or transaction.authorized
        if amount > transaction.authorized:
            raise RefusedError(400, "bad_request")
        self._fake.capture(transaction, amount)
        return JSONResponse(transaction_resource(transaction))

    async def void(self, request: Request) -> Response:
        transaction = self._authorized(request)
        self._fake.void(transaction)
        return JSONResponse(transaction_resource(transaction))

    async def refund(self, request: Request) -> Response:
        transaction, body = self._transaction(request), await body_of(request)
        amount = body.get("amount") or transaction.captured
        if amount > transaction.left or self._fake.knobs.refund == "refused":
            raise RefusedError(400, "bad_request")
        refund = self._fake.refund(transaction, amount, body.get("external_identifier"))
        return JSONResponse(refund_resource(refund, transaction), 201)

    async def list_refunds(self, request: Request) -> Response:
        transaction = self._transaction(request)
        items = [refund_resource(refund, transaction) for refund in transaction.refunds]
        return JSONResponse({"items": items})

    def _session(self, request: Request) -> FakeSession:
        session = self._fake.all.get(request.path_params["id"])
        if session is None or session.deleted:
            raise RefusedError(404, "not_found")
        return session

    def _transaction(self, request: Request) -> FakeTransaction:
        transaction = self._fake.transactions.get(request.path_params["id"])
        if transaction is None:
            raise RefusedError(404, "not_found")
        return transaction

    def _authorized(self, request: Request) -> FakeTransaction:
        transaction = self._transaction(request)
        if transaction.status != "authorization_succeeded":
            raise RefusedError(400, "bad_request")
        return transaction


def read_token(token: str) -> Json:
    """Read a token that our key has signed.

    Raises:
        RefusedError: It has not.
    """
    try:
        claims: Json = jwt.decode(token, private_key().public_key(), algorithms=["ES512"])
    except jwt.InvalidTokenError:
        raise RefusedError(401, "unauthorized") from None
    return claims


def error_answer(status: int, code: str) -> JSONResponse:
    """Write an error as the API does; what it says is for nobody's log."""
    words = f"provider-says-{code}"
    return JSONResponse(
        {"type": "error", "code": code, "status": status, "message": words, "details": []}, status
    )


async def body_of(request: Request) -> Json:
    """Read a JSON object."""
    content = await request.body()
    body = json.loads(content) if content else {}
    if not isinstance(body, dict):
        raise RefusedError(400, "bad_request")
    return body


def strings(value: Any) -> dict[str, str]:
    """Read metadata, which is strings by strings."""
    return {str(name): str(text) for name, text in (value or {}).items()}


def _suits(transaction: FakeTransaction, wanted: Mapping[str, str]) -> bool:
    session, name = wanted.get("checkout_session_id"), wanted.get("external_identifier")
    metadata = json.loads(wanted.get("metadata", "{}"))
    return (
        session in {None, transaction.session_id}
        and name in {None, transaction.external_identifier}
        and metadata.items() <= transaction.metadata.items()
    )
