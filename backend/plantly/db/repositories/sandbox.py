"""The sandbox provider's own ledger: payments and the webhooks that it still has to deliver."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from plantly.db.tables import SandboxCallRow, SandboxEventRow, SandboxPaymentRow


class SandboxRepository:
    """Reads and writes the ledger."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_public_id(self, public_id: str, *, lock: bool = False) -> SandboxPaymentRow | None:
        """Return the payment that the API calls by this id."""
        return self._one(SandboxPaymentRow.public_id == public_id, lock=lock)

    def by_page_token(self, token: str, *, lock: bool = False) -> SandboxPaymentRow | None:
        """Return the payment of a pay page."""
        return self._one(SandboxPaymentRow.page_token == token, lock=lock)

    def by_idempotency_key(self, key: str) -> SandboxPaymentRow | None:
        """Return the payment that the same request made before."""
        return self._one(SandboxPaymentRow.idempotency_key == key, lock=False)

    def by_reference(self, reference: str) -> SandboxPaymentRow | None:
        """Return the newest payment that the shop calls by this name."""
        return self._session.scalars(
            select(SandboxPaymentRow)
            .where(SandboxPaymentRow.reference == reference)
            .order_by(SandboxPaymentRow.id.desc())
            .limit(1)
        ).first()

    def add(self, row: SandboxPaymentRow | SandboxEventRow) -> None:
        """Store a payment or an event."""
        self._session.add(row)
        self._session.flush()

    def has_work(self, now: datetime) -> bool:
        """Say whether a payment is due for a change."""
        return (
            self._session.scalars(
                select(SandboxPaymentRow.id).where(SandboxPaymentRow.due_at <= now).limit(1)
            ).first()
            is not None
        )

    def due(self, now: datetime, limit: int) -> Sequence[SandboxPaymentRow]:
        """Return payments that time alone changes by now, locked."""
        return self._session.scalars(
            select(SandboxPaymentRow)
            .where(SandboxPaymentRow.due_at <= now)
            .order_by(SandboxPaymentRow.id)
            .limit(limit)
            .with_for_update()
        ).all()

    def undelivered(self, now: datetime, limit: int) -> Sequence[Row[SandboxEventRow, str | None]]:
        """Return events that are due for delivery, oldest first, and where they go."""
        return self._session.execute(
            select(SandboxEventRow, SandboxPaymentRow.webhook_url)
            .join(SandboxPaymentRow, SandboxPaymentRow.id == SandboxEventRow.payment_id)
            .where(SandboxEventRow.delivered_at.is_(None), SandboxEventRow.next_at <= now)
            .order_by(SandboxEventRow.id)
            .limit(limit)
        ).all()

    def events(self, public_ids: Iterable[str]) -> Sequence[SandboxEventRow]:
        """Return events by their ids, oldest first."""
        return self._session.scalars(
            select(SandboxEventRow)
            .where(SandboxEventRow.public_id.in_(list(public_ids)))
            .order_by(SandboxEventRow.id)
        ).all()

    def held_before(self, event: SandboxEventRow) -> Sequence[SandboxEventRow]:
        """Return what waits for this event of the same payment to overtake it."""
        return self._session.scalars(
            select(SandboxEventRow).where(
                SandboxEventRow.delivered_at.is_(None),
                SandboxEventRow.held,
                SandboxEventRow.payment_id == event.payment_id,
                SandboxEventRow.id < event.id,
            )
        ).all()

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

    def _one(self, *conditions: Any, lock: bool) -> SandboxPaymentRow | None:
        statement = select(SandboxPaymentRow).where(*conditions)
        statement = statement.with_for_update() if lock else statement
        return self._session.scalars(statement).one_or_none()
