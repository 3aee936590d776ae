"""What one purchase writes: a throwaway shop in this process, and an ear at its database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Connection, Engine, event

from plantly.app import create_app
from plantly.settings import load_settings
from tests.benchmarks.client import WrongAnswerError
from tests.benchmarks.purchases.shopper import Exchange, Shopper
from tests.benchmarks.purchases.shops import QUIET
from tests.support.http import free_port, wait_until

_WRITES = ("INSERT", "UPDATE", "DELETE")
_LEASES = "leases"
"""The table that a server writes to though nobody buys."""


@dataclass(frozen=True)
class Statement:
    """SQL as it goes to the driver, with its values, or a list of them for one after the other."""

    sql: str
    values: Any
    many: bool

    @property
    def writes(self) -> bool:
        """Say whether it changes anything."""
        return self.sql.lstrip().upper().startswith(_WRITES)


Transaction = list[Statement]


@dataclass(frozen=True)
class Recording:
    """What so many purchases, one after the other, did to the database they began with."""

    purchases: int
    exchanges: list[Exchange]
    transactions: list[Transaction]
    """Those that were committed, in the order in which they were."""

    def writes(self) -> list[Transaction]:
        """Give the statements that change something alone."""
        parts = [[each for each in whole if each.writes] for whole in self.transactions]
        return [part for part in parts if part]


def record(url: str, folder: Path, purchases: int) -> Recording:
    """Buy so many times in a shop that serves from a thread of this process."""
    with _listening() as ear, _served(url, folder) as port:
        shopper = Shopper(port, 0)
        for _ in range(purchases):
            shopper.buy()
    return Recording(purchases, shopper.exchanges, ear.transactions)


@dataclass
class _Ear:
    open: dict[int, Transaction] = field(default_factory=dict)
    transactions: list[Transaction] = field(default_factory=list)

    def heard(
        self, connection: Connection, _: object, sql: str, values: Any, __: object, many: bool
    ) -> None:
        whole = self.open.setdefault(id(connection), [])
        whole.append(Statement(sql, values, many))

    def committed(self, connection: Connection) -> None:
        whole = self.open.pop(id(connection), [])
        writes = [each for each in whole if each.writes]
        if writes and not any(_LEASES in each.sql for each in writes):
            self.transactions.append(whole)

    def undone(self, connection: Connection) -> None:
        self.open.pop(id(connection), None)


@contextmanager
def _listening() -> Iterator[_Ear]:
    ear = _Ear()
    hooks: dict[str, Callable[..., None]] = {
        "before_cursor_execute": ear.heard,
        "commit": ear.committed,
        "rollback": ear.undone,
        "begin": ear.undone,
    }
    for name, hook in hooks.items():
        event.listen(Engine, name, hook)
    try:
        yield ear
    finally:
        for name, hook in hooks.items():
            event.remove(Engine, name, hook)


@contextmanager
def _served(url: str, folder: Path) -> Iterator[int]:
    port = free_port()
    settings = load_settings(
        {
            "PLANTLY_DATABASE_URL": url,
            "PLANTLY_DATA_DIR": str(folder),
            "PLANTLY_PORT": str(port),
            **QUIET,
        }
    )
    config = uvicorn.Config(
        create_app(settings), port=port, lifespan="on", log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), "the recorded shop to open")
        if not thread.is_alive():
            raise WrongAnswerError("The shop that is to be recorded did not open.")
        yield port
    finally:
        server.should_exit = True
        thread.join()
