"""Send what was bought, in one parcel or several, and note what has arrived."""

from collections.abc import Mapping
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import FulfillmentLineRow, FulfillmentRow, OrderRow, PaymentRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput, NotFound
from plantly.domain.order import LineProgress
from plantly.domain.order_history import OrderEventKind
from plantly.domain.parcel import Parcel, check_parcel
from plantly.services.order_desk import (
    as_lines,
    check_key,
    find_order,
    lock_order,
    named,
    positions_of,
    progress_of,
    settle_goods,
    states_of,
)
from plantly.services.order_events import record_order_event

_MERCHANT = "merchant"


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel of an order; its lines are quantities by SKU."""

    number: int
    carrier: str
    tracking_number: str
    tracking_url: str
    lines: Mapping[str, int]
    sent_at: str
    delivered_at: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a press of Fulfill has led to, the first time and when it is repeated."""

    parcel: ParcelView
    order_status: str
    fulfillment_status: str
    left: Mapping[str, int]
    """What is still to be sent, by SKU."""


def fulfill(
    uow: UnitOfWork,
    order_number: str,
    lines: Mapping[str, int] | None,
    parcel: Parcel,
    key: str,
) -> Sent:
    """Send units by SKU, or everything that is left; the same key gives the first parcel again.

    Raises:
        NotFound: There is no such order.
        InvalidInput: So much is not left, or the parcel cannot be as it is described.
        IdempotencyConflict: The key was used for another parcel.
    """
    checked, key = check_parcel(parcel), check_key(key)
    order = find_order(uow, order_number)
    payment = lock_order(uow, order).payment
    wanted = None if lines is None else positions_of(order, lines)
    sent = uow.aftercare.fulfillments_of(order.id)
    known = next((row for row in sent if row.idempotency_key == key), None)
    if known is None:
        quantities = _checked(uow, order, wanted)
        _check_paid(payment)
        known = _send(uow, order, quantities, checked, key)
    elif not _is_same(known, wanted, checked):
        raise IdempotencyConflict("This key was used for another parcel of this order.")
    left = {line.sku: line.to_send for line in progress_of(uow, order).values() if line.to_send}
    states = states_of(order)
    return Sent(view_parcel(order, known), **states, left=left)


def deliver(uow: UnitOfWork, order_number: str, number: int | None = None) -> tuple[int, ...]:
    """Note that a parcel has arrived, or all that were sent; return which are new.

    Raises:
        NotFound: There is no such order or parcel.
        InvalidInput: Nothing was sent yet.
    """
    order = find_order(uow, order_number)
    lock_order(uow, order)
    parcels = uow.aftercare.fulfillments_of(order.id)
    if number is not None:
        parcels = [parcel for parcel in parcels if parcel.number == number]
        if not parcels:
            raise NotFound("number", f"Order {order.order_number} has no parcel {number}.")
    if not parcels:
        raise InvalidInput("order_number", "Nothing of this order was sent yet.")
    arrived = [parcel for parcel in parcels if parcel.delivered_at is None]
    for parcel in arrived:
        parcel.delivered_at = uow.now
        settle_goods(uow, order)
        data = {"fulfillment": parcel.number, **states_of(order)}
        record_order_event(uow, order, OrderEventKind.DELIVERED, data, _MERCHANT)
    return tuple(parcel.number for parcel in arrived)


def list_parcels(uow: UnitOfWork, order: OrderRow) -> tuple[ParcelView, ...]:
    """Return the parcels of an order, the first one first."""
    return tuple(view_parcel(order, row) for row in uow.aftercare.fulfillments_of(order.id))


def view_parcel(order: OrderRow, row: FulfillmentRow) -> ParcelView:
    """Return a parcel as it is shown."""
    return ParcelView(
        number=row.number,
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        tracking_url=row.tracking_url,
        lines={named(order.lines, line.position): line.quantity for line in row.lines},
        sent_at=row.sent_at.isoformat(),
        delivered_at=row.delivered_at.isoformat() if row.delivered_at else None,
    )


def _check_paid(payment: PaymentRow) -> None:
    """Check that not all of the money goes back, which may take the provider its time."""
    if 0 < payment.captured_minor <= payment.refund_decided_minor:
        text = "All of this order's money is on its way back: nothing is sent."
        raise InvalidInput("order_number", text)


def _checked(uow: UnitOfWork, order: OrderRow, wanted: dict[int, int] | None) -> dict[int, int]:
    """Return what is to be sent, if so much of it can be."""
    if order.status.is_over:
        raise InvalidInput("order_number", f"This order is {order.status}: nothing is sent.")
    progress = progress_of(uow, order)
    if wanted is None:
        wanted = {position: line.to_send for position, line in progress.items() if line.to_send}
    if not wanted:
        raise InvalidInput("lines", "Nothing of this order is left to send.")
    for position, quantity in wanted.items():
        if quantity > progress[position].to_send:
            raise InvalidInput("lines", _too_many(progress[position], quantity))
    return wanted


def _too_many(line: LineProgress, quantity: int) -> str:
    gone = f"{line.sent} of {line.bought} are sent"
    dropped = f" and {line.dropped} refunded" if line.dropped else ""
    return f"{line.sku}: {quantity} cannot be sent, {gone}{dropped}: {line.to_send} left."


def _send(
    uow: UnitOfWork, order: OrderRow, quantities: dict[int, int], parcel: Parcel, key: str
) -> FulfillmentRow:
    row = FulfillmentRow(
        order_id=order.id,
        number=len(uow.aftercare.fulfillments_of(order.id)) + 1,
        idempotency_key=key,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        tracking_url=parcel.tracking_url,
        sent_at=uow.now,
        delivered_at=None,
        lines=[
            FulfillmentLineRow(position=position, quantity=quantities[position])
            for position in sorted(quantities)
        ],
    )
    uow.aftercare.add(row)
    settle_goods(uow, order)
    data = {
        "fulfillment": row.number,
        "carrier": row.carrier,
        "tracking_number": row.tracking_number,
        "tracking_url": row.tracking_url,
        "lines": as_lines(order, quantities),
        **states_of(order),
    }
    record_order_event(uow, order, OrderEventKind.FULFILLED, data, _MERCHANT)
    return row


def _is_same(row: FulfillmentRow, wanted: dict[int, int] | None, parcel: Parcel) -> bool:
    """Say whether a press repeats the one that made a parcel; all of it is whatever it held."""
    held = {line.position: line.quantity for line in row.lines}
    told = Parcel(row.carrier, row.tracking_number, row.tracking_url)
    return told == parcel and wanted in (None, held)
