"""A process that reads a catalog for another one, which has its processor for writing then."""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, BinaryIO, Self, cast

from plantly.domain.errors import InvalidInput, ShopError
from plantly.services.formats.portions import HowToRead, Portion
from plantly.services.workflows.import_child import Told

_PROTOCOL = 5
_CHILD = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from plantly.services.workflows.import_child import main; main()"
)
"""Modules are looked for where we find ours, not in the folder in which we were started."""


def started(file: BinaryIO) -> "ReadingProcess | None":
    """Start a process that can read an open file; None where there are no such processes."""
    if not sys.executable or not hasattr(os, "pread"):
        return None
    try:
        return ReadingProcess(file.fileno())
    except OSError:
        return None


class ReadingProcess:
    """Reads one open file once, at most two portions ahead: what comes is in a pipe.

    It ends by itself when nobody listens any more, however we end.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", _CHILD, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[descriptor],
            # Ctrl-C is for us: it would end in the middle of what it says.
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, whatever it does: it has nothing to tidy up."""
        self._process.kill()
        self._process.__exit__(kind, error, trace)

    @property
    def pid(self) -> int:
        """Return the number that the system gave it."""
        return self._process.pid

    def portions(self, how: HowToRead) -> Iterator[Portion]:
        """Give what it reads.

        Raises:
            InvalidInput: The file cannot be read any further.
            ShopError: The process was ended by others.
        """
        told, said = cast("IO[bytes]", self._process.stdin), cast("Any", self._process.stdout)
        with suppress(BrokenPipeError), told:
            pickle.dump((self._descriptor, how), told, _PROTOCOL)
        ended = False
        while not ended:
            portion = self._next(said)
            ended = portion.ended
            yield portion

    def _next(self, said: IO[bytes]) -> Portion:
        try:
            one: Told = pickle.load(said)  # noqa: S301 - written by the process that we started
        except (EOFError, pickle.UnpicklingError) as broken:
            told = (
                f"The process that reads the file was ended (status {self._process.wait()}): "
                "import the file again, that goes on where it was."
            )
            raise ShopError(told) from broken
        if isinstance(one, Portion):
            return one
        raise InvalidInput(*one)
