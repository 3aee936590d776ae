"""Hear what a server in this process asks and tells its database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

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


def writes_in(whole: Transaction) -> bool:
    """Say whether a transaction changes anything."""
    return any(each.writes for each in whole)


@dataclass
class Ear:
    """Keeps what it hears. Reads that follow each other are one transaction of its own."""

    transactions: list[Transaction] = field(default_factory=list)
    """In the order in which they ended; what was undone, and a worker's lease, is left out."""
    _open: dict[int, Transaction] = field(default_factory=dict)

    def begun(self, connection: Connection) -> None:
        """Keep together what follows on this connection."""
        self._open[id(connection)] = []

    def heard(
        self, connection: Connection, _: object, sql: str, values: Any, __: object, many: bool
    ) -> None:
        """Keep a statement. Nothing is told of the beginning of most that only read."""
        whole = self._open.get(id(connection))
        statement = Statement(sql, values, many)
        if whole is None:
            self._read([statement])
        else:
            whole.append(statement)

    def committed(self, connection: Connection) -> None:
        """Keep a transaction."""
        whole = self._open.pop(id(connection), [])
        if not writes_in(whole):
            self._read(whole)
        elif not any(each.writes and _LEASES in each.sql for each in whole):
            self.transactions.append(whole)

    def undone(self, connection: Connection) -> None:
        """Keep what was only read: that is how reading ends."""
        whole = self._open.pop(id(connection), [])
        if not writes_in(whole):
            self._read(whole)

    def _read(self, statements: Transaction) -> None:
        if self.transactions and not writes_in(self.transactions[-1]):
            self.transactions[-1].extend(statements)
        elif statements:
            self.transactions.append(statements)


@contextmanager
def listening() -> Iterator[Ear]:
    """Hear all statements of this process."""
    ear = Ear()
    hooks: dict[str, Callable[..., None]] = {
        "before_cursor_execute": ear.heard,
        "commit": ear.committed,
        "rollback": ear.undone,
        "begin": ear.begun,
    }
    for name, hook in hooks.items():
        event.listen(Engine, name, hook)
    try:
        yield ear
    finally:
        for name, hook in hooks.items():
            event.remove(Engine, name, hook)
