"""Move a database between versions of the tables."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
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
        connection.commit()

    async def run_on_postgres() -> None:
        engine = postgres_engine(parsed, pool_size=1)
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()

    if parsed.get_backend_name() == "sqlite":
        engine = sqlite_engine(parsed, "BEGIN IMMEDIATE")
        with engine.connect() as connection:
            run(connection)
        engine.dispose()
    else:
        asyncio.run(run_on_postgres())
