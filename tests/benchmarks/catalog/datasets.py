"""Build the shops that are measured, by importing a made-up catalog into each engine.

With a folder to keep them in, a shop is built once, and the figures of its import with it.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.catalog.cluster import running_cluster
from tests.benchmarks.catalog.files import write_own_json
from tests.benchmarks.catalog.importing import Engine, ImportCost, run_command
from tests.benchmarks.servers import Served
from tests.support.postgres import PostgresServer

ENGINES: Final[tuple[Engine, ...]] = ("sqlite", "postgres")
_SHOP: Final = """
[shop]
name = "Bench & Co"
tagline = "Everything, and a lot of it"
currency = "USD"
support_email = "help@bench.example"

[[shipping_zones]]
name = "United States"
countries = ["US"]
options = [{ id = "standard", title = "Standard shipping", price_minor = 595 }]
"""


@dataclass(frozen=True)
class Dataset:
    """A shop with `size` products; `imported` is what its import took when it was built."""

    engine: Engine
    size: int
    url: str
    data_dir: Path
    imported: ImportCost
    database: Served | None
    """The server of PostgreSQL."""


@contextmanager
def open_datasets(
    keep: Path | None, sizes: Sequence[int], engines: Sequence[Engine] = ENGINES
) -> Iterator[list[Dataset]]:
    """Give a shop of each size on each engine, and the servers they need while it lasts."""
    with ExitStack() as stack:
        if keep is None:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plantly-bench-")))
        else:
            root = keep.absolute()
        root.mkdir(parents=True, exist_ok=True)
        # PostgreSQL runs as somebody else, who has to get through.
        root.chmod(0o755)
        cluster = None
        if "postgres" in engines:
            cluster = stack.enter_context(running_cluster(root / "postgres"))
        found = [_dataset(root, engine, size, cluster) for size in sizes for engine in engines]
        for file in root.glob("catalog-*.json"):
            file.unlink()
        yield found


def _dataset(root: Path, engine: Engine, size: int, cluster: PostgresServer | None) -> Dataset:
    data_dir, name = root / f"{engine}-{size}", f"catalog_{size}"
    data_dir.mkdir(exist_ok=True)
    server = cluster if engine == "postgres" else None
    url = f"{server.url}/{name}" if server else f"sqlite:///{data_dir / 'plantly.db'}"
    note = data_dir / "imported.json"
    if not note.exists():
        for part in data_dir.glob("plantly.db*"):
            part.unlink()
        if server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            server.create_database(name)
        note.write_text(json.dumps(asdict(_build(root, data_dir, url, size))))
    database = None
    if server:
        pid = int((root / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        database = Served(name, server.port, pid)
    imported = ImportCost(**json.loads(note.read_text()))
    return Dataset(engine, size, url, data_dir, imported, database)


def _build(root: Path, data_dir: Path, url: str, size: int) -> ImportCost:
    file = root / f"catalog-{size}.json"
    if not file.exists():
        unfinished = file.with_suffix(".part")
        write_own_json(unfinished, size)
        unfinished.rename(file)
    shop = data_dir / "shop.toml"
    shop.write_text(_SHOP)
    run_command(("db", "upgrade"), data_dir, url)
    run_command(("shop", "apply", str(shop)), data_dir, url)
    cost = run_command(("catalog", "import", str(file)), data_dir, url, size)
    # Once more, because the tools offer the facets that were there when it was last applied.
    run_command(("shop", "apply", str(shop)), data_dir, url)
    return cost
