"""Turn what a caller names into variants of the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plantly.db import UnitOfWork
from plantly.db.repositories.shelf import ShelfVariant
from plantly.domain.cart import MAX_LINES, check_quantity
from plantly.domain.checkout import looks_like_card_number
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.money import MAX_MINOR, Currency, minor_from_major
from plantly.domain.shop import ShopConfig
from plantly.services.items import WantedLine, price_of

_NO_SUCH_MINOR = -1
"""Stands for a shown price that cannot be one, and differs from every price: the currency cannot
express it, or it is somebody's card number."""


@dataclass(frozen=True, slots=True)
class ItemRef:
    """A quantity of a product's default variant, or of the variant that is named.

    `shown_price` is what somebody was told, in major units; it decides nothing.
    """

    quantity: int
    product_id: str | None = None
    variant_id: str | None = None
    shown_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ResolvedItem:
    """A variant that is for sale, how many of it, and its price at this moment."""

    variant: ShelfVariant
    quantity: int
    amount_minor: int
    shown_price: Decimal | None


def resolve(
    uow: UnitOfWork, shop: ShopConfig, refs: Sequence[ItemRef], field: str
) -> list[ResolvedItem]:
    """Find the variant of every item, in order.

    Raises:
        NotFound: An item names something that the catalog does not have.
        InvalidInput: An item names nothing, two different things, or an impossible quantity.
    """
    if len(refs) > MAX_LINES:
        raise InvalidInput(field, f"{field} holds {len(refs)} entries: send at most {MAX_LINES}.")
    by_handle = uow.shelf.by_handle([r.variant_id for r in refs if r.variant_id])
    by_slug = uow.shelf.defaults([r.product_id for r in refs if r.product_id])
    resolved = []
    for i, ref in enumerate(refs):
        at = f"{field}[{i}]"
        quantity = check_quantity(ref.quantity, shop.max_quantity, f"{at}.quantity")
        variant = _variant(ref, at, by_handle, by_slug)
        price = price_of(variant, shop.currency, uow.now)
        if price is None:
            raise InvalidInput(at, f"{at} has no price in {shop.currency}: choose another product.")
        resolved.append(ResolvedItem(variant, quantity, price.amount_minor, ref.shown_price))
    return resolved


def merge(items: Sequence[ResolvedItem], shop: ShopConfig, field: str) -> list[WantedLine]:
    """Add up items of the same variant into lines, in the order of their first mention."""
    lines: dict[int, WantedLine] = {}
    for i, item in enumerate(items):
        known = lines.get(item.variant.id)
        quantity = item.quantity + (known.quantity if known else 0)
        check_quantity(quantity, shop.max_quantity, f"{field}[{i}].quantity")
        seen = shown_minor(item.shown_price, shop.currency)
        lines[item.variant.id] = WantedLine(
            item.variant.id,
            quantity,
            seen if seen is not None or not known else known.seen_amount_minor,
        )
    return list(lines.values())


def shown_minor(price: Decimal | None, currency: Currency) -> int | None:
    """Return a shown price in minor units, to be compared with the catalog's."""
    if price is None:
        return None
    amount = minor_from_major(price, currency)
    if amount is None or abs(amount) > MAX_MINOR or looks_like_card_number(str(amount)):
        return _NO_SUCH_MINOR
    return amount


def _variant(
    ref: ItemRef, at: str, by_handle: dict[str, ShelfVariant], by_slug: dict[str, ShelfVariant]
) -> ShelfVariant:
    if ref.variant_id:
        variant = by_handle.get(ref.variant_id)
        if variant is None:
            raise NotFound(f"{at}.variant_id", _unknown(f"{at}.variant_id", "variant_id"))
        if ref.product_id and variant.product.slug != ref.product_id:
            text = f"{at} names a variant_id of another product: send one of the two."
            raise InvalidInput(at, text)
        return variant
    if not ref.product_id:
        text = f"{at} names no product: send product_id, or variant_id for a certain size."
        raise InvalidInput(at, text)
    found = by_slug.get(ref.product_id)
    if found is None:
        raise NotFound(f"{at}.product_id", _unknown(f"{at}.product_id", "product id"))
    return found


def _unknown(field: str, kind: str) -> str:
    return (
        f"{field} is not a {kind} of this shop: send one that search_products or get_product gave."
    )
