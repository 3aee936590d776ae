"""Stocked databases, as many copies of the same one as are needed."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from plantly.db import UnitOfWork, migrations, open_database
from plantly.services.limits import keep_limits_secret
from plantly.services.secrets import sandbox_secrets
from tests.benchmarks.catalog.cluster import running_cluster
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.purchases.shopper import PRODUCTS, UNITS, handle_of
from tests.benchmarks.servers import Served
from tests.support.checks.rows import rows
from tests.support.invariants import findings
from tests.support.postgres import PostgresServer
from tests.support.shop import SHOP_TOML, catalog, product, stock_shop, variant

STOCK: Final = 1_000_000
QUIET: Final = {"PLANTLY_LIMITS": "off", "PLANTLY_MAIL": "off"}
"""Settings of a shop that lets everybody in, and writes to nobody."""
_TERMS: Final = """
[[policies]]
topic = "terms"
title = "Terms"
text = "Plants are alive: keep them so."
"""


@dataclass
class Source:
    """A stocked database, to be copied."""

    engine: Engine
    folder: Path
    cluster: PostgresServer | None
    database: Served | None
    """The processes of PostgreSQL."""
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def make(self) -> None:
        """Migrate and stock it."""
        url = self.cluster.create_database("stocked") if self.cluster else self._file("stocked")
        migrations.upgrade(url)
        asyncio.run(_stock(url))

    def copy(self) -> str:
        """Make another copy and give its URL."""
        name = f"copy_{next(self._numbers)}"
        if self.cluster:
            return self.cluster.create_database(name, "stocked")
        shutil.copyfile(self.folder / "stocked.db", self.folder / f"{name}.db")
        return self._file(name)

    def drop(self, url: str) -> None:
        """Remove a copy that nobody uses any more."""
        name = url.rpartition("/")[2]
        if self.cluster:
            self.cluster.drop_database(name)
            return
        for file in self.folder.glob(f"{name}*"):
            file.unlink()

    def _file(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.db"


@contextmanager
def open_sources(engines: Sequence[Engine]) -> Iterator[list[Source]]:
    """Stock a database on each engine, with the server that it needs while it lasts."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plantly-bench-")))
        # PostgreSQL runs as somebody else, who has to get through.
        root.chmod(0o755)
        sources = []
        for engine in engines:
            cluster = process = None
            if engine == "postgres":
                home = root / "postgres"
                cluster = stack.enter_context(running_cluster(home))
                pid = int((home / "data" / "postmaster.pid").read_text().split()[0])
                process = Served("postgres", cluster.port, pid)
            source = Source(engine, root, cluster, process)
            source.make()
            sources.append(source)
        yield sources


def wrong_books(url: str, bought: int) -> list[str]:
    """Say what is wrong with a shop in which so many purchases were made, and all are over."""
    return asyncio.run(_look(url, bought))


async def _look(url: str, bought: int) -> list[str]:
    db = open_database(url, pool_size=1)
    try:
        return await db.read(lambda uow: _wrong(uow, bought))
    finally:
        await db.close()


def _wrong(uow: UnitOfWork, bought: int) -> list[str]:
    asked = {
        "orders": ("SELECT count(*) FROM orders", bought),
        "units sold": ("SELECT sum(quantity) FROM order_lines", bought * UNITS),
        "units gone": (f"SELECT {PRODUCTS * STOCK} - sum(on_hand) FROM stock", bought * UNITS),  # noqa: S608 - numbers of ours
        "units held": ("SELECT sum(reserved) FROM stock", 0),
    }
    wrong = findings(uow, settled=True)
    for what, (statement, right) in asked.items():
        found = int(rows(uow, statement)[0][0] or 0)
        if found != right:
            wrong.append(f"{what}: {found}, and {bought} purchases come to {right}")
    return wrong


async def _stock(url: str) -> None:
    db = open_database(url, pool_size=1)
    try:
        await db.write(_fill)
    finally:
        await db.close()


def _fill(uow: UnitOfWork) -> None:
    handles = [handle_of(number) for number in range(PRODUCTS)]
    products = [
        product(handle.rpartition("-")[0], variant(handle, price_minor=1999, stock=STOCK))
        for handle in handles
    ]
    stock_shop(uow, catalog(*products), SHOP_TOML + _TERMS)
    # Made now, so that no server has to: a copy is a shop that was open before.
    keep_limits_secret(uow)
    sandbox_secrets(uow)
