"""Tell the history of an order of every refund, whoever began it and however it was heard of."""

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow, PaymentRow
from plantly.domain.order import OrderStatus, move
from plantly.domain.order_history import REFUND_KINDS, OrderEvent, rebuild_order
from plantly.domain.payment import Fact
from plantly.domain.refunds import KnownRefund, OurRefund, known_refunds, refunded_minor
from plantly.services.attention import ask_for_attention
from plantly.services.order_desk import named, settle_goods, states_of
from plantly.services.order_events import record_order_event


def refunds_of(
    uow: UnitOfWork, payment_row_id: int, facts: list[Fact] | None = None
) -> tuple[KnownRefund, ...]:
    """Return every refund of a payment, those made at the provider itself among them."""
    ours = [
        OurRefund(r.idempotency_key, r.amount_minor, r.reason, r.status, r.refund_ref)
        for r in uow.payments.refunds_of(payment_row_id)
    ]
    said = uow.aftercare.refund_facts(payment_row_id) if facts is None else facts
    return known_refunds(said, ours)


def tell_refunds(uow: UnitOfWork, order: OrderRow, payment: PaymentRow, actor: str) -> None:
    """Record what has changed about the refunds of an order, and let its states follow.

    It is told by comparing with what was told before, so that it never matters whether a webhook,
    a read or a person brought the news.
    """
    refunds = refunds_of(uow, payment.id)
    told = told_refunds(uow, order)
    news = [r for r in refunds if told.get(r.name) != (r.status, r.amount_minor)]
    if not news:
        return
    settle_goods(uow, order)
    all_back = 0 < payment.captured_minor <= refunded_minor(refunds)
    if all_back and not order.status.is_over:
        order.status = move(order.status, OrderStatus.REFUNDED)
    if order.status is OrderStatus.REFUNDED and not all_back:
        # An order does not come back to life: a person has to see to it.
        ask_for_attention(uow, payment, "refund_failed")
    for refund in news:
        data = {
            "refund": refund.name,
            "amount_minor": refund.amount_minor,
            "currency": order.currency,
            "reason": refund.reason,
            "lines": _lines(uow, order, refund.name),
            **states_of(order),
        }
        record_order_event(uow, order, REFUND_KINDS[refund.status], data, actor)


def tell_order_of(uow: UnitOfWork, payment: PaymentRow, actor: str) -> None:
    """Record what has changed about the refunds of the order that a payment has paid for."""
    order = uow.orders.paid_by(payment)
    if order is not None:
        tell_refunds(uow, order, payment, actor)


def told_refunds(uow: UnitOfWork, order: OrderRow) -> dict[str, tuple[str, int]]:
    """Return status and amount of every refund that the history knows, by its name."""
    events = [OrderEvent(row.kind, row.data, row.at) for row in uow.orders.events_of(order.id)]
    told = rebuild_order(events)
    return {name: (one.status, one.amount_minor) for name, one in told.refunds.items()}


def _lines(uow: UnitOfWork, order: OrderRow, name: str) -> list[dict[str, object]]:
    return [
        {
            "sku": named(order.lines, line.position),
            "quantity": line.quantity,
            "amount_minor": line.amount_minor,
            "restocked": line.restocked,
        }
        for line, refund in uow.aftercare.refund_lines_of(order.payment_id)
        if refund.idempotency_key == name
    ]
