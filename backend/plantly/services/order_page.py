"""What the buyer sees of an order later on, by the link that the shop mailed."""

from collections.abc import Mapping
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.order import FulfillmentStatus, OrderStatus
from plantly.domain.refunds import KnownRefund
from plantly.domain.said import Said
from plantly.services.fulfillments import ParcelView, list_parcels
from plantly.services.order_links import order_of_token
from plantly.services.order_sheet import OrderSheet, sheet_of
from plantly.services.refund_events import refunds_of
from plantly.services.reorder import Reorder, reorder
from plantly.services.returns import ReturnView, list_returns, request_return, returnable_lines

_TOO_MANY = Said(
    "So many cannot be sent back any more: please look at the order again.", "form.too_many_back"
)


@dataclass(frozen=True, slots=True)
class Returnable:
    """A line of which something can be sent back; `position` counts from 0 on the page."""

    position: int
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order in full, for the person who bought it."""

    token: str
    sheet: OrderSheet
    status: OrderStatus
    is_partly_sent: bool
    parcels: tuple[ParcelView, ...]
    refunds: tuple[KnownRefund, ...]
    returns: tuple[ReturnView, ...]
    returnable: tuple[Returnable, ...]
    again: Reorder


def show_order_page(uow: UnitOfWork, token: str) -> OrderPage:
    """Return the page of an order.

    Raises:
        NotFound: The token is none that the shop gave out.
    """
    order = _found(uow, token)
    sheet = sheet_of(uow, order, pictures=True)
    return OrderPage(
        token=token,
        sheet=sheet,
        status=order.status,
        is_partly_sent=order.fulfillment_status == FulfillmentStatus.PARTIALLY_FULFILLED,
        parcels=list_parcels(uow, order),
        refunds=refunds_of(uow, order.payment_id),
        returns=list_returns(uow, order),
        returnable=_returnable(uow, order, sheet),
        again=reorder(uow, order),
    )


def ask_return(
    uow: UnitOfWork, token: str, units: Mapping[int, int], reason: str, note: str
) -> None:
    """Ask to send units back, by the position of their line on the page.

    Raises:
        NotFound: The token is none that the shop gave out.
        InvalidInput: Nothing was chosen, or it cannot go back like that.
    """
    order = _found(uow, token)
    if any(position >= len(order.lines) for position in units):
        raise InvalidInput("lines", _TOO_MANY)
    wanted = {order.lines[position].sku: units[position] for position in units if units[position]}
    if not wanted:
        text = "Choose how many of what you want to send back."
        raise InvalidInput("lines", Said(text, "form.choose_back"))
    if not reason:
        text = "Choose why you want to send it back."
        raise InvalidInput("reason", Said(text, "form.choose_reason"))
    try:
        request_return(uow, order, wanted, reason, note)
    except InvalidInput as error:
        # Its words are for who knows SKUs.
        raise InvalidInput("lines", _TOO_MANY) if error.field == "lines" else error from None


def _found(uow: UnitOfWork, token: str) -> OrderRow:
    order = order_of_token(uow, token)
    if order is None:
        raise NotFound("token", "There is no such order.")
    return order


def _returnable(uow: UnitOfWork, order: OrderRow, sheet: OrderSheet) -> tuple[Returnable, ...]:
    left = returnable_lines(uow, order)
    return tuple(
        Returnable(position, sheet.named(line.sku), left[line.sku])
        for position, line in enumerate(order.lines)
        if line.sku in left
    )
