"""A read sees one moment of the database, and can change nothing."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from plantly.db import Database, UnitOfWork
from tests.support.clock import MovableClock
from tests.support.rivals import elsewhere
from tests.support.shop import dump

pytestmark = pytest.mark.anyio


async def test_a_read_sees_one_moment_whatever_is_written_meanwhile(
    empty_db: Database, database_url: str
) -> None:
    def look_twice(uow: UnitOfWork) -> tuple[str | None, str | None]:
        before = uow.shop.secret("a")
        elsewhere(database_url, lambda other: other.shop.keep_secret("a", "new"))
        return before, uow.shop.secret("a")

    assert await empty_db.read(look_twice) == (None, None)
    assert await empty_db.read(lambda uow: uow.shop.secret("a")) == "new"


async def test_a_read_cannot_write(empty_db: Database) -> None:
    before = await dump(empty_db)
    with pytest.raises(DBAPIError):
        await empty_db.read(lambda uow: uow.shop.keep_secret("a", "b"))
    assert await dump(empty_db) == before


async def test_a_read_that_fails_leaves_the_database_usable(empty_db: Database) -> None:
    def fail(uow: UnitOfWork) -> None:
        uow.shop.secret("a")
        raise LookupError("on purpose")

    for _ in range(15):
        with pytest.raises(LookupError):
            await empty_db.read(fail)
    assert await empty_db.read(lambda uow: uow.shop.secret("a")) is None
    assert await empty_db.write(lambda uow: uow.shop.keep_secret("a", "b")) == "b"


async def test_reads_run_beside_each_other_and_beside_a_write(empty_db: Database) -> None:
    found = await asyncio.gather(
        *(empty_db.read(lambda uow: uow.catalog.count()) for _ in range(25)),
        empty_db.write(lambda uow: uow.catalog.count()),
    )
    assert found == [0] * 26


async def test_a_read_has_one_instant(empty_db: Database, clock: MovableClock) -> None:
    assert await empty_db.read(lambda uow: uow.now) == clock()
