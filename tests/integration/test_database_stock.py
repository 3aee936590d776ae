"""Units are held, claimed or released, and nobody ever sells one that is not there."""

import asyncio

import pytest

from plantly.db import Database, UnitOfWork
from tests.support.orders import empty_checkout, payment_of
from tests.support.rivals import race
from tests.support.stock import FEW, MANY, SoldOutError, hold, units, variant_ids

pytestmark = pytest.mark.anyio


async def test_held_units_are_set_aside_and_come_back_when_released(db: Database) -> None:
    payment = await db.write(lambda uow: hold(uow, {FEW: 2, MANY: 5}))
    assert await db.read(lambda uow: units(uow, FEW)) == (3, 2)
    assert await db.read(lambda uow: units(uow, MANY)) == (50, 5)
    assert await db.write(lambda uow: uow.stock.release(payment))
    assert await db.read(lambda uow: units(uow, FEW)) == (3, 0)
    assert await db.read(lambda uow: units(uow, MANY)) == (50, 0)


async def test_too_few_units_are_refused_by_name_and_nothing_is_held(db: Database) -> None:
    def too_many(uow: UnitOfWork) -> tuple[int | None, int]:
        few, many = variant_ids(uow, FEW, MANY)
        payment = payment_of(uow, empty_checkout(uow), 1000)
        return uow.stock.hold(payment.id, {many: 5, few: 4}), few

    def and_back_again(uow: UnitOfWork) -> None:
        lacking, few = too_many(uow)
        assert lacking == few
        raise SoldOutError

    with pytest.raises(SoldOutError):
        await db.write(and_back_again)
    assert await db.read(lambda uow: (units(uow, FEW), units(uow, MANY))) == ((3, 0), (50, 0))


async def test_what_one_buyer_holds_another_cannot_have(db: Database) -> None:
    await db.write(lambda uow: hold(uow, {FEW: 2}))
    with pytest.raises(SoldOutError):
        await db.write(lambda uow: hold(uow, {FEW: 2}))
    await db.write(lambda uow: hold(uow, {FEW: 1}))


async def test_many_buyers_at_once_never_buy_more_than_there_is(
    db: Database, shop_url: str
) -> None:
    def buy(uow: UnitOfWork) -> int:
        return hold(uow, {FEW: 1, MANY: 1})

    results = await asyncio.to_thread(race, shop_url, [buy] * 12)
    sold = [result for result in results if isinstance(result, int)]
    lost = [result for result in results if isinstance(result, SoldOutError)]
    assert (len(sold), len(lost)) == (3, 9), results
    assert await db.read(lambda uow: (units(uow, FEW), units(uow, MANY))) == ((3, 3), (50, 3))


async def test_buyers_who_name_their_lines_in_another_order_never_lock_each_other_out(
    db: Database, shop_url: str
) -> None:
    def there(uow: UnitOfWork) -> int:
        return hold(uow, {"aloe-vera-12cm": 1, MANY: 1, "monstera-17cm": 1})

    def back(uow: UnitOfWork) -> int:
        return hold(uow, {"monstera-17cm": 1, MANY: 1, "aloe-vera-12cm": 1})

    results = await asyncio.to_thread(race, shop_url, [there, back] * 5)
    assert all(isinstance(result, int) for result in results), results
    assert await db.read(lambda uow: units(uow, "monstera-17cm")) == (10, 10)
