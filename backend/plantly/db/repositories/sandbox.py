"""The sandbox provider's own ledger: payments and the webhooks that it still has to deliver."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from plantly.db.direct import Sql, fetch
from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import SandboxCallRow, SandboxEventRow, SandboxPaymentRow

_BY_PUBLIC_ID, _BY_PAGE_TOKEN, _BY_KEY = (
    tuple(
        Reading(
            f"SELECT {{p}} FROM sandbox_payments p WHERE {by} = ?",  # noqa: S608 - words of ours
            p=SandboxPaymentRow,
            lock=lock,
        )
        for lock in ("", "p")
    )
    for by in ("p.public_id", "p.page_token", "p.idempotency_key")
)
_HAS_WORK = Sql("SELECT id FROM sandbox_payments WHERE due_at <= :now LIMIT 1")
_UNDELIVERED = Reading(
    "SELECT {e}, {p} FROM sandbox_events e JOIN sandbox_payments p ON p.id = e.payment_id"
    " WHERE e.delivered_at IS NULL AND e.next_at <= ? ORDER BY e.id LIMIT ?",
    e=SandboxEventRow,
    p=SandboxPaymentRow,
    only={"p": ("id", "webhook_url")},
)
_HELD_BEFORE = Reading(
    "SELECT {e} FROM sandbox_events e WHERE e.delivered_at IS NULL AND e.held"
    " AND e.payment_id = ? AND e.id < ?",
    e=SandboxEventRow,
)
_EVENTS = Reading(
    "SELECT {e} FROM sandbox_events e WHERE e.public_id = ANY(?) ORDER BY e.id", e=SandboxEventRow
)


class SandboxRepository:
    """Reads and writes the ledger."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session

    def by_public_id(self, public_id: str, *, lock: bool = False) -> SandboxPaymentRow | None:
        """Return the payment that the API calls by this id."""
        return self._one(_BY_PUBLIC_ID[lock], public_id)

    def by_page_token(self, token: str, *, lock: bool = False) -> SandboxPaymentRow | None:
        """Return the payment of a pay page."""
        return self._one(_BY_PAGE_TOKEN[lock], token)

    def by_idempotency_key(self, key: str) -> SandboxPaymentRow | None:
        """Return the payment that the same request made before."""
        return self._one(_BY_KEY[False], key)

    def by_reference(self, reference: str) -> SandboxPaymentRow | None:
        """Return the newest payment that the shop calls by this name."""
        return self._session.scalars(
            select(SandboxPaymentRow)
            .where(SandboxPaymentRow.reference == reference)
            .order_by(SandboxPaymentRow.id.desc())
            .limit(1)
        ).first()

    def add(self, **columns: Any) -> SandboxPaymentRow:
        """Store a payment."""
        return self._session.store(SandboxPaymentRow, **columns)

    def add_event(self, values: dict[str, Any]) -> None:
        """Store an event, of which nobody here needs more than that it is kept."""
        self._session.insert_rows(SandboxEventRow, [values])

    def has_work(self, now: datetime) -> bool:
        """Say whether a payment is due for a change."""
        return bool(fetch(self._session.our_connection, _HAS_WORK, {"now": now}))

    def due(self, now: datetime, limit: int) -> Sequence[SandboxPaymentRow]:
        """Return payments that time alone changes by now, locked."""
        return self._session.scalars(
            select(SandboxPaymentRow)
            .where(SandboxPaymentRow.due_at <= now)
            .order_by(SandboxPaymentRow.id)
            .limit(limit)
            .with_for_update()
        ).all()

    def undelivered(
        self, now: datetime, limit: int
    ) -> Sequence[tuple[SandboxEventRow, str | None]]:
        """Return events that are due for delivery, oldest first, and where they go."""
        rows = self._session.read_rows(_UNDELIVERED, now, limit)
        return [(event, payment.webhook_url) for event, payment in rows]

    def events(self, public_ids: Iterable[str]) -> Sequence[SandboxEventRow]:
        """Return events by their ids, oldest first."""
        return [row for (row,) in self._session.read_rows(_EVENTS, list(public_ids))]

    def held_before(self, event: SandboxEventRow) -> Sequence[SandboxEventRow]:
        """Return what waits for this event of the same payment to overtake it."""
        return [row for (row,) in self._session.read_rows(_HELD_BEFORE, event.payment_id, event.id)]

    def count_call(self, name: str) -> int:
        """Count one more call of that name; return how many there were, this one included."""
        sqlite = self._session.get_bind().dialect.name == "sqlite"
        made: Any = sqlite_insert(SandboxCallRow) if sqlite else postgres_insert(SandboxCallRow)
        counted = (
            made.values(name=name, count=1)
            .on_conflict_do_update(
                index_elements=["name"], set_={"count": SandboxCallRow.count + 1}
            )
            .returning(SandboxCallRow.count)
        )
        count: int = self._session.execute(counted).scalar_one()
        return count

    def _one(self, reading: Reading, value: str) -> SandboxPaymentRow | None:
        rows = self._session.read_rows(reading, value)
        return rows[0][0] if rows else None
