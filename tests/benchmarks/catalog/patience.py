"""A clock that stands still while somebody else has the processor (Linux).

What a question takes on a busy machine says more about the machine. The kernel keeps, for every
thread, the time in which it could have run and did not; that is taken off.
"""

import os
import time
from types import TracebackType
from typing import Self

from tests.benchmarks.servers import Spent


class Stopwatch:
    """Times a block of this process, and of a server's process that works for it."""

    def __init__(self, server_pid: int | None = None) -> None:
        self.ms = 0.0
        self._pids = [os.getpid()] if server_pid is None else [os.getpid(), server_pid]

    def __enter__(self) -> Self:
        """Start."""
        self._queued = Spent.of(*self._pids).queued_ms
        self._started = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        passed = (time.perf_counter() - self._started) * 1000
        self.ms = max(0.0, passed - (Spent.of(*self._pids).queued_ms - self._queued))
