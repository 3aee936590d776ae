"""A real server for a test: a port, the process, and the wait until it answers."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 0.05
_STOP_SECONDS = 15.0
# On a machine that does something else, too, a shop opens slowly.
_OPEN_SECONDS = 60.0


@dataclass(frozen=True)
class RunningServer:
    """A server process that answers at `url`."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


def free_port() -> int:
    """Find a port on the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until(probe: Callable[[], T | None], what: str, seconds: float = 20.0) -> T:
    """Ask again until `probe` gives something true; say `what` was missing when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {seconds:.0f} s in vain: {what}.")
        time.sleep(_POLL_SECONDS)  # between two looks at a process of its own


def clean_environment(**settings: str) -> dict[str, str]:
    """Give this process's environment without any shop's settings, plus the ones asked for."""
    foreign = ("PLANTLY_", "GR4VY_", "STRIPE_")
    kept = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - a child process needs PATH and friends
        if not name.startswith(foreign) and name != "PORT"
    }
    return kept | settings


@contextmanager
def running_shop(
    data_dir: Path, module: str = "plantly.cli", **settings: str
) -> Iterator[RunningServer]:
    """Start `plantly serve --prepare` from this checkout; stop it at the end.

    It listens on a free port, unless PLANTLY_PORT is among the settings. Another module of this
    checkout can stand for the command.
    """
    port = int(settings.pop("PLANTLY_PORT", 0)) or free_port()
    env = clean_environment(
        PYTHONPATH=f"{ROOT / 'backend'}:{ROOT}",
        PLANTLY_DATA_DIR=str(data_dir),
        PLANTLY_PORT=str(port),
        **settings,
    )
    command = [sys.executable, "-m", module, "serve", "--prepare"]
    with running_server(command, port=port, env=env, cwd=data_dir) as server:
        yield server


@contextmanager
def running_server(
    command: Sequence[str], *, port: int, env: Mapping[str, str], cwd: Path
) -> Iterator[RunningServer]:
    """Start `command`, wait for /healthz, and end it with SIGTERM."""
    log = cwd / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=env, cwd=cwd, stdout=output, stderr=subprocess.STDOUT
        )
        server = RunningServer(f"http://127.0.0.1:{port}", process, log)
        try:
            wait_until(lambda: _healthy(server), "the server to answer /healthz", _OPEN_SECONDS)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _healthy(server: RunningServer) -> bool:
    if server.process.poll() is not None:
        raise RuntimeError(f"The server stopped before it answered:\n{server.log.read_text()}")
    try:
        return httpx.get(f"{server.url}/healthz", timeout=2.0, trust_env=False).is_success
    except httpx.TransportError:
        return False
