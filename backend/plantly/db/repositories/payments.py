"""Payments with their facts, and refunds."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from plantly.db.tables import PaymentFactRow, PaymentRow, RefundRow
from plantly.domain.payment import Fact

_FACTS = selectinload(PaymentRow.facts)


class PaymentRepository:
    """Reads payments with their facts; facts are only ever added."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_reference(self, reference: str) -> PaymentRow | None:
        """Return the payment with our reference, locked."""
        return self._one(PaymentRow.reference == reference)

    def by_session_ref(self, provider: str, session_ref: str) -> PaymentRow | None:
        """Return the payment that a provider calls by this name, locked."""
        return self._one(PaymentRow.provider == provider, PaymentRow.session_ref == session_ref)

    def latest_of(self, checkout_row_id: int) -> PaymentRow | None:
        """Return the newest attempt to pay a checkout session, locked."""
        return self._one(
            PaymentRow.id
            == select(PaymentRow.id)
            .where(PaymentRow.checkout_id == checkout_row_id)
            .order_by(PaymentRow.id.desc())
            .limit(1)
            .scalar_subquery()
        )

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        """Return the references of payments that the provider has to be asked about."""
        return self._session.scalars(
            select(PaymentRow.reference)
            .where(PaymentRow.next_poll_at <= now)
            .order_by(PaymentRow.next_poll_at)
            .limit(limit)
        ).all()

    def add(self, payment: PaymentRow) -> None:
        """Store a new payment, so that it has a row id."""
        self._session.add(payment)
        self._session.flush()

    def record(
        self, payment: PaymentRow, facts: Iterable[Fact], *, source: str, now: datetime
    ) -> int:
        """Add the facts that are new about a payment; return how many were."""
        known = {fact.fact_key for fact in payment.facts}
        new = [fact for fact in facts if fact.key not in known]
        for fact in new:
            payment.facts.append(
                PaymentFactRow(
                    payment_id=payment.id,
                    fact_key=fact.key,
                    kind=fact.kind,
                    amount_minor=fact.amount_minor,
                    currency=fact.currency,
                    refund_ref=fact.refund_ref,
                    source=source,
                    recorded_at=now,
                )
            )
        self._session.flush()
        return len(new)

    def add_refund(self, refund: RefundRow) -> None:
        """Store a refund that was decided on."""
        self._session.add(refund)
        self._session.flush()

    def refunds_of(self, payment_row_id: int) -> Sequence[RefundRow]:
        """Return the refunds of a payment, oldest first."""
        return self._session.scalars(
            select(RefundRow).where(RefundRow.payment_id == payment_row_id).order_by(RefundRow.id)
        ).all()

    def refund_by_key(self, idempotency_key: str) -> RefundRow | None:
        """Return the refund with that key."""
        return self._session.scalars(
            select(RefundRow).where(RefundRow.idempotency_key == idempotency_key)
        ).one_or_none()

    def by_row_id(self, row_id: int) -> PaymentRow | None:
        """Return a payment by its row id, locked."""
        return self._one(PaymentRow.id == row_id)

    def _one(self, *conditions: Any) -> PaymentRow | None:
        statement = select(PaymentRow).where(*conditions).options(_FACTS)
        return self._session.scalars(statement.with_for_update(of=PaymentRow)).one_or_none()


def facts_of(payment: PaymentRow) -> list[Fact]:
    """Return the recorded facts of a payment as domain values."""
    return [
        Fact(row.fact_key, row.kind, row.amount_minor, row.currency, row.refund_ref)
        for row in payment.facts
    ]
