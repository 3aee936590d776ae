"""Put whole products into a database row by row, past the writer that imports go through."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, select

from plantly.db import UnitOfWork
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
from plantly.domain.catalog_document import DEFAULT_CATEGORY, ProductDocument, StockDocument


def put_products(
    uow: UnitOfWork, products: Iterable[ProductDocument], facets: Iterable[Facet] = ()
) -> None:
    """Insert products with everything that they say, in this order."""
    rows = _Rows(uow.connection)
    for position, facet in enumerate([*facets, Facet("collection", "Collection", ())]):
        rows.facet(position, facet)
    for position, product in enumerate(products):
        rows.product(position, product, uow.now)


class _Rows:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        rows = connection.execute(select(CategoryRow.slug, CategoryRow.id))
        self._categories = {row.slug: row.id for row in rows}

    def facet(self, position: int, facet: Facet) -> None:
        self._insert(
            FacetRow,
            key=facet.key,
            title=facet.title,
            kind=facet.kind,
            unit=facet.unit,
            allowed_values=list(facet.values),
            position=position,
        )

    def product(self, position: int, product: ProductDocument, now: Any) -> None:
        facets = {key: list(values) for key, values in (product.facets or {}).items() if values}
        price = product.variants[0].prices[0].amount_minor if product.variants[0].prices else 0
        picture = product.media[0] if product.media else None
        product_id = self._insert(
            ProductRow,
            slug=product.slug,
            title=product.title,
            brand=product.brand or "",
            description=product.description or "",
            care=product.care or "",
            tags=list(product.tags or ()),
            category_id=self._category(product),
            option_names=list(product.options),
            undeliverable=list(product.undeliverable or ()),
            state=product.state or PublishState.ACTIVE,
            position=position,
            created_at=now,
            updated_at=now,
            units_sold=0,
            search_text="",
            sort_title=product.title.casefold()[:200],
            list_price_minor=price,
            price_from=False,
            facet_values=facets,
            picture_path=picture.file if picture else None,
            picture_alt=picture.alt if picture else None,
        )
        if product.collections:
            facets["collection"] = list(product.collections)
        self._parts(product_id, product, facets)
        for place in range(len(product.variants)):
            self._variant(product_id, place, product)

    def _parts(
        self, product_id: int, product: ProductDocument, facets: dict[str, list[str]]
    ) -> None:
        for key, values in facets.items():
            for value in values:
                self._insert(ProductFacetRow, product_id=product_id, facet_key=key, value=value)
        for place, media in enumerate(product.media or ()):
            self._insert(
                MediaRow,
                product_id=product_id,
                position=place,
                path=media.file,
                alt=media.alt,
                width=media.width,
                height=media.height,
            )

    def _variant(self, product_id: int, place: int, product: ProductDocument) -> None:
        variant = product.variants[place]
        variant_id = self._insert(
            VariantRow,
            product_id=product_id,
            handle=variant.id,
            sku=variant.sku,
            title=variant.title,
            option_values=list(variant.options),
            gtin=variant.gtin or "",
            is_default=variant.default,
            position=place,
            weight_g=variant.weight_g or 0,
            state=PublishState.ACTIVE,
        )
        for price in variant.prices:
            self._insert(
                PriceRow,
                variant_id=variant_id,
                currency=price.currency,
                amount_minor=price.amount_minor,
                compare_at_minor=price.compare_at_minor,
                starts_at=price.starts_at,
                ends_at=price.ends_at,
            )
        stock = variant.stock or StockDocument(0)
        self._insert(
            StockRow,
            variant_id=variant_id,
            on_hand=stock.on_hand or 0,
            reserved=0,
            policy=stock.policy,
            backorder_limit=stock.backorder_limit,
            available_at=stock.available_at,
        )

    def _category(self, product: ProductDocument) -> int:
        shelf = product.category or DEFAULT_CATEGORY
        if shelf.slug not in self._categories:
            self._categories[shelf.slug] = self._insert(
                CategoryRow, slug=shelf.slug, name=shelf.name, position=len(self._categories)
            )
        return self._categories[shelf.slug]

    def _insert(self, row: Any, **values: Any) -> int:
        table = row.__table__
        known = {name: value for name, value in values.items() if name in table.columns}
        key = self._connection.execute(insert(table).values(**known)).inserted_primary_key
        return int(key[0]) if key and isinstance(key[0], int) else 0
