"""A shop with one quiet product, and the same after somebody filled it with payloads."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plantly.db import Database
from tests.support.clock import MovableClock
from tests.support.hostile_catalog import open_quiet_shop
from tests.support.shop import ToolShop, open_tools


@pytest.fixture
async def quiet_db(empty_db: Database, tmp_path: Path) -> Database:
    await open_quiet_shop(empty_db, tmp_path)
    return empty_db


@pytest.fixture
async def quiet_tools(
    quiet_db: Database, database_url: str, clock: MovableClock
) -> AsyncIterator[ToolShop]:
    del quiet_db
    async with open_tools(database_url, clock=clock) as shop:
        yield shop
