"""The file that is imported: a path, standard input or an address, gzipped or not."""

import hashlib
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from plantly.domain.errors import InvalidInput
from plantly.domain.money import Currency, currency
from plantly.outbound.fetch import FEED, Fetched, Fetcher, FetchLimits, Validators, masked
from plantly.services.formats.unpacking import unpacked

_CHUNK = 1 << 20
_HEAD = 1 << 16
_CURRENCY = re.compile(r'"currency"\s*:\s*"([A-Z]{3})"')


@dataclass(frozen=True, slots=True)
class ImportSource:
    """A file that can be read from its beginning, again and again."""

    file: BinaryIO
    name: str
    """As it may be shown: without user, password and query."""
    digest: str
    size: int

    def opened(self) -> BinaryIO:
        """Return the unpacked file from its first byte; closing that keeps the source open.

        Reading raises InvalidInput when it becomes too much.
        """
        return unpacked(self.file)

    def head(self) -> bytes:
        """Return how the unpacked file begins; what is damaged further on is found later.

        Raises:
            InvalidInput: It is damaged from the beginning.
        """
        try:
            return self.opened().read(_HEAD)
        except (OSError, EOFError, zlib.error) as error:
            told = "The file breaks off at its beginning: get it again."
            raise InvalidInput("file", told) from error


def currency_in(head: bytes) -> Currency | None:
    """Return the currency that a catalog in our own format names at its beginning."""
    found = _CURRENCY.search(head.decode("utf-8", "replace"))
    try:
        return currency(found[1]) if found else None
    except ValueError:
        return None


@contextmanager
def local_source(path: Path) -> Iterator[ImportSource]:
    """Open a file of this machine."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        size = 0
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        yield ImportSource(file, path.name, digest.hexdigest(), size)


class Spool:
    """A file without a name that takes what comes, and is gone when it is closed or we are."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = cast("BinaryIO", tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - closed below
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes, /) -> None:
        """Take some more."""
        self._digest.update(data)
        self._size += len(data)
        self._file.write(data)

    def source(self, name: str) -> ImportSource:
        """Return what was taken as a file to import."""
        self._file.flush()
        return ImportSource(self._file, name, self._digest.hexdigest(), self._size)

    def close(self) -> None:
        """Forget what was taken."""
        self._file.close()


@contextmanager
def spool(folder: Path) -> Iterator[Spool]:
    """Give a spool for as long as it is needed."""
    opened = Spool(folder)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def piped_source(stream: BinaryIO, folder: Path) -> Iterator[ImportSource]:
    """Take all of a stream that can be read once, such as standard input."""
    with spool(folder) as opened:
        while chunk := stream.read(_CHUNK):
            opened.write(chunk)
        yield opened.source("standard input")


async def fetch_into(
    spool: Spool,
    fetcher: Fetcher,
    url: str,
    known: Validators | None = None,
    limits: FetchLimits = FEED,
) -> tuple[ImportSource, Fetched]:
    """Fetch a feed.

    Raises:
        FetchFailed: It could not, or may not, be fetched.
    """
    fetched = await fetcher.fetch(url, spool, limits, known)
    return spool.source(masked(url)), fetched
