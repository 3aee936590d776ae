"""An order can be rebuilt from its history alone."""

from datetime import timedelta
from typing import Any

from plantly.domain.order import FulfillmentStatus, OrderStatus
from plantly.domain.order_history import OrderEvent, rebuild_order
from plantly.domain.order_return import ReturnStatus
from tests.support.clock import START

ALOE = {"sku": "ALOE", "quantity": 1}
CONTENTS = {"order_number": "PL-1", "total_minor": 100, "lines": [ALOE]}


def event(number: int, kind: str, **data: Any) -> OrderEvent:
    return OrderEvent(f"order.{kind}", data, START + timedelta(hours=number))


def states(order: str, goods: str) -> dict[str, str]:
    return {"order_status": order, "fulfillment_status": goods}


def test_an_order_without_history_is_nothing_yet() -> None:
    order = rebuild_order([])
    assert (order.contents, order.placed_at, order.status) == ({}, None, OrderStatus.CONFIRMED)


def test_an_order_is_what_its_events_leave_it() -> None:
    parcel = {"carrier": "Post", "tracking_number": "1", "tracking_url": "", "lines": [ALOE]}
    back = {"return": 1, "reason": "other", "lines": [ALOE], "restocked": False}
    money = {"refund": "rq_1", "amount_minor": 50, "lines": []}
    order = rebuild_order(
        [
            event(0, "placed", **CONTENTS),
            event(1, "fulfilled", fulfillment=1, **parcel, **states("shipped", "fulfilled")),
            event(2, "delivered", fulfillment=1, **states("delivered", "delivered")),
            event(3, "disputed", dispute="dp_1"),
            event(4, "return_requested", **back, refund=None, **states("delivered", "delivered")),
            event(5, "refund_decided", **money, **states("delivered", "delivered")),
            event(6, "return_received", **back, refund="rq_1", **states("delivered", "delivered")),
            event(7, "refunded", **money, **states("refunded", "delivered")),
            event(8, "buyer_erased"),
        ]
    )
    assert order.contents == CONTENTS
    assert order.placed_at == START
    assert order.status is OrderStatus.REFUNDED
    assert order.fulfillment_status is FulfillmentStatus.DELIVERED
    (sent,) = order.fulfillments.values()
    assert (sent.carrier, sent.sent_at, sent.delivered_at) == (
        "Post",
        START + timedelta(hours=1),
        START + timedelta(hours=2),
    )
    assert [(r.name, r.status, r.amount_minor) for r in order.refunds.values()] == [
        ("rq_1", "succeeded", 50)
    ]
    (returned,) = order.returns.values()
    assert (returned.status, returned.refund) == (ReturnStatus.RECEIVED, "rq_1")


def test_a_history_that_begins_late_says_where_the_order_stood() -> None:
    """Orders of earlier editions have a history that begins with what they were."""
    order = rebuild_order([event(0, "placed", **CONTENTS, **states("refunded", "unfulfilled"))])
    assert (order.contents, order.status) == (CONTENTS, OrderStatus.REFUNDED)
