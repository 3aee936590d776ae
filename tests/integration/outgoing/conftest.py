"""What the tests of outgoing webhooks share: a shop, and a system that is told what happens."""

from collections.abc import AsyncIterator

import pytest

from plantly.db import Database, open_database
from tests.support.clock import MovableClock
from tests.support.pay_shop import Buyer, PayShop, a_buyer, open_pay_shop
from tests.support.receiver import ToldShop, tell


@pytest.fixture
async def told(db: Database, clock: MovableClock) -> AsyncIterator[ToldShop]:
    """Give a shop that tells, on each database."""
    shop = await tell(db, clock)
    yield shop
    await shop.desk.close()


@pytest.fixture
async def sqlite_db(sqlite_shop_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    database = open_database(sqlite_shop_url, clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def lone(sqlite_db: Database, clock: MovableClock) -> AsyncIterator[ToldShop]:
    """Give a shop that tells, where the database makes no difference."""
    shop = await tell(sqlite_db, clock)
    yield shop
    await shop.desk.close()


@pytest.fixture
async def shop(
    sqlite_shop_url: str, sqlite_db: Database, clock: MovableClock
) -> AsyncIterator[PayShop]:
    async with open_pay_shop(sqlite_shop_url, sqlite_db, clock) as opened:
        yield opened


@pytest.fixture
async def buyer(shop: PayShop) -> AsyncIterator[Buyer]:
    async with a_buyer(shop) as somebody:
        yield somebody
