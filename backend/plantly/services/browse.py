"""Look at the catalog: listings with filters, and products in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plantly.db import UnitOfWork
from plantly.db.tables import PriceRow, ProductRow, VariantRow
from plantly.domain.catalog import (
    COLLECTION,
    Availability,
    Facet,
    Picture,
    PublishState,
    Supply,
    supply_of,
)
from plantly.domain.catalog_price import next_turn, price_at
from plantly.domain.shop import Policy, ShopConfig
from plantly.services.facets import check_values
from plantly.services.items import expected_at, together
from plantly.services.listing import Browsed, list_products  # noqa: F401 - found here by others

_AHEAD = frozenset({Availability.BACKORDER, Availability.PREORDER})


@dataclass(frozen=True, slots=True)
class VariantDetail:
    """A variant for sale."""

    variant_id: str
    sku: str
    name: str
    options: tuple[str, ...]
    """One value for each option of the product."""
    gtin: str
    price_minor: int
    compare_at_minor: int | None
    price_turns_at: datetime | None
    """When the price changes next, if that is known."""
    supply: Supply
    availability: Availability
    available_at: datetime | None
    """When units are expected that are sold ahead of their arrival."""
    is_default: bool
    weight_g: int

    @property
    def available_quantity(self) -> int:
        """Return how many are at hand and free."""
        return self.supply.units


@dataclass(frozen=True, slots=True)
class ProductDetail:
    """A product with everything that a shopper may want to know."""

    slug: str
    title: str
    brand: str
    description: str
    care: str
    category: str
    category_slug: str
    tags: tuple[str, ...]
    collections: tuple[str, ...]
    undeliverable: tuple[str, ...]
    """Countries that it cannot be sent to."""
    currency: str
    options: tuple[str, ...]
    facets: tuple[tuple[Facet, tuple[str, ...]], ...]
    """Without the collections."""
    variants: tuple[VariantDetail, ...]
    pictures: tuple[Picture, ...]
    availability: Availability
    """Of all variants together, as in a listing."""
    updated_at: datetime
    as_of: datetime
    """The moment of which prices and stock are."""
    asked_for: tuple[str, ...] = ()
    """Ids of the variants that were asked for by id or by SKU."""

    @property
    def default(self) -> VariantDetail:
        """Return the variant that the product's own id stands for."""
        return next((v for v in self.variants if v.is_default), self.variants[0])


def get_products(
    uow: UnitOfWork, references: Sequence[str]
) -> tuple[list[ProductDetail], list[str]]:
    """Return products in the order asked for, and the references of which nothing can be bought.

    A reference is a product's slug, else a variant's id, else a SKU. What names a variant gives its
    product, which then says which variant was meant.
    """
    shop = uow.shop.current()
    wanted = list(dict.fromkeys(references))
    rows = uow.catalog.products(wanted)
    handles = uow.catalog.find_variants([name for name in wanted if name not in rows])
    others = {slug for slug, _ in handles.values()} - rows.keys()
    rows |= uow.catalog.products(others) if others else {}
    meant: dict[str, list[str]] = {}
    missing = []
    for name in wanted:
        slug, handle = (name, None) if name in rows else handles.get(name, (name, None))
        row = rows.get(slug)
        if row is None or not _is_sold(row, handle, shop.config.currency):
            missing.append(name)
            continue
        chosen = meant.setdefault(slug, [])
        if handle is not None and handle not in chosen:
            chosen.append(handle)
    details = [
        _detail(rows[slug], shop.config, shop.facets, tuple(asked), uow.now)
        for slug, asked in meant.items()
    ]
    return details, missing


def get_policies(uow: UnitOfWork, topic: str | None) -> tuple[ShopConfig, tuple[Policy, ...]]:
    """Return the shop's policies, or the one about a topic.

    Raises:
        InvalidInput: The shop has no policy about the topic; it says which topics there are.
    """
    config = uow.shop.current().config
    if topic is None:
        return config, config.policies
    found = tuple(p for p in config.policies if p.topic == topic)
    if not found:
        check_values("topic", [topic], [p.topic for p in config.policies])
    return config, found


def _is_sold(row: ProductRow, handle: str | None, currency: str) -> bool:
    return any(_price(v, currency) for v in row.variants if handle in {None, v.handle})


def _price(row: VariantRow, currency: str) -> PriceRow | None:
    if row.state is not PublishState.ACTIVE:
        return None
    return next((price for price in row.prices if price.currency == currency), None)


def _detail(
    row: ProductRow,
    shop: ShopConfig,
    facets: Sequence[Facet],
    asked_for: tuple[str, ...],
    now: datetime,
) -> ProductDetail:
    variants = tuple(
        _variant(variant, price, shop.low_stock_threshold, now)
        for variant in row.variants
        if (price := _price(variant, shop.currency)) is not None
    )
    values: Mapping[str, Sequence[str]] = row.facet_values
    return ProductDetail(
        slug=row.slug,
        title=row.title,
        brand=row.brand,
        description=row.description,
        care=row.care,
        category=row.category.name,
        category_slug=row.category.slug,
        tags=tuple(row.tags),
        collections=tuple(values.get(COLLECTION, ())),
        undeliverable=tuple(row.undeliverable),
        currency=shop.currency,
        options=tuple(row.option_names),
        facets=tuple(
            (facet, tuple(values[facet.key]))
            for facet in facets
            if facet.key != COLLECTION and values.get(facet.key)
        ),
        variants=variants,
        pictures=tuple(p for p in (Picture(m.path, m.alt) for m in row.media) if p.is_ours),
        availability=together(v.supply for v in variants).availability(shop.low_stock_threshold),
        updated_at=row.updated_at,
        as_of=now,
        asked_for=asked_for,
    )


def _variant(row: VariantRow, price: PriceRow, low: int, now: datetime) -> VariantDetail:
    dates = (price.starts_at, price.ends_at)
    current = price_at(price.amount_minor, price.compare_at_minor, *dates, now=now)
    stock = row.stock
    supply = supply_of(stock.on_hand, stock.reserved, stock.policy, stock.backorder_limit)
    state = supply.availability(low)
    return VariantDetail(
        variant_id=row.handle,
        sku=row.sku,
        name=row.title,
        options=tuple(row.option_values),
        gtin=row.gtin,
        price_minor=current.amount_minor,
        compare_at_minor=current.compare_at_minor,
        price_turns_at=next_turn(*dates, now=now),
        supply=supply,
        availability=state,
        available_at=expected_at(row, now) if state in _AHEAD else None,
        is_default=row.is_default,
        weight_g=row.weight_g,
    )
