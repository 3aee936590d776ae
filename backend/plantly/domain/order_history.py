"""What can happen to an order, and the order as its history tells it.

Every event carries what it changed, so that an order can be rebuilt from its events alone:

- placed: everything that the order was made of, but its buyer;
- fulfilled: `fulfillment` (its number), `carrier`, `tracking_number`, `tracking_url`, `lines`;
- delivered: `fulfillment`;
- canceled: `reason`, `restocked` (lines that are back on the shelf);
- refund_decided, refunded, refund_failed: `refund` (its name), `amount_minor`, `currency`,
  `reason`, `lines` (of them also `amount_minor` and `restocked`), none when it is of an amount;
- disputed, dispute_closed: `dispute` (the provider's name for it), `amount_minor`, `currency`; at
  the end also `outcome`, which is `won` or `lost`;
- return_...: `return` (its number), `reason`, `lines`, `refund` (its name or null), `restocked`.

A line is `{sku, quantity}`. All but the first also say `order_status` and `fulfillment_status`,
which are those of the order from then on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from plantly.domain.order import FulfillmentStatus, OrderStatus
from plantly.domain.order_return import ReturnStatus


class OrderEventKind(StrEnum):
    """What happened to an order."""

    PLACED = "order.placed"
    FULFILLED = "order.fulfilled"
    DELIVERED = "order.delivered"
    CANCELED = "order.canceled"
    REFUND_DECIDED = "order.refund_decided"
    REFUNDED = "order.refunded"
    REFUND_FAILED = "order.refund_failed"
    RETURN_REQUESTED = "order.return_requested"
    RETURN_APPROVED = "order.return_approved"
    RETURN_DECLINED = "order.return_declined"
    RETURN_RECEIVED = "order.return_received"
    DISPUTED = "order.disputed"
    DISPUTE_CLOSED = "order.dispute_closed"
    BUYER_ERASED = "order.buyer_erased"


_K = OrderEventKind
REFUND_KINDS: Mapping[str, OrderEventKind] = {
    "pending": _K.REFUND_DECIDED,
    "succeeded": _K.REFUNDED,
    "failed": _K.REFUND_FAILED,
}
"""What is recorded of a refund, by what has become of it."""

RETURN_KINDS: Mapping[ReturnStatus, OrderEventKind] = {
    ReturnStatus.REQUESTED: _K.RETURN_REQUESTED,
    ReturnStatus.APPROVED: _K.RETURN_APPROVED,
    ReturnStatus.DECLINED: _K.RETURN_DECLINED,
    ReturnStatus.RECEIVED: _K.RETURN_RECEIVED,
}
"""What is recorded of a return, by where it stands then."""

_REFUND_STATUS = {kind: status for status, kind in REFUND_KINDS.items()}
_RETURN_STATUS = {kind: status for status, kind in RETURN_KINDS.items()}

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One thing that happened to an order."""

    kind: str
    data: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ToldFulfillment:
    """A parcel, as the history tells of it."""

    number: int
    carrier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[Line, ...]
    sent_at: datetime
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToldRefund:
    """A refund, as the history tells of it."""

    name: str
    amount_minor: int
    status: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ToldReturn:
    """A return, as the history tells of it."""

    number: int
    status: ReturnStatus
    reason: str
    lines: tuple[Line, ...]
    refund: str | None
    restocked: bool


@dataclass(frozen=True, slots=True)
class ToldOrder:
    """An order, as its history tells of it."""

    contents: Mapping[str, Any] = field(default_factory=dict)
    """What it was made of when it was placed: see `order.placed`."""
    placed_at: datetime | None = None
    status: OrderStatus = OrderStatus.CONFIRMED
    fulfillment_status: FulfillmentStatus = FulfillmentStatus.UNFULFILLED
    fulfillments: Mapping[int, ToldFulfillment] = field(default_factory=dict)
    refunds: Mapping[str, ToldRefund] = field(default_factory=dict)
    returns: Mapping[int, ToldReturn] = field(default_factory=dict)


def rebuild_order(events: Iterable[OrderEvent]) -> ToldOrder:
    """Return an order as its events leave it, which come in the order in which they happened."""
    order = ToldOrder()
    for event in events:
        order = _after(order, event)
    return order


def _after(order: ToldOrder, event: OrderEvent) -> ToldOrder:
    data = event.data
    if event.kind == _K.PLACED:
        order = replace(order, contents=_contents(data), placed_at=event.at)
    elif event.kind == _K.FULFILLED:
        order = _with_fulfillment(order, event)
    elif event.kind == _K.DELIVERED:
        parcel = replace(order.fulfillments[data["fulfillment"]], delivered_at=event.at)
        order = replace(order, fulfillments={**order.fulfillments, parcel.number: parcel})
    elif event.kind in _REFUND_STATUS:
        order = _with_refund(order, event)
    elif event.kind in _RETURN_STATUS:
        order = _with_return(order, event)
    if "order_status" not in data:
        return order
    return replace(
        order,
        status=OrderStatus(data["order_status"]),
        fulfillment_status=FulfillmentStatus(data["fulfillment_status"]),
    )


def _contents(data: Mapping[str, Any]) -> dict[str, Any]:
    states = ("order_status", "fulfillment_status")
    return {name: value for name, value in data.items() if name not in states}


def _with_fulfillment(order: ToldOrder, event: OrderEvent) -> ToldOrder:
    data = event.data
    parcel = ToldFulfillment(
        number=data["fulfillment"],
        carrier=data["carrier"],
        tracking_number=data["tracking_number"],
        tracking_url=data["tracking_url"],
        lines=tuple(data["lines"]),
        sent_at=event.at,
    )
    return replace(order, fulfillments={**order.fulfillments, parcel.number: parcel})


def _with_refund(order: ToldOrder, event: OrderEvent) -> ToldOrder:
    data = event.data
    refund = ToldRefund(
        name=data["refund"],
        amount_minor=data["amount_minor"],
        status=_REFUND_STATUS[OrderEventKind(event.kind)],
        lines=tuple(data["lines"]),
    )
    return replace(order, refunds={**order.refunds, refund.name: refund})


def _with_return(order: ToldOrder, event: OrderEvent) -> ToldOrder:
    data = event.data
    told = ToldReturn(
        number=data["return"],
        status=_RETURN_STATUS[OrderEventKind(event.kind)],
        reason=data["reason"],
        lines=tuple(data["lines"]),
        refund=data["refund"],
        restocked=data["restocked"],
    )
    return replace(order, returns={**order.returns, told.number: told})
