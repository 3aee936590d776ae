"""What runs in the lab's own processes: the product's servers and workers, as they are.

Each process is forked from one that has the product loaded already, so that a start takes a tenth
of a second. What the lab changes, it changes from outside, before anything runs.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import anyio
import httpx

from plantly.cli import server
from plantly.db import open_database
from plantly.domain import payment
from plantly.payments import sandbox
from plantly.services import paying
from plantly.services.workflows import outbox, reconcile
from plantly.services.workflows.till import Till
from plantly.services.workflows.worker import Timing
from plantly.settings import load_settings
from tests.chaos import crashes

_POLL_SECONDS = (5, 15, 30, 60)


@dataclass(frozen=True)
class Setup:
    """How a process of the lab is to behave."""

    settings: Mapping[str, str]
    log: str
    hurried: bool = False
    """Shorten the waits of the product's own, so that a quick run sees the end of them."""
    crash: str | None = None
    """Vanish at this point."""
    lease_seconds: float = 3


def serve(setup: Setup) -> None:
    """Be a server process until killed."""
    _begin(setup)
    settings = load_settings(setup.settings)
    with server.listening(settings) as listener:
        server.run(settings, listener, lambda: None)


def serve_on(setup: Setup, listener: socket.socket) -> None:
    """Be a server process on a socket that somebody else holds open."""
    _begin(setup)
    server.run(load_settings(setup.settings), listener, lambda: None)


def work(setup: Setup) -> None:
    """Be a worker process until killed."""
    _begin(setup)
    asyncio.run(_work(setup))


async def _work(setup: Setup) -> None:
    settings = load_settings(setup.settings)
    db = open_database(settings.database_url)
    timing = Timing(timedelta(seconds=setup.lease_seconds))
    await Till(db, settings, timing=timing).work(anyio.Event())


def _begin(setup: Setup) -> None:
    log = os.open(setup.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stderr = os.fdopen(2, "w", buffering=1)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(process)d %(message)s"
    )
    if setup.hurried:
        _hurry()
    if setup.crash is not None:
        crashes.vanish_at(setup.crash)


def _hurry() -> None:
    """Shorten every wait that follows a lost answer; nothing else is another way."""
    outbox.LEASE_FOR = timedelta(seconds=3)
    reconcile._WHILE_ASKING = timedelta(seconds=3)
    paying.LOOK_AGAIN = timedelta(seconds=1)
    paying.RETRY_SOON = timedelta(seconds=1)
    ages = tuple(timedelta(seconds=seconds) for seconds in _POLL_SECONDS)
    # Money may come for what was canceled, too, and the word of it may be lost.
    payment._POLL_AGES = payment._LOOK_AGES = ages
    sandbox._TIMEOUT = httpx.Timeout(1.0, connect=1.0)
