"""What the shop has of the products of a batch, read in a handful of statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, JSON, Connection, Select, any_, bindparam, func, select

from plantly.db.tables import (
    CatalogChangeRow,
    MediaRow,
    PriceRow,
    ProductFacetRow,
    ProductRow,
    StockRow,
    VariantRow,
)
from plantly.domain.catalog import ChangeKind, PublishState, StockPolicy
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


PRUNED = "pruned"
"""Marks in the history what nobody archived by hand."""
Asked = Select[*tuple[Any, ...]]
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
    was_pruned: bool = False
    """It was archived because a source had it no more, and by nobody since."""


class _Statements(NamedTuple):
    """What is asked, each about a list of names or row ids."""

    ids_by_slug: Asked
    owners_by_sku: Asked
    owners_by_handle: Asked
    products: Asked
    variants: Asked
    prices: Asked
    stock: Asked
    facets: Asked
    media: Asked
    states: Asked


def _columns(row: type[Any], values: type[Any]) -> list[Any]:
    return [getattr(row, name) for name in values._fields]


def _statements(among: Callable[[Any], Any]) -> _Statements:
    product, variant, price = ProductRow, VariantRow, PriceRow
    stock, facet, media, change = StockRow, ProductFacetRow, MediaRow, CatalogChangeRow
    of_products = among(variant.product_id)
    parts = variant.id, variant.product_id, variant.sku, *_columns(variant, VariantValues)
    amounts = price.amount_minor, price.compare_at_minor, price.starts_at, price.ends_at
    pictures = media.path, media.alt, media.width, media.height
    return _Statements(
        ids_by_slug=select(product.slug, product.id).where(among(product.slug)),
        owners_by_sku=select(variant.sku, variant.product_id).where(among(variant.sku)),
        owners_by_handle=select(variant.handle, variant.product_id).where(among(variant.handle)),
        products=select(
            *(product.id, product.slug, product.position, product.seen_in),
            *_columns(product, ProductValues),
        ).where(among(product.id)),
        variants=select(*parts).where(of_products).order_by(variant.position, variant.id),
        prices=select(price.variant_id, price.currency, *amounts)
        .join(variant, variant.id == price.variant_id)
        .where(of_products),
        # Buyers of these variants wait until the batch is written, so that what is read here still
        # holds when it is written. In the order of the ids, as a sale takes them.
        stock=select(stock.variant_id, stock.reserved, *_columns(stock, Stock))
        .join(variant, variant.id == stock.variant_id)
        .where(of_products)
        .order_by(stock.variant_id)
        .with_for_update(of=stock),
        facets=select(facet.product_id, facet.facet_key, facet.value).where(
            among(facet.product_id)
        ),
        media=select(media.product_id, *pictures)
        .where(among(media.product_id))
        .order_by(media.product_id, media.position),
        states=select(change.slug, change.after)
        .where(among(change.slug), change.kind == ChangeKind.STATE, change.sku.is_(None))
        .order_by(change.id),
    )


# As one value, however long the list is: neither database takes very many.
_SQLITE = _statements(
    lambda column: column.in_(
        select(func.json_each(bindparam("wanted", type_=JSON())).table_valued("value").c.value)
    )
)
_POSTGRES = _statements(
    lambda column: column == any_(bindparam("wanted", type_=ARRAY(column.type)))
)


class Shelf:
    """Reads what the shop has."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._asked = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES

    def ids_by_slug(self, slugs: Iterable[str]) -> dict[str, int]:
        """Return products by slug."""
        return dict(self._pairs(self._asked.ids_by_slug, slugs))

    def owners_by_sku(self, skus: Iterable[str]) -> dict[str, int]:
        """Return the products that SKUs belong to."""
        return dict(self._pairs(self._asked.owners_by_sku, skus))

    def owners_by_handle(self, handles: Iterable[str]) -> dict[str, int]:
        """Return the products that variant ids belong to."""
        return dict(self._pairs(self._asked.owners_by_handle, handles))

    def products(
        self, product_ids: Iterable[int], *, with_stock: bool = False
    ) -> dict[int, KeptProduct]:
        """Return products with everything that belongs to them, and stock if it is to be set."""
        wanted = sorted(set(product_ids))
        found = {
            row[0]: KeptProduct(row[0], row[1], ProductValues(*row[4:]), row[2], row[3])
            for row in self._rows(self._asked.products, wanted)
        }
        if not found:
            return found
        variants: dict[int, KeptVariant] = {}
        for row in self._rows(self._asked.variants, wanted):
            variant = KeptVariant(row[0], row[1], row[2], VariantValues(*row[3:]))
            variants[variant.id] = variant
            found[variant.product_id].variants.append(variant)
        for variant_id, *price in self._rows(self._asked.prices, wanted):
            variants[variant_id].prices[price[0]] = PriceDocument(*price)
        if with_stock:
            for variant_id, reserved, *stock in self._rows(self._asked.stock, wanted):
                variants[variant_id].stock = Stock(*stock)
                variants[variant_id].reserved = reserved
        for product_id, key, value in self._rows(self._asked.facets, wanted):
            found[product_id].facets.add((key, value))
        media: defaultdict[int, list[Media]] = defaultdict(list)
        for product_id, *picture in self._rows(self._asked.media, wanted):
            media[product_id].append((picture[0], picture[1], picture[2], picture[3]))
        for product_id, pictures in media.items():
            found[product_id].media = pictures
        return found

    def look_for_pruned(self, products: Iterable[KeptProduct]) -> None:
        """Find out which products were archived because a source had them no more."""
        archived = {p.slug: p for p in products if p.values.state is PublishState.ARCHIVED}
        for slug, after in self._rows(self._asked.states, sorted(archived)):
            # The last change decides.
            archived[slug].was_pruned = PRUNED in after

    def _pairs(self, statement: Asked, wanted: Iterable[str]) -> Iterable[tuple[str, int]]:
        return ((row[0], row[1]) for row in self._rows(statement, sorted(set(wanted))))

    def _rows(self, statement: Asked, wanted: Sequence[object]) -> Sequence[Any]:
        if not wanted:
            return ()
        return self._connection.execute(statement, {"wanted": wanted}).all()
