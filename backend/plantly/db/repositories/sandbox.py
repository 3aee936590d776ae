"""The sandbox provider's own ledger: payments and the webhooks that it still has to deliver."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from plantly.db.tables import SandboxEventRow, SandboxPaymentRow


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
            self._session.scalars(select(SandboxPaymentRow.id).where(_due(now))).first() is not None
        )

    def due(self, now: datetime) -> Sequence[SandboxPaymentRow]:
        """Return payments that were put off until now or were never paid in time, locked."""
        return self._session.scalars(
            select(SandboxPaymentRow)
            .where(_due(now))
            .order_by(SandboxPaymentRow.id)
            .with_for_update()
        ).all()

    def undelivered(self, now: datetime, limit: int) -> Sequence[SandboxEventRow]:
        """Return events that are due for delivery, oldest first."""
        return self._session.scalars(
            select(SandboxEventRow)
            .where(SandboxEventRow.delivered_at.is_(None), SandboxEventRow.next_at <= now)
            .order_by(SandboxEventRow.id)
            .limit(limit)
        ).all()

    def event(self, public_id: str) -> SandboxEventRow:
        """Return one event."""
        return self._session.scalars(
            select(SandboxEventRow).where(SandboxEventRow.public_id == public_id)
        ).one()

    def _one(self, *conditions: Any, lock: bool) -> SandboxPaymentRow | None:
        statement = select(SandboxPaymentRow).where(*conditions)
        statement = statement.with_for_update() if lock else statement
        return self._session.scalars(statement).one_or_none()


def _due(now: datetime) -> ColumnElement[bool]:
    """Name the payments that time alone changes."""
    put_off = and_(SandboxPaymentRow.status == "pending", SandboxPaymentRow.capture_at <= now)
    too_late = and_(SandboxPaymentRow.status == "open", SandboxPaymentRow.expires_at <= now)
    return or_(put_off, too_late)
