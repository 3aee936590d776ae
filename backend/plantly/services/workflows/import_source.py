"""The file that is imported: a path, standard input or an address, gzipped or not."""

import gzip
import hashlib
import io
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from plantly.domain.errors import InvalidInput
from plantly.domain.money import Currency, currency
from plantly.outbound.fetch import FEED, Fetched, Fetcher, FetchLimits, Validators, masked

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_UNPACKED = 4 << 30
"""Bytes that a gzipped file may become."""

_CHUNK = 1 << 20
_HEAD = 1 << 16
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_LAYERS = 2  # a server may compress what is compressed already
_FREELY = 64 << 20
_MAX_RATIO = 400
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
        self.file.seek(0)
        stream = _buffered(_Kept(self.file))
        for _ in range(_LAYERS):
            if not stream.peek(2).startswith(_GZIP):
                break
            stream = _buffered(_Unpacked(stream, self.file.tell))
        if stream.peek(4).startswith(_ZIP):
            told = "The file is a ZIP archive (or a spreadsheet): unpack it, or save it as CSV."
            raise InvalidInput("file", told)
        return cast("BinaryIO", stream)

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

    def position(self) -> int:
        """Return how many bytes of the packed file have been read."""
        return self.file.tell()


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


class _Kept(io.RawIOBase):
    """Reads a file that stays open when this is closed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        with memoryview(buffer).cast("B") as view:
            data = self._file.read(len(view))
            view[: len(data)] = data
            return len(data)


class _Unpacked(io.RawIOBase):
    """Undoes gzip a piece at a time, and stops when little becomes far too much."""

    def __init__(self, packed: io.BufferedReader, position: Callable[[], int]) -> None:
        self._gzip = gzip.GzipFile(fileobj=packed, mode="rb")
        self._position = position
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        with memoryview(buffer).cast("B") as view:
            data = self._gzip.read1(len(view))
            view[: len(data)] = data
        self._size += len(data)
        bomb = self._size > _FREELY and self._size > _MAX_RATIO * self._position()
        if bomb or self._size > MAX_UNPACKED:
            told = f"The file unpacks to more than {self._size >> 20} MB, which is too much."
            raise InvalidInput("file", told)
        return len(data)


class _Buffered(io.BufferedReader):
    """Gives what there is, so that a file that breaks off is read up to there."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size) if size is None or size < 0 else self.read1(size)


def _buffered(raw: io.RawIOBase) -> io.BufferedReader:
    return _Buffered(raw, _CHUNK)
