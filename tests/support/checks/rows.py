"""Read rows and documents as they stand in the database, past what could hide a fault."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import text

from plantly.db import UnitOfWork
from plantly.domain.payment import Fact, FactKind

Check = Callable[[UnitOfWork], list[str]]
"""Gives a sentence for everything that is wrong."""


def rows(uow: UnitOfWork, statement: str) -> Sequence[Any]:
    """Give what a statement finds."""
    return uow.connection.execute(text(statement)).all()


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
