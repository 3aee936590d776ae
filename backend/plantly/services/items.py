"""Lines with the catalog's price of this moment, and what has to be said about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plantly.db import UnitOfWork
from plantly.db.repositories.shelf import ShelfVariant
from plantly.db.tables import VariantRow
from plantly.domain.catalog import (
    UNTRACKED_LIMIT,
    Availability,
    Picture,
    PublishState,
    Supply,
    supply_of,
)
from plantly.domain.catalog_price import PriceNow, price_at
from plantly.domain.messages import Message
from plantly.domain.pricing import PricedLine
from plantly.domain.said import Said
from plantly.domain.shop import ShopConfig
from plantly.services.order_lines import OrderLine

Variant = VariantRow | ShelfVariant
"""One with its price and stock, wherever it was read."""


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
    category: str
    """The slug of its category."""
    tags: frozenset[str]
    weight_g: int
    """Of one unit."""
    variant_handle: str
    sku: str
    name: str
    variant: str
    quantity: int
    unit_amount_minor: int
    supply: Supply
    availability: Availability
    expected_at: datetime | None
    """When units beyond those at hand are expected, while that lies ahead."""
    undeliverable: frozenset[str]
    """Countries that it cannot be sent to."""
    picture: Picture | None

    @property
    def available_quantity(self) -> int:
        """Return how many are at hand and free."""
        return self.supply.units

    @property
    def sellable(self) -> int:
        """Return how many can be bought, pre- and backorders among them."""
        return sellable(self.supply)

    @property
    def ahead(self) -> int:
        """Return how many of the quantity are not at hand, and are sold ahead of the goods."""
        return 0 if self.supply.untracked else max(0, self.quantity - self.supply.units)

    @property
    def line_availability(self) -> Availability:
        """Return how this quantity is sold: with units beyond those at hand, as what these are."""
        if self.ahead and self.quantity <= self.sellable:
            return Availability.PREORDER if self.supply.preorder else Availability.BACKORDER
        return self.availability

    @property
    def total_minor(self) -> int:
        """Return the price of the line before discounts and tax."""
        return self.unit_amount_minor * self.quantity

    def as_priced_line(self) -> PricedLine:
        """Return what the totals are computed from."""
        return PricedLine(
            variant_key=self.variant_handle,
            unit_amount_minor=self.unit_amount_minor,
            quantity=self.quantity,
            product_slug=self.product_slug,
            category=self.category,
            tags=self.tags,
            weight_g=self.weight_g,
            undeliverable=self.undeliverable,
        )


@dataclass(frozen=True, slots=True)
class PricedItems:
    """Every line that can be priced, and the messages about all of them."""

    items: tuple[PricedItem, ...]
    messages: tuple[Message, ...]

    def as_priced_lines(self) -> tuple[PricedLine, ...]:
        """Return what the totals are computed from."""
        return tuple(item.as_priced_line() for item in self.items)


def price_items(
    uow: UnitOfWork,
    shop: ShopConfig,
    lines: Sequence[WantedLine],
    currency: str | None = None,
    known: Iterable[ShelfVariant] = (),
) -> PricedItems:
    """Price lines from the catalog, in the shop's currency unless another one is asked for.

    A variant without a price in it is left out, and a message says so. Those that are `known` were
    read in this transaction, and are not read again.
    """
    code = currency or shop.currency
    variants = {variant.id: variant for variant in known}
    unread = [line.variant_row_id for line in lines if line.variant_row_id not in variants]
    variants.update(uow.shelf.by_id(unread))
    items: list[PricedItem] = []
    messages: list[Message] = []
    for line in lines:
        variant = variants[line.variant_row_id]
        amount = line.agreed_amount_minor
        if amount is None:
            price = price_of(variant, code, uow.now)
            amount = price.amount_minor if price is not None else None
        if amount is None:
            messages.append(Message("warning", "not_available", _unpriced(variant, code)))
            continue
        item = _item(variant, line.quantity, amount, shop, uow.now)
        if line.agreed_amount_minor is None:
            messages += _messages(item, line.seen_amount_minor, f"items[{len(items)}]")
        items.append(item)
    return PricedItems(tuple(items), tuple(messages))


def price_of(variant: Variant, currency: str, now: datetime) -> PriceNow | None:
    """Return the merchant's price in a currency at a moment, or None when there is none.

    `compare_at_minor` of the answer is there only while a lower price applies.
    """
    row = next((price for price in variant.prices if price.currency == currency), None)
    if row is None:
        return None
    return price_at(row.amount_minor, row.compare_at_minor, row.starts_at, row.ends_at, now=now)


def supply(variant: Variant) -> Supply:
    """Return what can be sold of a variant of a published product; nothing if it is archived."""
    if variant.state is not PublishState.ACTIVE:
        return Supply(0)
    stock = variant.stock
    return supply_of(stock.on_hand, stock.reserved, stock.policy, stock.backorder_limit)


def together(supplies: Iterable[Supply]) -> Supply:
    """Return what can be sold of several variants, as of one."""
    every = list(supplies)
    return Supply(
        units=sum(one.units for one in every),
        backorder=sum(one.backorder for one in every),
        preorder=sum(one.preorder for one in every),
        untracked=any(one.untracked for one in every),
    )


def sellable(of: Supply) -> int:
    """Return how many can be bought, pre- and backorders among them."""
    return UNTRACKED_LIMIT if of.untracked else of.units + of.backorder + of.preorder


def expected_at(variant: Variant, now: datetime) -> datetime | None:
    """Return when units beyond those at hand are expected, unless that moment is past."""
    at = variant.stock.available_at
    return at if at is not None and at > now else None


def pictures(items: Iterable[PricedItem | OrderLine]) -> Mapping[str, Picture]:
    """Return the pictures of the items by product."""
    return {item.product_slug: item.picture for item in items if item.picture is not None}


def _item(
    variant: ShelfVariant, quantity: int, amount: int, shop: ShopConfig, now: datetime
) -> PricedItem:
    product = variant.product
    left = supply(variant) if product.state is PublishState.ACTIVE else Supply(0)
    return PricedItem(
        variant_row_id=variant.id,
        product_slug=product.slug,
        category=product.category,
        tags=product.tags,
        weight_g=variant.weight_g,
        variant_handle=variant.handle,
        sku=variant.sku,
        name=product.title,
        variant=variant.title,
        quantity=quantity,
        unit_amount_minor=amount,
        supply=left,
        availability=left.availability(shop.low_stock_threshold),
        expected_at=expected_at(variant, now),
        undeliverable=product.undeliverable,
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
        said = Said(text, "page.message.price_changed", name=item.name)
        found.append(Message("warning", "price_changed", said, param))
    return [*found, *_supply_messages(item, param)]


def _supply_messages(item: PricedItem, param: str) -> list[Message]:
    named = f"{item.name} ({item.variant})" if item.variant else item.name
    if not item.sellable:
        text = Said(f"{named} is sold out.", "page.message.sold_out", name=named)
        fix = "remove it, or wait for more"
        return [Message("error", "out_of_stock", text, param, resolution=fix)]
    if item.quantity > item.sellable:
        text = _too_many(item, named)
        return [Message("error", "quantity_exceeded", text, param, resolution="lower the quantity")]
    if item.ahead:
        kind = "preorder" if item.supply.preorder else "backorder"
        return [Message("info", kind, _ahead(item, named, kind), param)]
    if item.availability is Availability.LOW_STOCK:
        text = _left(item.available_quantity, named)
        return [Message("info", "low_stock", text, param)]
    return []


def _unpriced(variant: ShelfVariant, code: str) -> Said:
    name = variant.product.title
    text = f"{name} has no price in {code} and was left out."
    return Said(text, "page.message.unpriced", name=name, currency=code)


def _left(count: int, named: str) -> Said:
    text = f"Only {count} of {named} are left."
    return Said(text, "page.message.left", name=named, count=count)


def _too_many(item: PricedItem, named: str) -> Said:
    count = item.sellable
    ahead = count - item.available_quantity
    if not ahead:
        return _left(count, named)
    text = f"Only {count} of {named} can be bought, {ahead} of them before they are here."
    return Said(text, "page.message.left_ahead", name=named, count=count, ahead=ahead)


def _ahead(item: PricedItem, named: str, kind: str) -> Said:
    count = "" if item.ahead == item.quantity else f"{item.ahead} of {item.quantity}: "
    when = f", expected {item.expected_at:%Y-%m-%d}" if item.expected_at else ""
    here = "not out yet" if kind == "preorder" else "not at hand now"
    text = f"{named}: {count}{here} and sold as a {kind}{when}."
    key = f"page.message.{kind}{'_some' if count else ''}{'_expected' if when else ''}"
    values: dict[str, object] = {"name": named}
    if count:
        values |= {"ahead": item.ahead, "quantity": item.quantity}
    if item.expected_at:
        values["day"] = item.expected_at.date()
    return Said(text, key, **values)
