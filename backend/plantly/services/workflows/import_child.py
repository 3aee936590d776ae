"""Read a catalog for another process: what to read comes in, what is read goes out.

Only what reading needs is imported here.
"""

import dataclasses
import io
import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import is_dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from plantly.domain.errors import InvalidInput
from plantly.domain.groundwork import Groundworks
from plantly.services.formats.portions import HowToRead, Portion, portions_of
from plantly.services.workflows.import_garbage import LeftBehind, looking_between_portions

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Told = Portion | tuple[str, str]
"""A portion, or the field and the sentence of the refusal that ends the file."""

_PROTOCOL = 5
_Fields = Callable[[Any], tuple[Any, ...]]


def main() -> None:
    """Do what standard input says, and end when nobody listens any more."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    with looking_between_portions():
        read_for(sys.stdin.buffer, sys.stdout.buffer)


def read_for(asked: BinaryIO, out: BinaryIO) -> None:
    """Write the portions of the file that is asked for, and a refusal if that ends it."""
    descriptor, how = cast("tuple[int, HowToRead]", pickle.load(asked))  # noqa: S301 - our parent's
    groundworks, left = Groundworks(), LeftBehind()
    groundworks.know(how.context.facets)
    with _Shared(descriptor) as shared:
        try:
            for portion in portions_of(cast("BinaryIO", shared), how):
                groundworks.know(portion.head.facets if portion.head else ())
                if how.is_new:
                    products = (read.product for read in portion.products)
                    portion.groundwork = groundworks.of(products)
                _tell(portion, out)
                left.let_go(portion)
        except InvalidInput as refused:
            _tell((refused.field, refused.message), out)


def _tell(one: Told, out: BinaryIO) -> None:
    _Plain(out).dump(one)
    out.flush()


class _Plain(pickle.Pickler):
    """Sends a dataclass as a call of its class, which takes half the time at both ends."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out, _PROTOCOL)
        self._fields: dict[type, _Fields | None] = {}

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind not in self._fields:
            self._fields[kind] = _fields_of(kind)
        fields = self._fields[kind]
        return NotImplemented if fields is None else (kind, fields(value))


def _fields_of(kind: type) -> _Fields | None:
    """Return what gives the fields of such a value as its class takes them."""
    names = [field.name for field in dataclasses.fields(kind)] if is_dataclass(kind) else []
    return attrgetter(*names) if len(names) > 1 else None


class _Shared(io.RawIOBase):
    """Reads an open file of another process, which keeps its own place in it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = offset + (self._at if whence == os.SEEK_CUR else 0)
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        with memoryview(buffer).cast("B") as view:
            data = os.pread(self._descriptor, len(view), self._at)
            view[: len(data)] = data
        self._at += len(data)
        return len(data)
