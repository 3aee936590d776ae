"""A JSON object too large for memory: its members one by one, and the items of one of them.

The parser is the standard library's: it refuses what it cannot hold, such as a number of a million
digits or a nest of a million lists, where a streaming parser in C was seen to end the process.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from plantly.services.formats.encoding import TextStream

MAX_VALUE = 1 << 24
"""Characters of one member or item; what is longer is nothing that a catalog has."""

BEGIN = object()
"""Stands for the beginning of the list."""

_SPACE = re.compile(r"[ \t\r\n]*")
_CUT_OFF = 16
"""How far before the end the parser may find fault with what is only cut off there."""


class BrokenJson(Exception):
    """The text stops being JSON, or is not an object."""


def loads(text: str) -> Any:
    """Return the one value in a text, its decimals exact (`Decimal`).

    Raises:
        BrokenJson: It is not JSON.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise _broken(error) from error


def members(text: TextStream, listed: str) -> Iterator[tuple[str, Any]]:
    """Return the members of the object in their order.

    Of the list `listed` come `BEGIN` and then its items singly.

    Raises:
        BrokenJson: From there on it cannot be read.
    """
    cursor = _Cursor(text)
    cursor.expect("{", "it is not a JSON object")
    more = not cursor.takes("}")
    while more:
        name = cursor.value()
        if not isinstance(name, str):
            raise BrokenJson("the name of a member is no text")
        cursor.expect(":", "a colon is missing")
        if name != listed:
            yield name, cursor.value()
        else:
            cursor.expect("[", f'"{listed}" is not a list')
            yield name, BEGIN
            for item in _items(cursor):
                yield name, item
        more = cursor.goes_on("}")
    if cursor.peek():
        raise BrokenJson("something follows its end")


def _items(cursor: "_Cursor") -> Iterator[Any]:
    more = not cursor.takes("]")
    while more:
        yield cursor.value()
        more = cursor.goes_on("]")


class _Cursor:
    """A place in the text. What is behind it is forgotten."""

    def __init__(self, text: TextStream) -> None:
        self._chunks = text.chunks()
        self._buffer = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is no space, or nothing at the end."""
        while True:
            self._at = _SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if self._at < len(self._buffer) or self._ended:
                return self._buffer[self._at : self._at + 1]
            self._fill()

    def takes(self, character: str) -> bool:
        """Step over a character if it comes next."""
        found = self.peek() == character
        self._at += found
        return found

    def expect(self, character: str, otherwise: str) -> None:
        """Step over a character that has to come next."""
        if not self.takes(character):
            raise BrokenJson(otherwise)

    def goes_on(self, end: str) -> bool:
        """Step over a comma, or over the end of what it divides."""
        if self.takes(","):
            return True
        self.expect(end, "a comma is missing" if self.peek() else "it breaks off")
        return False

    def value(self) -> Any:
        """Return the value that comes next."""
        while True:
            self.peek()
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                cut_off = error.pos + _CUT_OFF >= len(self._buffer) or "Untermin" in error.msg
                if self._ended or not cut_off:
                    raise _broken(error) from error
            except (ValueError, ArithmeticError, RecursionError) as error:
                raise _broken(error) from error
            else:
                # A number near the end may go on.
                if end + _CUT_OFF <= len(self._buffer) or self._ended:
                    self._at = end
                    return value
            if len(self._buffer) - self._at > MAX_VALUE:
                raise BrokenJson(f"one value has more than {MAX_VALUE} characters")
            self._fill()

    def _fill(self) -> None:
        """Read as much again as is there, so that a long value is not parsed too often."""
        self._buffer = self._buffer[self._at :]
        self._at = 0
        parts, wanted = [self._buffer], len(self._buffer)
        while True:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
                break
            parts.append(chunk)
            wanted -= len(chunk)
            if chunk and wanted <= 0:
                break
        self._buffer = "".join(parts)


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is no number"
    raise ValueError(msg)


def _broken(error: Exception) -> BrokenJson:
    if isinstance(error, RecursionError):
        return BrokenJson("it is nested too deeply")
    # Where in a piece of the text it was tells nobody anything.
    told = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    return BrokenJson(" ".join(told.split())[:120])


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
