"""The demo shop that comes with the package: Plantly, a plant nursery."""

from importlib.resources import files
from pathlib import Path

from plantly.db import UnitOfWork
from plantly.services.catalog_file import Progress, read_catalog_file, write_catalog
from plantly.services.shop_file import apply_shop, read_shop_file

_DEMO = files("plantly") / "demo"


def demo_media() -> Path:
    """Return the folder of the demo shop's pictures."""
    return Path(str(_DEMO / "media"))


def demo_shop_file() -> str:
    """Return the demo shop's `shop.toml`."""
    return (_DEMO / "shop.toml").read_text(encoding="utf-8")


def seed_demo(uow: UnitOfWork, progress: Progress | None = None) -> int:
    """Load the demo catalog, and set the shop up if it is not yet; return the number of products.

    Doing it again changes nothing that was sold since, and keeps the shop's own configuration.
    """
    document = read_catalog_file((_DEMO / "catalog.json").read_text(encoding="utf-8"))
    count = write_catalog(uow, document, progress)
    config = uow.shop.current().config if uow.shop.exists() else read_shop_file(demo_shop_file())
    apply_shop(uow, config)
    return count
