"""Show orders: to a shopper who has the number, and to the merchant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import BuyerRow, OrderRow
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.order import FulfillmentStatus, read_order_number
from plantly.services.checkout import session_if_for
from plantly.services.disputes import DisputeView, list_disputes
from plantly.services.fulfillments import ParcelView, list_parcels
from plantly.services.order_desk import buyer_of, find_order
from plantly.services.order_lines import OrderLine, lines_of
from plantly.services.refund_events import refunds_of
from plantly.services.reorder import reorder
from plantly.services.returns import ReturnView, list_returns
from plantly.services.shopper import Shopper

_NO_ORDER = (
    "There is no order like that: send the order_number from the confirmation, such as "
    "PL-4X7K-9Q2M-TB3V-H6WD, or the checkout_session_id that start_checkout gave."
)
_NOT_YET = "This checkout has not become an order yet: call get_checkout to see where it stands."


_BUYER = (
    "email",
    "name",
    "line1",
    "line2",
    "district",
    "city",
    "region",
    "postal_code",
    "country",
    "phone",
)


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money on its way back, or already there."""

    amount_minor: int
    status: str


@dataclass(frozen=True, slots=True)
class TrackingView:
    """A parcel, as whoever waits for it sees it; its lines are quantities by variant."""

    carrier: str
    number: str
    url: str
    status: str
    """`shipped` or `delivered`."""
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ComingBack:
    """A return, without why; its lines are quantities by variant."""

    status: str
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order without its buyer's personal data."""

    order_number: str
    status: str
    currency: str
    total_minor: int
    lines: tuple[OrderLine, ...]
    totals: tuple[dict[str, Any], ...]
    fulfillment_title: str
    fulfillment_status: str
    parcels: tuple[TrackingView, ...]
    refunds: tuple[RefundView, ...]
    returns: tuple[ComingBack, ...]
    placed_at: str
    reorder_path: str | None = None
    """The page that fills a cart with the same again, when something of it can be bought."""


def get_order(
    uow: UnitOfWork, shopper: Shopper, order_number: str | None, checkout_session_id: str | None
) -> OrderView:
    """Return an order by its number, or by the checkout session that it came from.

    Raises:
        InvalidInput: Neither or both were sent.
        NotFound: Nothing like that exists, or it is somebody else's.
    """
    if (order_number is None) == (checkout_session_id is None):
        text = "Send either order_number or checkout_session_id."
        raise InvalidInput("order_number", text)
    if order_number is not None:
        order = uow.orders.by_number(read_order_number(order_number))
        if order is None:
            raise NotFound("order_number", _NO_ORDER)
        return view_order(uow, order, for_shopper=True)
    checkout = session_if_for(uow, shopper, checkout_session_id or "")
    if checkout is None:
        raise NotFound("checkout_session_id", _NO_ORDER)
    order = uow.orders.of_checkout(checkout.id)
    if order is None:
        raise NotFound("checkout_session_id", _NOT_YET, was_guessed=False)
    return view_order(uow, order, for_shopper=True)


def list_orders(uow: UnitOfWork, limit: int) -> tuple[OrderView, ...]:
    """Return the newest orders, for the merchant."""
    return tuple(view_order(uow, order) for order in uow.orders.latest(limit))


def view_order(uow: UnitOfWork, order: OrderRow, *, for_shopper: bool = False) -> OrderView:
    """Return an order as the merchant sees it; a shopper also sees pictures, and buys it again."""
    refunds = refunds_of(uow, order.payment_id)
    return OrderView(
        order_number=order.order_number,
        status=order.status,
        currency=order.currency,
        total_minor=order.total_minor,
        lines=lines_of(uow, order, pictures=for_shopper),
        totals=tuple(order.totals),
        fulfillment_title=order.fulfillment_title,
        fulfillment_status=order.fulfillment_status,
        parcels=_parcels(uow, order),
        refunds=tuple(RefundView(r.amount_minor, r.status) for r in refunds),
        returns=_returns(uow, order),
        placed_at=order.placed_at.isoformat(),
        reorder_path=reorder(uow, order).path if for_shopper else None,
    )


def _parcels(uow: UnitOfWork, order: OrderRow) -> tuple[TrackingView, ...]:
    if order.fulfillment_status == FulfillmentStatus.UNFULFILLED:
        return ()
    variants = {line.position: line.variant_handle for line in order.lines}
    return tuple(
        TrackingView(
            carrier=row.carrier,
            number=row.tracking_number,
            url=row.tracking_url,
            status="delivered" if row.delivered_at else "shipped",
            lines={variants[line.position]: line.quantity for line in row.lines},
        )
        for row in uow.aftercare.fulfillments_of(order.id)
    )


def _returns(uow: UnitOfWork, order: OrderRow) -> tuple[ComingBack, ...]:
    if order.fulfillment_status == FulfillmentStatus.UNFULFILLED:
        return ()
    variants = {line.position: line.variant_handle for line in order.lines}
    return tuple(
        ComingBack(row.status.value, {variants[line.position]: line.quantity for line in row.lines})
        for row in uow.aftercare.returns_of(order.id)
    )


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened to an order."""

    at: str
    kind: str
    actor: str


@dataclass(frozen=True, slots=True)
class MerchantOrder:
    """An order with what only the merchant sees. Never given to an assistant."""

    view: OrderView
    buyer: Mapping[str, str]
    """Empty once the buyer has been forgotten."""
    gift_note: str
    parcels: tuple[ParcelView, ...]
    returns: tuple[ReturnView, ...]
    disputes: tuple[DisputeView, ...]
    return_notes: Mapping[str, str]
    """What the buyer wrote to each return, by its number."""
    history: tuple[HistoryEntry, ...]
    terms_version: str | None
    breakdown: dict[str, Any] | None
    """How the total was made; orders of earlier editions have none."""


def show_order(uow: UnitOfWork, order_number: str) -> MerchantOrder:
    """Return an order with its buyer, for the merchant alone.

    Raises:
        NotFound: There is no such order.
    """
    order = find_order(uow, order_number)
    buyer = buyer_of(uow, order)
    return MerchantOrder(
        view_order(uow, order),
        buyer_fields(buyer) if buyer else {},
        gift_note=buyer.gift_note if buyer else "",
        parcels=list_parcels(uow, order),
        returns=list_returns(uow, order),
        disputes=list_disputes(uow, order.payment_id),
        return_notes=dict(buyer.return_notes) if buyer else {},
        history=tuple(
            HistoryEntry(event.at.isoformat(), event.kind, event.actor)
            for event in uow.orders.events_of(order.id)
        ),
        terms_version=order.terms_version,
        breakdown=order.breakdown,
    )


def buyer_fields(buyer: BuyerRow) -> dict[str, str]:
    """Return who buys and where the goods go. Personal data: for the merchant alone."""
    return {name: getattr(buyer, name) for name in _BUYER}
