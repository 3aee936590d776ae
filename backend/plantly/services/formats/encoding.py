"""Bytes of any usual encoding as text, in constant memory."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from plantly.services.formats.findings import Problem

_CHUNK = 1 << 18
_WINDOWS = "plantly-windows-1252"

MAX_LINE = 1 << 24
"""Characters of one physical line; more is no table that anybody wrote."""


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 as Windows-1252, in which older programs write."""
    found = cast("UnicodeDecodeError", error)
    wrong = found.object[found.start : found.end]
    return wrong.decode("cp1252", "replace"), found.end


codecs.register_error(_WINDOWS, _as_windows)


class TextStream:
    """A stream of bytes as text: UTF-8, UTF-16 with its mark, else Windows-1252."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.fell_back_at: int | None = None
        """The line with the first byte that is no UTF-8."""
        self.broken_at: int | None = None
        """The line that is too long to go on."""
        self._lines = 0

    def chunks(self) -> Iterator[str]:
        """Return the text in pieces."""
        start = self._stream.read(_CHUNK)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
            while start:
                yield decoder.decode(start)
                start = self._stream.read(_CHUNK)
            yield decoder.decode(b"", final=True)
            return
        yield from self._utf8(start.removeprefix(codecs.BOM_UTF8))

    def lines(self) -> Iterator[str]:
        """Return the physical lines with their ends, as a reader of tables wants them."""
        rest = ""
        for chunk in self.chunks():
            text = rest + chunk
            rest = ""
            # A carriage return at the very end may be the first half of a line's end.
            held = text.endswith("\r")
            for line in io.StringIO(text[:-1] if held else text, newline=""):
                if line.endswith(("\n", "\r")):
                    self._lines += 1
                    yield line
                else:
                    rest = line
            rest += "\r" if held else ""
            if len(rest) > MAX_LINE:
                self.broken_at = self._lines + 1
                return
        if rest:
            yield rest

    def notes(self) -> Iterator[Problem]:
        """Return what is to be said about the encoding after reading."""
        if self.fell_back_at is not None:
            told = "is not UTF-8 and was read as Windows-1252: save the file as UTF-8"
            yield Problem(self.fell_back_at, "file", f"The text {told}.", drops_row=False)
        if self.broken_at is not None:
            told = f"The line has more than {MAX_LINE} characters: the file is read up to here."
            yield Problem(self.broken_at, "file", told)

    def _utf8(self, start: bytes) -> Iterator[str]:
        data = start
        while data:
            more = self._stream.read(_CHUNK)
            try:
                text, used = codecs.utf_8_decode(data, "strict", not more)
            except UnicodeDecodeError as error:
                if self.fell_back_at is None:
                    before = data[: error.start]
                    self.fell_back_at = self._lines + before.count(b"\n") + 1
                text, used = codecs.utf_8_decode(data, _WINDOWS, not more)
            yield text
            data = data[used:] + more
