"""What tests of paying inside a conversation share: one shop, on SQLite."""

from collections.abc import AsyncIterator

import pytest

from plantly.db import Database
from tests.support.chat_shop import ChatShop, open_chat_shop
from tests.support.clock import MovableClock


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give one small shop: what differs between engines is tested on the hosted page."""
    return sqlite_shop_url


@pytest.fixture
async def shop(shop_url: str, db: Database, clock: MovableClock) -> AsyncIterator[ChatShop]:
    """Give a shop that takes payments from a payment sheet."""
    sheet = {"PLANTLY_PAYMENT_SHEET": "true"}
    async with open_chat_shop(shop_url, db, clock, sheet) as opened:
        yield opened
