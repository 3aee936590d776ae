"""The one writer of the catalog: inserts or updates products by slug, variants by SKU."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from plantly.db.search.index import SearchIndex
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
    DEFAULT_CATEGORY,
    CategoryDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.errors import InvalidInput
from plantly.domain.words import SearchEntry, fold, search_entry


class CatalogWriter:
    """Writes the catalog; writing the same document twice changes nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write_categories(self, categories: Sequence[CategoryDocument]) -> dict[str, int]:
        """Insert or update categories in their order; return row ids by slug."""
        rows = {row.slug: row for row in self._session.scalars(select(CategoryRow))}
        for position, (slug, name) in enumerate((c.slug, c.name) for c in categories):
            row = rows.get(slug)
            if row is None:
                row = rows[slug] = CategoryRow(slug=slug, name=name, position=position)
                self._session.add(row)
            row.name, row.position = name, position
        self._session.flush()
        return {slug: row.id for slug, row in rows.items()}

    def write_facets(self, facets: Sequence[Facet]) -> None:
        """Insert or update facets with their values, in their order."""
        for position, facet in enumerate(facets):
            row = self._session.get(FacetRow, facet.key) or FacetRow(key=facet.key)
            row.title, row.allowed_values = facet.title, list(facet.values)
            row.kind, row.unit = facet.kind, facet.unit
            row.position = position
            self._session.add(row)
        self._session.flush()

    def write_product(
        self,
        document: ProductDocument,
        *,
        position: int,
        currency: str,
        now: datetime,
    ) -> None:
        """Insert or update one product with its variants.

        Stock is set for new variants only: what has been sold since must not come back.
        """
        category = document.category or DEFAULT_CATEGORY
        category_id = self._session.scalars(
            select(CategoryRow.id).where(CategoryRow.slug == category.slug)
        ).one()
        row = self._session.scalars(
            select(ProductRow).where(ProductRow.slug == document.slug)
        ).one_or_none()
        if row is None:
            row = ProductRow(slug=document.slug, created_at=now, updated_at=now, units_sold=0)
            self._session.add(row)
        row.title, row.brand = document.title, document.brand or ""
        row.description, row.care = document.description or "", document.care or ""
        row.tags, row.undeliverable = list(document.tags or ()), list(document.undeliverable or ())
        row.category_id = category_id
        row.option_names = list(document.options)
        row.state, row.position, row.updated_at = PublishState.ACTIVE, position, now
        self._refresh_listing(row, document)
        self._session.flush()
        self._write_parts(row.id, document)
        self._write_variants(row.id, document.variants, currency)
        entry = _search_entry(document)
        SearchIndex(self._session.connection()).put([(row.id, entry)])

    def _refresh_listing(self, row: ProductRow, document: ProductDocument) -> None:
        prices = [variant.prices[0].amount_minor for variant in document.variants]
        default = next(v for v in document.variants if v.default)
        row.list_price_minor = default.prices[0].amount_minor
        # "From" is only true of the lowest price.
        row.price_from = row.list_price_minor == min(prices) < max(prices)
        row.facet_values = {key: list(values) for key, values in (document.facets or {}).items()}
        row.sort_title = fold(document.title)[:200]
        picture = document.media[0] if document.media else None
        row.picture_path = picture.file if picture else None
        row.picture_alt = picture.alt if picture else None

    def _write_parts(self, product_id: int, document: ProductDocument) -> None:
        self._session.execute(
            delete(ProductFacetRow).where(ProductFacetRow.product_id == product_id)
        )
        self._session.execute(delete(MediaRow).where(MediaRow.product_id == product_id))
        self._session.add_all(
            ProductFacetRow(product_id=product_id, facet_key=key, value=value)
            for key, values in (document.facets or {}).items()
            for value in values
        )
        self._session.add_all(
            MediaRow(
                product_id=product_id,
                position=position,
                path=media.file,
                alt=media.alt,
                width=media.width,
                height=media.height,
            )
            for position, media in enumerate(document.media or ())
        )

    def _write_variants(
        self, product_id: int, variants: Sequence[VariantDocument], currency: str
    ) -> None:
        rows = self._variants_for(product_id, variants)
        owners = {variant.id: variant.sku for variant in variants}
        for row in rows.values():
            if owners.get(row.handle, row.sku) != row.sku:
                # An id that goes to another SKU is free before it is taken.
                row.handle = f"~{row.id}"
        for gone in rows.keys() - {variant.sku for variant in variants}:
            rows[gone].state, rows[gone].is_default = PublishState.ARCHIVED, False
        for row in rows.values():
            row.is_default = False
        # Only one variant may be the default, at every moment: first none, then the new one.
        self._session.flush()
        for position, variant in enumerate(variants):
            row = rows.get(variant.sku) or VariantRow(sku=variant.sku, product_id=product_id)
            row.handle, row.title = variant.id or variant.sku.lower(), variant.title
            row.option_values, row.weight_g = list(variant.options), variant.weight_g or 0
            row.gtin = variant.gtin or ""
            row.position, row.is_default = position, variant.default
            row.state = PublishState.ACTIVE
            self._session.add(row)
            self._session.flush()
            self._write_price(row.id, variant, currency)
            if variant.sku not in rows:
                stock = variant.stock or StockDocument(0)
                self._session.add(
                    StockRow(
                        variant_id=row.id,
                        on_hand=stock.on_hand or 0,
                        reserved=0,
                        policy=stock.policy,
                        backorder_limit=stock.backorder_limit,
                        available_at=stock.available_at,
                    )
                )

    def _variants_for(
        self, product_id: int, variants: Sequence[VariantDocument]
    ) -> dict[str, VariantRow]:
        """Return the rows of a product by SKU, and check that it takes nobody else's name."""
        found = self._session.scalars(
            select(VariantRow).where(
                or_(
                    VariantRow.product_id == product_id,
                    VariantRow.sku.in_([variant.sku for variant in variants]),
                    VariantRow.handle.in_([variant.id for variant in variants]),
                )
            )
        ).all()
        for row in found:
            if row.product_id != product_id:
                text = f"SKU {row.sku} or variant id {row.handle} belongs to another product."
                raise InvalidInput("variants", text)
        return {row.sku: row for row in found}

    def _write_price(self, variant_id: int, variant: VariantDocument, currency: str) -> None:
        price = self._session.get(PriceRow, (variant_id, currency)) or PriceRow(
            variant_id=variant_id, currency=currency
        )
        price.amount_minor = variant.prices[0].amount_minor
        price.compare_at_minor = variant.prices[0].compare_at_minor
        self._session.add(price)


def _search_entry(document: ProductDocument) -> SearchEntry:
    category = document.category or DEFAULT_CATEGORY
    facets = [(k, v) for k, values in (document.facets or {}).items() for v in values]
    labels = [document.brand or "", category.name, *(document.tags or ()), *(v for _, v in facets)]
    labels += [text for variant in document.variants for text in (variant.title, variant.sku)]
    body = [document.description or "", document.care or ""]
    return search_entry(document.title, labels, body, [("category", category.slug), *facets])
