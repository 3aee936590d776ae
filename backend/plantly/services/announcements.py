"""Tell the merchant's own systems what happened: queued in the transaction of what happened.

What is told names no person: the order as it stands, and of the change only what is listed here.
"""

import json
from collections.abc import Mapping
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import (
    OrderEventRow,
    OrderRow,
    PaymentRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
)
from plantly.domain.order_history import OrderEventKind
from plantly.domain.outgoing import PAYLOAD_VERSION, PaymentEvent, wants

_TOLD = frozenset(
    {
        "amount_minor",
        "carrier",
        "currency",
        "dispute",
        "fulfillment",
        "lines",
        "outcome",
        "quantity",
        "reason",
        "refund",
        "restocked",
        "return",
        "sku",
        "tracking_number",
        "tracking_url",
    }
)
"""What is told of a change, at every depth; whatever else stands in the history stays here."""


def announce(uow: UnitOfWork, order: OrderRow, event: OrderEventRow) -> None:
    """Queue an outgoing webhook for whoever wants to know of such an event."""
    endpoints = _wanting(uow, event.kind)
    if endpoints:
        placed = event.kind == OrderEventKind.PLACED
        change = {} if placed else _told(event.data)
        _queue(uow, endpoints, event.kind, {"order": _order(uow, order), "change": change})


def announce_payment(uow: UnitOfWork, payment: PaymentRow, event: PaymentEvent) -> None:
    """Queue an outgoing webhook about a payment for whoever wants to know of such an event."""
    endpoints = _wanting(uow, event)
    if endpoints:
        order = uow.orders.paid_by(payment)
        said = {
            "reference": payment.reference,
            "provider": payment.provider,
            "status": payment.status.value,
            "currency": payment.currency,
            "amount_minor": payment.amount_minor,
            "captured_minor": payment.captured_minor,
            "refunded_minor": payment.refunded_minor,
            "attention_reason": payment.attention_reason,
            "order_number": order.order_number if order else None,
        }
        _queue(uow, endpoints, event, {"payment": said})


def announce_money(
    uow: UnitOfWork, payment: PaymentRow, captured_before: int, refunded_before: int
) -> None:
    """Tell of money that came, or went back, for a payment that became no order."""
    if payment.captured_minor > captured_before:
        announce_payment(uow, payment, PaymentEvent.CAPTURED)
    if payment.refunded_minor > refunded_before:
        announce_payment(uow, payment, PaymentEvent.REFUNDED)


def body_of(event_type: str, timestamp: str, data: Mapping[str, Any]) -> str:
    """Return the text of a webhook: what is signed, and sent."""
    said = {"type": event_type, "timestamp": timestamp, "version": PAYLOAD_VERSION, "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _wanting(uow: UnitOfWork, event_type: str) -> list[WebhookEndpointRow]:
    return [each for each in uow.endpoints.listening() if wants(each.events, event_type)]


def _queue(
    uow: UnitOfWork,
    endpoints: list[WebhookEndpointRow],
    event_type: str,
    data: Mapping[str, Any],
) -> None:
    event_id = uow.ids.token("evt_")
    body = body_of(event_type, uow.now.isoformat(), data)
    uow.deliveries.add(
        WebhookDeliveryRow(
            endpoint_id=endpoint.id,
            event_id=event_id,
            type=str(event_type),
            body=body,
            created_at=uow.now,
            attempts=0,
            next_at=uow.now,
        )
        for endpoint in endpoints
    )


def _order(uow: UnitOfWork, order: OrderRow) -> dict[str, Any]:
    """Return an order as it stands in this transaction, without its buyer."""
    # Whoever changed the order may have read it without its lines.
    whole = uow.orders.by_number(order.order_number) or order
    payment = uow.payments.by_row_id(order.payment_id)
    return {
        "order_number": order.order_number,
        "status": order.status.value,
        "fulfillment_status": order.fulfillment_status,
        "fulfillment_title": order.fulfillment_title,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "refunded_minor": payment.refunded_minor,
        "totals": [{name: entry.get(name) for name in _TOTAL} for entry in order.totals],
        "lines": [
            {
                "sku": line.sku,
                "product": line.product_slug,
                "variant": line.variant_handle,
                "title": line.title,
                "variant_title": line.variant_title,
                "quantity": line.quantity,
                "unit_amount_minor": line.unit_amount_minor,
            }
            for line in whole.lines
        ],
        "placed_at": order.placed_at.isoformat(),
    }


_TOTAL = ("type", "display_text", "amount_minor")


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in said.items() if name in _TOLD}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _told(value)
    return [_value(each) for each in value] if isinstance(value, list) else value
