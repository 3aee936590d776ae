"""What purchases ask and tell a database, and the pages that they show.

They are made in a throwaway shop that serves from this process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from plantly.app import create_app
from plantly.settings import load_settings
from tests.benchmarks.client import WrongAnswerError
from tests.benchmarks.purchases.pages import Rendering, noting_pages
from tests.benchmarks.purchases.shopper import Exchange, Shopper
from tests.benchmarks.purchases.shops import QUIET
from tests.benchmarks.purchases.statements import Transaction, listening
from tests.support.http import free_port, wait_until


@dataclass(frozen=True)
class Recording:
    """What so many purchases, one after the other, did to the database they began with."""

    purchases: int
    exchanges: list[Exchange]
    transactions: list[Transaction]
    """All of it, in the order in which it was done."""
    pages: list[Rendering]

    def writes(self) -> list[Transaction]:
        """Give the statements that change something alone."""
        parts = [[each for each in whole if each.writes] for whole in self.transactions]
        return [part for part in parts if part]

    def reads(self) -> int:
        """Count the statements that change nothing."""
        return sum(not each.writes for whole in self.transactions for each in whole)


def record(url: str, folder: Path, purchases: int) -> Recording:
    """Buy so many times in a shop that serves from a thread of this process."""
    with listening() as ear, noting_pages() as pages, _served(url, folder) as port:
        # What a server does when it opens is no part of a purchase.
        ear.transactions.clear()
        shopper = Shopper(port, 0)
        for _ in range(purchases):
            shopper.buy()
        transactions = [*ear.transactions]
    return Recording(purchases, shopper.exchanges, transactions, pages)


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
