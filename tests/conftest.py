"""What every test may ask for: a clock, a database of its own, and peace from the network."""

import gc
import itertools
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from plantly.cli.preparation import build_stale_widgets
from tests.support.cli import Shell
from tests.support.clock import MovableClock
from tests.support.memory import keep_temporary_files_in_memory
from tests.support.network import allow_outside_world, block_outside_world
from tests.support.postgres import PostgresServer, running_postgres

_names = itertools.count()
_UNCOUNTED = ("tests/e2e/", "tests/integration/conformance/")

# How long an example takes says something about the machine, and nothing about the shop.
hypothesis.settings.register_profile("shop", deadline=None)
hypothesis.settings.load_profile("shop")


def pytest_configure(config: pytest.Config) -> None:
    block_outside_world()
    # Gr4vy's SDK looks at a filter of its own that it has deprecated, whichever one is used.
    quiet = "ignore::DeprecationWarning:gr4vy.utils.queryparams"
    config.addinivalue_line("filterwarnings", quiet)
    config.add_cleanup(allow_outside_world)
    keep_temporary_files_in_memory()
    # The shop needs its widgets; one process builds them before parallel ones start.
    if not hasattr(config, "workerinput"):
        build_stale_widgets()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs without counting lines, which takes half as long again.

    For that one engine is enough, and what tells known stories is left out.
    """
    for item in items:
        path, _, name = item.nodeid.partition("::")
        if path.startswith(_UNCOUNTED) or (
            path.startswith("tests/integration/") and "postgresql" in name
        ):
            item.add_marker(pytest.mark.uncounted)


def pytest_collectstart() -> None:
    """Look for no garbage while tests are collected: nearly all that is made stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let the garbage collector look no more at what stays until the end: thousands of tests."""
    gc.collect()
    gc.freeze()
    # What is garbage hardly ever goes round in a circle: looking for it took a tenth of the time.
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """Migrate one database, once; each test gets a copy of it."""
    from plantly.db import migrations  # noqa: PLC0415 - unit tests must not pay for SQLAlchemy

    migrations.upgrade(postgres_server.create_database("migrated_template"))
    return "migrated_template"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one file, once; each test gets a copy of it."""
    from plantly.db import migrations  # noqa: PLC0415 - unit tests must not pay for SQLAlchemy

    path = tmp_path_factory.mktemp("migrated") / "template.sqlite3"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Give the URL of a migrated, empty SQLite database."""
    path = tmp_path / "shop.sqlite3"
    # A clean close leaves nothing in the write-ahead log, so the file alone is the database.
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[str]:
    """Give the URL of a migrated, empty PostgreSQL database."""
    name = f"test_{next(_names)}"
    yield postgres_server.create_database(name, template=migrated_postgres)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a migrated, empty database: each test runs once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(autouse=True)
def _nothing_is_kept_from_before() -> None:
    """Forget listings: copies of one database say that they are the same edition of a catalog."""
    listing = sys.modules.get("plantly.db.search.listing")
    if listing is not None:
        listing._pages.clear()
        listing._counts.clear()
        listing._catalogs.clear()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Give the command line in an empty directory, with no settings but its own."""
    return Shell(tmp_path, monkeypatch)
