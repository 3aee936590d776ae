"""The sandbox provider's server side: its API for the shop, and its pay page for buyers."""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from plantly.db import UnitOfWork
from plantly.domain.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    ShopError,
    ShopNotReady,
)
from plantly.domain.money import EXPONENTS
from plantly.services import sandbox_ledger
from plantly.services.sandbox_ledger import Action, PayPage, SandboxOrder
from plantly.web.deps import WebDeps
from plantly.web.forms import read_form
from plantly.web.paper import Paper
from plantly.web.security import UnreadableBody, is_foreign, is_token, read_body

_MOST_BYTES = 16 * 1024
_SEE_OTHER = 303
_KEY = re.compile(r"[!-~]{1,64}", re.ASCII)
_STATUS_OF: Mapping[type[ShopError], int] = {
    NotFound: 404,
    IdempotencyConflict: 409,
    InvalidInput: 422,
    ShopNotReady: 503,
}
_BUTTONS = (
    ("approve", "Approve", "The payment succeeds."),
    ("decline", "Decline", "The bank says no."),
    ("challenge", "3-D Secure", "The bank asks to confirm it first."),
    ("later", "Pay later", "The money comes after a minute."),
    ("abandon", "Abandon", "Go back without paying."),
)
_CHALLENGE_BUTTONS = (
    ("confirm", "Confirm", "The payment succeeds."),
    ("fail", "Fail", "The payment is declined."),
)
_ACTIONS: Mapping[str, Action] = {
    "approve": "approve",
    "confirm": "approve",
    "decline": "decline",
    "fail": "decline",
    "later": "later",
    "abandon": "abandon",
}
_MISSING = {"title": "There is no such payment", "text": "Go back to the shop and try again there."}

Amount = Annotated[int, Field(gt=0, lt=2**53, strict=True)]
CurrencyCode = Annotated[str, Field(pattern=rf"^({'|'.join(EXPONENTS)})$")]


class _Start(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
    amount_minor: Amount
    currency: CurrencyCode
    description: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
    return_url: Annotated[str, Field(max_length=2000, pattern=r"^https?://[!-~]+$")]
    expires_at: AwareDatetime


class _Refund(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount_minor: Amount
    currency: CurrencyCode


def sandbox_router(deps: WebDeps) -> APIRouter:
    """Return the routes of the sandbox; only a shop that uses it has them."""
    api, pages = _Api(deps), _PayPages(deps)
    router = APIRouter(prefix="/sandbox", include_in_schema=False)
    router.add_api_route("/v1/payments", api.route(api.start), methods=["POST"])
    router.add_api_route("/v1/payments", api.route(api.find), methods=["GET"])
    router.add_api_route("/v1/payments/{payment_id}", api.route(api.read), methods=["GET"])
    one = "/v1/payments/{payment_id}"
    router.add_api_route(f"{one}/cancel", api.route(api.cancel), methods=["POST"])
    router.add_api_route(f"{one}/refunds", api.route(api.refund), methods=["POST"])
    router.add_api_route("/pay/{token}", pages.show, methods=["GET"])
    router.add_api_route("/pay/{token}", pages.press, methods=["POST"])
    return router


class _Api:
    """Speaks JSON with whoever has the API key."""

    def __init__(self, deps: WebDeps) -> None:
        self._db = deps.db
        self._till = deps.till
        self._pay_page = f"{deps.settings.public_url}/sandbox/pay"

    def route(
        self, handler: Callable[[Request, bytes], Awaitable[dict[str, Any]]]
    ) -> Callable[[Request], Awaitable[JSONResponse]]:
        """Return a route that checks the key and answers refusals."""

        async def endpoint(request: Request) -> JSONResponse:
            try:
                if not self._has_key(request):
                    return _error(401, "unauthorized", "Send the API key.")
                answer = await handler(request, await read_body(request, _MOST_BYTES))
            except UnreadableBody as error:
                return _error(error.status, "unreadable", "The body cannot be read.")
            except ValidationError as error:
                return _error(422, "invalid_input", f"{error.error_count()} fields are wrong.")
            except tuple(_STATUS_OF) as error:
                return _error(_STATUS_OF[type(error)], error.code, error.message)
            self._till.nudge()
            return JSONResponse(answer)

        return endpoint

    async def start(self, request: Request, body: bytes) -> dict[str, Any]:
        """Take a payment on."""
        key, asked = _key(request), _Start.model_validate_json(body)
        order = SandboxOrder(**asked.model_dump())
        return self._with_page(
            await self._db.write(lambda uow: sandbox_ledger.open_payment(uow, key, order))
        )

    async def find(self, request: Request, _: bytes) -> dict[str, Any]:
        """Look a payment up by the shop's name for it."""
        reference = _name(request.query_params.get("reference", ""))
        return self._with_page(await self._read(sandbox_ledger.find_payment, reference))

    async def read(self, request: Request, _: bytes) -> dict[str, Any]:
        """Show a payment."""
        return self._with_page(await self._read(sandbox_ledger.read_payment, _payment_id(request)))

    async def cancel(self, request: Request, _: bytes) -> dict[str, Any]:
        """Close a payment."""
        payment_id = _payment_id(request)
        return self._with_page(
            await self._db.write(lambda uow: sandbox_ledger.cancel_payment(uow, payment_id))
        )

    async def refund(self, request: Request, body: bytes) -> dict[str, Any]:
        """Give money back."""
        key, asked = _key(request), _Refund.model_validate_json(body)
        payment_id, amount = _payment_id(request), asked.amount_minor
        return await self._db.write(
            lambda uow: sandbox_ledger.refund_payment(uow, payment_id, key, amount)
        )

    async def _read(
        self, find: Callable[[UnitOfWork, str], dict[str, Any]], name: str
    ) -> dict[str, Any]:
        return await self._db.read(lambda uow: find(uow, name))

    def _has_key(self, request: Request) -> bool:
        wanted = f"Bearer {self._till.now_open.sandbox.api_key}"
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), wanted.encode())

    def _with_page(self, answer: dict[str, Any]) -> dict[str, Any]:
        token = answer.pop("page_token")
        return {**answer, "pay_url": f"{self._pay_page}/{token}"}


