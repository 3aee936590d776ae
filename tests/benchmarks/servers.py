"""Start the servers under comparison on one core, and read what they use from /proc (Linux)."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support.http import ROOT, clean_environment, free_port, running_shop, wait_until

_NANOSECONDS_PER_MS = 1e6
_STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Spent:
    """Milliseconds on a processor, and milliseconds of waiting for one that somebody else had."""

    cpu_ms: float
    queued_ms: float

    @classmethod
    def of(cls, *pids: int) -> "Spent":
        """Add up what the kernel says of these processes' threads."""
        cpu = queued = 0
        for pid in pids:
            for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                try:
                    on_cpu, in_queue, _ = map(int, task.read_text().split())
                except (FileNotFoundError, ProcessLookupError):
                    # It ended just now: PostgreSQL's own helpers come and go.
                    continue
                cpu, queued = cpu + on_cpu, queued + in_queue
        return cls(cpu / _NANOSECONDS_PER_MS, queued / _NANOSECONDS_PER_MS)


@dataclass(frozen=True)
class Served:
    """A server that answers on `port`."""

    name: str
    port: int
    pid: int

    def spent(self) -> "Spent":
        """Give what it has used since it started, in all its threads and children."""
        return Spent.of(*_family(self.pid))

    def resident_kb(self) -> int:
        """Give the memory that it holds, its children's included."""
        return resident_kb(self.pid)


@contextmanager
def running_subjects(subject: str) -> Iterator[tuple[Served, Served]]:
    """Start the baseline and the subject (`shop` or `sample`), and stop both at the end."""
    with ExitStack() as stack:
        baseline = stack.enter_context(running_module("tests.benchmarks.baseline"))
        if subject == "shop":
            ours = stack.enter_context(_running_shop())
        else:
            ours = stack.enter_context(running_sample())
        stack.enter_context(pinned((baseline, ours)))
        yield baseline, ours


@contextmanager
def pinned(servers: Sequence[Served]) -> Iterator[None]:
    """Put all servers on one core and this process on another, where there are two.

    A server whose client competes with it looks slower than it is.
    """
    cores = sorted(os.sched_getaffinity(0))
    for served in servers:
        for pid in _family(served.pid):
            for task in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), {cores[0]})
    os.sched_setaffinity(0, {cores[-1]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(cores))


@contextmanager
def _running_shop() -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as directory, running_shop(Path(directory)) as shop:
        yield Served("plantly", int(shop.url.rpartition(":")[2]), shop.process.pid)


@contextmanager
def running_shop_of(
    name: str, data_dir: Path, url: str, module: str = "plantly.cli", **settings: str
) -> Iterator[Served]:
    """Start the shop that keeps its catalog at a database address, with a module as its command."""
    with running_shop(data_dir, module, PLANTLY_DATABASE_URL=url, **settings) as shop:
        yield Served(name, int(shop.url.rpartition(":")[2]), shop.process.pid)


@contextmanager
def running_sample() -> Iterator[Served]:
    """Start the tests' sample server behind our endpoint."""
    with running_module("tests.benchmarks.sample") as served:
        yield served


@contextmanager
def running_module(module: str, *arguments: str) -> Iterator[Served]:
    """Start a module of ours that listens on the port it is given, before other arguments."""
    port = free_port()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(port), *arguments],
            cwd=ROOT,
            env=clean_environment(PYTHONPATH=f"{ROOT / 'backend'}:{ROOT}"),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: _accepts(process, port, log), f"{module} to listen")
            yield Served(module.rpartition(".")[2], port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _accepts(process: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> bool:
    if process.poll() is not None:
        log.seek(0)
        raise RuntimeError(f"The server stopped at once:\n{log.read().decode()}")
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def resident_kb(pid: int) -> int:
    """Give the memory that a process and its children hold; what they share counts once."""
    total = 0
    for one in _family(pid):
        held = Path(f"/proc/{one}/smaps_rollup").read_text()
        total += int(held.partition("Pss:")[2].split()[0])
    return total


def _family(pid: int) -> list[int]:
    """Give the process and all that descend from it."""
    family = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            family += _family(int(child))
    return family
