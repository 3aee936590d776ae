"""`plantly worker`: the background work as a process of its own."""

import json
import logging
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from plantly.cli import transactions
from plantly.cli.output import AsJson
from plantly.settings import Settings

if TYPE_CHECKING:
    import anyio

_SHORTEST, _USUAL, _LONGEST = 3, 20, 40


def worker(
    *,
    lease: Annotated[
        int,
        typer.Option(
            min=_SHORTEST,
            max=_LONGEST,
            help="After so many seconds another worker takes over from one that vanished.",
        ),
    ] = _USUAL,
    as_json: AsJson = False,
) -> None:
    """Settle payments, deliver and expire, until Ctrl-C. One worker works, others stand by."""
    settings = transactions.current_settings()
    transactions.refuse_old_tables(settings)
    import anyio

    _speak(as_json=as_json)
    _say_that_it_starts(settings, lease, as_json=as_json)
    anyio.run(_work, settings, timedelta(seconds=lease))


async def _work(settings: Settings, lease: timedelta) -> None:
    import anyio

    from plantly.db import open_database
    from plantly.services.workflows.till import Till
    from plantly.services.workflows.worker import Timing

    db = open_database(settings.database_url)
    stop = anyio.Event()
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_stop_on_signal, stop)
            await Till(db, settings, timing=Timing(lease)).work(stop)
            tasks.cancel_scope.cancel()
    finally:
        await db.close()


async def _stop_on_signal(stop: "anyio.Event") -> None:
    import anyio

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            stop.set()


def _say_that_it_starts(settings: Settings, lease: int, *, as_json: bool) -> None:
    """Print one line, for people or for whatever collects logs."""
    said = {
        "event": "worker_started",
        "provider": settings.payment_provider,
        "database": "sqlite" if settings.is_sqlite else "postgresql",
        "server": settings.loopback_url,
        "servers_work_too": settings.worker == "inside",
        "lease_seconds": lease,
    }
    words = (f"{name}={json.dumps(value)}" for name, value in said.items())
    typer.echo(json.dumps(said) if as_json else " ".join(words))


def _speak(*, as_json: bool) -> None:
    """Write what the worker logs to stderr: one line each."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLine() if as_json else logging.Formatter("%(levelname)s %(message)s"))
    log = logging.getLogger("plantly")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


class _JsonLine(logging.Formatter):
    """One line of JSON for each record: nothing but its level, its place and its sentence."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        )
