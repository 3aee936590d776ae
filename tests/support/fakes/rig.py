"""A shop, a provider and a buyer, put together so that a story can be told of any provider."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, TypeVar

import httpx
from sqlalchemy import select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import OrderRow, PaymentRow, RefundRow
from plantly.settings import load_settings
from tests.support.clock import MovableClock
from tests.support.fakes import Delivery, Ledger
from tests.support.fakes.sides import Side
from tests.support.fakes.watch import CallWatch
from tests.support.invariants import findings
from tests.support.pay_shop import ORIGIN, Buyer, Carry, PayShop, a_buyer, open_shop, text_of

_STEPS: Final = tuple(
    timedelta(minutes=minutes) for minutes in (0, 0, 1, 5, 15, 30, 60, 60, 120, 360, 1440)
)
R = TypeVar("R", OrderRow, PaymentRow, RefundRow)
Trouble = Literal["before", "after", "slow", "unheard"]


@dataclass
class Rig:
    """One shop at one provider, with one buyer; nothing happens in it by itself."""

    side: Side
    shop: PayShop
    buyer: Buyer
    watch: CallWatch
    url: str
    trouble: Trouble | None = None
    """`before`: the provider is not reached; `after`: it acts, and its answer gets lost; `slow`: it
    acts, and answers when nobody waits any more; `unheard`: it is read as ever, and only what it
    says after it has acted gets lost."""
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens, once, after the provider has acted and before its answer arrives."""
    mail: list[Delivery] = field(default_factory=list)
    """The webhooks that are on their way."""
    delivered: list[Delivery] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Give the provider's name."""
        return self.side.name

    # What the buyer does.

    async def press_pay(self) -> httpx.Response:
        """Type the details where they are missing, and press Pay."""
        self.watch.round += 1
        if 'name="quote"' not in (await self.buyer.browser.get(self.buyer.address)).text:
            await self.buyer.fill_in()
        return await self.buyer.press_pay()

    async def go_to_pay(self) -> str:
        """Press Pay, and open the page on which one pays; give the session's name."""
        answer = await self.press_pay()
        assert answer.status_code == 303, text_of(answer)
        target = answer.headers["location"]
        assert httpx.URL(target).is_relative_url or target.startswith(("http://", "https://"))
        if not target.startswith("http") or target.startswith(f"{ORIGIN}/checkout/"):
            page = await self.buyer.browser.get(target)
            assert page.status_code == 200, text_of(page)
        return await self.session()

    async def session(self) -> str:
        """Give the provider's name for the newest attempt."""
        ref = (await self.shop.payment(self.buyer.token)).session_ref
        assert ref is not None
        return ref

    async def pay(self) -> str:
        """Pay as most people do: the money comes, and the webhook with it."""
        ref = await self.go_to_pay()
        await self.side.act("approve", ref)
        await self.deliver()
        return ref

    async def come_back(self) -> str:
        """Follow the provider's way back to the shop; read the page."""
        self.watch.round += 1
        return await self.buyer.look("/return")

    async def stop(self) -> httpx.Response:
        """Press the button that stops the payment."""
        self.watch.round += 1
        return await self.buyer.post("stop")

    # What the post does.

    async def collect(self) -> list[Delivery]:
        """Take the webhooks that the provider has written, without delivering them."""
        self.mail += await self.side.events()
        return self.mail

    async def lose(self) -> list[Delivery]:
        """Lose every webhook that is on its way; give them to whoever finds them."""
        lost = list(await self.collect())
        self.mail.clear()
        return lost

    async def deliver(self, *, copies: int = 1, backwards: bool = False) -> list[int]:
        """Deliver what is on its way; give the shop's answers."""
        await self.collect()
        going = self.mail[::-1] if backwards else self.mail[:]
        self.mail.clear()
        return [await self.post(one) for one in going for _ in range(copies)]

    async def post(self, delivery: Delivery, secret: str | None = None) -> int:
        """Deliver one webhook, signed now; give the shop's answer."""
        self.delivered.append(delivery)
        signed = {**delivery.headers, **self.side.sign(delivery.body, secret)}
        return await self.post_raw(signed, delivery.body)

    async def post_raw(self, headers: object, body: bytes) -> int:
        """Send anything to the webhook's address."""
        async with self.shop.browser() as provider:
            answer = await provider.post(
                f"/webhooks/{self.name}",
                content=body,
                headers=headers,  # type: ignore[arg-type]
            )
        return answer.status_code

    # What time and the worker do.

    async def work(self, times: int = 1) -> None:
        """Let the worker work."""
        for _ in range(times):
            self.watch.round += 1
            await self.shop.till.worker.tick()

    async def later(self, by: timedelta) -> None:
        """Let time pass at both sides, and let the worker work."""
        self.shop.clock.advance(by)
        await self.side.pass_time()
        await self.work()

    async def settle_down(self) -> None:
        """Deliver and work until nothing is on its way any more, and both sides agree."""
        for step in _STEPS:
            self.shop.clock.advance(step)
            await self.side.pass_time()
            for _ in range(2):
                await self.deliver()
                await self.work()
            if not await self.disagreements():
                break

    # What the auditors see.

    async def ledger(self, ref: str) -> Ledger:
        """Say what the provider knows of a session."""
        return await self.side.ledger(ref)

    async def orders(self) -> list[OrderRow]:
        """Give every order."""
        return await self._all(OrderRow)

    async def refunds(self) -> list[RefundRow]:
        """Give every refund that the shop decided on."""
        return await self._all(RefundRow)

    async def payments(self) -> list[PaymentRow]:
        """Give every attempt to pay."""
        return await self._all(PaymentRow)

    async def disagreements(self) -> list[str]:
        """Say where the provider's ledger and the shop's books differ, and what waits."""
        broken = await self.shop.db.read(lambda uow: findings(uow, settled=True))
        books = {payment.session_ref: payment for payment in await self.payments()}
        paid = {order.payment_id for order in await self.orders()}
        for ref in await self.side.sessions():
            entry, payment = await self.side.ledger(ref), books.get(ref)
            known = (payment.captured_minor, payment.refunded_minor) if payment else (0, 0)
            if known != (entry.captured_minor, entry.refunded_minor):
                broken.append(f"session {ref}: {entry} there, {known} here")
            kept = entry.captured_minor - entry.refunded_minor
            if kept and (payment is None or payment.id not in paid):
                broken.append(f"session {ref}: {kept} kept without an order")
        return broken

    async def check(self) -> None:
        """End a story: everything has come to rest, both sides agree, no call was a bad one."""
        await self.settle_down()
        assert await self.disagreements() == []
        assert self.watch.findings(self.side.takes_key) == []

    async def _all(self, table: type[R]) -> list[R]:
        def look(uow: UnitOfWork) -> list[R]:
            return list(uow.session.scalars(select(table).order_by(table.id)))

        return await self.shop.db.read(look)

    async def carry(self, request: httpx.Request, carry: Carry) -> httpx.Response:
        """Stand between the shop and everybody else."""
        if request.url.path.startswith("/webhooks/"):
            # The sandbox's own clock: what it sends is carried as all others are.
            name = json.loads(request.content)["id"]
            headers = {k: v for k, v in request.headers.items() if k.startswith("x-")}
            self.mail.append(Delivery(name, headers, request.content))
            return httpx.Response(200)
        if not self.side.is_api(request):
            return await carry(request)
        await self.watch.look(request)
        return await self._call(request, carry)

    async def _call(self, request: httpx.Request, carry: Carry) -> httpx.Response:
        knobs = self.side.knobs
        if self.trouble == "before":
            raise httpx.ConnectError("the line is cut", request=request)
        if self.name == "sandbox" and (refusal := _refusal(request, knobs)):
            return refusal
        answer = await carry(request)
        await answer.aread()
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        changes = self.trouble == "unheard" and request.method != "GET"
        if changes or self.trouble in {"after", "slow"}:
            lost = httpx.ReadTimeout if self.trouble == "slow" else httpx.RemoteProtocolError
            raise lost("the answer was lost", request=request)
        if self.name == "sandbox" and knobs.busy_after:
            return httpx.Response(knobs.busy_after, json={})
        return answer


def _refusal(request: httpx.Request, knobs: object) -> httpx.Response | None:
    """Refuse as the sandbox would, which has no knobs for it."""
    busy = getattr(knobs, "busy", None)
    if busy is not None:
        return httpx.Response(busy, json={})
    refuses = getattr(knobs, "refund", None) == "refused"
    if refuses and request.url.path.endswith("/refunds"):
        return httpx.Response(422, json={})
    return None


@asynccontextmanager
async def open_rig(
    side: Side, url: str, db: Database, clock: MovableClock, token: str | None = None
) -> AsyncIterator[Rig]:
    """Open a shop at this provider, with a buyer of two aloes in front of its page.

    With the token of a page the shop is opened once more, and somebody else looks at that page.
    """
    # Mails are sent beside everything else: here whoever writes during a call is to be found.
    quiet = {"PLANTLY_DATABASE_URL": url, "PLANTLY_MAIL": "off"}
    settings = load_settings({**quiet, **side.environment()})
    async with open_shop(side.settings(settings), db, clock) as shop, a_buyer(shop, token) as buyer:
        rig = Rig(side, shop, buyer, CallWatch(url, db), url)
        side.plug_in(shop)
        shop.line.watch = rig.carry
        yield rig
