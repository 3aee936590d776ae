"""Where an import happens: the database, the folder of pictures, and the way to other servers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from plantly.db import Database
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.fetch import Fetcher
from plantly.services.imports import IN_A_SHOP
from plantly.services.workflows.import_report import ProblemFile
from plantly.settings import Settings


def say_nothing(_done: int, _total: int) -> None:
    """Take progress for nobody."""


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """Where an import happens, and who hears of it."""

    db: Database
    fetcher: Fetcher
    data_dir: Path
    media_url: str
    progress: Callable[[int, int], None] = say_nothing
    """Is told how many of how many bytes have been read, then how many pictures were fetched."""
    problems: ProblemFile | None = None
    leisure: float = 0.0
    """How long to rest after each transaction, as a part of what it took: a shop that sells from
    the same process has the processor meanwhile."""
    at_once: int = IN_A_SHOP
    """How many products one transaction writes: see `products_at_once`."""
    apart_from: int | None = None
    """Of how many bytes on a file is read by a process of its own; None: none is."""

    @property
    def media_folder(self) -> Path:
        """Return where the pictures are that the shop serves."""
        return self.data_dir / "media"

    @property
    def spool_folder(self) -> Path:
        """Return where files wait while they are imported."""
        return self.data_dir / "imports"


@asynccontextmanager
async def fetcher_for(settings: Settings) -> AsyncIterator[Fetcher]:
    """Give the way to other servers that the settings allow."""
    fetcher = Fetcher(AddressGuard(allow_private=settings.allow_private_fetch))
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


def place_for(settings: Settings, db: Database, fetcher: Fetcher) -> ImportPlace:
    """Return the place that the settings name."""
    return ImportPlace(db, fetcher, settings.data_dir, f"{settings.public_url}/media/")
