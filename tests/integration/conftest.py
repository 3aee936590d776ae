"""What integration tests share: shops on both databases, and a look at the books afterwards."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plantly.db import Database, open_database
from tests.support.clock import MovableClock
from tests.support.compiled import compiled_statements_are_shared
from tests.support.invariants import check_invariants, nothing_is_rewritten
from tests.support.postgres import PostgresServer
from tests.support.shop import ToolShop, open_tools, stock_shop

_names = itertools.count()
_DATABASES = ("shop_url", "sqlite_shop_url", "postgresql_shop_url", "database_url")
_PLAIN_DATABASES = ("sqlite_url", "postgresql_url")


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    with compiled_statements_are_shared():
        yield


@pytest.fixture(autouse=True)
def books_are_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check the invariants of whatever shop the test was about, when it ends."""
    wanted = [name for name in (*_DATABASES, *_PLAIN_DATABASES) if name in request.fixturenames]
    # Asking for the database here makes it outlive this check.
    urls = {str(request.getfixturevalue(name)) for name in _topmost(wanted)}
    with nothing_is_rewritten():
        yield
    for url in urls:
        asyncio.run(_check(url))


def _topmost(wanted: list[str]) -> list[str]:
    """Leave out the databases that another one was made from."""
    return [name for name in wanted if name in _DATABASES] or wanted


async def _check(url: str) -> None:
    database = open_database(url)
    try:
        await database.read(check_invariants)
    finally:
        await database.close()


async def _stock(url: str) -> None:
    database = open_database(url)
    try:
        await database.write(stock_shop)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def stocked_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill one file with the small shop, once; each test gets a copy of it."""
    path = tmp_path_factory.mktemp("stocked") / "template.sqlite3"
    shutil.copyfile(migrated_sqlite, path)
    asyncio.run(_stock(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def stocked_postgres(postgres_server: PostgresServer, migrated_postgres: str) -> str:
    """Fill one database with the small shop, once; each test gets a copy of it."""
    name = "stocked_template"
    asyncio.run(_stock(postgres_server.create_database(name, template=migrated_postgres)))
    return name


@pytest.fixture
def sqlite_shop_url(stocked_sqlite: Path, tmp_path: Path) -> str:
    """Give the URL of a small shop on SQLite."""
    path = tmp_path / "stocked.sqlite3"
    shutil.copyfile(stocked_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_shop_url(postgres_server: PostgresServer, stocked_postgres: str) -> Iterator[str]:
    """Give the URL of a small shop on PostgreSQL."""
    name = f"shop_{next(_names)}"
    yield postgres_server.create_database(name, template=stocked_postgres)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def shop_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a small shop: each test runs once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_shop_url")
    return url


@pytest.fixture
async def db(shop_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    """Open the small shop's database."""
    database = open_database(shop_url, clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def empty_db(database_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    """Open a database that has its tables and nothing in them."""
    database = open_database(database_url, clock=clock)
    yield database
    await database.close()


@pytest.fixture
def era(shop_url: str) -> str:
    """Give a protocol era: the older one on SQLite, the newer on PostgreSQL.

    What a tool does depends on neither; the two pairs cover both. Tests that are about the eras
    themselves say which they want.
    """
    return "legacy" if shop_url.startswith("sqlite") else "auto"


@pytest.fixture
def limits() -> str:
    """Say which limits the tools have: the shop's own, unless a module that guesses says others."""
    return ""


@pytest.fixture
async def tools(
    shop_url: str, era: str, clock: MovableClock, limits: str
) -> AsyncIterator[ToolShop]:
    """Give the small shop's tools with a client connected."""
    environment = {"PLANTLY_LIMITS": limits}
    async with open_tools(shop_url, clock=clock, era=era, environment=environment) as shop:
        yield shop
