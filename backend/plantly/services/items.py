"""Lines with the catalog's price of this moment, and what has to be said about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import VariantRow
from plantly.domain.catalog import Availability, Picture, PublishState, availability
from plantly.domain.messages import Message
from plantly.domain.pricing import PricedLine
from plantly.domain.shop import ShopConfig


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A quantity of a variant, and the price that the shopper has seen, when one was shown."""

    variant_row_id: int
    quantity: int
    seen_amount_minor: int | None = None
    agreed_amount_minor: int | None = None
    """The price that was agreed to by pressing Pay: from then on the catalog's does not count."""


@dataclass(frozen=True, slots=True)
class PricedItem:
    """A line as a shopper sees it."""

    variant_row_id: int
    product_slug: str
    variant_handle: str
    sku: str
    name: str
    variant: str
    quantity: int
    unit_amount_minor: int
    availability: Availability
    available_quantity: int
    picture: Picture | None

    @property
    def total_minor(self) -> int:
        """Return the price of the line before discounts and tax."""
        return self.unit_amount_minor * self.quantity

    def as_priced_line(self) -> PricedLine:
        """Return what the totals are computed from."""
        return PricedLine(self.variant_handle, self.unit_amount_minor, self.quantity)


@dataclass(frozen=True, slots=True)
class PricedItems:
    """Every line that can be priced, and the messages about all of them."""

    items: tuple[PricedItem, ...]
    messages: tuple[Message, ...]

    def as_priced_lines(self) -> tuple[PricedLine, ...]:
        """Return what the totals are computed from."""
        return tuple(item.as_priced_line() for item in self.items)


def price_items(uow: UnitOfWork, shop: ShopConfig, lines: Sequence[WantedLine]) -> PricedItems:
    """Price lines from the catalog.

    A variant without a price in the shop's currency is left out, and a message says so.
    """
    variants = uow.catalog.variants_by_id(line.variant_row_id for line in lines)
    items: list[PricedItem] = []
    messages: list[Message] = []
    for line in lines:
        variant = variants[line.variant_row_id]
        amount = line.agreed_amount_minor
        if amount is None:
            amount = price_of(variant, shop.currency)
        if amount is None:
            text = f"{variant.product.title} has no price in {shop.currency} and was left out."
            messages.append(Message("warning", "not_available", text))
            continue
        item = _item(variant, line.quantity, amount, shop)
        if line.agreed_amount_minor is None:
            messages += _messages(item, line.seen_amount_minor, f"items[{len(items)}]")
        items.append(item)
    return PricedItems(tuple(items), tuple(messages))


def price_of(variant: VariantRow, currency: str) -> int | None:
    """Return the merchant's price in a currency, in minor units."""
    return next((p.amount_minor for p in variant.prices if p.currency == currency), None)


def available_quantity(variant: VariantRow) -> int:
    """Return how many units can still be sold."""
    sellable = variant.state is PublishState.ACTIVE and variant.product.state is PublishState.ACTIVE
    return variant.stock.on_hand - variant.stock.reserved if sellable else 0


def pictures(items: Iterable[PricedItem]) -> Mapping[str, Picture]:
    """Return the pictures of the items by product."""
    return {item.product_slug: item.picture for item in items if item.picture is not None}


def _item(variant: VariantRow, quantity: int, amount: int, shop: ShopConfig) -> PricedItem:
    product = variant.product
    left = available_quantity(variant)
    return PricedItem(
        variant_row_id=variant.id,
        product_slug=product.slug,
        variant_handle=variant.handle,
        sku=variant.sku,
        name=product.title,
        variant=variant.title,
        quantity=quantity,
        unit_amount_minor=amount,
        availability=availability(left, shop.low_stock_threshold),
        available_quantity=left,
        picture=(
            Picture(product.picture_path, product.picture_alt or "")
            if product.picture_path
            else None
        ),
    )


def _messages(item: PricedItem, seen: int | None, param: str) -> list[Message]:
    found = []
    if seen is not None and seen != item.unit_amount_minor:
        text = f"The price of {item.name} is not the one shown before; the catalog's price counts."
        found.append(Message("warning", "price_changed", text, param))
    if item.available_quantity <= 0:
        text = f"{item.name} ({item.variant}) is sold out."
        found.append(
            Message("error", "out_of_stock", text, param, resolution="remove it, or wait for more")
        )
    elif item.quantity > item.available_quantity:
        text = f"Only {item.available_quantity} of {item.name} ({item.variant}) are left."
        found.append(
            Message("error", "quantity_exceeded", text, param, resolution="lower the quantity")
        )
    elif item.availability is Availability.LOW_STOCK:
        text = f"Only {item.available_quantity} of {item.name} ({item.variant}) are left."
        found.append(Message("info", "low_stock", text, param))
    return found
