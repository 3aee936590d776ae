"""Delimited tables of any dialect, as rows with the lines on which they start."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from plantly.services.formats.encoding import TextStream
from plantly.services.formats.findings import Problem

MAX_CELL = 1 << 22
"""Characters of one cell; more is a quotation mark that nobody closed."""

Row = tuple[int, list[str]]
"""The line on which it starts, and its cells with an empty one at the end."""

_GAP = re.compile(r"[\s_-]+")
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR = "sep="


def column_name(title: str) -> str:
    """Return a column's title as names are compared: `Variant SKU` is `variant sku`."""
    return _GAP.sub(" ", title).strip().casefold()


def delimiter_of(header: str) -> str:
    """Return what divides the columns of a header."""
    if header.casefold().startswith(_SEPARATOR):
        return header.strip("\r\n")[len(_SEPARATOR) :][:1] or "\t"
    return max(",;\t", key=_QUOTED.sub("", header).count)


class Columns:
    """Where the columns of a table are."""

    def __init__(self, titles: Sequence[str]) -> None:
        self.titles = [title.strip() for title in titles]
        self.indexes: dict[str, int] = {}
        for i, title in enumerate(self.titles):
            self.indexes.setdefault(column_name(title), i)

    def at(self, *names: str) -> int:
        """Return the index of the first of the names that is there, else -1: the empty cell."""
        return next((self.indexes[name] for name in names if name in self.indexes), -1)


class Table:
    """A delimited file: its columns, then its rows."""

    def __init__(self, stream: BinaryIO) -> None:
        # The limit is the process's; nothing else here reads tables.
        csv.field_size_limit(MAX_CELL)
        self._text = TextStream(stream)
        self._line = 0
        self._ended = False
        self._open = False
        lines = self._counted(self._text.lines())
        header = next((line for line in lines if line.strip()), "")
        delimiter = delimiter_of(header)
        if header.casefold().startswith(_SEPARATOR):
            header = next(lines, "")
        self._reader = csv.reader(_again(header, lines), delimiter=delimiter)
        try:
            self.columns = Columns(next(self._reader, []))
        except csv.Error:
            self.columns = Columns([])

    def rows(self) -> Iterator[Row | Problem]:
        """Return the rows, and what is wrong with them."""
        yield from self._records()
        yield from self._text.notes()

    def _records(self) -> Iterator[Row | Problem]:
        width = len(self.columns.titles)
        while True:
            start = self._line + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                told = f"A cell has more than {MAX_CELL} characters: close its quotation mark."
                yield Problem(start, "file", told)
                return
            if self._ended:
                told = 'close it, or double it ("") where it stands for itself'
                yield Problem(start, "file", f"A quotation mark here is never closed: {told}.")
                return
            if self._open and len(cells) < width:
                told = f"The file ends within this row, after {len(cells)} of {width} cells"
                yield Problem(start, "file", f"{told}: get it again, or end it with a new line.")
                return
            if any(cells):
                yield _even(start, cells, width)

    def _counted(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self._line += 1
            self._open = not line.endswith(("\n", "\r"))
            yield line
        self._ended = True


def _again(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _even(start: int, cells: list[str], width: int) -> Row | Problem:
    """Return a row with as many cells as there are columns, and one more."""
    missing = width - len(cells)
    if missing < 0:
        if any(cells[width:]):
            told = f"The row has {len(cells)} cells, but there are {width} columns"
            remedy = "put text that holds the separator in quotation marks"
            return Problem(start, "file", f"{told}: {remedy}.")
        del cells[width:]
    cells.extend([""] * (missing + 1 if missing > 0 else 1))
    return start, cells
