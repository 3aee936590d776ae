"""The inbox of webhook events and the outbox of what must follow a change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from plantly.db.tables import InboxRow, OutboxRow, PaymentRow


class InboxRepository:
    """Keeps each webhook event once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, provider: str, event_id: str) -> InboxRow | None:
        """Return an event that was received before."""
        return self._session.scalars(
            select(InboxRow).where(InboxRow.provider == provider, InboxRow.event_id == event_id)
        ).one_or_none()

    def add(self, event: InboxRow) -> None:
        """Keep an event. A rival delivery that was quicker makes the unit run again."""
        self._session.add(event)
        self._session.flush()

    def linkable(self, provider: str, limit: int) -> Sequence[InboxRow]:
        """Return events that came before the payment they speak of was known, oldest first."""
        return self._session.scalars(
            select(InboxRow)
            .join(
                PaymentRow,
                and_(
                    PaymentRow.reference == InboxRow.reference,
                    PaymentRow.provider == InboxRow.provider,
                ),
            )
            .where(InboxRow.provider == provider, InboxRow.handled_at.is_(None))
            .order_by(InboxRow.id)
            .limit(limit)
        ).all()

    def count_unhandled_before(self, moment: datetime) -> int:
        """Return how many events have waited since before a moment."""
        return self._session.scalars(
            select(func.count())
            .select_from(InboxRow)
            .where(InboxRow.handled_at.is_(None), InboxRow.received_at < moment)
        ).one()


class OutboxRepository:
    """Keeps what must still happen, each thing once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, topic: str, dedupe_key: str, payload: dict[str, Any], now: datetime) -> None:
        """Ask for something to happen after this transaction; the same key asks only once."""
        known = self._session.scalars(
            select(OutboxRow.id).where(OutboxRow.dedupe_key == dedupe_key)
        ).first()
        if known is None:
            self._session.add(
                OutboxRow(
                    topic=topic,
                    dedupe_key=dedupe_key,
                    payload=payload,
                    created_at=now,
                    available_at=now,
                    attempts=0,
                )
            )
            self._session.flush()

    def due(self, now: datetime, limit: int) -> Sequence[OutboxRow]:
        """Return what may be done now, oldest first."""
        return self._session.scalars(
            select(OutboxRow)
            .where(
                OutboxRow.done_at.is_(None),
                OutboxRow.dead_at.is_(None),
                OutboxRow.available_at <= now,
            )
            .order_by(OutboxRow.id)
            .limit(limit)
        ).all()

    def get(self, row_id: int) -> OutboxRow:
        """Return one message, locked."""
        return self._session.get_one(OutboxRow, row_id, with_for_update=True)
