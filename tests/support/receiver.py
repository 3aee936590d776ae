"""A merchant's own system, which takes outgoing webhooks and checks who sends them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import time_machine
from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook

from plantly.db import Database, UnitOfWork
from plantly.domain.outgoing import PaymentEvent
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.merchant_webhooks import WebhookSender
from plantly.services import outgoing
from plantly.services.announcements import announce_payment
from plantly.services.workflows.deliver import DeliveryDesk
from tests.support.clock import MovableClock
from tests.support.orders import empty_checkout, payment_of
from tests.support.pay_shop import PayShop

URL: Final = "https://erp.example/hooks"
ADDRESS: Final = "93.184.216.34"
_PORT: Final = 9


@dataclass(frozen=True)
class Call:
    """One webhook as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Give the name of the event."""
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        """Give what it says."""
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass
class Receiver:
    """Answers as it is told, and keeps what it took after looking at the signature."""

    clock: MovableClock
    secret: str = ""
    answer: Callable[[], Response] = lambda: Response(status_code=204)
    calls: list[Call] = field(default_factory=list)

    @property
    def app(self) -> FastAPI:
        """Give the application that listens."""
        app = FastAPI(openapi_url=None)
        app.add_api_route("/hooks", self._take, methods=["POST"])
        return app

    @property
    def types(self) -> list[str]:
        """Give the types of everything that came."""
        return [call.said["type"] for call in self.calls]

    def answers(self, status: int, **headers: str) -> None:
        """Answer everything with a status from now on."""
        self.answer = lambda: Response(status_code=status, headers=headers)

    def verify(self, call: Call, secret: str) -> dict[str, Any]:
        """Read a call as the library for receivers does."""
        with time_machine.travel(self.clock(), tick=False):
            said: dict[str, Any] = Webhook(secret).verify(call.body, call.headers)
        return said

    async def _take(self, request: Request) -> Response:
        call = Call(dict(request.headers), await request.body())
        self.calls.append(call)
        self.verify(call, self.secret)
        return self.answer()


@dataclass
class ToldShop:
    """A shop that tells one receiver what happens."""

    db: Database
    desk: DeliveryDesk
    receiver: Receiver
    clock: MovableClock
    endpoint: str

    async def happen(self, times: int = 1) -> None:
        """Let something happen that is told."""
        for _ in range(times):
            await self.db.write(something)

    async def deliver(self) -> None:
        """Let the worker look, and wait until all is sent that is due."""
        await self.desk.look()
        await self.desk.settled()

    async def deliveries(self) -> list[outgoing.DeliveryView]:
        """Give what was told, oldest first."""
        found = await self.db.read(lambda uow: outgoing.list_deliveries(uow, 1000))
        return list(reversed(found))

    async def shown(self) -> outgoing.EndpointView:
        """Give the endpoint as the merchant sees it."""
        return await self.db.read(lambda uow: outgoing.show_endpoint(uow, self.endpoint))


def something(uow: UnitOfWork) -> None:
    """Let a payment need attention."""
    payment = payment_of(uow, empty_checkout(uow), 1000)
    announce_payment(uow, payment, PaymentEvent.NEEDS_ATTENTION)


async def tell(db: Database, clock: MovableClock, events: str = "*", url: str = URL) -> ToldShop:
    """Let a receiver be told of what happens in a shop."""
    made = await db.write(lambda uow: outgoing.add_endpoint(uow, url, events))
    receiver = Receiver(clock, made.secret)
    desk = DeliveryDesk(db, sender_to(httpx.ASGITransport(receiver.app)))
    return ToldShop(db, desk, receiver, clock, made.endpoint.id)


async def tell_of(shop: PayShop, events: str = "*") -> ToldShop:
    """Let a receiver on this machine be told by the shop's own worker."""
    told = await tell(shop.db, shop.clock, events, f"http://127.0.0.1:{_PORT}/hooks")
    shop.line.apps[_PORT] = told.receiver.app
    told.desk = shop.till.deliveries
    return told


def sender_to(
    transport: httpx.AsyncBaseTransport, *, local: bool = False, address: str = ADDRESS
) -> WebhookSender:
    """Give the way to a receiver whose name leads to an address."""

    async def resolve(host: str, _port: int) -> list[str]:
        is_name = host[0].isalpha() and ":" not in host
        return ["127.0.0.1"] if host == "localhost" else [address if is_name else host]

    return WebhookSender(AddressGuard(), local=local, transport=transport, resolve=resolve)
