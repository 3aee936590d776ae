"""Measure an import as a merchant runs it: `plantly catalog import`, a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from resource import struct_rusage
from typing import Final, Literal

from tests.benchmarks.servers import resident_kb
from tests.support.http import ROOT, clean_environment

Engine = Literal["sqlite", "postgres"]

SECONDS_PER_100K: Final[Mapping[Engine, float]] = {"sqlite": 60.0, "postgres": 120.0}
PEAK_MB: Final = 300.0
_TARGETS_FROM: Final = 100_000
_LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True)
class ImportCost:
    """What an import of so many products took; memory is the most that its processes held."""

    products: int
    seconds: float
    cpu_seconds: float
    peak_mb: float

    @property
    def per_second(self) -> float:
        """Give the products imported in a second."""
        return self.products / self.seconds

    def missed(self, engine: Engine) -> list[str]:
        """Name the targets that were missed; small catalogs have none."""
        if self.products < _TARGETS_FROM:
            return []
        limit = SECONDS_PER_100K[engine] * self.products / _TARGETS_FROM
        missed = ["time"] if self.seconds > limit else []
        return [*missed, "memory"] if self.peak_mb > PEAK_MB else missed


class ImportFailedError(RuntimeError):
    """A command of the shop ended with an error."""


def shop_environment(data_dir: Path, url: str) -> dict[str, str]:
    """Give the settings of a shop that keeps its catalog at `url`."""
    return clean_environment(
        PYTHONPATH=str(ROOT / "backend"), PLANTLY_DATA_DIR=str(data_dir), PLANTLY_DATABASE_URL=url
    )


def run_command(
    arguments: tuple[str, ...], data_dir: Path, url: str, products: int = 0
) -> ImportCost:
    """Run `plantly` with these arguments and give what it took.

    Raises:
        ImportFailedError: It ended with an error; the end of what it said is told.
    """
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "plantly.cli", *arguments],
            cwd=data_dir,
            env=shop_environment(data_dir, url),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        status, used, peak_kb = _waited_for(process.pid)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            told = said.read().decode(errors="replace")[-2000:]
            raise ImportFailedError(f"plantly {' '.join(arguments)}:\n{told}")
    return ImportCost(products, seconds, used.ru_utime + used.ru_stime, peak_kb / 1024)


def _waited_for(pid: int) -> tuple[int, struct_rusage, int]:
    """Give how a process ended, what it used, and the most KB that it and its children held."""
    held = 0
    while True:
        # Only wait4 says what this one child used, its own children's time included. Of memory it
        # gives what we held ourselves when the child was forked, if that was more.
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, used, held
        # One of them may end while it is looked at.
        with suppress(OSError, ValueError, IndexError):
            held = max(held, resident_kb(pid))
        time.sleep(_LOOK_SECONDS)  # between two looks at a process of its own
