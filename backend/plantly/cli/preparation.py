"""What `plantly serve --prepare` does before it opens: everything that a new checkout lacks."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from plantly.cli import transactions
from plantly.cli.output import counting, working
from plantly.settings import Settings

if TYPE_CHECKING:
    from plantly.db import UnitOfWork


def prepare(settings: Settings) -> None:
    """Build stale widgets, bring the database up to date, fill an empty one with the demo shop."""
    build_stale_widgets()
    from plantly.db import migrations

    migrations.upgrade(settings.database_url)
    if transactions.read(settings, _is_empty):
        seed(settings, if_empty=True)
    index_if_behind(settings)


def index_if_behind(settings: Settings) -> int:
    """Index the products of a shop that is older than its index; return how many there were."""
    if not transactions.read(settings, lambda uow: uow.search_index.is_behind()):
        return 0
    from plantly.cli.catalog_edit import index_catalog
    from plantly.services.secrets import make_cursor_secret

    transactions.write(settings, make_cursor_secret)
    return index_catalog(settings)


def build_stale_widgets() -> bool:
    """Build the widgets if their sources changed since; say whether that was needed."""
    from plantly.widgets import WIDGETS
    from plantly.widgets import load as loader

    code = Path(loader.__file__).parent
    sources = code.parents[2] / "widgets-src"
    if not sources.is_dir():
        return False
    built = [loader.DIST / f"{widget.name}.html" for widget in WIDGETS]
    if all(path.exists() for path in built):
        oldest = min(path.stat().st_mtime for path in built)
        if oldest > max(_changes(sources, code)):
            return False
    from plantly.widgets.build import build_widgets

    with working("Building the widgets"):
        build_widgets(loader.DIST)
    return True


def seed(settings: Settings, *, if_empty: bool = False) -> int:
    """Load the demo catalog, and the demo shop unless there is a shop; return how many products.

    `if_empty` leaves a shop alone that another process has set up in the meantime.
    """
    from plantly.services.demo import seed_demo

    with counting("Loading the demo catalog") as progress:

        def unit(uow: "UnitOfWork") -> int:
            return 0 if if_empty and not _is_empty(uow) else seed_demo(uow, progress)

        return transactions.write(settings, unit)


def shop_name(settings: Settings) -> str:
    """Give the name of the shop that the database holds.

    Raises:
        ShopNotReady: there is none yet.
    """
    return transactions.read(settings, lambda uow: uow.shop.current().config.name)


def _is_empty(uow: "UnitOfWork") -> bool:
    # A shop without products is a merchant's who has not loaded the catalog yet: no plants there.
    return not uow.shop.exists() and not uow.catalog.count()


def _changes(sources: Path, code: Path) -> Iterator[float]:
    """Give the time of every change; a folder's own time tells of files that went away."""
    yield sources.stat().st_mtime
    yield from (path.stat().st_mtime for path in sources.rglob("*"))
    yield from (path.stat().st_mtime for path in code.glob("*.py"))
    yield from (path.stat().st_mtime for path in (code.parent / "words").iterdir())
