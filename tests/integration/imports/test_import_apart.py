"""A large file is read by a process of its own: it comes to the same, however anybody ends."""

import gc
import gzip
import io
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from plantly.cli import catalog_import
from plantly.db import Database
from plantly.db.tables import CatalogImportRow
from plantly.domain.errors import InvalidInput, ShopError
from plantly.domain.imports import ImportState
from plantly.domain.money import currency
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.fetch import Fetcher
from plantly.services.formats.portions import HowToRead
from plantly.services.formats.reading import ReadContext
from plantly.services.workflows import import_child, import_reading
from plantly.services.workflows.import_catalog import ImportWishes, import_catalog
from plantly.services.workflows.import_place import ImportPlace
from plantly.services.workflows.import_process import ReadingProcess, started
from plantly.services.workflows.import_reading import reading
from plantly.services.workflows.import_report import ImportReport
from plantly.services.workflows.import_source import local_source, spool
from tests.support.cli import Shell
from tests.support.http import ROOT, clean_environment
from tests.support.merchant_files import many, own_json, shopify_csv, shopify_row

PLANTS = 900
HOW = HowToRead("shopify", ReadContext(currency("USD")), 100)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "many.csv"
    path.write_bytes(many(PLANTS))
    return path


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[ReadingProcess]:
    """Give the processes that were started to read."""
    found: list[ReadingProcess] = []

    def noted(file: Any) -> ReadingProcess | None:
        process = started(file)
        if process is not None:
            found.append(process)
        return process

    monkeypatch.setattr(import_reading, "started", noted)
    return found


def place_of(db: Database, file: Path) -> ImportPlace:
    media = "http://127.0.0.1:1/media/"
    return ImportPlace(
        db, Fetcher(AddressGuard()), file.parent, media, at_once=HOW.most, apart_from=1
    )


async def imports(place: ImportPlace, file: Path, **wishes: Any) -> ImportReport:
    with local_source(file) as source:
        return await import_catalog(source, ImportWishes(**wishes), place)


async def states(db: Database) -> list[ImportState]:
    rows = select(CatalogImportRow.state).order_by(CatalogImportRow.id)
    return await db.read(lambda uow: list(uow.session.scalars(rows)))


@pytest.mark.anyio
async def test_lines_and_progress_are_those_of_a_file_that_is_read_here(
    selling: Database, tmp_path: Path, processes: list[ReadingProcess]
) -> None:
    rows = [shopify_row(f"plant-{i}") for i in range(250)]
    rows[3] = shopify_row("", **{"Variant SKU": "ALONE"})
    rows[220] = shopify_row("dear", **{"Variant Price": "much"})
    file = tmp_path / "plants.csv.gz"
    file.write_bytes(gzip.compress(shopify_csv(*rows)))
    size = file.stat().st_size
    told: list[list[tuple[int, int]]] = []

    async def rehearsed(apart_from: int | None) -> Any:
        seen: list[tuple[int, int]] = []
        told.append(seen)
        place = replace(
            place_of(selling, file),
            apart_from=apart_from,
            progress=lambda done, total: seen.append((done, total)),
        )
        document = (await imports(place, file, dry_run=True)).document()
        return {key: document[key] for key in document if "second" not in key}

    here = await rehearsed(None)
    assert not processes
    assert await rehearsed(1) == here
    assert len(processes) == 1
    assert [problem["line"] for problem in here["problems"]]
    assert told[0] == told[1]
    assert told[0][-1] == (size, size)


@pytest.mark.anyio
async def test_strict_reads_twice_and_writes_all_of_it(
    selling: Database, file: Path, processes: list[ReadingProcess]
) -> None:
    report = await imports(place_of(selling, file), file, strict=True, prune=True)
    assert (report.counts.created, report.read) == (PLANTS, PLANTS)
    assert len(processes) == 2
    assert await states(selling) == [ImportState.DONE]


@pytest.mark.anyio
async def test_a_reader_that_is_killed_ends_the_import_which_goes_on_when_it_is_begun_again(
    selling: Database, file: Path, processes: list[ReadingProcess]
) -> None:
    def kill(_done: int, _size: int) -> None:
        os.kill(processes[0].pid, signal.SIGKILL)

    place = place_of(selling, file)
    with pytest.raises(ShopError, match=r"was ended \(status -9\): import the file again"):
        await imports(replace(place, progress=kill), file)
    assert await states(selling) == [ImportState.RUNNING]
    report = await imports(place, file)
    assert 0 < report.continued_at < report.counts.created == PLANTS


