"""What the stories share: a shop at each provider in turn."""

from collections.abc import AsyncIterator

import pytest

from plantly.db import open_database
from tests.support.clock import MovableClock
from tests.support.fakes.providers import SIDES
from tests.support.fakes.rig import Rig, open_rig


@pytest.fixture(params=list(SIDES))
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def rig(provider: str, sqlite_shop_url: str, clock: MovableClock) -> AsyncIterator[Rig]:
    """Open a shop at the provider; where databases differ, a test asks for the other one too."""
    db = open_database(sqlite_shop_url, clock=clock)
    async with open_rig(SIDES[provider](db, clock), sqlite_shop_url, db, clock) as opened:
        yield opened
    await db.close()


@pytest.fixture
async def both_rig(provider: str, shop_url: str, clock: MovableClock) -> AsyncIterator[Rig]:
    """Open the same shop on each database in turn, where it could matter which."""
    db = open_database(shop_url, clock=clock)
    async with open_rig(SIDES[provider](db, clock), shop_url, db, clock) as opened:
        yield opened
    await db.close()
