"""Read a catalog for another process: what to read comes in, what is read goes out.

Only what reading needs is imported here.
"""

import gc
import io
import os
import pickle
import signal
import sys
from typing import TYPE_CHECKING, BinaryIO, cast

from plantly.domain.errors import InvalidInput
from plantly.services.formats.portions import HowToRead, Portion, portions_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Told = Portion | tuple[str, str]
"""A portion, or the field and the sentence of the refusal that ends the file."""

_PROTOCOL = 5


def main() -> None:
    """Do what standard input says, and end when nobody listens any more."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # Portions are large and make no cycles: looking for them often costs a tenth.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    read_for(sys.stdin.buffer, sys.stdout.buffer)


def read_for(asked: BinaryIO, out: BinaryIO) -> None:
    """Write the portions of the file that is asked for, and a refusal if that ends it."""
    descriptor, how = cast("tuple[int, HowToRead]", pickle.load(asked))  # noqa: S301 - our parent's
    with _Shared(descriptor) as shared:
        try:
            for portion in portions_of(cast("BinaryIO", shared), how):
                _tell(portion, out)
        except InvalidInput as refused:
            _tell((refused.field, refused.message), out)


def _tell(one: Told, out: BinaryIO) -> None:
    pickle.dump(one, out, _PROTOCOL)
    out.flush()


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
