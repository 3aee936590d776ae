"""What the template of the order page is filled with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from plantly.domain.order import OrderStatus
from plantly.domain.order_return import MOST_NOTE, ReturnReason
from plantly.services.fulfillments import ParcelView
from plantly.services.order_page import OrderPage
from plantly.services.order_sheet import Addressee
from plantly.services.returns import ReturnView
from plantly.web.explanation import explained
from plantly.web.tongue import Tongue


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
_PICKED_UP: Final = frozenset({OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.DELIVERED})
"""What is said of these differs where nothing is sent."""


def order_context(tongue: Tongue, page: OrderPage, asked: Asked = _NOTHING) -> dict[str, Any]:
    """Return the values of the order page."""
    sheet = page.sheet
    kind = "pickup_" if sheet.is_pickup and page.status in _PICKED_UP else ""
    return {
        "page": page,
        "checkout": sheet,
        "title": tongue.t(f"page.order.title.{kind}{page.status}"),
        "placed": tongue.day(sheet.placed_at),
        "is_good": not page.status.is_over,
        "steps": _steps(tongue, page),
        "parcels": [_parcel(tongue, page, parcel) for parcel in page.parcels],
        "refunds": [
            (
                tongue.money(refund.amount_minor, sheet.currency),
                tongue.t(f"page.order.refund_{refund.status}"),
            )
            for refund in page.refunds
        ],
        "returns": [_return(tongue, page, back) for back in page.returns],
        "address": _address(tongue, sheet.buyer),
        "explained": explained(tongue, sheet),
        "asked": asked,
        "reasons": [(one.value, tongue.t(f"page.order.reason.{one}")) for one in ReturnReason],
        "note_length": MOST_NOTE,
    }


def _address(tongue: Tongue, buyer: Addressee | None) -> tuple[str, ...]:
    """Return the address of a buyer, the country in the reader's language."""
    if buyer is None:
        return ()
    return (*buyer.address[:-1], tongue.country(buyer.country))


def _return(tongue: Tongue, page: OrderPage, back: ReturnView) -> dict[str, Any]:
    amount = tongue.money(back.refund_minor, page.sheet.currency) if back.refund_minor else ""
    return {
        "lines": _named(page, back.lines),
        "status": tongue.t(f"page.order.return_{back.status}"),
        "amount": amount,
    }


def _steps(tongue: Tongue, page: OrderPage) -> list[Step]:
    sheet = page.sheet
    first = _step(tongue, "confirmed", sheet.placed_at, is_done=True)
    if page.status.is_over:
        ended = "canceled" if page.status is OrderStatus.CANCELED else "refunded"
        sent = [_sent(tongue, page)] if page.parcels else []
        return [first, *sent, _step(tongue, ended, is_done=True)]
    arrived = [_moment(parcel.delivered_at) for parcel in page.parcels if parcel.delivered_at]
    is_there = page.status is OrderStatus.DELIVERED
    last = "picked_up" if sheet.is_pickup else "delivered"
    when = max(arrived) if is_there and arrived else None
    return [first, _sent(tongue, page), _step(tongue, last, when, is_done=is_there)]


def _step(tongue: Tongue, name: str, when: datetime | None = None, *, is_done: bool) -> Step:
    day = tongue.short_day(when) if when else ""
    return Step(tongue.t(f"page.order.step.{name}"), day, is_done=is_done)


def _sent(tongue: Tongue, page: OrderPage) -> Step:
    name = "ready" if page.sheet.is_pickup else "shipped"
    if not page.parcels:
        return _step(tongue, name, is_done=False)
    part = "partly_" if page.is_partly_sent else ""
    return _step(tongue, f"{part}{name}", _moment(page.parcels[-1].sent_at), is_done=True)


def _parcel(tongue: Tongue, page: OrderPage, parcel: ParcelView) -> dict[str, Any]:
    pickup = page.sheet.is_pickup
    noun = "page.order.pickup" if pickup else "page.order.parcel"
    state, at = "ready_since" if pickup else "sent_on", parcel.sent_at
    if parcel.delivered_at:
        state, at = "picked_up_on" if pickup else "arrived_on", parcel.delivered_at
    alone = len(page.parcels) == 1
    number = {} if alone else {"number": parcel.number}
    return {
        "title": tongue.t(noun) if alone else tongue.t(f"{noun}_one", **number),
        "follow": tongue.t(f"page.order.follow{'' if alone else '_one'}", **number),
        "state": tongue.t(f"page.order.{state}", day=tongue.day(_moment(at))),
        "carrier": parcel.carrier,
        "number": parcel.tracking_number,
        "url": parcel.tracking_url,
        "lines": _named(page, parcel.lines),
    }


def _named(page: OrderPage, lines: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(page.sheet.named(sku), quantity) for sku, quantity in lines.items()]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
