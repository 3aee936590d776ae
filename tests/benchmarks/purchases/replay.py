"""The writes of purchases alone: the same text and values, through our driver and nothing else.

They are run against a copy of the database that they were recorded on, so that every id comes out
as it did, and every condition holds again.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from plantly.db.engine import sqlite_engine
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.purchases.recording import Transaction

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
    # Ours, for its pragmas; from here on only the driver is used.
    engine = sqlite_engine(make_url(url), "")
    pooled = engine.raw_connection()
    driver: Any = pooled.driver_connection
    clock, cpu = time.perf_counter(), time.process_time()
    for transaction in transactions:
        driver.execute("BEGIN IMMEDIATE")
        for each in transaction:
            if each.many:
                driver.executemany(each.sql, each.values)
            else:
                driver.execute(each.sql, each.values).fetchall()
        driver.execute("COMMIT")
    spent = Replayed((time.process_time() - cpu) * _MS, (time.perf_counter() - clock) * _MS)
    pooled.close()
    engine.dispose()
    return spent


async def _in_postgres(urls: Sequence[str], transactions: Sequence[Transaction]) -> Replayed:
    connections = [await asyncpg.connect(url, statement_cache_size=500) for url in urls]
    clock, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_on(connection, transactions) for connection in connections))
    spent = Replayed((time.process_time() - cpu) * _MS, (time.perf_counter() - clock) * _MS)
    for connection in connections:
        await connection.close()
    return spent


async def _on(connection: asyncpg.Connection, transactions: Sequence[Transaction]) -> None:
    for transaction in transactions:
        await connection.execute("BEGIN")
        for each in transaction:
            if each.many:
                await connection.executemany(each.sql, each.values)
            else:
                await connection.fetch(each.sql, *each.values)
        await connection.execute("COMMIT")
