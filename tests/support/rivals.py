"""Somebody else who works on the same database at the worst moment."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from plantly.db import UnitOfWork, open_database
from plantly.domain.ids import Clock, utc_now

T = TypeVar("T")
Work = Callable[[UnitOfWork], T]


def elsewhere(url: str, work: Work[T], *, clock: Clock = utc_now) -> T:
    """Run a unit to its end on a database of its own, in a thread of its own.

    Called from inside another unit it is the rival who was quicker. On SQLite that works inside a
    read only: two writers are never at work at once there.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _write(url, work, clock)).result()


def race(url: str, works: Sequence[Work[T]], *, clock: Clock = utc_now) -> list[T | Exception]:
    """Run units at the same time, each on a database of its own; give what came of each."""
    start = threading.Barrier(len(works))

    def run(work: Work[T]) -> T | Exception:
        start.wait(30)
        try:
            return asyncio.run(_write(url, work, clock))
        except Exception as error:  # noqa: BLE001 - losing is a result
            return error

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


async def _write(url: str, work: Work[T], clock: Clock) -> T:
    database = open_database(url, clock=clock, pool_size=1)
    try:
        return await database.write(work)
    finally:
        await database.close()
