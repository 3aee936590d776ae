"""Money that goes back: decided here, asked for by the outbox, and kept as the provider answers."""

import hashlib
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import PaymentRow, RefundRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput, NotFound
from plantly.payments.gateway import RefundRequest, RefundResult
from plantly.services.attention import ask_for_attention
from plantly.services.payment_events import apply_facts
from plantly.services.refund_decisions import decide_refund, refundable, to_keep
from plantly.services.refund_events import tell_order_of


@dataclass(frozen=True, slots=True)
class RefundDecision:
    """A refund that was decided on, and how much can still go back after it."""

    amount_minor: int
    currency: str
    status: str
    left_minor: int


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A refund to be asked for, and our name for its payment."""

    reference: str
    provider: str
    """Who has the money: the shop may have changed its provider since."""
    request: RefundRequest


def request_refund(
    uow: UnitOfWork, reference: str, amount_minor: int, reason: str, key: str
) -> RefundDecision:
    """Decide on a refund for a person; the same key gives the first decision again.

    Raises:
        NotFound: There is no such payment.
        InvalidInput: The amount is not positive, or more than can go back.
        IdempotencyConflict: The key was used for another amount.
    """
    payment = uow.payments.by_reference(reference, lock=True)
    if payment is None:
        raise NotFound("reference", f"There is no payment {reference}.")
    name = refund_name(reference, key)
    refund = uow.payments.refund_by_key(name)
    if refund is None:
        refund = decide_or_refuse(uow, payment, amount_minor, reason, name)
        tell_order_of(uow, payment, "merchant")
    elif refund.amount_minor != amount_minor:
        raise IdempotencyConflict("This key was used for a refund of another amount.")
    return RefundDecision(refund.amount_minor, refund.currency, refund.status, refundable(payment))


def refund_to_send(uow: UnitOfWork, key: str) -> RefundOrder | None:
    """Return the refund with that key, unless the provider has answered for it already."""
    refund = uow.payments.refund_by_key(key)
    if refund is None or refund.refund_ref is not None or refund.status != "pending":
        return None
    payment = uow.payments.by_row_id(refund.payment_id)
    request = RefundRequest(
        session_ref=payment.session_ref or "",
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        idempotency_key=key,
        keep_minor=to_keep(uow, payment, key),
    )
    return RefundOrder(payment.reference, payment.provider, request)


def note_refund(uow: UnitOfWork, provider: str, key: str, result: RefundResult) -> None:
    """Keep the provider's name for a refund, and apply what it says about the payment."""
    refund, payment = uow.payments.lock_refund(provider, key)
    refund.refund_ref = result.refund_ref
    apply_facts(uow, provider, payment.reference, result.facts, source="read")


def note_refund_refused(uow: UnitOfWork, provider: str, key: str) -> None:
    """Leave a refund that the provider refuses to a person; its amount can go back again."""
    refund, payment = uow.payments.lock_refund(provider, key)
    refund.status = "failed"
    ask_for_attention(uow, payment, "refund_failed")
    apply_facts(uow, provider, payment.reference, (), source="read")
    tell_order_of(uow, payment, "provider")


def note_refund_given_up(uow: UnitOfWork, provider: str, key: str) -> None:
    """Leave a refund that the provider never answers to a person, and read what it did."""
    note_refund_refused(uow, provider, key)
    _, payment = uow.payments.lock_refund(provider, key)
    payment.next_poll_at = uow.now


def decide_or_refuse(
    uow: UnitOfWork, payment: PaymentRow, amount_minor: int, reason: str, name: str
) -> RefundRow:
    """Decide on a refund of a payment that is locked, under an idempotency key.

    Raises:
        InvalidInput: The amount is not positive, or more than can go back.
    """
    if amount_minor <= 0:
        raise InvalidInput("amount_minor", "The amount of a refund is positive.")
    refund = decide_refund(uow, payment, amount_minor, reason, name)
    if refund is None:
        text = f"At most {refundable(payment)} minor units can still go back."
        raise InvalidInput("amount_minor", text)
    return refund


def refund_name(reference: str, key: str) -> str:
    """Return the idempotency key of a person's refund: nobody else's key is ever the same."""
    digest = hashlib.sha256(f"{reference} {key}".encode()).hexdigest()
    return f"rq_{digest[:48]}"
