"""How the two engines are opened, and which of their failures are tried again."""

import asyncio
import sqlite3
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from plantly.db import Database, UnitOfWork, engine, open_database, retries
from plantly.db.engine import postgres_engine
from plantly.db.retries import MAX_TRIES, pause_before_try
from tests.support.rivals import elsewhere, race

pytestmark = pytest.mark.anyio


def pragmas(uow: UnitOfWork) -> dict[str, Any]:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
    run = uow.connection.exec_driver_sql
    return {name: run(f"PRAGMA {name}").scalar_one() for name in names}


async def test_sqlite_keeps_what_it_acknowledged_and_waits_for_its_turn(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    tuned = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    assert await database.write(pragmas) == {**tuned, "query_only": 0}
    assert await database.read(pragmas) == {**tuned, "query_only": 1}
    await database.close()


async def test_a_sqlite_writer_is_alone_from_its_first_statement(sqlite_url: str) -> None:
    database = open_database(sqlite_url)

    def work(_: UnitOfWork) -> str:
        rival = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite:///")), timeout=0)
        try:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                rival.execute("BEGIN IMMEDIATE")
        finally:
            rival.close()
        return "alone"

    assert await database.write(work) == "alone"
    await database.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_MS", 0)


async def test_a_locked_sqlite_is_tried_again(
    sqlite_url: str, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(sqlite_url)
    rival = sqlite3.connect(
        Path(sqlite_url.removeprefix("sqlite:///")), check_same_thread=False, isolation_level=None
    )
    rival.execute("BEGIN IMMEDIATE")
    is_retryable = retries.is_retryable
    seen: list[object] = []

    def notice(error: Any) -> bool:
        seen.append(error)
        if len(seen) == 2:
            rival.execute("COMMIT")
        return is_retryable(error)

    monkeypatch.setattr(engine, "is_retryable", notice)
    assert await database.write(lambda uow: uow.shop.keep_secret("a", "1")) == "1"
    assert len(seen) == 2
    rival.close()
    await database.close()


async def test_a_sqlite_that_stays_locked_is_given_up_on_and_works_again_later(
    sqlite_url: str, impatient: None
) -> None:
    database = open_database(sqlite_url)
    rival = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite:///")), isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await database.write(lambda uow: uow.shop.keep_secret("a", "1"))
    assert await database.read(lambda uow: uow.shop.secret("a")) is None
    rival.execute("COMMIT")
    rival.close()
    assert await database.write(lambda uow: uow.shop.keep_secret("a", "2")) == "2"
    await database.close()


def test_rivals_wait_for_different_times_and_never_long() -> None:
    seconds = [[pause_before_try(number) for _ in range(200)] for number in (2, 3, 9)]
    assert all(len(set(waits)) > 190 for waits in seconds)
    assert [max(waits) <= most for waits, most in zip(seconds, (0.02, 0.04, 0.2), strict=True)]
    assert max(seconds[2]) > 0.1


async def test_a_lock_of_postgresql_that_came_too_late_is_waited_for_again(
    postgresql_url: str,
) -> None:
    database = open_database(postgresql_url, pool_size=2)
    await database.write(lambda uow: uow.shop.keep_secret("a", "1"))
    tries: list[int] = []
    held, let_go = threading.Event(), threading.Event()

    def hold(uow: UnitOfWork) -> None:
        uow.connection.exec_driver_sql("SELECT * FROM install_secrets FOR UPDATE")
        held.set()
        assert let_go.wait(10)

    def take(uow: UnitOfWork) -> str | None:
        tries.append(1)
        uow.connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        if len(tries) == 2:
            let_go.set()
        uow.connection.exec_driver_sql("SELECT * FROM install_secrets FOR UPDATE")
        return uow.shop.secret("a")

    holding = asyncio.create_task(asyncio.to_thread(elsewhere, postgresql_url, hold))
    assert await asyncio.to_thread(held.wait, 10)
    assert await database.write(take) == "1"
    assert len(tries) in {2, 3}
    await holding
    await database.close()


async def test_reads_of_sqlite_do_not_wait_for_a_writer(sqlite_url: str, impatient: None) -> None:
    database = open_database(sqlite_url)
    rival = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite:///")), isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    assert await database.read(lambda uow: uow.catalog.count()) == 0
    rival.close()
    await database.close()


async def test_sqlite_makes_the_folder_of_its_file(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a' / 'b' / 'shop.db'}")
    assert await database.read(lambda uow: uow.connection.execute(text("SELECT 1")).scalar()) == 1
    assert (tmp_path / "a" / "b" / "shop.db").exists()
    await database.close()


@pytest.mark.parametrize(
    ("address", "ssl"),
    [
        ("postgresql://shop@db.example/shop", None),
        ("postgres://shop@db.example/shop?sslmode=require", "require"),
        ("postgresql://shop@db.example/shop?ssl=verify-full", "verify-full"),
    ],
)
def test_the_address_of_a_hoster_is_understood(address: str, ssl: str | None) -> None:
    opened = postgres_engine(make_url(address), pool_size=1)
    _, arguments = opened.dialect.create_connect_args(opened.url)
    assert (arguments.get("ssl"), "sslmode" in arguments) == (ssl, False)
    assert (arguments["host"], arguments["database"]) == ("db.example", "shop")


async def test_postgresql_never_waits_for_ever(postgresql_url: str) -> None:
    def limits(uow: UnitOfWork) -> dict[str, str]:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        run = uow.connection.exec_driver_sql
        return {name: run(f"SHOW {name}").scalar_one() for name in names}

    database = open_database(postgresql_url)
    assert await database.write(limits) == {
        "statement_timeout": "10s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "15s",
    }
    await database.close()


async def test_a_serialization_failure_of_postgresql_is_tried_again(postgresql_url: str) -> None:
    database = open_database(postgresql_url)
    await database.write(lambda uow: uow.shop.keep_secret("a", "0"))
    tries: list[int] = []

    def work(uow: UnitOfWork) -> str:
        tries.append(1)
        run = uow.connection.exec_driver_sql
        run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        uow.shop.secret("a")
        if len(tries) == 1:
            elsewhere(postgresql_url, lambda rival: change(rival, "a", "rival"))
        change(uow, "a", "ours")
        return uow.shop.secret("a") or ""

    assert await database.write(work) == "ours"
    assert len(tries) == 2
    await database.close()


def put(uow: UnitOfWork, name: str) -> None:
    uow.shop.keep_secret(name, "0")


def change(uow: UnitOfWork, name: str, value: str) -> None:
    uow.connection.execute(
        text("UPDATE install_secrets SET value = :value WHERE name = :name"),
        {"name": name, "value": value},
    )


async def test_a_deadlock_of_postgresql_is_tried_again(postgresql_url: str) -> None:
    database = open_database(postgresql_url)
    for name in ("a", "b"):
        await database.write(partial(put, name=name))
    await database.close()
    both_hold_one = threading.Barrier(2)
    tries = {"ab": 0, "ba": 0}

    def work(order: str, uow: UnitOfWork) -> str:
        tries[order] += 1
        uow.connection.exec_driver_sql("SET LOCAL deadlock_timeout = '10ms'")
        change(uow, order[0], order)
        if tries[order] == 1:
            both_hold_one.wait(10)
        change(uow, order[1], order)
        return order

    works = [partial(work, order) for order in tries]
    results = await asyncio.to_thread(race, postgresql_url, works)
    assert results == ["ab", "ba"]
    assert sorted(tries.values()) == [1, 2]


async def test_an_error_that_no_repeat_can_cure_is_raised_at_once(empty_db: Database) -> None:
    tries: list[int] = []

    def work(uow: UnitOfWork) -> None:
        tries.append(1)
        uow.connection.exec_driver_sql("SELECT no_such_function()")

    with pytest.raises(DBAPIError):
        await empty_db.write(work)
    assert len(tries) == 1 < MAX_TRIES
