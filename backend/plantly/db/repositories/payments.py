"""Payments with their facts, and refunds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, or_, select, update
from sqlalchemy.exc import NoResultFound

from plantly.db.direct import Sql, fetch
from plantly.db.repositories.checkouts import CheckoutRepository
from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import CartRow, CheckoutRow, PaymentFactRow, PaymentRow, RefundRow
from plantly.domain.payment import Fact, PaymentStatus

_BY_REFERENCE, _LATEST = (
    tuple(
        Reading(f"SELECT {{p}} FROM payments p WHERE {by}", p=PaymentRow, lock=lock)  # noqa: S608 - words of ours
        for lock in ("", "p")
    )
    for by in (
        "p.reference = ?",
        "p.id = (SELECT max(id) FROM payments WHERE checkout_id = ?)",
    )
)
_FACTS = Reading(
    "SELECT {f} FROM payment_facts f WHERE f.payment_id = ? ORDER BY f.id", f=PaymentFactRow
)
_REFUNDS = Reading("SELECT {r} FROM refunds r WHERE r.payment_id = ? ORDER BY r.id", r=RefundRow)
_CART = Reading(
    "SELECT {c} FROM carts c WHERE c.id = (SELECT s.cart_id FROM payments p"
    " JOIN checkout_sessions s ON s.id = p.checkout_id WHERE p.reference = ?)",
    c=CartRow,
    lock="c",
)
_KNOWN = Sql("SELECT id FROM payments WHERE provider = :provider AND reference = :reference")
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

    def __init__(self, session: DirectSession) -> None:
        self._session = session
        self._checkouts = CheckoutRepository(session)

    def knows(self, provider: str, reference: str) -> bool:
        """Say whether a provider's payment has that reference."""
        values = {"provider": provider, "reference": reference}
        return bool(fetch(self._session.our_connection, _KNOWN, values))

    def chain(self, provider: str, reference: str) -> PaymentChain:
        """Return a payment that is known, with its locks: see `chain_if_known`."""
        chain = self.chain_if_known(provider, reference)
        if chain is None:
            raise NoResultFound
        return chain

    def chain_if_known(self, provider: str, reference: str) -> PaymentChain | None:
        """Return a payment if it is known, and lock its cart, its checkout session and itself.

        Everybody locks in this order, so that two units never wait for each other.
        """
        carts = self._session.read_rows(_CART, reference, anew=True)
        checkout = self._checkouts.of_payment(reference)
        if checkout is None:
            return None
        payment = self.by_reference(reference, lock=True)
        if payment is None or payment.provider != provider:
            return None
        return PaymentChain(carts[0][0] if carts else None, checkout, payment)

    def by_reference(self, reference: str, *, lock: bool = False) -> PaymentRow | None:
        """Return a payment by our name for it, whichever provider has it."""
        return self._read(_BY_REFERENCE[lock], reference, anew=lock)

    def reference_of(self, provider: str, session_ref: str) -> str | None:
        """Return our reference for what a provider calls by this name."""
        return self._session.scalars(
            select(PaymentRow.reference).where(
                PaymentRow.provider == provider, PaymentRow.session_ref == session_ref
            )
        ).one_or_none()

    def reference_of_money(self, provider: str, payment_ref: str) -> str | None:
        """Return our reference for the payment whose money a provider calls by this name.

        Of several charges of one payment the first gives it its name; the captures know them all.
        """
        ours = select(PaymentRow.reference).where(PaymentRow.provider == provider)
        named = self._session.scalars(ours.where(PaymentRow.payment_ref == payment_ref)).first()
        if named is not None:
            return named
        charged = ours.join(PaymentFactRow, PaymentFactRow.payment_id == PaymentRow.id)
        return self._session.scalars(
            charged.where(PaymentFactRow.charge_ref == payment_ref).limit(1)
        ).first()

    def named(self, provider: str, reference: str) -> PaymentRow:
        """Return a payment of a provider, locked without the rest of its chain.

        That is enough where only the payment is changed, and the provider's facts are not.
        """
        payment = self.by_reference(reference, lock=True)
        if payment is None or payment.provider != provider:
            raise NoResultFound
        return payment

    def session_of(self, reference: str) -> str | None:
        """Return what the provider calls a payment, as far as that is known."""
        return self._session.scalars(
            select(PaymentRow.session_ref).where(PaymentRow.reference == reference)
        ).one_or_none()

    def latest_of(self, checkout_row_id: int, *, lock: bool = False) -> PaymentRow | None:
        """Return the newest attempt to pay a checkout session."""
        return self._read(_LATEST[lock], checkout_row_id)

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

    def unfinished_elsewhere(
        self,
        provider: str,
        limit: int,
        *,
        over_before: datetime | None = None,
        but: str | None = None,
    ) -> Sequence[str]:
        """Return the unfinished payments of all other providers, oldest first.

        With `over_before` only those whose time was over by then; with `but` none that waits for
        a person for that reason.
        """
        # An unfinished payment is either to be asked about or waits for a person: there are
        # indexes for both, so the many that are finished are not read.
        reason, asked_at = PaymentRow.attention_reason, PaymentRow.next_poll_at
        finished = [s for s in PaymentStatus if s.is_dead or s is PaymentStatus.CAPTURED]
        statement = select(PaymentRow.reference).where(
            or_(asked_at.is_not(None), reason.is_not(None)),
            PaymentRow.provider != provider,
            PaymentRow.status.not_in(finished),
        )
        if over_before is not None:
            statement = statement.where(PaymentRow.expires_at <= over_before)
        if but is not None:
            statement = statement.where(or_(reason.is_(None), reason != but))
        return self._session.scalars(statement.order_by(PaymentRow.id).limit(limit)).all()

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

    def add(self, **columns: Any) -> PaymentRow:
        """Store a new payment, of which nothing is known yet."""
        payment = self._session.store(PaymentRow, **columns)
        self._session.relate(payment, "facts", [])
        return payment

    def record(
        self, payment: PaymentRow, facts: Iterable[Fact], *, source: str, now: datetime
    ) -> int:
        """Add the facts that are new about a payment; return how many were."""
        known = {fact.fact_key for fact in payment.facts}
        new = [
            {
                "payment_id": payment.id,
                "fact_key": fact.key,
                "kind": fact.kind,
                "amount_minor": fact.amount_minor,
                "currency": fact.currency,
                "refund_ref": fact.refund_ref,
                "dispute_ref": fact.dispute_ref,
                "charge_ref": fact.charge or None,
                "source": source,
                "recorded_at": now,
            }
            for fact in facts
            if fact.key not in known
        ]
        if new:
            recorded = [*payment.facts, *self._session.store_all(PaymentFactRow, new)]
            self._session.relate(payment, "facts", recorded, anew=True)
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
        return [row for (row,) in self._session.read_rows(_REFUNDS, payment_row_id)]

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

    def _read(self, reading: Reading, value: object, *, anew: bool = False) -> PaymentRow | None:
        rows = self._session.read_rows(reading, value, anew=anew)
        if not rows:
            return None
        payment: PaymentRow = rows[0][0]
        if anew or "facts" not in payment.__dict__:
            facts = [row for (row,) in self._session.read_rows(_FACTS, payment.id, anew=anew)]
            self._session.relate(payment, "facts", facts, anew=anew)
        return payment


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
