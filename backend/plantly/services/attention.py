"""Payments that a person has to look at: why, and which."""

from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import PaymentRow
from plantly.domain.errors import NotFound
from plantly.domain.outgoing import PaymentEvent
from plantly.services.announcements import announce_payment

REASONS = {
    "wrong_amount": "The provider took another amount or currency than was agreed.",
    "took_more": "The provider took more than the order came to, or in another currency.",
    "late_capture": "The money came after the stock was let go of.",
    "refunded_too_much": "More went back at the provider than ever came.",
    "refund_failed": "A refund failed: the buyer has not got this money back.",
    "capture_failed": "What the buyer authorized could not be captured.",
    "void_failed": "An authorization could not be let go of.",
    "unsettled": "The provider has said nothing final for a week.",
    "given_up": "What had to follow was tried too often and given up on.",
    "disputed": "The buyer's bank disputes this payment.",
    "dispute_lost": "A dispute was lost: the buyer's bank has taken this money back for good.",
    "other_provider": "It was begun at a provider that the shop does not use now.",
    "earlier": "An earlier edition of Plantly asked for a person.",
}
"""What each `attention_reason` means, in a sentence for the merchant."""

_LOOK = "Look at it in the provider's dashboard"
_RESOLVE = "then say so with `plantly payments resolve {}`."
REMEDIES = {
    "wrong_amount": f"The money goes back by itself. {_LOOK} for how that could be, {_RESOLVE}",
    "took_more": f"{_LOOK} and give back what is too much, {_RESOLVE}",
    "late_capture": "The money goes back by itself. Tell the buyer, " + _RESOLVE,
    "refunded_too_much": f"{_LOOK}: somebody gave back too much there. Settle it, {_RESOLVE}",
    "refund_failed": "If the provider refused it, run `plantly payments retry {}`. Otherwise pay "
    "the buyer back another way, " + _RESOLVE,
    "capture_failed": f"There is no order. {_LOOK} for the reason, {_RESOLVE}",
    "void_failed": f"{_LOOK} and let go of the authorization there, {_RESOLVE}",
    "unsettled": f"{_LOOK}, run `plantly payments reconcile {{}}`, {_RESOLVE}",
    "given_up": "See that the provider answers, run `plantly payments retry {}`, " + _RESOLVE,
    "disputed": "Answer in the provider's dashboard in time, with proof of the delivery, "
    + _RESOLVE,
    "dispute_lost": "Nothing can be given back for it any more. Decide about the goods, "
    + _RESOLVE,
    "other_provider": "Look in that provider's dashboard whether money came. If so, give it "
    "back there, or set that provider again and run `plantly payments reconcile {}`. Then let go "
    "of the units with `plantly payments resolve {}`.",
    "earlier": f"{_LOOK}, {_RESOLVE}",
}
"""What the merchant can do about each; the braces stand for the payment's reference."""


@dataclass(frozen=True, slots=True)
class AttentionView:
    """A payment that waits for a person."""

    reference: str
    session_ref: str | None
    provider: str
    reason: str
    explanation: str
    remedy: str
    status: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    currency: str
    order_number: str | None
    created_at: str


def ask_for_attention(uow: UnitOfWork, payment: PaymentRow, reason: str) -> None:
    """Ask a person to look at a payment; the newest reason is the one that is shown."""
    is_news = payment.attention_reason != reason
    payment.needs_attention = True
    payment.attention_reason = reason
    if is_news:
        announce_payment(uow, payment, PaymentEvent.NEEDS_ATTENTION)


def list_attention(uow: UnitOfWork, limit: int) -> tuple[AttentionView, ...]:
    """Return the payments that wait for a person, oldest first."""
    return tuple(_view(uow, payment) for payment in uow.payments.attention(limit))


def end_attention(uow: UnitOfWork, reference: str) -> None:
    """Note that a person has dealt with a payment.

    Raises:
        NotFound: No payment like that waits for anybody.
    """
    payment = uow.payments.by_reference(reference, lock=True)
    if payment is None or not payment.needs_attention:
        raise NotFound("reference", f"No payment {reference} waits for attention.")
    payment.needs_attention = False
    payment.attention_reason = None


def _view(uow: UnitOfWork, payment: PaymentRow) -> AttentionView:
    reason = payment.attention_reason or "earlier"
    order = uow.orders.of_checkout(payment.checkout_id)
    return AttentionView(
        reference=payment.reference,
        session_ref=payment.session_ref,
        provider=payment.provider,
        reason=reason,
        explanation=REASONS.get(reason, reason),
        remedy=REMEDIES.get(reason, REMEDIES["earlier"]).replace("{}", payment.reference),
        status=payment.status,
        amount_minor=payment.amount_minor,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        currency=payment.currency,
        order_number=order.order_number if order else None,
        created_at=payment.created_at.isoformat(),
    )