class _PayPages:
    """Plays the provider's page, on which a buyer decides what becomes of a payment."""

    def __init__(self, deps: WebDeps) -> None:
        self._db = deps.db
        self._till = deps.till
        self._origins = deps.settings.allowed_origins
        self._paper = Paper((deps.settings.public_origin,), test_mode=True)

    async def show(self, token: str, step: str = "") -> Response:
        """Show a payment and the five things that can happen to it."""
        shop = await self._db.read(lambda uow: uow.shop.current().config)
        try:
            payment = await self._page(token)
        except NotFound:
            return self._paper.page("not_found.html", shop, _MISSING, 404)
        challenge = step == "challenge"
        values = {
            "payment": payment,
            "token": token,
            "challenge": challenge,
            "buttons": _CHALLENGE_BUTTONS if challenge else _BUTTONS,
        }
        return self._paper.page("sandbox_pay.html", shop, values)

    async def press(self, token: str, request: Request) -> Response:
        """Do what the buyer chose, and send the buyer back to the shop."""
        if is_foreign(request, self._origins):
            return PlainTextResponse("This form was sent by another site.", 403)
        try:
            name = (await read_form(request)).get("action", "")
        except UnreadableBody as error:
            return PlainTextResponse("This form cannot be read.", error.status)
        action = _ACTIONS.get(name)
        if action is None or not is_token(token):
            step = "?step=challenge" if name == "challenge" else ""
            return RedirectResponse(f"/sandbox/pay/{quote(token)}{step}", _SEE_OTHER)
        try:
            page = await self._db.write(lambda uow: sandbox_ledger.press(uow, token, action))
        except NotFound:
            return RedirectResponse(f"/sandbox/pay/{token}", _SEE_OTHER)
        self._till.nudge()
        return RedirectResponse(page.return_url, _SEE_OTHER)

    async def _page(self, token: str) -> PayPage:
        if not is_token(token):
            raise NotFound("token", "There is no such page.")
        return await self._db.read(lambda uow: sandbox_ledger.show_page(uow, token))


def _payment_id(request: Request) -> str:
    return _name(str(request.path_params["payment_id"]))


def _name(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise NotFound("payment", "There is no such payment.")
    return text


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise InvalidInput("Idempotency-Key", "Send an Idempotency-Key of 1 to 64 characters.")
    return key


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
