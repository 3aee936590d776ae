"""Show orders: to a shopper who has the number, and to the merchant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import BuyerRow, OrderRow
from plantly.domain.catalog import Picture
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.order import read_order_number
from plantly.services.checkout import is_for
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
class OrderLine:
    """A line of an order, in the words of the day it was placed."""

    product_slug: str
    variant_handle: str
    sku: str
    name: str
    variant: str
    quantity: int
    unit_amount_minor: int


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money on its way back, or already there."""

    amount_minor: int
    status: str


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
    refunds: tuple[RefundView, ...]
    placed_at: str
    pictures: Mapping[str, Picture]
    """The pictures that the products have now, by product."""


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
        return view_order(uow, order)
    checkout = uow.checkouts.by_public_id(checkout_session_id or "")
    if checkout is None or not is_for(uow, shopper, checkout):
        raise NotFound("checkout_session_id", _NO_ORDER)
    order = uow.orders.of_checkout(checkout.id)
    if order is None:
        raise NotFound("checkout_session_id", _NOT_YET, was_guessed=False)
    return view_order(uow, order)


def list_orders(uow: UnitOfWork, limit: int) -> tuple[OrderView, ...]:
    """Return the newest orders, for the merchant."""
    return tuple(view_order(uow, order) for order in uow.orders.latest(limit))


def view_order(uow: UnitOfWork, order: OrderRow) -> OrderView:
    """Return an order as a shopper and the merchant see it."""
    refunds = uow.payments.refunds_of(order.payment_id)
    return OrderView(
        order_number=order.order_number,
        status=order.status,
        currency=order.currency,
        total_minor=order.total_minor,
        lines=_lines(order),
        totals=tuple(order.totals),
        fulfillment_title=order.fulfillment_title,
        fulfillment_status=order.fulfillment_status,
        refunds=tuple(RefundView(r.amount_minor, r.status) for r in refunds),
        placed_at=order.placed_at.isoformat(),
        pictures=uow.catalog.pictures(line.product_slug for line in order.lines),
    )


@dataclass(frozen=True, slots=True)
class MerchantOrder:
    """An order with what only the merchant sees. Never given to an assistant."""

    view: OrderView
    buyer: Mapping[str, str]
    """Empty once the buyer has been forgotten."""
    gift_note: str
    terms_version: str | None
    breakdown: dict[str, Any] | None
    """How the total was made; orders of earlier editions have none."""


def show_order(uow: UnitOfWork, order_number: str) -> MerchantOrder:
    """Return an order with its buyer, for the merchant alone.

    Raises:
        NotFound: There is no such order.
    """
    order = uow.orders.by_number(read_order_number(order_number))
    if order is None:
        raise NotFound("order_number", f"There is no order {order_number}.")
    checkout = uow.checkouts.by_row_id(order.checkout_id)
    buyer = checkout.buyer if checkout else None
    return MerchantOrder(
        view_order(uow, order),
        _buyer(buyer),
        gift_note=buyer.gift_note if buyer else "",
        terms_version=order.terms_version,
        breakdown=order.breakdown,
    )


def _buyer(buyer: BuyerRow | None) -> dict[str, str]:
    if buyer is None:
        return {}
    return {name: getattr(buyer, name) for name in _BUYER}


def _lines(order: OrderRow) -> tuple[OrderLine, ...]:
    lines: Sequence[Any] = order.lines
    return tuple(
        OrderLine(
            product_slug=line.product_slug,
            variant_handle=line.variant_handle,
            sku=line.sku,
            name=line.title,
            variant=line.variant_title,
            quantity=line.quantity,
            unit_amount_minor=line.unit_amount_minor,
        )
        for line in lines
    )
