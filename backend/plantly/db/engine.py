"""Open a database and run units of work in it: read, or write and commit once."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only, greenlet_spawn

from plantly.db.direct import run_alone
from plantly.db.discretion import log_no_rows
from plantly.db.retries import MAX_TRIES, Failure, is_retryable, pause_before_try
from plantly.db.unit_of_work import UnitOfWork
from plantly.domain.errors import Overloaded
from plantly.domain.ids import Clock, Ids, RandomIds, utc_now

T = TypeVar("T")
Work = Callable[[UnitOfWork], T]

_BUSY_TIMEOUT_MS = 5000
_FREE_WITHIN = 3.0
"""How many seconds anybody waits for a connection: then it is honest to say that we are busy."""
_POSTGRES_SETTINGS = {
    "statement_timeout": "10000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "15000",
    # Statements here are short: compiling one costs more than running it.
    "jit": "off",
    # What is written waits in a list that every search reads through: keep it short.
    "gin_pending_list_limit": "512",
}
_BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
# Planning a search anew for its words costs as much as answering it, and they change nothing.
# Writers plan anew: an import fills tables that were empty when its statements were prepared.
BEGIN_READ = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
    " SET LOCAL plan_cache_mode = force_generic_plan"
)
_STATEMENTS_KEPT = 500
"""Prepared statements on a connection: a search has more shapes than the drivers keep."""
_READ_KIB, _WRITE_KIB = 2000, 65536
"""Of the file, what a connection keeps: an import writes all over its indexes."""
_MAPPED_BYTES = 2**31
"""Of the file, what a server sees without a call for each page: a third less for a search."""


class Database(Protocol):
    """Runs plain synchronous functions of a unit of work as one transaction each."""

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent snapshot; nothing it writes is kept.

        Raises:
            Overloaded: No connection was free in time, here and when writing.
        """

    async def write(self, work: Work[T]) -> T:
        """Run `work`, commit once, and run the whole of it again when the database asks for it.

        `work` must be free of outside effects, because it may run more than once.
        """

    async def close(self) -> None:
        """Give every connection back."""


def open_database(
    url: str,
    *,
    clock: Clock = utc_now,
    ids: Ids | None = None,
    pool_size: int = 10,
    maps_file: bool = False,
) -> Database:
    """Open the database at a `sqlite:///` or `postgresql://` address.

    Nothing is created: `plantly.db.migrations.upgrade` makes the tables. `maps_file` lets readers
    of SQLite see its file as memory: quicker for a server, and large to whoever counts memory.
    """
    log_no_rows()
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed, clock, ids or RandomIds(), maps_file=maps_file)
    return PostgresDatabase(parsed, clock, ids or RandomIds(), pool_size)


class SqliteDatabase:
    """SQLite in WAL mode: reads in the event loop on a held connection, one writer off the loop.

    A read takes microseconds, less than handing it to a thread; a write may wait for its turn.
    """

    def __init__(self, url: URL, clock: Clock, ids: Ids, *, maps_file: bool = False) -> None:
        self._clock, self._ids = clock, ids
        # We begin transactions ourselves. With a listener for it SQLAlchemy would look for others
        # at every statement; and ending one that only reads takes it ten times as long as us.
        self._reader = sqlite_engine(url, "", read_only=True, maps_file=maps_file)
        self._writer = sqlite_engine(url, "")
        self._read_connection: Connection | None = None
        self._write_connection: Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="plantly-writer")

    async def read(self, work: Work[T]) -> T:
        """Run `work` in the event loop: reads of a WAL database wait for nobody."""
        if self._read_connection is None:
            self._read_connection = self._reader.connect()
        connection = self._read_connection
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN")
        try:
            return work(UnitOfWork(connection, self._clock(), self._ids))
        finally:
            if connection.in_transaction():
                connection.rollback()
            else:
                driver.execute("ROLLBACK")

    async def write(self, work: Work[T]) -> T:
        """Run `work` on the writer's thread and see it through, even if the caller hangs up."""
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, self._write_now, work))

    async def sync(self, *, rarely: bool) -> None:
        """See `synced_rarely`."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._sync_now, rarely)

    async def close(self) -> None:
        """Wait for the writer, then close both connections."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._close_writer)
        self._thread.shutdown()
        if self._read_connection is not None:
            self._read_connection.close()
        self._reader.dispose()

    def _sync_now(self, rarely: bool) -> None:  # noqa: FBT001 - for the thread
        driver: Any = self._connected().connection.driver_connection
        driver.execute(f"PRAGMA synchronous={'NORMAL' if rarely else 'FULL'}")
        if not rarely:
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _connected(self) -> Connection:
        if self._write_connection is None:
            self._write_connection = self._writer.connect()
        return self._write_connection

    def _write_now(self, work: Work[T]) -> T:
        connection = self._connected()
        tried = 0
        while True:
            tried += 1
            try:
                return run_once(connection, work, self._clock, self._ids)
            except (DBAPIError, sqlite3.OperationalError) as error:
                # SQLite's own error comes from the BEGIN that we send past SQLAlchemy.
                _refuse_last(error, tried)
            time.sleep(pause_before_try(tried + 1))

    def _close_writer(self) -> None:
        if self._write_connection is not None:
            self._write_connection.close()
        self._writer.dispose()


@asynccontextmanager
async def synced_rarely(db: Database) -> AsyncIterator[None]:
    """Let the disk have what this process commits a while later; in the end it has all of it.

    Only for work that is done again when power fails: the last transactions may be gone then, each
    of them wholly. PostgreSQL is told so by each transaction.
    """
    if not isinstance(db, SqliteDatabase):
        yield
        return
    await db.sync(rarely=True)
    try:
        yield
    finally:
        await db.sync(rarely=False)


