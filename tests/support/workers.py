"""Real worker processes for a test: started, heard, killed."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.http import ROOT, clean_environment, wait_until

_STOP_SECONDS = 15
LEASE_SECONDS = 3


@dataclass(frozen=True)
class RunningWorker:
    """A worker process, and what it has said."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def lines(self) -> list[dict[str, object]]:
        """Give the lines that it has finished."""
        text = self.log.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    @property
    def works(self) -> bool:
        """Say whether it holds the lease, as far as it has told."""
        told = [str(line.get("message", "")) for line in self.lines]
        turns = [text for text in told if text.startswith("this worker")]
        return bool(turns) and turns[-1] == "this worker works now"

    def wait_until_it_works(self) -> None:
        """Return when it has told that it holds the lease."""
        wait_until(lambda: self.works, "the worker to hold the lease")


@contextmanager
def running_worker(data_dir: Path, settings: Mapping[str, str]) -> Iterator[RunningWorker]:
    """Start `plantly worker` on a shop; end it with SIGTERM, if it is still there."""
    env = clean_environment(
        PYTHONPATH=str(ROOT / "backend"), PLANTLY_DATA_DIR=str(data_dir), **settings
    )
    number = len(list(data_dir.glob("worker-*.log")))
    log = data_dir / f"worker-{number}.log"
    command = [sys.executable, "-m", "plantly.cli", "worker", "--json"]
    command += ["--lease", str(LEASE_SECONDS)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=env, cwd=data_dir, stdout=output, stderr=subprocess.STDOUT
        )
        worker = RunningWorker(process, log)
        try:
            wait_until(lambda: _has_started(worker), "the worker to say that it starts")
            yield worker
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _has_started(worker: RunningWorker) -> bool:
    if worker.process.poll() is not None:
        raise RuntimeError(f"The worker stopped at once:\n{worker.log.read_text()}")
    return bool(worker.lines)
