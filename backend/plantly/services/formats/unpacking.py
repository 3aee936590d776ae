"""The bytes of a file that may be gzipped, from its first one, again and again."""

import gzip
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, cast

from plantly.domain.errors import InvalidInput

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_UNPACKED = 4 << 30
"""Bytes that a gzipped file may become."""

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_LAYERS = 2  # a server may compress what is compressed already
_FREELY = 64 << 20
_MAX_RATIO = 400


def unpacked(file: BinaryIO) -> BinaryIO:
    """Return the unpacked file from its first byte; closing that keeps `file` open.

    Reading raises InvalidInput when it becomes too much.
    """
    file.seek(0)
    stream = _buffered(_Kept(file))
    for _ in range(_LAYERS):
        if not stream.peek(2).startswith(_GZIP):
            break
        stream = _buffered(_Unpacked(stream, file.tell))
    if stream.peek(4).startswith(_ZIP):
        told = "The file is a ZIP archive (or a spreadsheet): unpack it, or save it as CSV."
        raise InvalidInput("file", told)
    return cast("BinaryIO", stream)


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
