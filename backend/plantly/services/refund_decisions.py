"""Decide that money goes back: never more than came, whoever decides at the same moment."""

import hashlib

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import facts_of
from plantly.db.tables import PaymentRow, RefundRow
from plantly.domain.payment import (
    DecidedRefund,
    FactKind,
    PaymentState,
    decided_refunds,
    reduce_facts,
)
from plantly.services.attention import ask_for_attention

REFUND_TOPIC = "refund_payment"
"""The outbox message that asks the provider for a refund, named by its idempotency key."""

_EXCESS = "rx_"


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


def name_again(key: str) -> str:
    """Return the idempotency key under which a refund that was refused is asked for again.

    It follows from the refused one, so that no refund is ever followed by two, and what was too
    much is still known as that.
    """
    kind = _EXCESS if key.startswith(_EXCESS) else "rq_"
    return f"{kind}{hashlib.sha256(f'again {key}'.encode()).hexdigest()[:48]}"


def refundable(payment: PaymentRow) -> int:
    """Return how much can still go back: what disputes have taken is gone already."""
    taken = payment.refund_decided_minor + payment.disputed_minor
    return max(0, payment.captured_minor - taken)


def may_have_refunds(payment: PaymentRow) -> bool:
    """Say whether refunds are to be looked for. Most payments have none, and are not asked.

    Of those that failed before the provider knew of them nothing is to be heard any more.
    """
    return bool(payment.refund_decided_minor) or any(fact.refund_ref for fact in payment.facts)


def give_back(uow: UnitOfWork, payment: PaymentRow, state: PaymentState, reason: str) -> None:
    """Decide on refunds of everything captured that is not on its way back yet, one by charge.

    A refund that failed is for a person to look at, and never asked for again by itself.
    """
    refunds = uow.payments.refunds_of(payment.id)
    names = {refund.idempotency_key for refund in refunds}
    failed = sum(
        refund.amount_minor
        for refund in refunds
        if refund.status == "failed" and name_again(refund.idempotency_key) not in names
    )
    gone = payment.refund_decided_minor + payment.disputed_minor
    left = state.captured_minor - gone - failed
    if left <= 0:
        return
    if reason == "wrong_amount":
        ask_for_attention(uow, payment, reason)
    # No refund is of two charges, and the largest first leaves the fewest refunds.
    for charge in sorted((amount for _, amount in state.charges), reverse=True):
        amount = min(charge, left)
        if amount:
            decide_refund(uow, payment, amount, reason, uow.ids.token("rf_"))
            left -= amount


def excess_key(reference: str, charge: str) -> str:
    """Return the key of the refund of one charge that was too much."""
    digest = hashlib.sha256(f"{reference} {charge}".encode()).hexdigest()
    return f"{_EXCESS}{digest[:48]}"


def to_keep(uow: UnitOfWork, payment: PaymentRow, key: str) -> int:
    """Return how much has to stay when a refund has been made: an order is still to be paid.

    The merchant may have given back what was too much by hand, and be heard of only later.
    """
    if not key.startswith(_EXCESS):
        return 0
    others = uow.payments.refunds_of(payment.id)
    gone = sum(r.amount_minor for r in others if r.status != "failed" and not _is_excess(r))
    return max(0, payment.amount_minor - gone)


def _is_excess(refund: RefundRow) -> bool:
    return refund.idempotency_key.startswith(_EXCESS)


def give_back_excess(uow: UnitOfWork, payment: PaymentRow, state: PaymentState) -> None:
    """Give back what a buyer paid a second time for one order; other surplus is for a person.

    What was given back in the provider's dashboard, or taken by a bank, does not go back again.
    """
    refunds = uow.payments.refunds_of(payment.id) if may_have_refunds(payment) else ()
    ours = [r for r in refunds if r.status != "failed"]
    by_others = payment.refund_decided_minor - sum(r.amount_minor for r in ours)
    again = sum(r.amount_minor for r in ours if _is_excess(r))
    gone = by_others + payment.disputed_minor + again
    spare = state.captured_minor - payment.amount_minor - gone
    for charge, amount in state.excess(payment.amount_minor, payment.currency):
        # The same charge has the same key, so that hearing of it again decides on nothing more.
        key = excess_key(payment.reference, charge)
        back = min(amount, spare)
        if back > 0 and uow.payments.refund_by_key(key) is None:
            decide_refund(uow, payment, back, "second_payment", key)
            spare -= back
    if spare > 0 or state.captured_currency != payment.currency:
        ask_for_attention(uow, payment, "took_more")


def sync_refunds(uow: UnitOfWork, payment: PaymentRow, state: PaymentState) -> None:
    """Bring our refunds, and what can still go back, to where the provider's facts say they are."""
    said = {(fact.refund_ref, fact.kind) for fact in payment.facts}
    with uow.unsent_kept():
        refunds = uow.payments.refunds_of(payment.id) if may_have_refunds(payment) else ()
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
