"""Move a database between versions of the tables: one process at a time."""

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url

from alembic import command
from plantly.db.engine import postgres_engine, sqlite_engine

_IN_WHEEL = Path(__file__).parents[1] / "migrations"
_TURN = 7_261_019_284_310_553
"""The key of the lock that whoever moves a PostgreSQL database holds: any number, always this."""
_PATIENCE = "10min"
_IN_CHECKOUT = Path(__file__).parents[3] / "alembic"


def script_location() -> Path:
    """Return the folder of the migrations: inside the installed package, or of the checkout."""
    return _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables up to a revision; of several processes at once the others wait."""
    _with_connection(url, lambda config: command.upgrade(config, revision), alone=True)


def downgrade(url: str, revision: str = "base") -> None:
    """Take the tables back to a revision."""
    _with_connection(url, lambda config: command.downgrade(config, revision), alone=True)


def is_current(url: str) -> bool:
    """Say whether the tables are those that this version of the code works with."""
    found: list[str | None] = []

    def look(connection: Connection) -> None:
        found.append(MigrationContext.configure(connection).get_current_revision())

    _with_connection(url, lambda config: look(config.attributes["connection"]))
    return found == [ScriptDirectory.from_config(configuration()).get_current_head()]


def configuration() -> Config:
    """Return alembic's configuration, without a connection yet."""
    config = Config()
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    return config


def _with_connection(url: str, action: Callable[[Config], None], *, alone: bool = False) -> None:
    parsed = make_url(url)

    def run(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        action(config)
        _refuse_loose_ends(connection)
        connection.commit()

    if parsed.get_backend_name() == "sqlite":
        with _alone_with_file(parsed) if alone else nullcontext():
            engine = sqlite_engine(parsed, "BEGIN IMMEDIATE")
            with engine.connect() as connection:
                _without_foreign_keys(connection, run)
            engine.dispose()
    else:
        asyncio.run(_run_on_postgres(parsed, run, alone=alone))


async def _run_on_postgres(url: URL, run: Callable[[Connection], None], *, alone: bool) -> None:
    engine = postgres_engine(url, pool_size=1)
    async with engine.connect() as connection:
        if alone:
            await connection.run_sync(_alone_with_server)
        await connection.run_sync(run)
    # With the connection ends the lock.
    await engine.dispose()


def _alone_with_server(connection: Connection) -> None:
    """Wait for whoever moves the tables of this database; the lock ends with the connection."""
    # A large table is longer on its way than any statement of a shop that is open.
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.exec_driver_sql(f"SET lock_timeout = '{_PATIENCE}'")
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({_TURN})")
    connection.exec_driver_sql("RESET lock_timeout")
    connection.commit()


@contextmanager
def _alone_with_file(url: URL) -> Iterator[None]:
    """Wait for whoever moves the tables of a file in the same folder.

    SQLite has locks of its own, but gives up on them after seconds, and a new file has none yet.
    """
    folder = Path(url.database or "").parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        # The lock is the system's: it ends with this process, however that ends.
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _without_foreign_keys(connection: Connection, run: Callable[[Connection], None]) -> None:
    """Change tables of SQLite, which does it by making them again under another name.

    With foreign keys in force, dropping the old one would delete what refers to it.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    run(connection)


def _refuse_loose_ends(connection: Connection) -> None:
    """Check what was not in force meanwhile, while it can still be taken back."""
    if connection.dialect.name == "sqlite":
        check = connection.exec_driver_sql("PRAGMA foreign_key_check")
        if check.first() is not None:
            msg = "the migration would leave rows that refer to nothing"
            raise RuntimeError(msg)
