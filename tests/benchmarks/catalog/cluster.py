"""A PostgreSQL server on disk, as a merchant would have one: durable, with its defaults.

The one of the tests lives in memory and forgets, which would flatter every figure.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support import postgres
from tests.support.http import free_port, wait_until

_SETTINGS: Final = {
    "shared_buffers": "512MB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
}
_STOP_SECONDS: Final = 120


@contextmanager
def running_cluster(home: Path) -> Iterator[postgres.PostgresServer]:
    """Serve the cluster in a folder, which is made when it is not there; stop it at the end."""
    user = postgres._unprivileged_user()
    fresh = not (home / "data" / "PG_VERSION").exists()
    home.mkdir(parents=True, exist_ok=True)
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    if (home / "server").exists():
        shutil.rmtree(home / "server")
    programs = postgres._reachable(postgres.find_binaries(), home, user)
    if fresh:
        postgres._make_cluster(programs, home, user)
    server = postgres.PostgresServer(free_port())
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
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: postgres._accepts(process, server, home), "PostgreSQL to accept connections"
        )
        yield server
    finally:
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        process.send_signal(signal.SIGINT)
        process.wait(_STOP_SECONDS)
