"""What a replay or a read has changed about a payment, in sentences for the merchant."""

from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class PaymentPicture:
    """Where a payment stands at one moment."""

    facts: int
    status: str
    captured_minor: int
    refunded_minor: int
    refunds: int
    order_number: str | None
    attention: str | None
    is_settled: bool
    """Whether nobody asks the provider about it any more."""


def picture(uow: UnitOfWork, reference: str) -> PaymentPicture:
    """Return where a payment stands.

    Raises:
        NotFound: There is none of that name.
    """
    payment = uow.payments.by_reference(reference)
    if payment is None:
        raise NotFound("reference", f"There is no payment {reference}.")
    order = uow.orders.paid_by(payment)
    return PaymentPicture(
        facts=len(payment.facts),
        status=payment.status.value,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        refunds=len(uow.payments.refunds_of(payment.id)),
        order_number=order.order_number if order else None,
        attention=payment.attention_reason,
        is_settled=payment.next_poll_at is None,
    )


def changes(before: PaymentPicture, after: PaymentPicture) -> tuple[str, ...]:
    """Say what is different now, nothing when nothing is."""
    said = []
    if after.facts != before.facts:
        said.append(f"{after.facts - before.facts} new facts")
    for name in ("status", "captured_minor", "refunded_minor"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            said.append(f"{name.removesuffix('_minor')} {old} -> {new}")
    if after.refunds != before.refunds:
        said.append(f"{after.refunds - before.refunds} refunds decided")
    if after.order_number != before.order_number:
        said.append(f"order {after.order_number} placed")
    if after.attention != before.attention:
        said.append(f"attention {before.attention or 'none'} -> {after.attention or 'none'}")
    return tuple(said)
