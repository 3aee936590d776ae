"""The statements of purchases alone: the same text and values, through our driver and nothing else.

They are run against a copy of the database that they were recorded on, so that every id comes out
as it did, and every condition holds again.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from plantly.db.engine import sqlite_engine
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.purchases.statements import Transaction, writes_in

_MS = 1000.0


@dataclass(frozen=True)
class Replayed:
    """Milliseconds for all of it: of this process's CPU, and on the clock."""

    cpu_ms: float
    wall_ms: float


def replay(engine: Engine, urls: Sequence[str], transactions: Sequence[Transaction]) -> Replayed:
    """Run all transactions on each of the databases, at the same time on PostgreSQL."""
    if engine == "sqlite":
        return _in_sqlite(urls[0], transactions)
    return asyncio.run(_in_postgres(urls, transactions))


def _in_sqlite(url: str, transactions: Sequence[Transaction]) -> Replayed:
    with sqlite_driver(url) as driver:
        clock, cpu = time.perf_counter(), time.process_time()
        for transaction in transactions:
            run_in_sqlite(driver, transaction)
        return Replayed((time.process_time() - cpu) * _MS, (time.perf_counter() - clock) * _MS)


async def _in_postgres(urls: Sequence[str], transactions: Sequence[Transaction]) -> Replayed:
    connections = [await postgres_driver(url) for url in urls]
    clock, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_on(connection, transactions) for connection in connections))
    spent = Replayed((time.process_time() - cpu) * _MS, (time.perf_counter() - clock) * _MS)
    for connection in connections:
        await connection.close()
    return spent


async def _on(connection: asyncpg.Connection, transactions: Sequence[Transaction]) -> None:
    for transaction in transactions:
        await run_in_postgres(connection, transaction)


@contextmanager
def sqlite_driver(url: str) -> Iterator[Any]:
    """Open a database as we do, for its pragmas, and give the driver's connection."""
    engine = sqlite_engine(make_url(url), "")
    pooled = engine.raw_connection()
    try:
        yield pooled.driver_connection
    finally:
        pooled.close()
        engine.dispose()


def run_in_sqlite(driver: Any, transaction: Transaction) -> None:
    """Run a transaction through the driver of SQLite."""
    driver.execute("BEGIN IMMEDIATE" if writes_in(transaction) else "BEGIN")
    for each in transaction:
        if each.many:
            driver.executemany(each.sql, each.values)
        else:
            driver.execute(each.sql, each.values).fetchall()
    driver.execute("COMMIT")


async def postgres_driver(url: str) -> asyncpg.Connection:
    """Open a database with room for all statements of a purchase."""
    return await asyncpg.connect(url, statement_cache_size=500)


async def run_in_postgres(driver: asyncpg.Connection, transaction: Transaction) -> None:
    """Run a transaction through the driver of PostgreSQL."""
    await driver.execute("BEGIN")
    for each in transaction:
        if each.many:
            await driver.executemany(each.sql, each.values)
        else:
            await driver.fetch(each.sql, *each.values)
    await driver.execute("COMMIT")
