"""The birth of an order: in the transaction that learned that the money is there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.repositories.catalog_changes import CatalogChange
from plantly.db.repositories.payments import PaymentChain
from plantly.db.repositories.shelf import ShelfVariant
from plantly.db.repositories.stock import Claimed
from plantly.db.tables import CheckoutLineRow, OrderRow
from plantly.domain.catalog import ChangeKind
from plantly.domain.checkout import CheckoutStatus, is_open, move
from plantly.domain.order import ORDER_NUMBER_BITS, OrderStatus, order_number
from plantly.domain.order_history import OrderEventKind
from plantly.services.cart_leftovers import carry_on
from plantly.services.cart_saved import carry_over
from plantly.services.order_events import record_order_event


def place_order(uow: UnitOfWork, chain: PaymentChain) -> OrderRow | None:
    """Turn a paid checkout session into its order.

    Nothing happens, and there is none, when the units are no longer held for this payment or
    the cart has been paid for already.
    """
    cart, checkout = chain.cart, chain.checkout
    if chain.cart_is_paid:
        return None
    claimed = uow.stock.claim(chain.payment.id)
    if not claimed:
        return None
    uow.discounts.claim(chain.payment.id)
    variants = uow.shelf.by_id(line.variant_id for line in checkout.lines)
    order = _order(uow, chain, variants)
    record_order_event(uow, order, OrderEventKind.PLACED, order_contents(order), "buyer")
    record_sale(uow, order.order_number, claimed, variants)
    checkout.status = move(checkout.status, CheckoutStatus.COMPLETED)
    checkout.notice = None
    checkout.completed_at = checkout.updated_at = uow.now
    if cart is not None:
        cart.closed_at = cart.updated_at = uow.now
        carry_over(uow, cart)
        carry_on(uow, cart, checkout)
        _cancel_others(uow, cart.id)
    return order


def order_contents(order: OrderRow) -> dict[str, Any]:
    """Return everything that an order was made of, but its buyer: it can be rebuilt from this."""
    return {
        "order_number": order.order_number,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "totals": order.totals,
        "breakdown": order.breakdown,
        "terms_version": order.terms_version,
        "fulfillment_title": order.fulfillment_title,
        "lines": [
            {
                "position": line.position,
                "product": line.product_slug,
                "variant": line.variant_handle,
                "sku": line.sku,
                "title": line.title,
                "variant_title": line.variant_title,
                "quantity": line.quantity,
                "unit_amount_minor": line.unit_amount_minor,
            }
            for line in order.lines
        ],
    }


def record_sale(
    uow: UnitOfWork,
    order_number: str,
    claimed: Sequence[Claimed],
    variants: Mapping[int, ShelfVariant],
) -> None:
    """Count what was sold, and write into the history what that made of the stock."""
    sold: Counter[int] = Counter()
    for units in claimed:
        sold[variants[units.variant_id].product.id] += units.quantity
    uow.stock.count_sold(sold)
    uow.catalog_changes.add(
        CatalogChange(
            at=uow.now,
            actor=f"order {order_number}",
            kind=ChangeKind.STOCK,
            slug=variants[units.variant_id].product.slug,
            sku=variants[units.variant_id].sku,
            before={"on_hand": units.before},
            after={"on_hand": units.after},
        )
        for units in claimed
        if units.before != units.after
    )


def _order(uow: UnitOfWork, chain: PaymentChain, variants: Mapping[int, ShelfVariant]) -> OrderRow:
    checkout = chain.checkout
    prefix = uow.shop.current().config.order_prefix
    totals = checkout.totals or []
    titles = [entry["display_text"] for entry in totals if entry["type"] == "fulfillment"]
    return uow.orders.add(
        order_number=order_number(prefix, uow.ids.bits(ORDER_NUMBER_BITS)),
        checkout_id=checkout.id,
        payment_id=chain.payment.id,
        status=OrderStatus.CONFIRMED,
        currency=checkout.currency,
        total_minor=chain.payment.amount_minor,
        totals=totals,
        breakdown=checkout.breakdown,
        terms_version=checkout.terms_version,
        terms_accepted_at=checkout.terms_accepted_at,
        fulfillment_title="".join(titles),
        fulfillment_status="unfulfilled",
        placed_at=uow.now,
        lines=[_line(line, variants[line.variant_id]) for line in checkout.lines],
    )


def _line(line: CheckoutLineRow, variant: ShelfVariant) -> dict[str, Any]:
    return {
        "position": line.position,
        "variant_id": variant.id,
        "product_slug": variant.product.slug,
        "variant_handle": variant.handle,
        "sku": variant.sku,
        "title": variant.product.title,
        "variant_title": variant.title,
        "quantity": line.quantity,
        "unit_amount_minor": line.unit_amount_minor,
    }


def _cancel_others(uow: UnitOfWork, cart_row_id: int) -> None:
    """Close the other sessions of a paid cart; one that is being paid ends with its payment."""
    for other in uow.checkouts.of_cart(cart_row_id):
        if is_open(other.status):
            other.status = move(other.status, CheckoutStatus.CANCELED)
            other.updated_at = uow.now
            uow.checkouts.forget_buyer(other)
