"""An import that is killed goes on where it was: nothing is lost, and nothing is there twice."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.tables import CatalogImportRow, ProductRow, StockRow, VariantRow
from plantly.domain.imports import ImportState
from plantly.domain.money import currency
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.fetch import Fetcher
from plantly.services.formats.reading import ReadContext
from plantly.services.imports import (
    IN_A_SHOP,
    Run,
    RunOptions,
    TakenOver,
    begin,
    finish,
    products_at_once,
)
from plantly.services.workflows.import_catalog import ImportWishes, import_catalog
from plantly.services.workflows.import_place import ImportPlace
from plantly.services.workflows.import_report import ImportReport
from plantly.services.workflows.import_source import local_source
from tests.support.cli import Shell
from tests.support.clock import MovableClock
from tests.support.http import ROOT, clean_environment, wait_until
from tests.support.merchant_files import many, shopify_csv, shopify_row
from tests.support.rivals import elsewhere

T = TypeVar("T")
PRODUCTS = 6000


async def glance(url: str) -> int:
    """Give how many products are done, without standing in the way of whoever writes."""
    database = open_database(url)
    try:
        return await database.read(
            lambda uow: sum(uow.session.scalars(select(CatalogImportRow.products_done)))
        )
    finally:
        await database.close()


def stock(url: str) -> dict[str, int]:
    def work(uow: UnitOfWork) -> dict[str, int]:
        rows = uow.session.execute(
            select(VariantRow.sku, StockRow.on_hand).join(
                StockRow, StockRow.variant_id == VariantRow.id
            )
        )
        return {sku: on_hand for sku, on_hand in rows}  # noqa: C416 - rows are no pairs to mypy

    return elsewhere(url, work)


def test_a_killed_process_is_continued_and_nothing_is_lost_or_doubled(
    shop: Shell, database_url: str
) -> None:
    (shop.directory / "many.csv").write_bytes(many(PRODUCTS))
    command = [sys.executable, "-m", "plantly.cli", "catalog", "import", "many.csv", "--prune"]
    env = clean_environment(PYTHONPATH=str(ROOT / "backend"), PLANTLY_DATABASE_URL=database_url)
    log = shop.directory / "import.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=shop.directory, env=env, stdout=output, stderr=subprocess.STDOUT
        )

    def has_begun() -> bool:
        assert process.poll() is None, log.read_text()
        return asyncio.run(glance(database_url)) > 0

    try:
        wait_until(has_begun, "the import to write something", 60)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    before = asyncio.run(glance(database_url))
    assert 0 < before < PRODUCTS

    said = shop.json("catalog", "import", "many.csv", "--prune")

    assert said["continued_at"] == before
    assert any("was broken off" in message for message in said["messages"])
    assert said["products"]["created"] == PRODUCTS
    assert said["products"]["archived"] == said["products"]["updated"] == 0
    assert stock(database_url) == {f"SKU-PLANT-{i:05}": i for i in range(PRODUCTS)}
    seen = elsewhere(
        database_url,
        lambda uow: uow.session.execute(
            select(ProductRow.seen_in, func.count()).group_by(ProductRow.seen_in)
        ).all(),
    )
    assert [count for _, count in seen] == [PRODUCTS]
    again = shop.json("catalog", "import", "many.csv", "--prune")
    assert (again["continued_at"], again["products"]["unchanged"]) == (0, PRODUCTS)


class _Killed(BaseException):
    """Ends an import as a kill does: nobody tidies up."""


class BrittleDatabase:
    """A database whose writer is killed before or after a chosen transaction."""

    def __init__(self, inner: Database, survives: int) -> None:
        self._inner = inner
        self._left = survives
        self.before: Callable[[], None] | None = None

    async def read(self, work: Callable[[UnitOfWork], T]) -> T:
        return await self._inner.read(work)

    async def write(self, work: Callable[[UnitOfWork], T]) -> T:
        if self._left == 0:
            raise _Killed
        self._left -= 1
        return await self._inner.write(work)

    async def close(self) -> None:
        await self._inner.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "many.csv"
    path.write_bytes(many(1400))
    return path


async def imports(
    db: Database, file: Path, at_once: int = IN_A_SHOP, **wishes: Any
) -> ImportReport:
    media = "http://127.0.0.1:1/media/"
    place = ImportPlace(db, Fetcher(AddressGuard()), file.parent, media, at_once=at_once)
    with local_source(file) as source:
        return await import_catalog(source, ImportWishes(**wishes), place)


def read_state(uow: UnitOfWork) -> list[tuple[ImportState, int]]:
    rows = uow.session.scalars(select(CatalogImportRow).order_by(CatalogImportRow.id))
    return [(row.state, row.products_done) for row in rows]


@pytest.mark.anyio
@pytest.mark.parametrize("survives", range(5))
async def test_it_goes_on_after_each_of_its_transactions(
    selling: Database, file: Path, survives: int
) -> None:
    with pytest.raises(_Killed):
        await imports(BrittleDatabase(selling, survives), file)
    report = await imports(selling, file)
    assert report.counts.created == 1400
    assert report.counts.updated == report.counts.unchanged == 0
    assert await selling.read(lambda uow: uow.imports.count_active()) == 1400
    assert await selling.read(read_state) == [(ImportState.DONE, 1400)]


@pytest.mark.anyio
async def test_restart_begins_anew(selling: Database, file: Path) -> None:
    with pytest.raises(_Killed):
        await imports(BrittleDatabase(selling, 2), file)
    report = await imports(selling, file, restart=True)
    assert report.continued_at == 0
    assert (report.counts.unchanged, report.counts.created) == (500, 900)
    assert [state for state, _ in await selling.read(read_state)] == [
        ImportState.RUNNING,
        ImportState.DONE,
    ]
    assert (await imports(selling, file)).counts.unchanged == 1400


@pytest.mark.anyio
async def test_other_options_or_another_file_are_another_import(
    selling: Database, file: Path
) -> None:
    with pytest.raises(_Killed):
        await imports(BrittleDatabase(selling, 2), file)
    assert (await imports(selling, file, stock="set")).continued_at == 0
    longer = file.with_name("longer.csv")
    longer.write_bytes(many(1401))
    assert (await imports(selling, longer)).continued_at == 0
    copy = file.with_name("copy.csv")
    copy.write_bytes(many(1400))
    assert (await imports(selling, copy)).continued_at == 500


@pytest.mark.anyio
async def test_whoever_is_overtaken_stops(
    selling: Database, file: Path, clock: MovableClock
) -> None:
    class Overtaken(BrittleDatabase):
        async def write(self, work: Callable[[UnitOfWork], T]) -> T:
            if self._left == 0:
                # Somebody starts the same import again while this one still works.
                self._left = -1
                await imports(self._inner, file)
            return await super().write(work)

    with pytest.raises(TakenOver):
        await imports(Overtaken(selling, 2), file)
    assert await selling.read(lambda uow: uow.imports.count_active()) == 1400
    assert await selling.read(read_state) == [(ImportState.DONE, 1400)]


@pytest.mark.anyio
async def test_whoever_was_overtaken_ends_nothing(selling: Database, file: Path) -> None:
    context = ReadContext(currency("USD"))
    first = Run(0, "first", RunOptions("shopify"), context)
    run, _ = await selling.write(partial(begin, source=("a", "d"), draft=first))
    rival, continued = await selling.write(
        partial(begin, source=("a", "d"), draft=replace(first, owner="second"))
    )
    assert continued
    await selling.write(partial(finish, run=run, state=ImportState.FAILED))
    assert await selling.read(read_state) == [(ImportState.RUNNING, 0)]
    await selling.write(partial(finish, run=rival, state=ImportState.DONE))
    assert await selling.read(read_state) == [(ImportState.DONE, 0)]


@pytest.mark.anyio
async def test_only_an_empty_shop_is_filled_with_fewer_copies_and_only_meanwhile(
    selling: Database, file: Path
) -> None:
    """How often SQLite copies its log; PostgreSQL has no such thing to ask for."""

    def pages(uow: UnitOfWork) -> int | None:
        if uow.connection.dialect.name != "sqlite":
            return None
        return uow.connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar()

    async def seen(name: str) -> list[int | None]:
        options, context = RunOptions("shopify"), ReadContext(currency("USD"))
        draft = Run(0, name, options, context)
        run, _ = await selling.write(partial(begin, source=(name, name), draft=draft))
        meanwhile = await selling.write(pages)
        await selling.write(partial(finish, run=run, state=ImportState.DONE))
        return [meanwhile, await selling.write(pages)]

    expected: tuple[list[int | None], ...] = [64_000, 1000], [1000, 1000]
    if await selling.write(pages) is None:
        expected = [None, None], [None, None]
    assert await seen("first") == expected[0]
    await imports(selling, file)
    assert await seen("later") == expected[1]


@pytest.mark.anyio
async def test_a_rehearsal_that_is_broken_off_leaves_nothing(selling: Database, file: Path) -> None:
    with pytest.raises(_Killed):
        await imports(BrittleDatabase(selling, 1), file, dry_run=True)
    assert await selling.read(lambda uow: uow.imports.count_active()) == 0


@pytest.mark.anyio
async def test_what_was_refused_before_the_kill_is_told_again(
    selling: Database, tmp_path: Path
) -> None:
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    before.write_bytes(shopify_csv(shopify_row("fern"), shopify_row("ivy")))
    await imports(selling, before)
    rows = [shopify_row(f"plant-{i}") for i in range(600)]
    # One product cannot be two that the shop has already.
    rows[3] = shopify_row("fern", **{"Variant SKU": "SKU-IVY"})
    after.write_bytes(shopify_csv(*rows))
    with pytest.raises(_Killed):
        await imports(BrittleDatabase(selling, 2), after)
    report = await imports(selling, after)
    assert report.continued_at == 500
    assert report.skipped == report.counts.refused == 1
    assert report.problems[0].line == 5


@pytest.mark.anyio
async def test_transactions_are_long_only_where_nobody_shops_yet(
    selling: Database, file: Path
) -> None:
    before = await selling.read(products_at_once)
    await imports(selling, file, at_once=before)
    after = await selling.read(products_at_once)
    assert (before, after) == (1500, 500)


@pytest.mark.anyio
@pytest.mark.parametrize("survives", [1, 2])
async def test_an_import_goes_on_in_shorter_transactions_than_it_began(
    selling: Database, file: Path, survives: int
) -> None:
    with pytest.raises(_Killed):
        await imports(BrittleDatabase(selling, survives), file, at_once=1000)
    report = await imports(selling, file)
    assert report.continued_at == 1000 * (survives - 1)
    assert report.counts.created == 1400
    assert await selling.read(read_state) == [(ImportState.DONE, 1400)]
