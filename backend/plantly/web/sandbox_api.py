"""The sandbox provider's API: what a shop asks of it, and the trouble that chaos makes of it."""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from anyio import sleep
from fastapi import Request
from fastapi.responses import JSONResponse
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
from plantly.services import sandbox_ledger, sandbox_money
from plantly.services.sandbox_calls import NO_TROUBLE, CallTrouble, may_trouble, next_trouble
from plantly.services.sandbox_charges import charge_token
from plantly.services.sandbox_ledger import SandboxOrder
from plantly.settings import is_loopback
from plantly.web.deps import WebDeps
from plantly.web.security import UnreadableBody, read_body
from plantly.web.straight import Endpoint

_MOST_BYTES = 16 * 1024
_KEY = re.compile(r"[!-~]{1,64}", re.ASCII)
_STATUS_OF: Mapping[type[ShopError], int] = {
    NotFound: 404,
    IdempotencyConflict: 409,
    InvalidInput: 422,
    ShopNotReady: 503,
}

Amount = Annotated[int, Field(gt=0, lt=2**53, strict=True)]
CurrencyCode = Annotated[str, Field(pattern=rf"^({'|'.join(EXPONENTS)})$")]
WebhookUrl = Annotated[
    str, Field(max_length=2000, pattern=r"^https?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9/._~-]*$")
]


class _Start(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
    amount_minor: Amount
    currency: CurrencyCode
    description: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
    return_url: Annotated[str, Field(max_length=2000, pattern=r"^https?://[!-~]+$")]
    expires_at: AwareDatetime
    webhook_url: WebhookUrl | None = None


class _Sum(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount_minor: Amount
    currency: CurrencyCode


class _Charge(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(pattern=r"^[!-~]{1,500}$")]


class SandboxApi:
    """Speaks JSON with whoever has the API key."""

    def __init__(self, deps: WebDeps) -> None:
        self._db = deps.db
        self._till = deps.till
        self._chaos = deps.settings.sandbox.chaos
        self._is_manual = deps.settings.sandbox.capture == "manual"
        self._is_troubled = may_trouble(self._chaos)
        self._public_url = deps.settings.public_url
        self._pay_page = f"{deps.settings.public_url}/sandbox/pay"

    def route(
        self, handler: Callable[[Request, bytes], Awaitable[dict[str, Any]]], *, tells: bool = True
    ) -> Endpoint:
        """Return a route that checks the key and answers refusals.

        `tells` says whether the shop may have to be told by a webhook afterwards.
        """

        async def endpoint(request: Request) -> JSONResponse:
            try:
                if not self._has_key(request):
                    return _error(401, "unauthorized", "Send the API key.")
                body = await read_body(request, _MOST_BYTES)
                answer = await self._troubled(request, lambda: handler(request, body), tells=tells)
            except UnreadableBody as error:
                return _error(error.status, "unreadable", "The body cannot be read.")
            except ValidationError as error:
                return _error(422, "invalid_input", f"{error.error_count()} fields are wrong.")
            except tuple(_STATUS_OF) as error:
                return _error(_STATUS_OF[type(error)], error.code, error.message)
            return answer

        return endpoint

    async def _troubled(
        self, request: Request, work: Callable[[], Awaitable[dict[str, Any]]], *, tells: bool
    ) -> JSONResponse:
        """Work, unless chaos keeps the work or the answer from the shop."""
        trouble = await self._next_trouble(request)
        if trouble.fails_before:
            return _error(500, "internal_error", "Something went wrong.")
        answer = await work()
        if tells:
            self._till.nudge()
        if trouble.slow:
            await sleep(trouble.slow.total_seconds())
        if trouble.fails_after:
            return _error(500, "internal_error", "Something went wrong.")
        return JSONResponse(answer)

    async def _next_trouble(self, request: Request) -> CallTrouble:
        if not self._is_troubled:
            return NO_TROUBLE
        key = request.headers.get("idempotency-key", "")
        call = f"{request.method} {request.url.path}?{request.url.query} {key}"
        return await self._db.write(lambda uow: next_trouble(uow, self._chaos, call))

    async def start(self, request: Request, body: bytes) -> dict[str, Any]:
        """Take a payment on."""
        key, asked = _key(request), _Start.model_validate_json(body)
        self._check_webhook_url(asked.webhook_url)
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
            await self._db.write(
                lambda uow: sandbox_ledger.cancel_payment(uow, self._chaos, payment_id)
            )
        )

    async def charge(self, request: Request, body: bytes) -> dict[str, Any]:
        """Charge the token of a payment sheet."""
        payment_id, token = _payment_id(request), _Charge.model_validate_json(body).token
        return await self._db.write(
            lambda uow: charge_token(uow, self._chaos, payment_id, token, manual=self._is_manual)
        )

    async def capture(self, request: Request, body: bytes) -> dict[str, Any]:
        """Take authorized money."""
        key, asked = _key(request), _sum(body)
        payment_id = _payment_id(request)
        return await self._db.write(
            lambda uow: sandbox_money.capture_payment(uow, self._chaos, payment_id, key, asked)
        )

    async def void(self, request: Request, _: bytes) -> dict[str, Any]:
        """Let go of authorized money."""
        payment_id = _payment_id(request)
        return await self._db.write(
            lambda uow: sandbox_money.void_payment(uow, self._chaos, payment_id)
        )

    async def refund(self, request: Request, body: bytes) -> dict[str, Any]:
        """Give money back."""
        key, asked = _key(request), _sum(body)
        payment_id = _payment_id(request)
        return await self._db.write(
            lambda uow: sandbox_money.refund_payment(uow, self._chaos, payment_id, key, asked)
        )

    def _check_webhook_url(self, url: str | None) -> None:
        """Let webhooks go to this machine or to this very shop: it must not call anybody else."""
        ours = url is not None and url.startswith(f"{self._public_url}/")
        if url is not None and not ours and not is_loopback(url):
            raise InvalidInput("webhook_url", "webhook_url leads to another machine.")

    async def _read(
        self, find: Callable[[UnitOfWork, str], dict[str, Any]], name: str
    ) -> dict[str, Any]:
        return await self._db.read(lambda uow: find(uow, name))

    def _has_key(self, request: Request) -> bool:
        known = self._till.now_open.sandbox
        given = request.headers.get("authorization", "").encode()
        # No early end: how long it takes says nothing about which key was close.
        matches = [
            hmac.compare_digest(given, f"Bearer {key}".encode())
            for key in (known.api_key, *known.older_api_keys)
        ]
        return any(matches)

    def _with_page(self, answer: dict[str, Any]) -> dict[str, Any]:
        token = answer.pop("page_token")
        return {**answer, "pay_url": f"{self._pay_page}/{token}"}


def _payment_id(request: Request) -> str:
    return _name(str(request.path_params["payment_id"]))


def _name(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise NotFound("payment", "There is no such payment.")
    return text


def _sum(body: bytes) -> tuple[int, str]:
    asked = _Sum.model_validate_json(body)
    return asked.amount_minor, asked.currency


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise InvalidInput("Idempotency-Key", "Send an Idempotency-Key of 1 to 64 characters.")
    return key


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
