"""Units that are sold ahead of the goods: as many as the merchant said, and none more."""

import asyncio
from functools import partial
from typing import Any

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import StockPolicy
from tests.support.rivals import race
from tests.support.stock import FEW, SoldOutError, hold, stock, units

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def books_are_right() -> None:
    """Look away: units are claimed here without an order, which no shop would do."""


async def arrange(db: Database, **columns: Any) -> None:
    await db.write(partial(stock, handle=FEW, **columns))


def claim(uow: UnitOfWork, payment: int) -> list[tuple[int, int, int]]:
    return [(c.quantity, c.before, c.after) for c in uow.stock.claim(payment)]


@pytest.mark.parametrize("policy", [StockPolicy.BACKORDER, StockPolicy.PREORDER])
async def test_as_many_are_sold_beyond_those_at_hand_as_the_limit_says(
    db: Database, policy: StockPolicy
) -> None:
    await arrange(db, policy=policy, backorder_limit=4)
    first = await db.write(lambda uow: hold(uow, {FEW: 5}))
    with pytest.raises(SoldOutError):
        await db.write(lambda uow: hold(uow, {FEW: 3}))
    second = await db.write(lambda uow: hold(uow, {FEW: 2}))
    assert await db.read(lambda uow: units(uow, FEW)) == (3, 7)
    assert await db.write(lambda uow: claim(uow, first)) == [(5, 3, -2)]
    assert await db.write(lambda uow: claim(uow, second)) == [(2, -2, -4)]
    assert await db.read(lambda uow: units(uow, FEW)) == (-4, 0)
    with pytest.raises(SoldOutError):
        await db.write(lambda uow: hold(uow, {FEW: 1}))


async def test_what_is_owed_is_paid_off_by_the_next_delivery(db: Database) -> None:
    await arrange(db, policy=StockPolicy.BACKORDER, backorder_limit=4)
    payment = await db.write(lambda uow: hold(uow, {FEW: 7}))
    await db.write(lambda uow: claim(uow, payment))
    await arrange(db, on_hand=1)
    payment = await db.write(lambda uow: hold(uow, {FEW: 5}))
    assert await db.write(lambda uow: uow.stock.release(payment))
    assert await db.read(lambda uow: units(uow, FEW)) == (1, 0)


async def test_what_is_not_counted_is_sold_without_end_and_stays_as_it_is(db: Database) -> None:
    await arrange(db, policy=StockPolicy.UNTRACKED)
    payment = await db.write(lambda uow: hold(uow, {FEW: 5000}))
    assert await db.read(lambda uow: units(uow, FEW)) == (3, 5000)
    assert await db.write(lambda uow: claim(uow, payment)) == [(5000, 3, 3)]
    assert await db.read(lambda uow: units(uow, FEW)) == (3, 0)


async def test_many_buyers_at_once_never_order_more_ahead_than_may_be(
    db: Database, shop_url: str
) -> None:
    await arrange(db, policy=StockPolicy.BACKORDER, backorder_limit=2)

    def buy(uow: UnitOfWork) -> int:
        payment = hold(uow, {FEW: 1})
        uow.stock.claim(payment)
        return payment

    results = await asyncio.to_thread(race, shop_url, [buy] * 12)
    sold = [result for result in results if isinstance(result, int)]
    lost = [result for result in results if isinstance(result, SoldOutError)]
    assert (len(sold), len(lost)) == (5, 7), results
    assert await db.read(lambda uow: units(uow, FEW)) == (-2, 0)
