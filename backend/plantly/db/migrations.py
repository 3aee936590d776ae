"""Move a database between versions of the tables."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from alembic import command
from plantly.db.engine import postgres_engine, sqlite_engine

_IN_WHEEL = Path(__file__).parents[1] / "migrations"
_IN_CHECKOUT = Path(__file__).parents[3] / "alembic"


def script_location() -> Path:
    """Return the folder of the migrations: inside the installed package, or of the checkout."""
    return _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables up to a revision."""
    _with_connection(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str = "base") -> None:
    """Take the tables back to a revision."""
    _with_connection(url, lambda config: command.downgrade(config, revision))


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


def _with_connection(url: str, action: Callable[[Config], None]) -> None:
    parsed = make_url(url)

    def run(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        action(config)
        _refuse_loose_ends(connection)
        connection.commit()

    async def run_on_postgres() -> None:
        engine = postgres_engine(parsed, pool_size=1)
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()

    if parsed.get_backend_name() == "sqlite":
        engine = sqlite_engine(parsed, "BEGIN IMMEDIATE")
        with engine.connect() as connection:
            _without_foreign_keys(connection, run)
        engine.dispose()
    else:
        asyncio.run(run_on_postgres())


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
