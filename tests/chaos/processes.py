"""Processes that the lab starts, kills and starts again."""

import contextlib
import multiprocessing
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

import httpx

from tests.support.http import wait_until

LOADED = ["tests.chaos.preloaded"]
"""What the process has imported of which all others are forked."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(LOADED)
_STOP_SECONDS = 5.0


@dataclass
class Child:
    """A process that can be killed and started again, each time from the beginning."""

    name: str
    target: Callable[..., None]
    arguments: tuple[Any, ...]
    url: str = ""
    kills: int = 0
    _process: BaseProcess | None = field(default=None, init=False, repr=False)

    @property
    def pid(self) -> int | None:
        """Give the number of the running process."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """Say how it ended; nothing while it runs."""
        return self._process.exitcode if self._process else None

    def start(self, *arguments: Any) -> None:
        """Begin; with other arguments from now on, if there are any."""
        self.arguments = arguments or self.arguments
        self._process = _context.Process(target=self.target, args=self.arguments, daemon=True)
        self._process.start()

    def kill(self) -> None:
        """Send SIGKILL, and wait for the end."""
        if self._process is None:
            return
        self._process.kill()
        self._process.join(_STOP_SECONDS)
        self.kills += 1

    def wait_until_open(self, seconds: float = 20) -> None:
        """Return when the server answers."""
        wait_until(self._answers, f"{self.name} to answer", seconds)

    def wait_for_the_end(self, seconds: float) -> int | None:
        """Return how it ended, nothing if it has not."""
        assert self._process is not None
        self._process.join(seconds)
        return self._process.exitcode

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).is_success
        return False


@contextmanager
def running(*children: Child) -> Iterator[None]:
    """Start processes, wait for those that answer, and kill all of them in the end."""
    try:
        for child in children:
            child.start()
        for child in children:
            if child.url:
                child.wait_until_open()
        yield
    finally:
        for child in children:
            child.kill()


def together(
    target: Callable[..., Any], arguments: list[tuple[Any, ...]], seconds: float
) -> list[Any]:
    """Run a function in processes that all begin at the same moment; give what each returned.

    Raises:
        TimeoutError: One of them is not done in time.
        RuntimeError: One of them has broken.
    """
    gate = _context.Barrier(len(arguments))
    lines = [_context.Pipe(duplex=False) for _ in arguments]
    processes = [
        _context.Process(target=_run, args=(target, given, gate, sender), daemon=True)
        for given, (_, sender) in zip(arguments, lines, strict=True)
    ]
    deadline = time.monotonic() + seconds
    try:
        for process in processes:
            process.start()
        results = [_receive(receiver, deadline) for receiver, _ in lines]
    finally:
        for process in processes:
            process.kill()
            process.join(_STOP_SECONDS)
    broken = [result for result in results if isinstance(result, Exception)]
    if broken:
        raise RuntimeError(f"{len(broken)} of {len(results)} processes broke: {broken[0]!r}")
    return results


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on, all of them different."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _run(target: Callable[..., Any], given: tuple[Any, ...], gate: Any, sender: Any) -> None:
    gate.wait()
    try:
        sender.send(target(*given))
    except Exception as error:  # noqa: BLE001 - whoever waits wants to know
        sender.send(RuntimeError(f"{type(error).__name__}: {error} (process {os.getpid()})"))


def _receive(receiver: Any, deadline: float) -> Any:
    if not receiver.poll(max(0.0, deadline - time.monotonic())):
        raise TimeoutError("a process is not done in time")
    return receiver.recv()