class PostgresDatabase:
    """PostgreSQL over asyncpg: SQLAlchemy's bridge lets a synchronous unit await its driver."""

    def __init__(self, url: URL, clock: Clock, ids: Ids, pool_size: int) -> None:
        self._clock, self._ids = clock, ids
        # We begin and end transactions ourselves, with a statement that shows a lost connection.
        # Said to the whole engine: as an option of its own it is told to each connection again.
        self._engine = postgres_engine(url, pool_size=pool_size, isolation_level="AUTOCOMMIT")
        self._writing: set[asyncio.Task[Any]] = set()

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one snapshot."""
        while True:
            try:
                read: tuple[T] | None = await greenlet_spawn(self._read_now, work)
            except NoConnectionFree as error:
                raise Overloaded from error
            if read:
                return read[0]

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and see it through, even if the caller hangs up."""
        task = asyncio.create_task(self._write_now(work))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for what is being written, then close the pool."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._engine.dispose()

    # Each runs from the first wait to the last in one greenlet. SQLAlchemy's asynchronous
    # connection starts three, and a task to give itself back: that is more than BEGIN and ROLLBACK.

    def _read_now(self, work: Work[T]) -> tuple[T] | None:
        """Run `work` in a transaction; None if the connection was lost while nobody used it."""
        with self._engine.sync_engine.connect() as connection:
            driver = _begin(connection, BEGIN_READ)
            if driver is None:
                return None
            try:
                return (work(UnitOfWork(connection, self._clock(), self._ids)),)
            finally:
                _roll_back(connection, driver)

    def _write_once(self, work: Work[T]) -> tuple[T] | None:
        """Run `work` and commit it; None if the connection was lost while nobody used it."""
        with self._engine.sync_engine.connect() as connection:
            driver = _begin(connection, _BEGIN_WRITE)
            if driver is None:
                return None
            try:
                # SQLAlchemy sends nothing for it, and tells those who listen.
                with connection.begin():
                    uow = UnitOfWork(connection, self._clock(), self._ids)
                    result = work(uow)
                    uow.finish()
                    run_alone(connection, "COMMIT")
            except BaseException:
                _roll_back(connection, driver)
                raise
            return (result,)

    async def _write_now(self, work: Work[T]) -> T:
        tried = 0
        while True:
            tried += 1
            try:
                written: tuple[T] | None = await greenlet_spawn(self._write_once, work)
                if written:
                    return written[0]
                # Nothing was begun, so nothing was tried.
                tried -= 1
                continue
            except NoConnectionFree as error:
                raise Overloaded from error
            except DBAPIError as error:
                _refuse_last(error, tried)
            await asyncio.sleep(pause_before_try(tried + 1))


def _begin(connection: Connection, statement: str) -> Any:
    """Begin a transaction and return the driver; None for a connection that is none any more."""
    driver: Any = connection.connection.driver_connection
    try:
        run_alone(connection, statement)
    except DBAPIError:
        connection.invalidate()
        if driver.is_closed():
            return None
        raise
    return driver


def _roll_back(connection: Connection, driver: Any) -> None:
    """Give up a transaction; a connection that cannot is not used again."""
    try:
        await_only(driver.execute("ROLLBACK"))
    except BaseException as error:
        connection.invalidate()
        # What was read is read; but whoever hung up is not to be kept.
        if not isinstance(error, Exception):
            raise


def run_once(connection: Connection, work: Work[T], clock: Clock, ids: Ids) -> T:
    """Run a unit on SQLite's one writer, and commit it."""
    driver: Any = connection.connection.driver_connection
    with connection.begin():
        driver.execute("BEGIN IMMEDIATE")
        uow = UnitOfWork(connection, clock(), ids)
        result = work(uow)
        uow.finish()
    return result


def _refuse_last(error: Failure, tried: int) -> None:
    """Raise a failure that another try would not mend, or that has had its tries."""
    if tried == MAX_TRIES or not is_retryable(error):
        raise error


def sqlite_engine(
    url: URL, begin: str, *, read_only: bool = False, maps_file: bool = False
) -> Engine:
    """Open SQLite so that it keeps what it acknowledged and begins transactions as we say.

    Without a `begin`, whoever uses it begins them.
    """
    if url.database and url.database != ":memory:":
        # A folder that we make is the shop's alone: the file holds names and addresses.
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        url,
        poolclass=NullPool,
        # The text of an error is logged here and there; what a buyer typed must not be in it.
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _tune(connection: Any, _record: object) -> None:
        # The driver must not begin transactions of its own: it begins deferred ones, which fail
        # at once when two of them upgrade to writing.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"query_only={'ON' if read_only else 'OFF'}",
            f"mmap_size={_MAPPED_BYTES if maps_file else 0}",
            f"cache_size=-{_READ_KIB if read_only else _WRITE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    if begin:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.connection.driver_connection.execute(begin)  # type: ignore[union-attr]

    return engine


def postgres_engine(url: URL, *, pool_size: int, **options: Any) -> AsyncEngine:
    """Open PostgreSQL with bounded waits. Whoever takes a connection sees whether it still is one.

    `sslmode` of the address is understood: asyncpg calls it `ssl`. `options` are SQLAlchemy's.
    """
    query = {"ssl" if key == "sslmode" else key: value for key, value in url.query.items()}
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_FREE_WITHIN * random.uniform(1, 1.3),  # noqa: S311 - only spreads give-ups
        hide_parameters=True,
        connect_args={
            "server_settings": _POSTGRES_SETTINGS,
            "prepared_statement_cache_size": _STATEMENTS_KEPT,
            "statement_cache_size": _STATEMENTS_KEPT,
        },
        **options,
    )
