"""What the statements of a listing cost alone: recorded once, and run again past everything else.

The same text and the same values, on a connection that our own code has opened and tuned, in the
event loop that the server has, and with the rows fetched; but without SQLAlchemy, without our code,
and without an answer being made of the rows.
"""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Engine, event

from plantly.db import UnitOfWork, open_database
from plantly.domain.catalog import CatalogQuery
from plantly.services.listing import list_products
from tests.benchmarks.catalog.afresh import nothing_kept
from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.drivers import PostgresDriver, Statement, driver_of
from tests.benchmarks.servers import Spent

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
        with nothing_kept():
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
    """Return the milliseconds of CPU for the statements of one query in a loop, at least.

    Ours comes first, then that of PostgreSQL's own process; SQLite has none.
    """
    driver = driver_of(dataset.url, connections=1)
    spent = []
    try:
        # The first round warms the caches.
        for _ in range(rounds + 1):
            backends = driver.backends if isinstance(driver, PostgresDriver) else []
            started, before = time.process_time(), Spent.of(*backends).cpu_ms
            for unit in units:
                await driver.run(unit)
            ours = (time.process_time() - started) * _MS
            spent.append((ours, Spent.of(*backends).cpu_ms - before))
    finally:
        await driver.close()
    ours, theirs = min(spent[1:], key=sum)
    return ours / len(units), theirs / len(units)


def _recorded(recorded: list[Statement], query: CatalogQuery, uow: UnitOfWork) -> list[Statement]:
    recorded.clear()
    list_products(uow, query)
    return recorded.copy()
