"""How long an import lets the database think, and how much it lets wait for the index."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.engine import synced_rarely
from plantly.domain.money import currency
from plantly.services.formats.reading import ReadContext
from plantly.services.imports import Batch, Run, RunOptions, begin, take_batch
from tests.support.shop import stock_shop

pytestmark = pytest.mark.anyio


def patience(uow: UnitOfWork, *, imports: bool) -> str | None:
    if imports:
        uow.imports.wait_longer()
    if uow.session.get_bind().dialect.name == "sqlite":
        return None
    told: str | None = uow.session.scalar(text("SHOW statement_timeout"))
    return told


async def test_its_statements_may_take_minutes_and_those_of_others_seconds(
    selling: Database,
) -> None:
    theirs = await selling.write(partial(patience, imports=True))
    ours = await selling.write(partial(patience, imports=False))
    assert (theirs, ours) in [("2min", "10s"), (None, None)]


def put_off(uow: UnitOfWork, *, name: str) -> tuple[str, ...] | None:
    draft = Run(0, name, RunOptions("shopify"), ReadContext(currency("USD")))
    run, _ = begin(uow, (name, name), draft)
    is_sqlite = uow.session.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        # The server of the tests forgets anyway.
        uow.session.execute(text("SET LOCAL synchronous_commit = on"))
    take_batch(uow, run, Batch([]))
    if is_sqlite:
        return None
    names = ("gin_pending_list_limit", "synchronous_commit")
    return tuple(uow.session.scalars(text(f"SHOW {each}")).one() for each in names)


async def test_only_the_first_import_lets_postgresql_put_off_its_index_and_the_disk(
    selling: Database,
) -> None:
    first = await selling.write(partial(put_off, name="first"))
    await selling.write(stock_shop)
    later = await selling.write(partial(put_off, name="later"))
    assert (first, later) in [(("8MB", "off"), ("512kB", "on")), (None, None)]


async def test_the_disk_has_in_the_end_what_sqlite_was_let_to_sync_rarely(tmp_path: Path) -> None:
    def synchronous(uow: UnitOfWork) -> object:
        uow.connection.exec_driver_sql("INSERT INTO written VALUES (1)")
        return uow.connection.exec_driver_sql("PRAGMA synchronous").scalar()

    path = tmp_path / "plantly.db"
    db = open_database(f"sqlite:///{path}")
    normal, full = 1, 2
    async with synced_rarely(db):
        await db.write(lambda uow: uow.connection.exec_driver_sql("CREATE TABLE written (x)"))
        assert await db.write(synchronous) == normal
    # What stands in the main file was synced before.
    alone = tmp_path / "alone.db"
    alone.write_bytes(path.read_bytes())
    with closing(sqlite3.connect(alone)) as main_file:
        assert main_file.execute("SELECT count(*) FROM written").fetchall() == [(1,)]
    assert await db.write(synchronous) == full
    await db.close()


async def test_postgresql_is_told_by_each_transaction_when_to_sync(postgresql_url: str) -> None:
    def told(uow: UnitOfWork) -> object:
        return uow.connection.exec_driver_sql("SHOW synchronous_commit").scalar()

    db = open_database(postgresql_url)
    always = await db.write(told)
    async with synced_rarely(db):
        assert await db.write(told) == always
    await db.close()
