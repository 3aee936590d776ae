"""Run statements straight through a driver, on connections that our code has opened and tuned."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Protocol

from sqlalchemy.engine import make_url

from plantly.db.engine import BEGIN_READ, postgres_engine, sqlite_engine

Statement = tuple[str, Any]
"""SQL, and its values by place or by name."""
Rows = Sequence[Sequence[Any]]
_CONNECTIONS = 10


class Driver(Protocol):
    """Runs statements and fetches their rows, in one transaction that reads."""

    async def run(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of each, with nothing made of them."""

    async def close(self) -> None:
        """Give every connection back."""


def driver_of(url: str, *, connections: int = _CONNECTIONS) -> Driver:
    """Return what runs statements at an address; SQLite has one connection for all."""
    return SqliteDriver(url) if url.startswith("sqlite") else PostgresDriver(url, connections)


class SqliteDriver:
    """The standard library's, in the event loop as in the server."""

    def __init__(self, url: str) -> None:
        self._engine = sqlite_engine(make_url(url), "", read_only=True, maps_file=True)
        self._connection = self._engine.connect()
        self._driver: Any = self._connection.connection.driver_connection

    async def run(self, statements: Sequence[Statement]) -> list[Rows]:
        """See `Driver`."""
        self._driver.execute("BEGIN")
        found = [self._driver.execute(sql, values).fetchall() for sql, values in statements]
        self._driver.execute("ROLLBACK")
        return found

    async def close(self) -> None:
        """See `Driver`."""
        self._connection.close()
        self._engine.dispose()


class PostgresDriver:
    """asyncpg, with connections that wait for whoever comes first."""

    def __init__(self, url: str, connections: int) -> None:
        self._engine = postgres_engine(make_url(url), pool_size=connections)
        self._wanted = connections
        self._stack = AsyncExitStack()
        self._free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
        self.backends: list[int] = []
        """The process ids of those that serve the connections."""

    async def open(self) -> None:
        """Open one more connection."""
        self._wanted -= 1
        connection = await self._stack.enter_async_context(self._engine.connect())
        driver: Any = (await connection.get_raw_connection()).driver_connection
        self.backends.append(driver.get_server_pid())
        self._free.put_nowait(driver)

    async def run(self, statements: Sequence[Statement]) -> list[Rows]:
        """See `Driver`."""
        if self._free.empty() and self._wanted:
            await self.open()
        driver = await self._free.get()
        await driver.execute(BEGIN_READ)
        found = [await driver.fetch(sql, *values) for sql, values in statements]
        await driver.execute("ROLLBACK")
        self._free.put_nowait(driver)
        return found

    async def close(self) -> None:
        """See `Driver`."""
        await self._stack.aclose()
        await self._engine.dispose()
