"""Shopify's product CSV: a row for each variant, with the pictures beside and below them."""

from collections.abc import Iterator
from itertools import zip_longest

from plantly.domain.catalog import PublishState, StockPolicy
from plantly.domain.catalog_document import (
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.catalog_price import price_at
from plantly.services.exports.delimited import csv_rows
from plantly.services.exports.documents import ExportContext, decimal_text
from plantly.services.exports.html_source import html_of
from plantly.services.formats.html_text import source_of
from plantly.services.formats.tidy import joined_names

_OPTIONS = ("Option1", "Option2", "Option3")
_COLUMNS = (
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    *(f"{option} {part}" for option in _OPTIONS for part in ("Name", "Value")),
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "Variant Weight Unit",
)
_STATUS = "Status"
_METAFIELD = "{} (product.metafields.plantly.{})"
_CARE = _METAFIELD.format("Care", "care")
_UNDELIVERABLE = _METAFIELD.format("Undeliverable", "undeliverable")
_COLLECTIONS = _METAFIELD.format("Collections", "collections")

Cells = dict[str, str]


class ShopifyWriter:
    """Writes the columns that Shopify's own export has, and metafields for what it lacks."""

    def __init__(self, context: ExportContext) -> None:
        self._context = context
        # The title of a facet may have changed its place, never its key.
        self._facets = {f.key: _METAFIELD.format(f.title, f.key) for f in context.facets}
        own = (_CARE, _UNDELIVERABLE, _COLLECTIONS)
        self._columns = (*_COLUMNS, *self._facets.values(), *own, _STATUS)

    def start(self) -> str:
        """Return the titles of the columns."""
        return csv_rows([self._columns])

    def product(self, product: ProductDocument) -> str:
        """Return the rows of a product."""
        return csv_rows(
            [row.get(name, "") for name in self._columns] for row in self._rows(product)
        )

    def end(self) -> str:
        """Return nothing."""
        return ""

    def _rows(self, product: ProductDocument) -> Iterator[Cells]:
        variants = self._context.default_first(product)
        if not variants:
            return
        shared = self._shared(product)
        pairs = zip_longest(variants, product.media or ())
        for position, (offered, media) in enumerate(pairs, start=1):
            row = {"Handle": product.slug, **shared}
            if offered is not None:
                row |= self._variant(product, *offered)
            if media is not None:
                row |= self._picture(media, position)
            yield row
            shared = {}

    def _shared(self, product: ProductDocument) -> Cells:
        names = product.options or ("Title",)
        active = product.state is PublishState.ACTIVE
        facets = (product.facets or {}).items()
        return {
            "Title": product.title,
            "Body (HTML)": html_of(product.description or ""),
            "Vendor": product.brand or "",
            "Type": product.category.name if product.category else "",
            "Tags": joined_names(product.tags or (), ","),
            "Published": str(active).lower(),
            "Gift Card": "false",
            **{f"{option} Name": name for option, name in zip(_OPTIONS, names, strict=False)},
            **{self._facets[key]: joined_names(values, ";") for key, values in facets},
            _CARE: source_of(product.care or ""),
            _UNDELIVERABLE: "; ".join(product.undeliverable or ()),
            _COLLECTIONS: joined_names(product.collections or (), ";"),
            _STATUS: product.state.value if product.state else "",
        }

    def _variant(
        self, product: ProductDocument, variant: VariantDocument, price: PriceDocument
    ) -> Cells:
        now = price_at(
            price.amount_minor,
            price.compare_at_minor,
            price.starts_at,
            price.ends_at,
            now=self._context.now,
        )
        values = variant.options if product.options else ("Default Title",)
        before = now.compare_at_minor
        return {
            **{f"{option} Value": value for option, value in zip(_OPTIONS, values, strict=False)},
            "Variant SKU": variant.sku,
            "Variant Grams": str(variant.weight_g or 0),
            "Variant Fulfillment Service": "manual",
            "Variant Price": decimal_text(now.amount_minor, price.currency),
            "Variant Compare At Price": (
                "" if before is None else decimal_text(before, price.currency)
            ),
            "Variant Requires Shipping": "true",
            "Variant Taxable": "true",
            "Variant Barcode": variant.gtin or "",
            "Variant Weight Unit": "g",
            **_stock(variant.stock),
        }

    def _picture(self, media: MediaDocument, position: int) -> Cells:
        return {
            "Image Src": self._context.picture_address(media.file),
            "Image Position": str(position),
            "Image Alt Text": media.alt,
        }


def _stock(stock: StockDocument | None) -> Cells:
    """Return the cells of stock: without a tracker nothing is counted."""
    if stock is None or stock.policy is StockPolicy.UNTRACKED or stock.on_hand is None:
        return {"Variant Inventory Policy": "deny"}
    return {
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": str(stock.on_hand),
        "Variant Inventory Policy": "deny" if stock.policy is StockPolicy.DENY else "continue",
    }