def test_a_pipe_is_read_by_a_process_too(
    shop: Shell, file: Path, processes: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_import, "READ_APART", 1)
    assert shop.json("catalog", "import", str(file))["products"]["created"] == PLANTS
    with spool(file.parent) as into:
        into.write(file.read_bytes())
        with reading(into.source("standard input"), HOW, 1) as portions:
            assert sum(len(portion.products) for portion in portions) == PLANTS
    assert len(processes) == 2


def test_what_is_read_is_the_same_as_here(tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    light = {"key": "light", "title": "Light", "values": ["Sun", "Shade"]}
    file.write_bytes(own_json("fern", "ivy", "fern", facets=[light]))
    how = replace(HOW, format="plantly-json")
    read = []
    for apart_from in (None, 1):
        with local_source(file) as source, reading(source, how, apart_from) as portions:
            read.append(list(portions))
    (portion,) = read[0]
    assert (len(portion.products), len(portion.problems)) == (2, 1)
    assert portion.head is not None
    assert read[0] == read[1]


def test_a_refusal_is_the_same_as_here(tmp_path: Path) -> None:
    file = tmp_path / "plants.zip"
    file.write_bytes(b"PK\x03\x04" + bytes(100))
    said = []
    for apart_from in (None, 1):
        with (
            local_source(file) as source,
            reading(source, HOW, apart_from) as portions,
            pytest.raises(InvalidInput, match="ZIP archive") as refused,
        ):
            next(portions)
        said.append((refused.value.field, str(refused.value)))
    assert said[0] == said[1]


def test_the_process_ends_when_it_is_not_needed_and_hears_no_ctrl_c(
    file: Path, processes: list[ReadingProcess]
) -> None:
    with local_source(file) as source, reading(source, HOW, 1) as portions:
        assert len(next(portions).products) == HOW.most
        assert os.getpgid(processes[0].pid) != os.getpgid(0)
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0].pid, 0)


def test_the_process_ends_when_its_parent_is_killed(file: Path) -> None:
    script = (
        "import os, signal\n"
        "from plantly.domain.money import currency\n"
        "from plantly.services.formats.portions import HowToRead\n"
        "from plantly.services.formats.reading import ReadContext\n"
        "from plantly.services.workflows.import_process import started\n"
        f"process = started(open({str(file)!r}, 'rb'))\n"
        "how = HowToRead('shopify', ReadContext(currency('USD')), 100)\n"
        "next(process.portions(how)); print(process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    # Both write to the same pipe for errors: it ends with the last of them.
    ended = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env=clean_environment(PYTHONPATH=str(ROOT / "backend")),
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, "")
    assert int(ended.stdout) > 0


@pytest.mark.parametrize("executable", ["", "/nowhere/python"])
def test_where_no_process_can_be_started_a_thread_reads(
    file: Path, executable: str, processes: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with local_source(file) as source, reading(source, HOW, 1) as portions:
        assert sum(len(portion.products) for portion in portions) == PLANTS
    assert not processes


def test_a_process_that_ends_before_it_is_asked_is_told_of(file: Path) -> None:
    with file.open("rb") as opened:
        process = started(opened)
        assert process is not None
        with process:
            os.kill(process.pid, signal.SIGKILL)
            with pytest.raises(ShopError, match="status -9"):
                next(process.portions(HOW))


@pytest.mark.parametrize(
    ("content", "is_new"), [(many(250), False), (many(250), True), (b"PK\x03\x04", True)]
)
def test_what_the_process_does_is_done_for_whoever_asks(
    tmp_path: Path, content: bytes, is_new: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(content)
    out = io.BytesIO()
    for module, name in ((signal, "signal"), (gc, "freeze"), (gc, "set_threshold")):
        monkeypatch.setattr(module, name, lambda *_: None)
    with (tmp_path / "file").open("rb") as file:
        asked = io.BytesIO(pickle.dumps((file.fileno(), replace(HOW, is_new=is_new))))
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=asked))
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=out))
        import_child.main()
    out.seek(0)
    told = []
    while out.tell() < len(out.getvalue()):
        told.append(pickle.load(out))  # noqa: S301 - written above
    if content.startswith(b"PK"):
        assert [field for field, _ in told] == ["file"]
    else:
        assert [len(portion.products) for portion in told] == [100, 100, 50]
        assert (told[-1].ended, told[-1].position) == (True, len(content))
        # For a shop that has nothing yet, what its products are found by is worked out here.
        laid = [portion.groundwork and len(portion.groundwork.texts) for portion in told]
        assert laid == ([100, 100, 50] if is_new else [None] * 3)
