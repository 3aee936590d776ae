"""A merchant takes units away while buyers hold and buy them: nothing is promised twice."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import StockPolicy
from plantly.domain.errors import InvalidInput
from plantly.services.catalog_stock_edit import StockWish, set_stock
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from tests.support.http import ROOT, clean_environment
from tests.support.orders import pay
from tests.support.rivals import race
from tests.support.stock import FEW, SoldOutError, hold, stock, units

pytestmark = pytest.mark.anyio

SKU = "SKU-SNAKE-PLANT-12CM"
AT_HAND = 3
Work = Callable[[UnitOfWork], object]


def buy(uow: UnitOfWork) -> None:
    hold(uow, {FEW: 1})


def wishing(wish: StockWish) -> Work:
    """Change the stock as the command line does."""
    return lambda uow: set_stock(uow, "cli:race", FEW, wish)


async def raced(url: str, works: list[Work]) -> tuple[int, list[str]]:
    """Run units at the same time; give how many came through, and what the others were told."""
    results = await asyncio.to_thread(race, url, works)
    lost = [result for result in results if isinstance(result, Exception)]
    told = [error for error in lost if not isinstance(error, SoldOutError)]
    assert all(isinstance(error, InvalidInput) for error in told), told
    return len(results) - len(lost), [str(error) for error in told]


def changes(uow: UnitOfWork) -> list[tuple[int, int]]:
    """Give the units at hand before and after every change, the oldest first."""
    rows = uow.catalog_changes.latest(slug=None, sku=SKU, limit=100)
    return [(row.before["on_hand"], row.after["on_hand"]) for row in reversed(rows)]


def _release(uow: UnitOfWork, payment: int) -> bool:
    return uow.stock.release(payment)


async def assert_the_history_adds_up(db: Database, began: int = AT_HAND) -> None:
    """Check that each change begins where the one before it ended, and the last one at now."""
    found = await db.read(changes)
    ends = [began, *(after for _, after in found)]
    on_hand, _ = await db.read(lambda uow: units(uow, FEW))
    assert [before for before, _ in found] == ends[:-1]
    assert ends[-1] == on_hand


@pytest.mark.parametrize("limit", [0, 2])
async def test_each_unit_is_held_or_taken_away_and_never_both(
    db: Database, shop_url: str, limit: int
) -> None:
    if limit:
        policy = StockPolicy.BACKORDER
        await db.write(lambda uow: stock(uow, FEW, policy=policy, backorder_limit=limit))
    works: list[Work] = [buy, wishing(StockWish(more=-1))] * 5
    came_through, told = await raced(shop_url, works)
    assert came_through == AT_HAND + limit
    assert all("too few" in sentence for sentence in told)
    on_hand, reserved = await db.read(lambda uow: units(uow, FEW))
    taken = AT_HAND - on_hand
    assert (taken + reserved, reserved <= on_hand + limit) == (AT_HAND + limit, True)
    assert len(await db.read(changes)) == taken
    await assert_the_history_adds_up(db)


async def test_a_count_of_the_shelf_never_forgets_who_is_paying(
    db: Database, shop_url: str
) -> None:
    counted = [wishing(StockWish(units=number)) for number in (0, 1, 2, 6)]
    await raced(shop_url, [buy, *counted, buy, buy])
    on_hand, reserved = await db.read(lambda uow: units(uow, FEW))
    assert 0 <= reserved <= on_hand
    await assert_the_history_adds_up(db)


async def test_a_policy_that_ends_backorders_waits_for_those_that_are_owed(
    db: Database, shop_url: str
) -> None:
    backorder, deny = StockPolicy.BACKORDER, StockPolicy.DENY
    await db.write(lambda uow: stock(uow, FEW, policy=backorder, backorder_limit=3))
    works: list[Work] = [*([buy] * 5), wishing(StockWish(policy=deny)), *([buy] * 3)]
    await raced(shop_url, works)
    on_hand, reserved = await db.read(lambda uow: units(uow, FEW))
    assert (on_hand, reserved) in {(AT_HAND, number) for number in range(1, 7)}


async def test_sales_and_hands_write_one_history(db: Database, shop_url: str) -> None:
    await db.write(lambda uow: stock(uow, FEW, on_hand=12))

    def start(uow: UnitOfWork) -> str:
        wanted = StartRequest(cart_id=None, items=(ItemRef(1, product_id="snake-plant"),))
        return start_checkout(uow, Shopper(), wanted).public_id

    sessions = [await db.write(start) for _ in range(4)]
    works: list[Work] = [partial(pay, checkout_session_id=session) for session in sessions]
    works += [wishing(StockWish(more=more)) for more in (-2, 5, -1, -3)]
    assert await raced(shop_url, works) == (8, [])
    assert await db.read(lambda uow: units(uow, FEW)) == (12 - 4 - 1, 0)
    assert len(await db.read(changes)) == 8
    await assert_the_history_adds_up(db, 12)


async def test_processes_of_their_own_take_units_away_as_one_does(
    db: Database, shop_url: str, tmp_path: Path
) -> None:
    def begin(_: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "plantly.cli", "catalog", "set-stock", SKU, "-1"]
        settings = {"PYTHONPATH": str(ROOT / "backend"), "PLANTLY_DATABASE_URL": shop_url}
        env = clean_environment(**settings)
        return subprocess.Popen(command, env=env, cwd=tmp_path, stdout=subprocess.DEVNULL)

    hands = [begin(number) for number in range(3)]
    with suppress(SoldOutError):
        while any(hand.poll() is None for hand in hands):
            payment = await db.write(lambda uow: hold(uow, {FEW: 1}))
            assert await db.write(partial(_release, payment=payment))
    codes = [await asyncio.to_thread(hand.wait, 60) for hand in hands]
    taken = codes.count(0)
    assert set(codes) <= {0, 1}
    assert await db.read(lambda uow: units(uow, FEW)) == (AT_HAND - taken, 0)
    assert len(await db.read(changes)) == taken
    await assert_the_history_adds_up(db)
