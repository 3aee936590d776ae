"""What the template of the order page is filled with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from babel.dates import format_date

from plantly.domain.money_text import format_money
from plantly.domain.order import OrderStatus
from plantly.domain.order_return import MOST_NOTE, ReturnReason
from plantly.services.fulfillments import ParcelView
from plantly.services.order_page import OrderPage
from plantly.web.explanation import explained

_TITLES: Final[Mapping[OrderStatus, str]] = {
    OrderStatus.CONFIRMED: "Your order is confirmed",
    OrderStatus.PROCESSING: "A part of your order is on its way",
    OrderStatus.SHIPPED: "Your order is on its way",
    OrderStatus.DELIVERED: "Your order has arrived",
    OrderStatus.CANCELED: "This order is canceled",
    OrderStatus.REFUNDED: "This order is refunded",
}
_PICKUP_TITLES: Final[Mapping[OrderStatus, str]] = {
    **_TITLES,
    OrderStatus.PROCESSING: "A part of your order is ready",
    OrderStatus.SHIPPED: "Your order is ready to be picked up",
    OrderStatus.DELIVERED: "Your order was picked up",
}
_REFUNDS: Final = {
    "pending": "On its way to you",
    "succeeded": "Back to you, the way that you paid",
    "failed": "This did not go through: the shop looks into it",
}
_RETURNS: Final = {
    "requested": "Asked for: the shop looks at it and writes to you",
    "approved": "Accepted: please send it back",
    "declined": "Declined",
    "received": "It has arrived back at the shop",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way of an order."""

    label: str
    when: str = ""
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the form for a return, and what is wrong with it by field."""

    units: Mapping[int, int] = field(default_factory=dict)
    reason: str = ""
    note: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


_NOTHING: Final = Asked()


def order_context(page: OrderPage, asked: Asked = _NOTHING) -> dict[str, Any]:
    """Return the values of the order page."""
    sheet = page.sheet
    titles = _PICKUP_TITLES if sheet.is_pickup else _TITLES
    return {
        "page": page,
        "checkout": sheet,
        "title": titles[page.status],
        "placed": _day(sheet.placed_at),
        "is_good": not page.status.is_over,
        "steps": _steps(page),
        "parcels": [_parcel(page, parcel) for parcel in page.parcels],
        "refunds": [
            (format_money(refund.amount_minor, sheet.currency), _REFUNDS[refund.status])
            for refund in page.refunds
        ],
        "returns": [
            {
                "lines": _named(page, back.lines),
                "status": _RETURNS[back.status],
                "amount": (
                    format_money(back.refund_minor, sheet.currency) if back.refund_minor else ""
                ),
            }
            for back in page.returns
        ],
        "explained": explained(sheet),
        "asked": asked,
        "reasons": [(reason.value, reason.display_text) for reason in ReturnReason],
        "note_length": MOST_NOTE,
    }


def _steps(page: OrderPage) -> list[Step]:
    sheet = page.sheet
    first = Step("Confirmed", _short(sheet.placed_at), is_done=True)
    if page.status.is_over:
        ended = "Canceled" if page.status is OrderStatus.CANCELED else "Refunded"
        sent = [_sent(page)] if page.parcels else []
        return [first, *sent, Step(ended, is_done=True)]
    arrived = [_moment(parcel.delivered_at) for parcel in page.parcels if parcel.delivered_at]
    is_there = page.status is OrderStatus.DELIVERED
    last = "Picked up" if sheet.is_pickup else "Delivered"
    there = Step(last, _short(max(arrived)) if is_there and arrived else "", is_done=is_there)
    return [first, _sent(page), there]


def _sent(page: OrderPage) -> Step:
    label = "Ready" if page.sheet.is_pickup else "Shipped"
    if not page.parcels:
        return Step(label)
    when = _short(_moment(page.parcels[-1].sent_at))
    return Step(f"Partly {label.lower()}" if page.is_partly_sent else label, when, is_done=True)


def _parcel(page: OrderPage, parcel: ParcelView) -> dict[str, Any]:
    noun = "Pickup" if page.sheet.is_pickup else "Parcel"
    there = "Picked up on" if page.sheet.is_pickup else "Arrived on"
    sent = "Ready since" if page.sheet.is_pickup else "Sent on"
    state = f"{sent} {_day(_moment(parcel.sent_at))}"
    if parcel.delivered_at:
        state = f"{there} {_day(_moment(parcel.delivered_at))}"
    return {
        "title": noun if len(page.parcels) == 1 else f"{noun} {parcel.number}",
        "state": state,
        "carrier": parcel.carrier,
        "number": parcel.tracking_number,
        "url": parcel.tracking_url,
        "lines": _named(page, parcel.lines),
    }


def _named(page: OrderPage, lines: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(page.sheet.named(sku), quantity) for sku, quantity in lines.items()]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(moment: datetime) -> str:
    return str(format_date(moment, "long", locale="en_US"))


def _short(moment: datetime) -> str:
    return str(format_date(moment, "MMM d", locale="en_US"))
