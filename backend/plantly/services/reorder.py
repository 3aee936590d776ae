"""Buy the same again: what of an order can still be bought, as a link that fills a cart."""

from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow
from plantly.domain.cart_link import link_path
from plantly.services.items import price_of, sellable, supply


@dataclass(frozen=True, slots=True)
class Reorder:
    """What can be bought again now."""

    path: str | None
    """The page of the shop that rebuilds the cart; None when nothing can be bought."""
    gone: tuple[str, ...]
    """The names of lines that cannot be bought any more, or not now."""
    fewer: tuple[str, ...]
    """The names of lines of which there are fewer now."""


def reorder(uow: UnitOfWork, order: OrderRow) -> Reorder:
    """Return how to buy an order again, at today's prices. Nothing is stored."""
    shop = uow.shop.current().config
    variants = uow.catalog.variants(line.variant_handle for line in order.lines)
    lines, gone, fewer = [], [], []
    for line in order.lines:
        variant = variants.get(line.variant_handle)
        priced = variant is not None and price_of(variant, shop.currency, uow.now) is not None
        left = sellable(supply(variant)) if variant is not None and priced else 0
        name = f"{line.title}, {line.variant_title}" if line.variant_title else line.title
        quantity = min(line.quantity, left, shop.max_quantity)
        if quantity < 1:
            gone.append(name)
            continue
        lines.append((line.variant_handle, quantity))
        if quantity < line.quantity:
            fewer.append(name)
    return Reorder(link_path(lines, ()), tuple(gone), tuple(fewer))
