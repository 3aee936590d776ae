"""A hold ends once: as a sale, or back on the shelf."""

import asyncio

import pytest

from plantly.db import Database, UnitOfWork
from tests.support.rivals import race
from tests.support.stock import FEW, hold, units

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def books_are_right() -> None:
    """Look away: units are claimed here without an order, which no shop would do."""


@pytest.mark.parametrize("first", ["claim", "release"])
@pytest.mark.parametrize("second", ["claim", "release"])
async def test_a_hold_ends_once(db: Database, first: str, second: str) -> None:
    payment = await db.write(lambda uow: hold(uow, {FEW: 2}))
    assert await db.write(lambda uow: bool(getattr(uow.stock, first)(payment)))
    assert not await db.write(lambda uow: bool(getattr(uow.stock, second)(payment)))
    assert await db.read(lambda uow: units(uow, FEW)) == ((1, 0) if first == "claim" else (3, 0))


async def test_a_hold_ends_once_within_one_transaction_too(db: Database) -> None:
    payment = await db.write(lambda uow: hold(uow, {FEW: 2}))

    def twice(uow: UnitOfWork) -> list[bool]:
        ends = (uow.stock.claim, uow.stock.claim, uow.stock.release)
        return [bool(end(payment)) for end in ends]

    assert await db.write(twice) == [True, False, False]
    assert await db.read(lambda uow: units(uow, FEW)) == (1, 0)


async def test_a_payment_without_a_hold_claims_and_releases_nothing(db: Database) -> None:
    assert not await db.write(lambda uow: uow.stock.claim(12345))
    assert not await db.write(lambda uow: uow.stock.release(12345))


async def test_a_claim_and_a_release_at_once_end_a_hold_once(db: Database, shop_url: str) -> None:
    payment = await db.write(lambda uow: hold(uow, {FEW: 2}))
    ends = [
        lambda uow: bool(uow.stock.claim(payment)),
        lambda uow: uow.stock.release(payment),
    ] * 3
    results = await asyncio.to_thread(race, shop_url, ends)
    assert sorted(map(repr, results)) == ["False"] * 5 + ["True"]
    assert await db.read(lambda uow: units(uow, FEW)) in [(1, 0), (3, 0)]
