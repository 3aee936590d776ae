"""One server process: the port first, so that a taken one is said before any work is done."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from plantly.cli.refusals import Refusal
from plantly.settings import Settings

_BACKLOG = 2048
_DRAIN_SECONDS = 10
_ACCESS_FIELDS = 5


class _Server(uvicorn.Server):
    """Says that the shop is open only once it is."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Take the port that the settings name; connections wait until somebody accepts them.

    Raises:
        Refusal: The port is taken, or the address is not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(_BACKLOG)
        except OSError as error:
            raise Refusal(
                f"Cannot listen on {settings.host} port {settings.port} ({error.strerror}): "
                "stop what uses it, or choose another with PLANTLY_PORT or --port."
            ) from error
        yield listener


def run(settings: Settings, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, then finish what was begun.

    Raises:
        Refusal: The shop did not start; the log says why.
    """
    from plantly.app import create_app

    config = uvicorn.Config(
        create_app(settings),
        lifespan="on",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        # Whom a request comes from is read where it matters, by PLANTLY_TRUSTED_PROXIES.
        proxy_headers=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    # Off as it is, somebody's own logging configuration could bring it back.
    logging.getLogger("uvicorn.access").addFilter(_hide_address)
    server = _Server(config, announce)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    except SystemExit as stop:
        # The server's own way of saying that the application's start-up failed.
        raise Refusal("The shop could not start: the lines above say why.") from stop


def _hide_address(record: logging.LogRecord) -> bool:
    """Leave of an address what names nobody: the rest may be the key of somebody's page."""
    if isinstance(record.args, tuple) and len(record.args) == _ACCESS_FIELDS:
        client, method, path, version, status = record.args
        first = str(path).partition("?")[0].split("/")[1:2]
        record.args = (client, method, f"/{''.join(first)[:40]}", version, status)
    return True
