"""What the tests of money share: a shop that takes it, on both databases, and a buyer."""

from collections.abc import AsyncIterator

import pytest

from plantly.db import Database
from tests.support.clock import MovableClock
from tests.support.pay_shop import Buyer, PayShop, a_buyer, open_pay_shop


@pytest.fixture
async def shop(shop_url: str, db: Database, clock: MovableClock) -> AsyncIterator[PayShop]:
    async with open_pay_shop(shop_url, db, clock) as opened:
        yield opened


@pytest.fixture
async def buyer(shop: PayShop) -> AsyncIterator[Buyer]:
    async with a_buyer(shop) as somebody:
        yield somebody
