"""The sandbox provider's own ledger: payments and the webhooks that it still has to deliver."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plantly.db.tables import SandboxEventRow, SandboxPaymentRow


class SandboxRepository:
    """Reads and writes the ledger."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_public_id(self, public_id: str) -> SandboxPaymentRow | None:
        """Return the payment that the API calls by this id, locked."""
        return self._one(SandboxPaymentRow.public_id == public_id)

    def by_page_token(self, token: str) -> SandboxPaymentRow | None:
        """Return the payment of a pay page, locked."""
        return self._one(SandboxPaymentRow.page_token == token)

    def by_idempotency_key(self, key: str) -> SandboxPaymentRow | None:
        """Return the payment that the same request made before, locked."""
        return self._one(SandboxPaymentRow.idempotency_key == key)

    def by_reference(self, reference: str) -> SandboxPaymentRow | None:
        """Return the payment that the shop calls by this name, locked."""
        return self._one(SandboxPaymentRow.reference == reference)

    def add(self, row: SandboxPaymentRow | SandboxEventRow) -> None:
        """Store a payment or an event."""
        self._session.add(row)
        self._session.flush()

    def to_capture(self, now: datetime) -> Sequence[SandboxPaymentRow]:
        """Return payments that were put off until now."""
        return self._session.scalars(
            select(SandboxPaymentRow)
            .where(SandboxPaymentRow.capture_at <= now, SandboxPaymentRow.status == "pending")
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

    def event(self, public_id: str) -> SandboxEventRow | None:
        """Return one event."""
        return self._session.scalars(
            select(SandboxEventRow).where(SandboxEventRow.public_id == public_id)
        ).one_or_none()

    def _one(self, *conditions: Any) -> SandboxPaymentRow | None:
        return self._session.scalars(
            select(SandboxPaymentRow).where(*conditions).with_for_update()
        ).one_or_none()
