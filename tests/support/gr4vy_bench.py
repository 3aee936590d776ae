"""The gateway of Gr4vy alone, at a fake, with a line between them that can be cut."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import httpx

from plantly.domain.payment import PaymentState, reduce_facts
from plantly.payments.gateway import PaymentRef, PaymentRequest, RefundRequest, Snapshot
from plantly.payments.gr4vy import Gr4vyGateway
from plantly.settings import load_settings
from tests.support.clock import START, MovableClock
from tests.support.fakes.gr4vy_ledger import FakeTransaction
from tests.support.fakes.gr4vy_provider import FakeGr4vy

ORIGIN: Final = "http://127.0.0.1:9101"
HOME: Final = "http://127.0.0.1:8000"
TOTAL: Final = 3810
REQUEST: Final = PaymentRequest(
    reference="pay_1",
    amount_minor=TOTAL,
    currency="USD",
    description="Fern & Co",
    return_url=f"{HOME}/checkout/token/return",
    idempotency_key="pk_1",
    expires_at=START + timedelta(minutes=30),
)


@dataclass
class Wire:
    """The line to the fake: what was sent, and what is answered instead."""

    fake: FakeGr4vy
    sent: list[httpx.Request] = field(default_factory=list)
    instead: Callable[[httpx.Request], httpx.Response] | None = None
    loses_refunds: bool = False
    knows_keys: bool = True

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if self.instead is not None:
            return self.instead(request)
        if not self.knows_keys:
            request.headers.pop("idempotency-key", None)
        answer = await httpx.ASGITransport(self.fake.app).handle_async_request(request)
        await answer.aread()
        is_refund = request.method == "POST" and request.url.path.endswith("/refunds")
        if self.loses_refunds and is_refund:
            raise httpx.ReadTimeout("the answer was lost", request=request)
        return answer

    def asked(self) -> list[str]:
        """Give method and path of everything that was sent, and forget it."""
        asked = [f"{request.method} {request.url.path}" for request in self.sent]
        self.sent.clear()
        return asked


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._wire.handle(request)


@dataclass
class Bench:
    """A gateway with nothing around it."""

    gateway: Gr4vyGateway
    wire: Wire
    clock: MovableClock

    @property
    def fake(self) -> FakeGr4vy:
        return self.wire.fake

    async def start(self) -> str:
        ref = (await self.gateway.start(REQUEST)).session_ref
        self.wire.sent.clear()
        return ref

    async def state(self, ref: str) -> PaymentState:
        return reduce_facts((await self.read(ref)).facts)

    async def read(self, ref: str) -> Snapshot:
        snapshot = await self.gateway.fetch(PaymentRef("pay_1", ref))
        assert snapshot is not None
        return snapshot

    def only(self) -> FakeTransaction:
        (transaction,) = self.fake.transactions.values()
        return transaction


@asynccontextmanager
async def open_bench(clock: MovableClock) -> AsyncIterator[Bench]:
    """Put a gateway and its fake together."""
    fake = FakeGr4vy(clock, ORIGIN)
    settings = load_settings(fake.environment()).gr4vy
    assert settings is not None
    wire = Wire(fake)
    async with httpx.AsyncClient(transport=_Transport(wire)) as client:
        yield Bench(Gr4vyGateway(settings, client, HOME, clock), wire, clock)


def refund(ref: str, amount: int = 1000, key: str = "rf_1", currency: str = "USD") -> RefundRequest:
    """Ask for money back."""
    return RefundRequest(ref, amount, currency, key)
