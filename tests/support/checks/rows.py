"""Read rows and documents as they stand in the database, past what could hide a fault."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from sqlalchemy import text

from plantly.db import UnitOfWork
from plantly.domain.payment import Fact, FactKind

Check = Callable[[UnitOfWork], list[str]]
"""Gives a sentence for everything that is wrong."""


_seen: Final[ContextVar[dict[str, Sequence[Any]] | None]] = ContextVar("seen", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Ask the database for the same only once while entered: nothing changes in a snapshot.

    A dozen checks look at the payments, and as many at what was said of them.
    """
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def rows(uow: UnitOfWork, statement: str) -> Sequence[Any]:
    """Give what a statement finds."""
    seen = _seen.get()
    if seen is None:
        return uow.connection.execute(text(statement)).all()
    if statement not in seen:
        seen[statement] = tuple(uow.connection.execute(text(statement)))
    return seen[statement]


def document(value: Any) -> Any:
    """Give a JSON column as values, whichever database it comes from."""
    return json.loads(value) if isinstance(value, str) else value


def facts_by_payment(uow: UnitOfWork) -> dict[int, list[Fact]]:
    """Give the ledger: what was ever said of each payment."""
    facts: dict[int, list[Fact]] = {}
    for row in rows(
        uow,
        "SELECT payment_id, fact_key, kind, amount_minor, currency, refund_ref, "
        "dispute_ref FROM payment_facts ORDER BY id",
    ):
        said = Fact(
            row.fact_key,
            FactKind(row.kind),
            row.amount_minor,
            row.currency,
            row.refund_ref,
            row.dispute_ref,
        )
        facts.setdefault(row.payment_id, []).append(said)
    return facts
