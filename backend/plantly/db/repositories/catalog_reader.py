"""Reads the whole catalog as documents, in batches that are quick to read and small to hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal, select, tuple_

from plantly.db.tables import (
    CategoryRow,
    FacetRow,
    MediaRow,
    PriceRow,
    ProductFacetRow,
    ProductRow,
    StockRow,
    VariantRow,
)
from plantly.domain.catalog import Facet, PublishState
from plantly.domain.catalog_document import (
    CatalogHead,
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.money import Currency

COLLECTIONS = "collection"
"""The facet that holds the collections of products."""

_BEFORE_EVERYTHING = -(2**31)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a reading is: in the shop window, or behind it among what shoppers do not see."""

    position: int = _BEFORE_EVERYTHING
    product_id: int = 0
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Some products, and where the next ones are; None after the last."""

    products: tuple[ProductDocument, ...]
    after: Bookmark | None


class CatalogReader:
    """Makes documents of rows: five statements a batch, however large the catalog is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self, currency: Currency) -> CatalogHead:
        """Return the facets and the shelves in their order; collections are not among them."""
        return CatalogHead(
            currency=currency,
            facets=tuple(
                Facet(key, title, tuple(values), kind, unit)
                for key, title, values, kind, unit in self._connection.execute(_FACETS)
                if key != COLLECTIONS
            ),
            categories=tuple(
                CategoryDocument(slug, name) for slug, name in self._connection.execute(_CATEGORIES)
            ),
        )

    def count(self, *, everything: bool) -> int:
        """Return how many products a reading to the end would give."""
        statement = select(func.count()).select_from(ProductRow)
        if not everything:
            statement = statement.where(_SEEN)
        return self._connection.execute(statement).scalar_one()

    def batch(self, after: Bookmark, limit: int, *, everything: bool, free: bool = False) -> Batch:
        """Return the next products, those that shoppers see first and in the shop's order.

        With `everything` the drafts and the archived follow. With `free` the units at hand are
        those that nobody holds. A product of which no variant is left is passed over.
        """
        statement = _BEHIND if after.behind else _WINDOW
        values = {"position": after.position, "product_id": after.product_id, "limit": limit}
        rows = self._connection.execute(statement, values).all()
        next_after: Bookmark | None = None
        if len(rows) == limit:
            next_after = Bookmark(rows[-1].position, rows[-1].id, after.behind)
        elif everything and not after.behind:
            next_after = Bookmark(behind=True)
        return Batch(self._documents(rows, free=free), next_after)

    def _documents(self, rows: Sequence[Any], *, free: bool) -> tuple[ProductDocument, ...]:
        if not rows:
            return ()
        wanted = {"wanted": [row.id for row in rows]}
        facets: defaultdict[int, dict[str, list[str]]] = defaultdict(dict)
        for product_id, key, value in self._connection.execute(_VALUES, wanted):
            facets[product_id].setdefault(key, []).append(value)
        media: defaultdict[int, list[MediaDocument]] = defaultdict(list)
        for product_id, *parts in self._connection.execute(_MEDIA, wanted):
            media[product_id].append(MediaDocument(*parts))
        variants = self._variants(wanted, free=free)
        return tuple(
            _product(row, facets[row.id], tuple(media[row.id]), tuple(variants[row.id]))
            for row in rows
            if row.id in variants
        )

    def _variants(
        self, wanted: dict[str, list[int]], *, free: bool
    ) -> Mapping[int, list[VariantDocument]]:
        prices: defaultdict[int, list[PriceDocument]] = defaultdict(list)
        for variant_id, *parts in self._connection.execute(_PRICES, wanted):
            prices[variant_id].append(PriceDocument(*parts))
        variants: dict[int, list[VariantDocument]] = {}
        for row in self._connection.execute(_VARIANTS, wanted):
            on_hand = row.on_hand - row.reserved if free else row.on_hand
            variants.setdefault(row.product_id, []).append(
                VariantDocument(
                    sku=row.sku,
                    title=row.title,
                    options=tuple(row.option_values),
                    prices=tuple(prices[row.id]),
                    id=row.handle,
                    stock=StockDocument(on_hand, row.policy, row.backorder_limit, row.available_at),
                    weight_g=row.weight_g,
                    gtin=row.gtin,
                    default=row.is_default,
                )
            )
        return variants


