"""Run a service function against the shop that the settings name."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from plantly.cli.refusals import Refusal
from plantly.settings import Settings, load_settings, read_environment

if TYPE_CHECKING:
    from plantly.db import Database, UnitOfWork

T = TypeVar("T")


def current_settings(**changes: str | None) -> Settings:
    """Read the settings, with what the command line said on top: `PLANTLY_PORT="8001"`."""
    said = {name: value for name, value in changes.items() if value is not None}
    return load_settings({**read_environment(), **said})


def read(settings: Settings, work: "Callable[[UnitOfWork], T]") -> T:
    """Run `work` on one snapshot of the shop."""
    return asyncio.run(_run(settings, work, writes=False))


def write(settings: Settings, work: "Callable[[UnitOfWork], T]") -> T:
    """Run `work` in one transaction."""
    return asyncio.run(_run(settings, work, writes=True))


def work_with(settings: Settings, work: "Callable[[Database], Awaitable[T]]") -> T:
    """Run a workflow, which opens transactions of its own."""
    return asyncio.run(_with_database(settings, work))


async def _run(settings: Settings, work: "Callable[[UnitOfWork], T]", *, writes: bool) -> T:
    return await _with_database(settings, lambda db: db.write(work) if writes else db.read(work))


async def _with_database(settings: Settings, work: "Callable[[Database], Awaitable[T]]") -> T:
    from plantly.db import open_database

    _refuse_missing_file(settings)
    database = open_database(settings.database_url)
    try:
        return await work(database)
    finally:
        await database.close()


def refuse_old_tables(settings: Settings) -> None:
    """Say that the tables are of another version, before anything stumbles over it."""
    from plantly.db import migrations

    _refuse_missing_file(settings)
    if not migrations.is_current(settings.database_url):
        raise Refusal(
            "The tables of the database are those of another version of Plantly: "
            "run `plantly db upgrade`. The data stays."
        )


def _refuse_missing_file(settings: Settings) -> None:
    """Say that there is no shop here, before opening SQLite makes an empty file of that name."""
    path = settings.database_url.removeprefix("sqlite:///").partition("?")[0]
    if settings.is_sqlite and not Path(path).exists():
        raise Refusal(f"There is no shop at {path}: run `plantly db upgrade`, which makes one.")
