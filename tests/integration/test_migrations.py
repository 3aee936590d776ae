"""The tables go up and down, and are the ones that the code believes in."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from plantly.db import UnitOfWork, migrations, open_database, tables
from plantly.db.base import Table
from tests.support.http import ROOT, clean_environment
from tests.support.postgres import PostgresServer
from tests.support.rivals import elsewhere
from tests.support.shop import rows_of_every_table, stock_shop

NAMES = {table.name for table in Table.metadata.sorted_tables}


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank' / 'shop.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    yield server.create_database("blank")
    server.drop_database("blank")


def tables_in(uow: UnitOfWork) -> set[str]:
    found = inspect(uow.connection).get_table_names()
    return {name for name in found if known(None, name, "table")}


def test_the_tables_go_up_and_down_and_up_again(blank_url: str) -> None:
    migrations.upgrade(blank_url)
    assert elsewhere(blank_url, tables_in) == NAMES
    elsewhere(blank_url, stock_shop)
    migrations.downgrade(blank_url)
    assert elsewhere(blank_url, tables_in) == set()
    migrations.upgrade(blank_url)
    assert elsewhere(blank_url, tables_in) == NAMES
    elsewhere(blank_url, stock_shop)


def test_going_up_twice_keeps_everything(blank_url: str) -> None:
    migrations.upgrade(blank_url)
    elsewhere(blank_url, stock_shop)
    before = elsewhere(blank_url, rows_of_every_table)
    migrations.upgrade(blank_url)
    assert elsewhere(blank_url, rows_of_every_table) == before


def test_two_processes_that_bring_the_tables_up_at_once_do_not_meet(blank_url: str) -> None:
    env = clean_environment(PYTHONPATH=str(ROOT / "backend"), PLANTLY_DATABASE_URL=blank_url)
    command = [sys.executable, "-m", "plantly.cli", "db", "upgrade"]
    processes = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert elsewhere(blank_url, tables_in) == NAMES
    assert migrations.is_current(blank_url)


def test_whoever_comes_second_waits_until_the_first_is_done(blank_url: str) -> None:
    """Hold the lock as a process that moves the tables would; nobody else gets anywhere."""
    done, waiting = threading.Event(), threading.Event()

    def second() -> None:
        waiting.set()
        migrations.upgrade(blank_url)
        done.set()

    thread = threading.Thread(target=second)

    def first(_: Config) -> None:
        thread.start()
        assert waiting.wait(10)
        assert not done.wait(0.3)

    migrations._with_connection(blank_url, first, alone=True)
    thread.join(30)
    assert done.is_set()


def test_tables_of_another_version_are_noticed(blank_url: str) -> None:
    migrations.upgrade(blank_url, "0001")
    assert not migrations.is_current(blank_url)
    migrations.upgrade(blank_url)
    assert migrations.is_current(blank_url)
    migrations.downgrade(blank_url)
    assert not migrations.is_current(blank_url)


def test_a_shop_keeps_its_rows_when_its_tables_change(blank_url: str) -> None:
    migrations.upgrade(blank_url)
    elsewhere(blank_url, stock_shop)
    before = elsewhere(blank_url, rows_of_every_table)
    migrations.downgrade(blank_url, "0001")
    migrations.upgrade(blank_url)
    after = elsewhere(blank_url, rows_of_every_table)
    kept = ("products", "variants", "prices", "stock", "product_facets", "media", "facets")
    assert {name: len(after[name]) for name in kept} == {name: len(before[name]) for name in kept}
    assert all(before[name] for name in kept)
    assert after["variants"] == before["variants"]


def test_filters_get_the_prices_of_their_products_when_they_are_brought_up(
    blank_url: str,
) -> None:
    migrations.upgrade(blank_url)
    elsewhere(blank_url, stock_shop)
    before = elsewhere(blank_url, rows_of_every_table)
    migrations.downgrade(blank_url, "0013")
    migrations.upgrade(blank_url)
    after = elsewhere(blank_url, rows_of_every_table)
    assert after["product_filters"] == before["product_filters"]
    assert all(price > 0 for *_, price in after["product_filters"])


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "compare_server_default": True, "include_object": known},
    )
    return list(compare_metadata(context, Table.metadata))


def known(_: object, name: str | None, kind: str, *__: object) -> bool:
    # The search index is the engine's own kind of table; on SQLite it brings tables with it.
    foreign = name == "alembic_version" or (name or "").startswith("product_search")
    return not (kind == "table" and foreign)


def test_the_migrations_make_the_tables_that_the_code_believes_in(database_url: str) -> None:
    assert elsewhere(database_url, lambda uow: differences(uow.connection)) == []


def test_a_difference_would_be_seen(database_url: str) -> None:
    def change(uow: UnitOfWork) -> list[Any]:
        uow.connection.execute(text("DROP INDEX ix_products_listing"))
        uow.connection.execute(text("ALTER TABLE carts ADD COLUMN color VARCHAR(9)"))
        return differences(uow.connection)

    assert len(elsewhere(database_url, change)) == 2


def test_checks_and_keys_are_the_same_in_the_database_as_in_the_code(database_url: str) -> None:
    def names(uow: UnitOfWork) -> dict[str, set[Any]]:
        found = inspect(uow.connection)
        return {
            name: {c["name"] for c in found.get_check_constraints(name)}
            | {c["name"] for c in found.get_foreign_keys(name)}
            | {c["name"] for c in found.get_unique_constraints(name)}
            for name in NAMES
        }

    def key(constraint: Any) -> str:
        return str(constraint.name)

    believed = {
        table.name: {
            key(c) for c in table.constraints if c.__visit_name__ != "primary_key_constraint"
        }
        for table in Table.metadata.sorted_tables
    }
    assert elsewhere(database_url, names) == believed


def test_a_shop_is_untouched_by_being_opened(database_url: str) -> None:
    async def open_and_close() -> None:
        database = open_database(database_url)
        await database.read(lambda uow: uow.catalog.count())
        await database.close()

    before = elsewhere(database_url, rows_of_every_table)
    asyncio.run(open_and_close())
    assert elsewhere(database_url, rows_of_every_table) == before


def test_the_migrations_are_found_in_a_checkout_and_in_a_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (migrations.script_location() / "env.py").is_file()
    monkeypatch.setattr(migrations, "_IN_WHEEL", tmp_path)
    assert migrations.script_location() == tmp_path
    monkeypatch.setattr(migrations, "_IN_WHEEL", tmp_path / "nowhere")
    assert migrations.script_location().name == "alembic"


def test_every_table_is_exported() -> None:
    mapped = {mapper.class_.__name__ for mapper in Table.registry.mappers}
    assert mapped == set(tables.__all__)
