"""What the tests of orders share: a shop with one paid order, made once and copied for each."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.tables import LeaseRow
from tests.support.clock import MovableClock
from tests.support.order_care import OrderDesk, OrderName, paid_order
from tests.support.pay_shop import PayShop, open_pay_shop
from tests.support.postgres import PostgresServer

_names = itertools.count()


async def _buy(url: str) -> OrderName:
    clock = MovableClock()
    database = open_database(url, clock=clock)
    try:
        async with open_pay_shop(url, database, clock) as shop:
            order = (await paid_order(shop)).name
        await database.write(_let_others_work)
        return order
    finally:
        await database.close()


def _let_others_work(uow: UnitOfWork) -> None:
    """End the lease of this shop's worker, which a copy of the shop would wait for."""
    uow.session.execute(delete(LeaseRow))


@pytest.fixture(scope="session")
def ordered_sqlite(
    stocked_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, OrderName]:
    """Buy once on SQLite; each test gets a copy of the shop."""
    path = tmp_path_factory.mktemp("ordered") / "template.sqlite3"
    shutil.copyfile(stocked_sqlite, path)
    return path, asyncio.run(_buy(f"sqlite:///{path}"))


@pytest.fixture(scope="session")
def ordered_postgres(
    postgres_server: PostgresServer, stocked_postgres: str
) -> tuple[str, OrderName]:
    """Buy once on PostgreSQL; each test gets a copy of the shop."""
    name = "ordered_template"
    url = postgres_server.create_database(name, template=stocked_postgres)
    return name, asyncio.run(_buy(url))


@pytest.fixture
def engine() -> str:
    """Say on which database a test runs; those about people at once ask for both."""
    return "sqlite"


@pytest.fixture
def ordered(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, OrderName]]:
    """Give the URL of a shop with a paid order of three aloes and a monstera."""
    if engine == "sqlite":
        template, order = request.getfixturevalue("ordered_sqlite")
        shutil.copyfile(template, tmp_path / "ordered.sqlite3")
        yield f"sqlite:///{tmp_path / 'ordered.sqlite3'}", order
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template, order = request.getfixturevalue("ordered_postgres")
    name = f"order_{next(_names)}"
    yield server.create_database(name, template=template), order
    server.drop_database(name)


@pytest.fixture
def shop_url(ordered: tuple[str, OrderName]) -> str:
    """Give the URL of the shop."""
    return ordered[0]


@pytest.fixture
async def shop(shop_url: str, db: Database, clock: MovableClock) -> AsyncIterator[PayShop]:
    async with open_pay_shop(shop_url, db, clock) as opened:
        yield opened


@pytest.fixture
def desk(shop: PayShop, ordered: tuple[str, OrderName]) -> OrderDesk:
    """Give the order, and who looks after it."""
    return OrderDesk(shop, ordered[1])
