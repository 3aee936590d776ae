"""How often something was done: one conditional upsert a check, and its rows decide.

No SELECT ever lets anything through: two processes that read the same would both go on.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from plantly.db.direct import Sql, fetch
from plantly.db.retries import is_retryable
from plantly.db.tables import PaymentOriginRow, RateLimitRow
from plantly.domain.visitor import Cost


class LimitsUnavailable(Exception):
    """The count could not be kept. The unit of work is lost, and is to be run without limits."""


class LimitRepository:
    """Counts under keys; what `now_us` and the costs mean, `domain.limits` says."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def spend(self, costs: Sequence[Cost], now_us: int) -> set[str]:
        """Do something once more for every key; return the keys for which it may be done.

        The caller must roll back unless all of them may. Rows are taken in the order of their keys,
        so that two callers never wait for each other.

        Raises:
            LimitsUnavailable: The database would not, and trying again would not help.
        """
        values: dict[str, Any] = {"now": now_us}
        for n, cost in enumerate(sorted(set(costs))):
            values[f"key{n}"] = cost.key
            values[f"until{n}"] = now_us + cost.interval_us
            values[f"latest{n}"] = now_us + cost.tolerance_us
        with _kept():
            rows = fetch(self._connection, _upsert((len(values) - 1) // 3), values)
        return {row[0] for row in rows}

    def spent_until(self, keys: Iterable[str]) -> Mapping[str, int]:
        """Return what is kept for these keys; what nothing is known of is missing.

        Raises:
            LimitsUnavailable: See `spend`.
        """
        wanted = RateLimitRow.key.in_(sorted(keys))
        with _kept():
            found = self._connection.execute(
                select(RateLimitRow.key, RateLimitRow.spent_until).where(wanted)
            ).all()
        return {row.key: row.spent_until for row in found}

    def give_back(self, key: str, microseconds: int) -> None:
        """Take back what this unit of work has spent."""
        self._connection.execute(
            update(RateLimitRow)
            .where(RateLimitRow.key == key)
            .values(spent_until=RateLimitRow.spent_until - microseconds)
        )

    def keep_origin(self, payment_id: int, costs: Sequence[Cost], until: datetime) -> None:
        """Remember what a decline of a payment will cost.

        Raises:
            LimitsUnavailable: See `spend`.
        """
        kept = [list(cost) for cost in costs]
        with _kept():
            self._connection.execute(
                insert(PaymentOriginRow).values(payment_id=payment_id, costs=kept, expires_at=until)
            )

    def spend_for_origin(self, payment_id: int, number: int, now_us: int) -> None:
        """Count declines of a payment if that can be; nothing of this unit of work is lost."""
        origin = select(PaymentOriginRow.costs).where(PaymentOriginRow.payment_id == payment_id)
        with suppress(LimitsUnavailable), self._connection.begin_nested():
            with _kept():
                kept = self._connection.execute(origin).scalar_one_or_none()
            if kept:
                self.spend([Cost(*cost).times(number) for cost in kept], now_us)

    def forget(self, now: datetime, now_us: int, most: int) -> int:
        """Delete rows that say nothing any more, at most so many of a kind; return how many."""
        done = 0
        for column, end, name in (
            (RateLimitRow.expires_at, now_us, RateLimitRow.key),
            (PaymentOriginRow.expires_at, now, PaymentOriginRow.payment_id),
        ):
            old = select(name).where(column <= end).order_by(column).limit(most)
            gone = self._connection.execute(
                delete(column.class_).where(name.in_(old), column <= end)
            )
            done += gone.rowcount
        return done


@contextmanager
def _kept() -> Iterator[None]:
    """Tell apart what another try may mend, and what is the matter with the limits."""
    try:
        yield
    except (DBAPIError, sqlite3.OperationalError) as error:
        if is_retryable(error):
            raise
        raise LimitsUnavailable from error


@lru_cache
def _upsert(rows: int) -> Sql:
    """Write the statement for so many keys. What a row may be at most comes as its `expires_at`."""
    values = ", ".join(f"(:key{n}, :until{n}, :latest{n})" for n in range(rows))
    after = (
        "CASE WHEN rate_limits.spent_until > :now"
        " THEN rate_limits.spent_until + (excluded.spent_until - :now)"
        " ELSE excluded.spent_until END"
    )
    return Sql(
        f"INSERT INTO rate_limits (key, spent_until, expires_at) VALUES {values}"  # noqa: S608 - names of values, no values
        f" ON CONFLICT (key) DO UPDATE SET spent_until = {after}, expires_at = excluded.expires_at"
        f" WHERE {after} <= excluded.expires_at RETURNING key"
    )
