"""A cart as tools and widgets show it: at the prices of this moment, stored or imagined."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from plantly.db import UnitOfWork
from plantly.db.repositories.shelf import ShelfVariant
from plantly.db.tables import CartLineRow, CartRow, SavedLineRow
from plantly.domain.cart import HeldLine
from plantly.domain.messages import Message
from plantly.domain.pricing import PricingInput, Totals, compute_totals
from plantly.services.cart_estimate import Estimate, ShipTo, estimate
from plantly.services.cart_merge import FoundCarts, merged_contents
from plantly.services.discount_uses import exhausted
from plantly.services.items import PricedItem, WantedLine, price_items

_PAID = Message("info", "cart_completed", "This cart has been paid; it takes no more changes.")


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart at the prices of this moment; a preview has no id."""

    cart_id: str | None
    version: int | None
    currency: str
    items: tuple[PricedItem, ...]
    totals: Totals
    messages: tuple[Message, ...]
    discount_codes: tuple[str, ...]
    saved: tuple[PricedItem, ...] = ()
    """What is saved for later: no part of the totals."""
    estimate: Estimate | None = None
    """What it would come to at the place that was asked about."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is to be shown, whether it is stored like this or not."""

    cart_id: str | None = None
    version: int | None = None
    lines: Sequence[WantedLine] = ()
    saved: Sequence[WantedLine] = ()
    codes: Sequence[str] = ()
    paid: bool = False


def holding_of(cart: CartRow) -> Holding:
    """Return what is in a stored cart."""
    return Holding(
        cart_id=cart.public_id,
        version=cart.version,
        lines=_wanted(cart.lines),
        saved=_wanted(cart.saved),
        codes=cart.discount_codes,
        paid=cart.closed_at is not None,
    )


def holding_of_all(uow: UnitOfWork, found: FoundCarts) -> Holding:
    """Return what a shopper has: of two carts what their next change makes of them."""
    seen = found.seen
    if seen is None:
        return Holding()
    if found.cart is None or found.guest is None:
        return holding_of(seen)
    most = uow.shop.current().config.max_quantity
    merged = merged_contents(found.cart, found.guest, most)
    return replace(
        holding_of(seen),
        lines=_held(merged.lines),
        saved=_held(merged.saved),
        codes=merged.codes,
    )


def view_of(
    uow: UnitOfWork,
    holding: Holding,
    ship_to: ShipTo | None = None,
    known: Iterable[ShelfVariant] = (),
) -> CartView:
    """Price a cart. What is saved for later is looked at too, and stops nobody from paying.

    `known` are variants that were read in this transaction.
    """
    shop = uow.shop.current().config
    priced = price_items(uow, shop, holding.lines, known=known)
    saved = price_items(uow, shop, holding.saved)
    order = PricingInput(
        lines=priced.as_priced_lines(),
        codes=holding.codes,
        place=None,
        option=None,
        now=uow.now,
        exhausted=exhausted(uow, shop),
    )
    totals = compute_totals(shop, order)
    there = None if ship_to is None else estimate(shop, order, priced.items, ship_to)
    said = (
        *priced.messages,
        *totals.messages,
        *(() if there is None else there.messages),
        *map(_of_saved, saved.messages),
    )
    return CartView(
        cart_id=holding.cart_id,
        version=holding.version,
        currency=shop.currency,
        items=priced.items,
        totals=totals,
        messages=(_PAID,) if holding.paid else said,
        discount_codes=tuple(holding.codes),
        saved=saved.items,
        estimate=there,
    )


def _of_saved(message: Message) -> Message:
    """Let a message be about a saved line, which is no error of the cart."""
    param = message.param and message.param.replace("items[", "saved_for_later[")
    kind = "info" if message.type == "error" else message.type
    return replace(message, type=kind, param=param, resolution=None)


def _wanted(rows: Iterable[CartLineRow | SavedLineRow]) -> tuple[WantedLine, ...]:
    return tuple(WantedLine(r.variant_id, r.quantity, r.seen_amount_minor) for r in rows)


def _held(lines: Mapping[int, HeldLine]) -> tuple[WantedLine, ...]:
    return tuple(
        WantedLine(key, line.quantity, line.seen_amount_minor) for key, line in lines.items()
    )
