"""An order that nothing was sent of can be canceled: units and money go back, once."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from plantly.db import UnitOfWork
from plantly.domain.catalog import StockPolicy
from plantly.domain.errors import InvalidInput, ProviderRejected
from plantly.domain.parcel import Parcel
from plantly.domain.payment import Fact, FactKind
from plantly.domain.refunds import RefundReason
from plantly.payments.sandbox import SandboxGateway
from plantly.services.cancellations import Canceled, cancel_order
from plantly.services.catalog_stock_edit import StockWish, set_stock
from plantly.services.fulfillments import Sent, fulfill
from plantly.services.order_refunds import RefundAsk, refund_order
from plantly.services.payment_events import apply_facts
from tests.support.order_care import ALOE, MONSTERA, OrderDesk, both_engines
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

TOTAL = 8576
HANDLES = ("aloe-vera-12cm", "monstera-17cm")


async def shelf(desk: OrderDesk) -> list[int]:
    return [(await desk.shop.left(handle))[0] for handle in HANDLES]


@both_engines
async def test_units_and_money_of_a_canceled_order_go_back_once(desk: OrderDesk) -> None:
    aloes, monsteras = await shelf(desk)
    done = await desk.cancel()
    assert (done.refund_minor, done.restocked, done.is_new) == (
        TOTAL,
        {ALOE: 3, MONSTERA: 1},
        True,
    )
    again = await desk.cancel()
    assert (again.refund_minor, again.restocked, again.is_new) == (0, {}, False)
    assert await shelf(desk) == [aloes + 3, monsteras + 1]
    await desk.settle()
    assert await desk.refunds() == [(TOTAL, "succeeded")]
    assert await desk.states() == ("canceled", "unfulfilled")
    assert await desk.kinds() == ["placed", "canceled", "refund_decided", "refunded"]
    with pytest.raises(InvalidInput, match="is canceled: nothing is sent"):
        await desk.send()


async def test_what_went_back_before_does_not_go_back_again(desk: OrderDesk) -> None:
    aloes, monsteras = await shelf(desk)
    first = await desk.refund("k1", lines={ALOE: 1}, restock=True)
    # One that is broken stays off the shelf.
    second = await desk.refund("k2", lines={ALOE: 1})
    done = await desk.cancel()
    assert done.refund_minor == TOTAL - first.amount_minor - second.amount_minor
    assert done.restocked == {ALOE: 1, MONSTERA: 1}
    assert await shelf(desk) == [aloes + 2, monsteras + 1]
    await desk.settle()
    assert sum(amount for amount, _ in await desk.refunds()) == TOTAL


async def test_what_nobody_counts_stays_uncounted(desk: OrderDesk) -> None:
    wish = StockWish(policy=StockPolicy.UNTRACKED)
    await desk.do(lambda uow: set_stock(uow, "cli:test", MONSTERA, wish))
    before = await shelf(desk)
    await desk.cancel()
    assert await shelf(desk) == [before[0] + 3, before[1]]


async def test_an_order_that_is_on_its_way_or_refunded_is_not_canceled(desk: OrderDesk) -> None:
    await desk.send("k1", aloe=1)
    with pytest.raises(InvalidInput, match="was sent"):
        await desk.cancel()
    await desk.refund()
    await desk.settle()
    with pytest.raises(InvalidInput, match="back already"):
        await desk.cancel()


async def test_a_refund_of_a_canceled_order_that_failed_can_be_given_again(
    desk: OrderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise ProviderRejected("no")

    await desk.cancel()
    with monkeypatch.context() as patched:
        patched.setattr(SandboxGateway, "refund", refuse)
        await desk.settle()
    assert await desk.refunds() == [(TOTAL, "failed")]
    assert await desk.states() == ("canceled", "unfulfilled")
    with pytest.raises(InvalidInput, match="its units are back"):
        await desk.refund("k1", lines={ALOE: 1})
    given = await desk.refund("k1")
    assert (given.amount_minor, given.lines) == (TOTAL, {})
    await desk.settle()
    assert await desk.states() == ("canceled", "unfulfilled")


async def test_an_order_that_cost_nothing_is_canceled_without_a_refund(desk: OrderDesk) -> None:
    """Everything went back at the provider meanwhile, and nobody has told us that it is all."""
    back = Fact("s", FactKind.REFUND_PENDING, TOTAL, "USD", "re_1")
    await desk.do(lambda uow: apply_facts(uow, "sandbox", desk.reference, [back], source="webhook"))
    done = await desk.cancel()
    assert (done.refund_minor, done.order_status) == (0, "canceled")
    sent = Fact("t", FactKind.REFUND_SUCCEEDED, TOTAL, "USD", "re_1")
    await desk.do(lambda uow: apply_facts(uow, "sandbox", desk.reference, [sent], source="webhook"))
    assert await desk.states() == ("canceled", "unfulfilled")


@both_engines
async def test_cancel_during_fulfillment_is_one_or_the_other(
    desk: OrderDesk, shop_url: str
) -> None:
    before = await shelf(desk)

    def send(uow: UnitOfWork, key: str) -> Sent | Canceled:
        return fulfill(uow, desk.number, {ALOE: 1}, Parcel(), key)

    def cancel(uow: UnitOfWork) -> Sent | Canceled:
        return cancel_order(uow, desk.number, RefundReason.CANCELED)

    presses = [partial(send, key="k1"), partial(send, key="k2")]
    works: list[Callable[[UnitOfWork], Sent | Canceled]] = [*presses, cancel, cancel]
    results = await asyncio.to_thread(race, shop_url, works, clock=desk.shop.clock)
    sent = sum(isinstance(result, Sent) for result in results)
    canceled = sum(isinstance(result, Canceled) for result in results)
    assert (sent, canceled) in {(2, 0), (0, 2)}
    await desk.settle()
    assert await desk.refunds() == ([(TOTAL, "succeeded")] if canceled else [])
    units = [3, 1] if canceled else [0, 0]
    assert await shelf(desk) == [left + more for left, more in zip(before, units, strict=True)]


@both_engines
async def test_cancel_and_refund_at_once_give_back_what_came(
    desk: OrderDesk, shop_url: str
) -> None:
    def refund(uow: UnitOfWork, key: str) -> object:
        return refund_order(uow, desk.number, RefundAsk({ALOE: 2}, restock=True), key)

    def cancel(uow: UnitOfWork) -> object:
        return cancel_order(uow, desk.number, RefundReason.CANCELED)

    before = await shelf(desk)
    presses = [partial(refund, key="k1"), partial(refund, key="k2")]
    works: list[Callable[[UnitOfWork], object]] = [*presses, cancel, cancel]
    await asyncio.to_thread(race, shop_url, works, clock=desk.shop.clock)
    await desk.settle()
    assert sum(amount for amount, _ in await desk.refunds()) == TOTAL
    assert await shelf(desk) == [before[0] + 3, before[1] + 1]
