"""Ask again for refunds that the provider refused, each as a refund of its own.

Providers answer a repeated key with their first answer, so what was refused needs a new one. What
they never answered for is another matter: it may have happened, and keeps its key.
"""

from collections.abc import Mapping

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow, PaymentRow, RefundLineRow, RefundRow
from plantly.domain.order import LineProgress, OrderStatus
from plantly.services.order_desk import progress_of
from plantly.services.refund_decisions import decide_refund, name_again
from plantly.services.refund_events import tell_order_of
from plantly.services.restock import put_back


def open_failures(uow: UnitOfWork, payment: PaymentRow) -> list[RefundRow]:
    """Return the failed refunds that nobody has dealt with, the newest first."""
    if not payment.needs_attention:
        return []
    refunds = {refund.idempotency_key: refund for refund in uow.payments.refunds_of(payment.id)}
    given_up = {row.dedupe_key for row in uow.outbox.named(refunds) if row.dead_at is not None}
    return [
        refund
        for key, refund in reversed(refunds.items())
        if refund.status == "failed" and key not in given_up and name_again(key) not in refunds
    ]


def refused_refunds(uow: UnitOfWork, payment: PaymentRow) -> list[RefundRow]:
    """Return the refunds that the provider never took, the newest first."""
    return [refund for refund in open_failures(uow, payment) if refund.refund_ref is None]


def decide_anew(uow: UnitOfWork, payment: PaymentRow) -> int:
    """Decide again on what was refused, of a payment that is locked; return how many fit.

    The newest come first: what was decided later may have been instead of what was refused before.
    """
    return sum(_decided_anew(uow, payment, refund) for refund in refused_refunds(uow, payment))


def note_dealt_with(uow: UnitOfWork, payment: PaymentRow) -> None:
    """Note that a person has seen to every failed refund: none is asked for again."""
    names = [refund.idempotency_key for refund in open_failures(uow, payment)]
    for row in uow.outbox.named(names):
        row.done_at = row.dead_at = uow.now


def _decided_anew(uow: UnitOfWork, payment: PaymentRow, refused: RefundRow) -> bool:
    order = uow.orders.paid_by(payment)
    lines: list[RefundLineRow] = []
    progress: Mapping[int, LineProgress] = {}
    if order is not None:
        lines, progress = _lines_of(uow, order, refused), progress_of(uow, order)
    if any(line.quantity > progress[line.position].refundable for line in lines):
        return False
    key = name_again(refused.idempotency_key)
    refund = decide_refund(uow, payment, refused.amount_minor, refused.reason, key)
    if refund is None:
        return False
    if order is not None and lines:
        rows = [_again(line, refund, progress[line.position]) for line in lines]
        uow.aftercare.add_refund_lines(rows)
        put_back(uow, order, {row.position: row.restocked for row in rows})
    tell_order_of(uow, payment, "merchant")
    return True


def _lines_of(uow: UnitOfWork, order: OrderRow, refund: RefundRow) -> list[RefundLineRow]:
    """Return what a refund was for; the units of a canceled order are back already."""
    if order.status is OrderStatus.CANCELED:
        return []
    every = uow.aftercare.refund_lines_of(order.payment_id)
    return [line for line, of in every if of.id == refund.id]


def _again(line: RefundLineRow, refund: RefundRow, now: LineProgress) -> RefundLineRow:
    # What was put back is there already, and what was sent meanwhile can be dropped no more.
    missing = now.to_restock + line.quantity - now.restocked if line.restock else 0
    return RefundLineRow(
        refund_id=refund.id,
        position=line.position,
        quantity=line.quantity,
        amount_minor=line.amount_minor,
        dropped=max(0, min(line.dropped, now.to_send)),
        restock=line.restock,
        restocked=max(0, min(line.quantity, missing)),
    )
