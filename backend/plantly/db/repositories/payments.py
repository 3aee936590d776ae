"""Payments with their facts, and refunds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from plantly.db.tables import CartRow, CheckoutRow, PaymentFactRow, PaymentRow, RefundRow
from plantly.domain.payment import Fact, PaymentStatus

_FACTS = selectinload(PaymentRow.facts)
# What is read under a lock is the truth, whatever this transaction has read before the lock.
_ANEW: dict[str, Any] = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class PaymentChain:
    """A payment and what depends on it, all of it locked."""

    cart: CartRow | None
    checkout: CheckoutRow
    payment: PaymentRow

    @property
    def cart_is_paid(self) -> bool:
        """Say whether the cart has become an order, of this payment or of another one."""
        return self.cart is not None and self.cart.closed_at is not None


class PaymentRepository:
    """Reads payments with their facts; facts are only ever added."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def knows(self, provider: str, reference: str) -> bool:
        """Say whether a provider's payment has that reference."""
        found = select(PaymentRow.id).where(
            PaymentRow.provider == provider, PaymentRow.reference == reference
        )
        return self._session.scalars(found).first() is not None

    def chain(self, provider: str, reference: str) -> PaymentChain:
        """Return a payment that is known, and lock its cart, its checkout session and itself.

        Everybody locks in this order, so that two units never wait for each other.
        """
        ids = self._session.execute(
            select(PaymentRow.id, PaymentRow.checkout_id, CheckoutRow.cart_id)
            .join(CheckoutRow, CheckoutRow.id == PaymentRow.checkout_id)
            .where(PaymentRow.provider == provider, PaymentRow.reference == reference)
        ).one()
        payment_id, checkout_id, cart_id = ids
        cart = self._session.scalars(
            select(CartRow)
            .where(CartRow.id == cart_id)
            .with_for_update()
            .execution_options(**_ANEW)
        ).one_or_none()
        checkout = (
            self._session.scalars(
                select(CheckoutRow)
                .where(CheckoutRow.id == checkout_id)
                .options(selectinload(CheckoutRow.lines), joinedload(CheckoutRow.buyer))
                .with_for_update(of=CheckoutRow)
                .execution_options(**_ANEW)
            )
            .unique()
            .one()
        )
        payment = self._session.scalars(
            select(PaymentRow)
            .where(PaymentRow.id == payment_id)
            .options(_FACTS)
            .with_for_update()
            .execution_options(**_ANEW)
        ).one()
        return PaymentChain(cart, checkout, payment)

    def by_reference(self, reference: str, *, lock: bool = False) -> PaymentRow | None:
        """Return a payment by our name for it, whichever provider has it."""
        statement = select(PaymentRow).where(PaymentRow.reference == reference).options(_FACTS)
        if lock:
            statement = statement.with_for_update(of=PaymentRow).execution_options(**_ANEW)
        return self._session.scalars(statement).one_or_none()

    def name(
        self, provider: str, reference: str, session_ref: str | None, payment_ref: str | None
    ) -> None:
        """Keep a provider's names for a payment that it has none of yet."""
        names = (
            (PaymentRow.session_ref, session_ref),
            (PaymentRow.payment_ref, payment_ref),
        )
        for column, name in names:
            if name is not None:
                self._session.execute(
                    update(PaymentRow)
                    .where(
                        PaymentRow.provider == provider,
                        PaymentRow.reference == reference,
                        column.is_(None),
                    )
                    .values({column: name})
                    .execution_options(synchronize_session=False)
                )

    def reference_of(self, provider: str, session_ref: str) -> str | None:
        """Return our reference for what a provider calls by this name."""
        return self._session.scalars(
            select(PaymentRow.reference).where(
                PaymentRow.provider == provider, PaymentRow.session_ref == session_ref
            )
        ).one_or_none()

    def reference_of_money(self, provider: str, payment_ref: str) -> str | None:
        """Return our reference for the payment whose money a provider calls by this name."""
        return self._session.scalars(
            select(PaymentRow.reference).where(
                PaymentRow.provider == provider, PaymentRow.payment_ref == payment_ref
            )
        ).one_or_none()

    def session_of(self, reference: str) -> str | None:
        """Return what the provider calls a payment, as far as that is known."""
        return self._session.scalars(
            select(PaymentRow.session_ref).where(PaymentRow.reference == reference)
        ).one_or_none()

    def latest_of(self, checkout_row_id: int, *, lock: bool = False) -> PaymentRow | None:
        """Return the newest attempt to pay a checkout session."""
        newest = (
            select(PaymentRow.id)
            .where(PaymentRow.checkout_id == checkout_row_id)
            .order_by(PaymentRow.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        return self._one(PaymentRow.id == newest, lock=lock)

    def by_row_id(self, row_id: int) -> PaymentRow:
        """Return a payment by its row id."""
        return self._session.get_one(PaymentRow, row_id)

    def due(self, provider: str, now: datetime, limit: int) -> Sequence[str]:
        """Return the references of payments that the provider has to be asked about."""
        return self._session.scalars(
            select(PaymentRow.reference)
            .where(PaymentRow.provider == provider, PaymentRow.next_poll_at <= now)
            .order_by(PaymentRow.next_poll_at)
            .limit(limit)
        ).all()

    def latest(self, limit: int, status: str | None = None) -> Sequence[PaymentRow]:
        """Return the newest payments, or the newest with that status."""
        statement = select(PaymentRow).order_by(PaymentRow.id.desc()).limit(limit)
        if status is not None:
            statement = statement.where(cast(PaymentRow.status, String) == status)
        return self._session.scalars(statement).all()

    def references(self, provider: str, *, unsettled: bool) -> Sequence[str]:
        """Return the payments of a provider, or those of them that may still come to something."""
        statement = select(PaymentRow.reference).where(PaymentRow.provider == provider)
        if unsettled:
            dead = [status for status in PaymentStatus if status.is_dead]
            statement = statement.where(
                PaymentRow.next_poll_at.is_not(None), PaymentRow.status.not_in(dead)
            )
        return self._session.scalars(statement.order_by(PaymentRow.id)).all()

    def attention(self, limit: int) -> Sequence[PaymentRow]:
        """Return the payments that a person has to look at, oldest first."""
        return self._session.scalars(
            select(PaymentRow)
            .where(PaymentRow.attention_reason.is_not(None))
            .order_by(PaymentRow.id)
            .limit(limit)
        ).all()

    def cart_is_paid(self, cart_row_id: int | None) -> bool:
        """Say whether another checkout session has paid for this cart already."""
        paid = select(CartRow.id).where(CartRow.id == cart_row_id, CartRow.closed_at.is_not(None))
        return self._session.scalars(paid).first() is not None

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
                    dispute_ref=fact.dispute_ref,
                    source=source,
                    recorded_at=now,
                )
            )
        self._session.flush()
        return len(new)

    def take_refundable(self, payment: PaymentRow, amount_minor: int) -> bool:
        """Set captured money aside for a refund; say no if too little of it is left.

        One conditional UPDATE decides, so that two who decide at once never give back too much.
        """
        self._session.flush()
        decided = PaymentRow.refund_decided_minor + amount_minor
        taken = decided + PaymentRow.disputed_minor
        changed = self._session.execute(
            update(PaymentRow)
            .where(PaymentRow.id == payment.id, taken <= PaymentRow.captured_minor)
            .values(refund_decided_minor=decided)
            .execution_options(synchronize_session=False)
        )
        self._session.refresh(payment, ["refund_decided_minor"])
        return bool(changed.rowcount)  # type: ignore[attr-defined] # of every UPDATE

    def add_refund(self, refund: RefundRow) -> None:
        """Store a refund that was decided on."""
        self._session.add(refund)
        self._session.flush()

    def refunds_of(self, payment_row_id: int) -> Sequence[RefundRow]:
        """Return the refunds of a payment, oldest first."""
        return self._session.scalars(
            select(RefundRow).where(RefundRow.payment_id == payment_row_id).order_by(RefundRow.id)
        ).all()

    def dispute_facts(self, payment_row_id: int) -> list[Fact]:
        """Return what a provider has said of the disputes about a payment."""
        found = self._session.scalars(
            select(PaymentFactRow)
            .where(
                PaymentFactRow.payment_id == payment_row_id,
                PaymentFactRow.dispute_ref.is_not(None),
            )
            .order_by(PaymentFactRow.id)
        )
        return [_fact(row) for row in found]

    def refund_by_key(self, idempotency_key: str) -> RefundRow | None:
        """Return the refund with that key."""
        return self._session.scalars(
            select(RefundRow).where(RefundRow.idempotency_key == idempotency_key)
        ).one_or_none()

    def lock_refund(self, provider: str, key: str) -> tuple[RefundRow, PaymentRow]:
        """Return a refund and its payment, whose chain is locked."""
        reference = self._session.scalars(
            select(PaymentRow.reference)
            .join(RefundRow, RefundRow.payment_id == PaymentRow.id)
            .where(PaymentRow.provider == provider, RefundRow.idempotency_key == key)
        ).one()
        payment = self.chain(provider, reference).payment
        refund = self._session.scalars(
            select(RefundRow).where(RefundRow.idempotency_key == key).execution_options(**_ANEW)
        ).one()
        return refund, payment

    def _one(self, *conditions: Any, lock: bool) -> PaymentRow | None:
        statement = select(PaymentRow).where(*conditions).options(_FACTS)
        statement = statement.with_for_update(of=PaymentRow) if lock else statement
        return self._session.scalars(statement).one_or_none()


def facts_of(payment: PaymentRow) -> list[Fact]:
    """Return the recorded facts of a payment as domain values."""
    return [_fact(row) for row in payment.facts]


def _fact(row: PaymentFactRow) -> Fact:
    return Fact(
        row.fact_key,
        row.kind,
        row.amount_minor,
        row.currency,
        row.refund_ref,
        row.dispute_ref,
    )
