"""What the statements of a listing cost alone: recorded once, and run again past everything else.

The same text and the same values, on a connection that our own code has opened and tuned, in the
event loop that the server has, and with the rows fetched; but without SQLAlchemy, without our code,
and without an answer being made of the rows.
"""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from plantly.db import UnitOfWork, open_database
from plantly.db.engine import BEGIN_READ, postgres_engine, sqlite_engine
from plantly.db.search.kept import Kept
from plantly.domain.catalog import CatalogQuery
from plantly.services.listing import list_products
from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.servers import Spent

Statement = tuple[str, Any]
"""SQL, and its values by place or by name."""
_MS = 1000


async def statements_of(dataset: Dataset, queries: Sequence[CatalogQuery]) -> list[list[Statement]]:
    """Return what the database is asked for each query, from the first statement to the last."""
    recorded: list[Statement] = []

    def record(_: object, __: object, sql: str, values: Any, *___: object) -> None:
        recorded.append((sql, values))

    database = open_database(dataset.url, maps_file=True)
    # Ours go past SQLAlchemy, and tell those who listen nevertheless.
    event.listen(Engine, "before_cursor_execute", record)
    try:
        with patch("plantly.db.search.listing._pages", Kept(0)):
            # What a shop knows of its catalog and of words was looked up when it was asked before.
            for query in queries:
                await database.read(partial(list_products, query=query))
            return [await database.read(partial(_recorded, recorded, query)) for query in queries]
    finally:
        event.remove(Engine, "before_cursor_execute", record)
        await database.close()


async def cpu_ms(
    dataset: Dataset, units: Sequence[Sequence[Statement]], rounds: int
) -> tuple[float, float]:
    """Return the milliseconds of CPU for the statements of one query, the least of rounds.

    Ours comes first, then that of PostgreSQL's own process; SQLite has none.
    """
    run = _sqlite_rounds if dataset.engine == "sqlite" else _postgres_rounds
    ours, theirs = min(await run(dataset, units, rounds), key=sum)
    return ours / len(units), theirs / len(units)


def _recorded(recorded: list[Statement], query: CatalogQuery, uow: UnitOfWork) -> list[Statement]:
    recorded.clear()
    list_products(uow, query)
    return recorded.copy()


async def _sqlite_rounds(
    dataset: Dataset, units: Sequence[Sequence[Statement]], rounds: int
) -> list[tuple[float, float]]:
    engine = sqlite_engine(make_url(dataset.url), "", read_only=True, maps_file=True)
    spent = []
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for _ in range(rounds + 1):
            started = time.process_time()
            for unit in units:
                driver.execute("BEGIN")
                for sql, values in unit:
                    driver.execute(sql, values).fetchall()
                driver.execute("ROLLBACK")
            spent.append(((time.process_time() - started) * _MS, 0.0))
    engine.dispose()
    # The first round warms the caches.
    return spent[1:]


async def _postgres_rounds(
    dataset: Dataset, units: Sequence[Sequence[Statement]], rounds: int
) -> list[tuple[float, float]]:
    engine = postgres_engine(make_url(dataset.url), pool_size=1)
    spent = []
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        backend = driver.get_server_pid()
        for _ in range(rounds + 1):
            started, before = time.process_time(), Spent.of(backend).cpu_ms
            for unit in units:
                await driver.execute(BEGIN_READ)
                for sql, values in unit:
                    await driver.fetch(sql, *values)
                await driver.execute("ROLLBACK")
            ours = (time.process_time() - started) * _MS
            spent.append((ours, Spent.of(backend).cpu_ms - before))
    await engine.dispose()
    return spent[1:]
