"""Decide that money goes back: never more than came, whoever decides at the same moment."""

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import facts_of
from plantly.db.tables import PaymentRow, RefundRow
from plantly.domain.payment import (
    DecidedRefund,
    FactKind,
    PaymentState,
    charges,
    decided_refunds,
    reduce_facts,
)
from plantly.services.attention import ask_for_attention

REFUND_TOPIC = "refund_payment"
"""The outbox message that asks the provider for a refund, named by its idempotency key."""


def decide_refund(
    uow: UnitOfWork, payment: PaymentRow, amount_minor: int, reason: str, key: str
) -> RefundRow | None:
    """Decide on a refund and let the outbox ask for it; nothing if too little is left."""
    currency = reduce_facts(facts_of(payment)).captured_currency
    if currency is None or not uow.payments.take_refundable(payment, amount_minor):
        return None
    refund = RefundRow(
        payment_id=payment.id,
        idempotency_key=key,
        amount_minor=amount_minor,
        currency=currency,
        reason=reason,
        status="pending",
        refund_ref=None,
        created_at=uow.now,
    )
    uow.payments.add_refund(refund)
    uow.outbox.put(REFUND_TOPIC, key, {"refund": key}, uow.now)
    return refund


def refundable(payment: PaymentRow) -> int:
    """Return how much can still go back: what disputes have taken is gone already."""
    taken = payment.refund_decided_minor + payment.disputed_minor
    return max(0, payment.captured_minor - taken)


def give_back(uow: UnitOfWork, payment: PaymentRow, state: PaymentState, reason: str) -> None:
    """Decide on refunds of everything captured that is not on its way back yet, one by charge.

    A refund that failed is for a person to look at, and never asked for again by itself.
    """
    refunds = uow.payments.refunds_of(payment.id)
    failed = sum(refund.amount_minor for refund in refunds if refund.status == "failed")
    gone = payment.refund_decided_minor + payment.disputed_minor
    left = state.captured_minor - gone - failed
    if left <= 0:
        return
    if reason == "wrong_amount":
        ask_for_attention(uow, payment, reason)
    for charge in charges(facts_of(payment)):
        amount = min(charge, left)
        if amount:
            decide_refund(uow, payment, amount, reason, uow.ids.token("rf_"))
            left -= amount


def sync_refunds(uow: UnitOfWork, payment: PaymentRow, state: PaymentState) -> None:
    """Bring our refunds, and what can still go back, to where the provider's facts say they are."""
    said = {(fact.refund_ref, fact.kind) for fact in payment.facts}
    with uow.unsent_kept():
        refunds = uow.payments.refunds_of(payment.id)
    for refund in refunds:
        if (refund.refund_ref, FactKind.REFUND_FAILED) in said:
            if refund.status != "failed":
                ask_for_attention(uow, payment, "refund_failed")
            refund.status = "failed"
        elif (refund.refund_ref, FactKind.REFUND_SUCCEEDED) in said:
            refund.status = "succeeded"
    ours = [DecidedRefund(r.amount_minor, r.refund_ref, r.status == "failed") for r in refunds]
    decided = decided_refunds(facts_of(payment), ours)
    # Facts come in any order: a refund may be told before the capture that it belongs to.
    payment.refunded_minor = min(state.refunded_minor, state.captured_minor)
    payment.refund_decided_minor = min(decided, state.captured_minor)
    if 0 < state.captured_minor < state.refunded_minor:
        ask_for_attention(uow, payment, "refunded_too_much")
