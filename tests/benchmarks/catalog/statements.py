"""What the statements of a listing cost alone: recorded once, and run again past everything else.

The same text and the same values, through the same driver and with the rows fetched, but without
SQLAlchemy, without our code, and without an answer being made of the rows.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, Self
from unittest.mock import patch

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url

from plantly.db import UnitOfWork
from plantly.db.engine import postgres_engine, sqlite_engine
from plantly.db.search.kept import Kept
from plantly.domain.catalog import CatalogQuery
from plantly.domain.ids import RandomIds
from plantly.services.listing import list_products
from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.generate import EPOCH

Statement = tuple[str, Any]
"""SQL, and its values by place or by name."""


async def statements_of(dataset: Dataset, queries: Sequence[CatalogQuery]) -> list[list[Statement]]:
    """Return what the database is asked for each query, from the first statement to the last."""
    return (
        _in_sqlite(dataset, queries)
        if dataset.engine == "sqlite"
        else await _in_postgres(dataset, queries)
    )


async def cpu_ms(dataset: Dataset, units: Sequence[Sequence[Statement]], rounds: int) -> float:
    """Return the milliseconds of our CPU for the statements of one query, the least of rounds."""
    run = _sqlite_round if dataset.engine == "sqlite" else _postgres_round
    spent = [await run(dataset, units) for _ in range(rounds)]
    return min(spent) * 1000 / len(units)


class _RecordingCursor(sqlite3.Cursor):
    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        _recorded.append((sql, parameters))
        return super().execute(sql, parameters)


class _RecordingConnection(sqlite3.Connection):
    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.execute(sql, parameters)

    def cursor(self, *_: Any) -> Any:
        return super().cursor(_RecordingCursor)


_recorded: list[Statement] = []


def _in_sqlite(dataset: Dataset, queries: Sequence[CatalogQuery]) -> list[list[Statement]]:
    engine = sqlite_engine(make_url(dataset.url), "BEGIN", read_only=True, maps_file=True)

    @event.listens_for(engine, "do_connect")
    def _record(_dialect: object, _record: object, _args: object, options: dict[str, Any]) -> None:
        options["factory"] = _RecordingConnection

    with engine.connect() as connection:
        found = [_recording(connection, query) for query in queries]
    engine.dispose()
    return found


async def _in_postgres(dataset: Dataset, queries: Sequence[CatalogQuery]) -> list[list[Statement]]:
    engine = postgres_engine(make_url(dataset.url), pool_size=1)

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def _record(_c: object, _cursor: object, sql: str, values: Any, *_: object) -> None:
        _recorded.append((sql, tuple(values)))

    with patch.object(asyncpg.Connection, "fetch", _recording_fetch):
        async with engine.connect() as connection:
            found = [await connection.run_sync(_recording, query) for query in queries]
    await engine.dispose()
    return found


_fetch = asyncpg.Connection.fetch


async def _recording_fetch(self: asyncpg.Connection, sql: str, *values: Any) -> Any:
    """Note what goes past SQLAlchemy."""
    _recorded.append((sql, values))
    return await _fetch(self, sql, *values)


def _recording(connection: Connection, query: CatalogQuery) -> list[Statement]:
    transaction = connection.begin()
    uow = UnitOfWork(connection, EPOCH, RandomIds())
    # What a shop knows of its catalog is looked up once, and not for each question.
    list_products(uow, CatalogQuery())
    _recorded.clear()
    with patch("plantly.db.search.listing._pages", Kept(0)):
        list_products(uow, query)
    found = [each for each in _recorded if each[0] not in {"BEGIN", "ROLLBACK"}]
    transaction.rollback()
    return found


async def _sqlite_round(dataset: Dataset, units: Sequence[Sequence[Statement]]) -> float:
    path = dataset.data_dir / "plantly.db"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def ask() -> None:
        for unit in units:
            connection.execute("BEGIN")
            for sql, values in unit:
                connection.execute(sql, values).fetchall()
            connection.execute("ROLLBACK")

    ask()
    spent = _spent(ask)
    connection.close()
    return spent


async def _postgres_round(dataset: Dataset, units: Sequence[Sequence[Statement]]) -> float:
    connection = await asyncpg.connect(dataset.url)

    async def ask() -> None:
        for unit in units:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                for sql, values in unit:
                    await connection.fetch(sql, *values)

    await ask()
    started = time.process_time()
    await ask()
    spent = time.process_time() - started
    await connection.close()
    return spent


def _spent(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
