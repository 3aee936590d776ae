"""What the shop has of the products of a batch, read in a handful of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, select

from plantly.db.tables import (
    MediaRow,
    PriceRow,
    ProductFacetRow,
    ProductRow,
    StockRow,
    VariantRow,
)
from plantly.domain.catalog import PublishState, StockPolicy
from plantly.domain.catalog_document import PriceDocument


class ProductValues(NamedTuple):
    """The columns of a product that its source or its rows decide, in the order of `COLUMNS`."""

    title: str
    brand: str
    description: str
    care: str
    tags: list[str]
    category_id: int
    option_names: list[str]
    undeliverable: list[str]
    state: PublishState
    sort_title: str
    list_price_minor: int
    price_from: bool
    price_turns_at: datetime | None
    facet_values: dict[str, list[str]]
    picture_path: str | None
    picture_alt: str | None


class VariantValues(NamedTuple):
    """The columns of a variant that its source decides."""

    handle: str
    title: str
    option_values: list[str]
    gtin: str
    is_default: bool
    position: int
    weight_g: int
    state: PublishState


class Stock(NamedTuple):
    """The stock of a variant. What buyers hold of it is not the source's to say."""

    on_hand: int
    policy: StockPolicy
    backorder_limit: int
    available_at: datetime | None


Media = tuple[str, str, int, int]
"""Path, alternative text, width and height."""


@dataclass(slots=True)
class KeptVariant:
    """A variant that the shop has."""

    id: int
    product_id: int
    sku: str
    values: VariantValues
    prices: dict[str, PriceDocument] = field(default_factory=dict)
    stock: Stock | None = None
    reserved: int = 0


@dataclass(slots=True)
class KeptProduct:
    """A product that the shop has."""

    id: int
    slug: str
    values: ProductValues
    position: int
    seen_in: int | None
    variants: list[KeptVariant] = field(default_factory=list)
    facets: set[tuple[str, str]] = field(default_factory=set)
    media: list[Media] = field(default_factory=list)


_WANTED: Any = bindparam("wanted", expanding=True)


def _columns(row: type[Any], values: type[Any]) -> list[Any]:
    return [getattr(row, name) for name in values._fields]


_IDS_BY_SLUG = select(ProductRow.slug, ProductRow.id).where(ProductRow.slug.in_(_WANTED))
_OWNERS_BY_SKU = select(VariantRow.sku, VariantRow.product_id).where(VariantRow.sku.in_(_WANTED))
_OWNERS_BY_HANDLE = select(VariantRow.handle, VariantRow.product_id).where(
    VariantRow.handle.in_(_WANTED)
)
_PRODUCTS = select(
    ProductRow.id,
    ProductRow.slug,
    ProductRow.position,
    ProductRow.seen_in,
    *_columns(ProductRow, ProductValues),
).where(ProductRow.id.in_(_WANTED))
_VARIANTS = (
    select(
        VariantRow.id,
        VariantRow.product_id,
        VariantRow.sku,
        *_columns(VariantRow, VariantValues),
    )
    .where(VariantRow.product_id.in_(_WANTED))
    .order_by(VariantRow.position, VariantRow.id)
)
_PRICES = (
    select(
        PriceRow.variant_id,
        PriceRow.currency,
        PriceRow.amount_minor,
        PriceRow.compare_at_minor,
        PriceRow.starts_at,
        PriceRow.ends_at,
    )
    .join(VariantRow, VariantRow.id == PriceRow.variant_id)
    .where(VariantRow.product_id.in_(_WANTED))
)
# Buyers of these variants wait until the batch is written, so that what is read here still holds
# when it is written. In the order of the ids, as a sale takes them.
_STOCK = (
    select(
        StockRow.variant_id,
        StockRow.reserved,
        StockRow.on_hand,
        StockRow.policy,
        StockRow.backorder_limit,
        StockRow.available_at,
    )
    .join(VariantRow, VariantRow.id == StockRow.variant_id)
    .where(VariantRow.product_id.in_(_WANTED))
    .order_by(StockRow.variant_id)
    .with_for_update(of=StockRow)
)
_FACETS = select(
    ProductFacetRow.product_id, ProductFacetRow.facet_key, ProductFacetRow.value
).where(ProductFacetRow.product_id.in_(_WANTED))
_MEDIA = (
    select(MediaRow.product_id, MediaRow.path, MediaRow.alt, MediaRow.width, MediaRow.height)
    .where(MediaRow.product_id.in_(_WANTED))
    .order_by(MediaRow.product_id, MediaRow.position)
)


class Shelf:
    """Reads what the shop has."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ids_by_slug(self, slugs: Iterable[str]) -> dict[str, int]:
        """Return products by slug."""
        return dict(self._pairs(_IDS_BY_SLUG, slugs))

    def owners_by_sku(self, skus: Iterable[str]) -> dict[str, int]:
        """Return the products that SKUs belong to."""
        return dict(self._pairs(_OWNERS_BY_SKU, skus))

    def owners_by_handle(self, handles: Iterable[str]) -> dict[str, int]:
        """Return the products that variant ids belong to."""
        return dict(self._pairs(_OWNERS_BY_HANDLE, handles))

    def products(
        self, product_ids: Iterable[int], *, with_stock: bool = False
    ) -> dict[int, KeptProduct]:
        """Return products with everything that belongs to them, and stock if it is to be set."""
        wanted = sorted(set(product_ids))
        found = {
            row[0]: KeptProduct(row[0], row[1], ProductValues(*row[4:]), row[2], row[3])
            for row in self._rows(_PRODUCTS, wanted)
        }
        if not found:
            return found
        variants: dict[int, KeptVariant] = {}
        for row in self._rows(_VARIANTS, wanted):
            variant = KeptVariant(row[0], row[1], row[2], VariantValues(*row[3:]))
            variants[variant.id] = variant
            found[variant.product_id].variants.append(variant)
        for variant_id, *price in self._rows(_PRICES, wanted):
            variants[variant_id].prices[price[0]] = PriceDocument(*price)
        if with_stock:
            for variant_id, reserved, *stock in self._rows(_STOCK, wanted):
                variants[variant_id].stock = Stock(*stock)
                variants[variant_id].reserved = reserved
        for product_id, key, value in self._rows(_FACETS, wanted):
            found[product_id].facets.add((key, value))
        media: defaultdict[int, list[Media]] = defaultdict(list)
        for product_id, *picture in self._rows(_MEDIA, wanted):
            media[product_id].append((picture[0], picture[1], picture[2], picture[3]))
        for product_id, pictures in media.items():
            found[product_id].media = pictures
        return found

    def _pairs(
        self, statement: Select[*tuple[Any, ...]], wanted: Iterable[str]
    ) -> Iterable[tuple[str, int]]:
        return ((row[0], row[1]) for row in self._rows(statement, sorted(set(wanted))))

    def _rows(self, statement: Select[*tuple[Any, ...]], wanted: Sequence[object]) -> Sequence[Any]:
        if not wanted:
            return ()
        return self._connection.execute(statement, {"wanted": wanted}).all()
