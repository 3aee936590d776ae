"""A paid order, and the merchant who looks after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pytest

from plantly.db import UnitOfWork
from plantly.domain.parcel import Parcel
from plantly.domain.refunds import RefundReason
from plantly.services.cancellations import Canceled, cancel_order
from plantly.services.fulfillments import Sent, deliver, fulfill
from plantly.services.order_desk import find_order
from plantly.services.order_refunds import RefundAsk, RefundGiven, refund_order
from plantly.services.orders import MerchantOrder, show_order
from plantly.services.returns import Receipt, ReturnView, receive_return, request_return
from tests.support.pay_shop import PayShop, a_buyer

T = TypeVar("T")

both_engines = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
"""For what depends on how a database lets several people work at once."""

ALOE = "SKU-ALOE-VERA-12CM"
MONSTERA = "SKU-MONSTERA-17CM"


@dataclass(frozen=True)
class OrderName:
    """What an order, its payment and the page that it was bought on are called."""

    number: str
    reference: str
    token: str


@dataclass
class OrderDesk:
    """The merchant's hand on one order."""

    shop: PayShop
    name: OrderName

    @property
    def number(self) -> str:
        """Give the number of the order."""
        return self.name.number

    @property
    def reference(self) -> str:
        """Give our name for its payment."""
        return self.name.reference

    @property
    def token(self) -> str:
        """Give the name of its checkout page."""
        return self.name.token

    async def do(self, work: Callable[[UnitOfWork], T]) -> T:
        """Do something in a transaction of its own."""
        return await self.shop.db.write(work)

    async def send(self, key: str = "k", parcel: Parcel | None = None, **lines: int) -> Sent:
        """Send lines (`aloe`, `monstera`), or all that is left."""
        return await self.do(
            lambda uow: fulfill(uow, self.number, named(lines), parcel or Parcel(), key)
        )

    async def deliver(self, number: int | None = None) -> tuple[int, ...]:
        """Note that parcels have arrived."""
        return await self.do(lambda uow: deliver(uow, self.number, number))

    async def refund(self, key: str = "r", **ask: Any) -> RefundGiven:
        """Give money back."""
        return await self.do(lambda uow: refund_order(uow, self.number, RefundAsk(**ask), key))

    async def cancel(self) -> Canceled:
        """Cancel the order."""
        return await self.do(lambda uow: cancel_order(uow, self.number, RefundReason.CANCELED))

    async def ask_back(self, reason: str = "damaged", note: str = "", **lines: int) -> ReturnView:
        """Ask for a return, as the buyer does."""
        wanted = named(lines) or {}
        return await self.do(
            lambda uow: request_return(uow, find_order(uow, self.number), wanted, reason, note)
        )

    async def receive(self, number: int = 1, **what: bool) -> ReturnView:
        """Note that a return has come."""
        return await self.do(lambda uow: receive_return(uow, self.number, number, Receipt(**what)))

    async def look(self) -> MerchantOrder:
        """Give the order as the merchant sees it."""
        return await self.shop.db.read(partial(show_order, order_number=self.number))

    async def states(self) -> tuple[str, str]:
        """Give the order's status and that of its goods."""
        view = (await self.look()).view
        return view.status, view.fulfillment_status

    async def kinds(self) -> list[str]:
        """Give what the history says has happened, without the beginning of each word."""
        return [entry.kind.removeprefix("order.") for entry in (await self.look()).history]

    async def refunds(self) -> list[tuple[int, str]]:
        """Give amount and status of each refund."""
        return [(r.amount_minor, r.status) for r in (await self.look()).view.refunds]

    async def settle(self) -> None:
        """Let the worker do what is due."""
        await self.shop.till.worker.tick()
        await self.shop.till.worker.tick()


def named(lines: Mapping[str, int]) -> dict[str, int] | None:
    """Give quantities by SKU; None for no line at all."""
    skus = {"aloe": ALOE, "monstera": MONSTERA}
    return {skus[name]: quantity for name, quantity in lines.items()} or None


async def paid_order(shop: PayShop, **quantities: int) -> OrderDesk:
    """Buy three aloes and a monstera through the page and the sandbox."""
    token = await shop.start(**(quantities or {"aloe_vera": 3, "monstera": 1}))
    async with a_buyer(shop, token) as buyer:
        assert "Thank you" in await buyer.pay()
    order = (await shop.page(token)).checkout.order
    assert order is not None
    reference = (await shop.payment(token)).reference
    return OrderDesk(shop, OrderName(order.order_number, reference, token))
