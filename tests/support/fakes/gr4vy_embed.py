"""The fake's payment form: a script as Gr4vy's, a frame from another origin, and what it asks.

It posts the same events to the page that holds it. What a buyer may choose from is not a card but
what becomes of one.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.support.fakes.gr4vy_ledger import ACCOUNT, Json, transaction_resource
from tests.support.fakes.gr4vy_provider import FakeGr4vy

_HERE: Final = Path(__file__).parent
_ACTIONS: Final = frozenset({"approve", "decline", "challenge", "pay_later"})


def embed_routes(fake: FakeGr4vy) -> list[Route]:
    """Give the routes that a browser asks for."""
    form = _Form(fake)
    return [
        Route("/embed.latest.js", _file("gr4vy_embed.js", "text/javascript")),
        Route("/embed/frame", _file("gr4vy_frame.html", "text/html")),
        Route("/payment-options", form.options, methods=["GET"]),
        Route("/embed/transactions", form.create, methods=["POST"]),
        Route("/embed/transactions/{id}", form.confirm, methods=["POST"]),
    ]


def _file(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return HTMLResponse((_HERE / name).read_text(encoding="utf-8"), media_type=media_type)

    return endpoint


class _Form:
    """Lets a buyer pay what the token says, and nothing else."""

    def __init__(self, fake: FakeGr4vy) -> None:
        self._fake = fake

    async def options(self, request: Request) -> Response:
        claims = _claims(request)
        return JSONResponse({"items": [{"method": "card"}]} if claims else {}, _status(claims))

    async def create(self, request: Request) -> Response:
        claims, body = _claims(request), await request.json()
        if claims is None:
            return JSONResponse({"code": "unauthorized"}, 401)
        session, pinned = claims["checkout_session_id"], claims["embed"]
        as_pinned = all(body.get(name) == value for name, value in pinned.items())
        action = str(body.get("action"))
        if not as_pinned or action not in _ACTIONS or body.get("intent") != "capture":
            return JSONResponse({"code": "bad_request"}, 400)
        if not self._fake.is_open(session):
            return JSONResponse({"code": "session_over"}, 400)
        getattr(self._fake, action)(session)
        return self._answer(session)

    async def confirm(self, request: Request) -> Response:
        claims, body = _claims(request), await request.json()
        transaction = self._fake.transactions.get(request.path_params["id"])
        if claims is None or transaction is None:
            return JSONResponse({"code": "unauthorized"}, 401)
        passed = body.get("action") == "confirm"
        step = self._fake.confirm if passed else self._fake.fail_challenge
        step(transaction.session_id)
        return self._answer(transaction.session_id)

    def _answer(self, session: str) -> JSONResponse:
        said = transaction_resource(self._fake.of(session)[-1])
        return JSONResponse({name: said[name] for name in ("type", "id", "status")}, 201)


def _claims(request: Request) -> Json | None:
    from tests.support.fakes.gr4vy_api import RefusedError, read_token  # noqa: PLC0415 - a circle

    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        claims = read_token(token)
    except RefusedError:
        return None
    ours = claims.get("embed", {}).get("merchant_account_id") == ACCOUNT
    return claims if claims.get("scopes") == ["embed"] and ours else None


def _status(claims: Json | None) -> int:
    return 200 if claims else 401
