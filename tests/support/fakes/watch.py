"""What is asked of every call to a provider: when it is made, for how long, how often, which key.

A provider is never called while a transaction writes: the buyer at the next door would wait for a
stranger's server. The watch looks at the database itself, at the moment of the call.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx
from sqlalchemy import make_url, text

from plantly.db import Database, UnitOfWork

LONGEST_SECONDS: Final = 10.0
MOST_TRIES: Final = 2
"""How often the same call may be made within one press of a buyer or one tick of the worker."""

_WRITERS = text(
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A call of the shop to its provider."""

    method: str
    path: str
    key: str | None
    timeout: float | None
    """The longest that it may wait for anything, in seconds; None is for ever."""
    writers: int
    """How many transactions were writing meanwhile."""


@dataclass
class CallWatch:
    """Looks at every call to a provider, and keeps what it saw."""

    url: str
    db: Database
    seen: list[SeenCall] = field(default_factory=list)
    round: int = 0
    """Counts presses and ticks: within one of them nothing is asked again and again."""
    by_round: Counter[tuple[int, str, str, str | None]] = field(default_factory=Counter)

    async def look(self, request: httpx.Request) -> None:
        """Keep what a call is like."""
        key = request.headers.get("idempotency-key")
        limits = request.extensions.get("timeout", {})
        waits = [limits.get(name) for name in ("connect", "read", "write", "pool")]
        known = [wait for wait in waits if wait is not None]
        call = SeenCall(
            method=request.method,
            path=request.url.path,
            key=key,
            timeout=max(known) if len(known) == len(waits) else None,
            writers=await self.open_writers(),
        )
        self.seen.append(call)
        target = f"{call.path}?{request.url.query.decode()}"
        self.by_round[self.round, call.method, target, key] += 1

    def keys(self, takes_key: Callable[[str, str], bool]) -> set[str | None]:
        """Give the keys of all calls that need one: trying again is no other key."""
        return {call.key for call in self.seen if takes_key(call.method, call.path)}

    async def open_writers(self) -> int:
        """Count the transactions that have written, or may, and are not at their end."""
        if self.url.startswith("sqlite"):
            return int(_is_locked(str(make_url(self.url).database)))
        return await self.db.read(_writers)

    def findings(self, takes_key: Callable[[str, str], bool]) -> list[str]:
        """Give a sentence for everything that is wrong about the calls until now."""
        broken = []
        for call in self.seen:
            name = f"{call.method} {call.path}"
            if call.writers:
                broken.append(f"{name} was called while {call.writers} transactions wrote")
            if call.timeout is None or call.timeout > LONGEST_SECONDS:
                broken.append(f"{name} may take {call.timeout} seconds")
            if call.key is None and takes_key(call.method, call.path):
                broken.append(f"{name} was called without an idempotency key")
        broken += [
            f"{method} {target} was called {count} times in one go"
            for (_, method, target, _), count in self.by_round.items()
            if count > MOST_TRIES
        ]
        return broken


def _is_locked(path: str) -> bool:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


def _writers(uow: UnitOfWork) -> int:
    return int(uow.connection.execute(_WRITERS).scalar_one())