def _product(
    row: Any,
    facets: Mapping[str, list[str]],
    media: tuple[MediaDocument, ...],
    variants: tuple[VariantDocument, ...],
) -> ProductDocument:
    values = {key: _in_order(found, row.facet_values.get(key)) for key, found in facets.items()}
    collections = values.pop(COLLECTIONS, ())
    return ProductDocument(
        slug=row.slug,
        title=row.title,
        variants=variants,
        category=CategoryDocument(row.category_slug, row.category_name),
        description=row.description,
        care=row.care,
        brand=row.brand,
        tags=tuple(row.tags),
        collections=collections,
        facets=values,
        media=media,
        options=tuple(row.option_names),
        state=row.state,
        undeliverable=tuple(row.undeliverable),
    )


def _in_order(found: list[str], shown: list[str] | None) -> tuple[str, ...]:
    """Return values in the order that the merchant gave them, which listings keep."""
    ordered = sorted(found)
    return tuple(shown) if shown and sorted(shown) == ordered else tuple(ordered)


# Written into the statement, as the index of the shop window has it.
_SEEN: Any = ProductRow.state == literal(PublishState.ACTIVE, literal_execute=True)
_COLUMNS = (
    ProductRow.id,
    ProductRow.position,
    ProductRow.slug,
    ProductRow.title,
    ProductRow.description,
    ProductRow.care,
    ProductRow.brand,
    ProductRow.tags,
    ProductRow.facet_values,
    ProductRow.option_names,
    ProductRow.state,
    ProductRow.undeliverable,
    CategoryRow.slug.label("category_slug"),
    CategoryRow.name.label("category_name"),
)
_AFTER_ID = bindparam("product_id", type_=ProductRow.id.type)
_PRODUCTS = (
    select(*_COLUMNS)
    .join(CategoryRow, CategoryRow.id == ProductRow.category_id)
    .limit(bindparam("limit", type_=ProductRow.id.type))
)
_WINDOW = _PRODUCTS.where(
    _SEEN,
    tuple_(ProductRow.position, ProductRow.id)
    > tuple_(bindparam("position", type_=ProductRow.position.type), _AFTER_ID),
).order_by(ProductRow.position, ProductRow.id)
_BEHIND = _PRODUCTS.where(~_SEEN, ProductRow.id > _AFTER_ID).order_by(ProductRow.id)

_FACETS = select(
    FacetRow.key, FacetRow.title, FacetRow.allowed_values, FacetRow.kind, FacetRow.unit
).order_by(FacetRow.position, FacetRow.key)
_CATEGORIES = select(CategoryRow.slug, CategoryRow.name).order_by(
    CategoryRow.position, CategoryRow.id
)


def _wanted(column: Any) -> Any:
    return column.in_(bindparam("wanted", expanding=True))


_VALUES: Select[*tuple[Any, ...]] = (
    select(ProductFacetRow.product_id, ProductFacetRow.facet_key, ProductFacetRow.value)
    .join(FacetRow, FacetRow.key == ProductFacetRow.facet_key)
    .where(_wanted(ProductFacetRow.product_id))
    .order_by(FacetRow.position, FacetRow.key, ProductFacetRow.value)
)
_MEDIA: Select[*tuple[Any, ...]] = (
    select(MediaRow.product_id, MediaRow.path, MediaRow.alt, MediaRow.width, MediaRow.height)
    .where(_wanted(MediaRow.product_id))
    .order_by(MediaRow.product_id, MediaRow.position)
)
_KEPT: Any = VariantRow.state != literal(PublishState.ARCHIVED, literal_execute=True)
_VARIANTS: Select[*tuple[Any, ...]] = (
    select(
        VariantRow.id,
        VariantRow.product_id,
        VariantRow.sku,
        VariantRow.title,
        VariantRow.option_values,
        VariantRow.handle,
        VariantRow.weight_g,
        VariantRow.gtin,
        VariantRow.is_default,
        StockRow.on_hand,
        StockRow.reserved,
        StockRow.policy,
        StockRow.backorder_limit,
        StockRow.available_at,
    )
    .join(StockRow, StockRow.variant_id == VariantRow.id)
    .where(_wanted(VariantRow.product_id), _KEPT)
    .order_by(VariantRow.product_id, VariantRow.position, VariantRow.id)
)
_PRICES: Select[*tuple[Any, ...]] = (
    select(
        PriceRow.variant_id,
        PriceRow.currency,
        PriceRow.amount_minor,
        PriceRow.compare_at_minor,
        PriceRow.starts_at,
        PriceRow.ends_at,
    )
    .join(VariantRow, VariantRow.id == PriceRow.variant_id)
    .where(_wanted(VariantRow.product_id), _KEPT)
    .order_by(PriceRow.variant_id, PriceRow.currency)
)
