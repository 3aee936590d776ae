"""WooCommerce's product CSV: simple products, and variable ones with a row for each variation."""

from collections.abc import Iterable, Iterator, Sequence

from plantly.domain.catalog import PublishState, StockPolicy
from plantly.domain.catalog_document import (
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.services.exports.delimited import csv_rows
from plantly.services.exports.documents import ExportContext, decimal_text, instant_text
from plantly.services.exports.html_source import html_of
from plantly.services.formats.html_text import source_of
from plantly.services.formats.tidy import joined_names

_COLUMNS = (
    "Type",
    "SKU",
    "GTIN, UPC, EAN, or ISBN",
    "Name",
    "Slug",
    "Published",
    "Visibility in catalog",
    "Description",
    "Date sale price starts",
    "Date sale price ends",
    "Tax status",
    "In stock?",
    "Stock",
    "Backorders allowed?",
    "Weight (g)",
    "Sale price",
    "Regular price",
    "Categories",
    "Tags",
    "Images",
    "Parent",
    "Position",
    "Brands",
)
_ATTRIBUTE_PARTS = ("name", "value(s)", "visible", "global", "default")
_OPTIONS = 3
_CARE = "Meta: plantly_care"
_UNDELIVERABLE = "Meta: plantly_undeliverable"
_PUBLISHED = {PublishState.ACTIVE: "1", PublishState.ARCHIVED: "0", PublishState.DRAFT: "-1"}

_FORMULA = ("=", "+", "-", "@")

Cells = dict[str, str]
Attribute = tuple[str, str, str]
"""Name, values as they are written, and default."""


class WooCommerceWriter:
    """Writes the columns that WooCommerce's own export has, and meta fields for what it lacks."""

    def __init__(self, context: ExportContext) -> None:
        self._context = context
        self._titles = {facet.key: facet.title for facet in context.facets}
        attributes = range(1, _OPTIONS + len(self._titles) + 1)
        self._columns = (
            *_COLUMNS,
            *(f"Attribute {n} {part}" for n in attributes for part in _ATTRIBUTE_PARTS),
            _CARE,
            _UNDELIVERABLE,
        )

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
        variants = self._context.priced(product)
        if not variants:
            return
        shared = self._shared(product)
        facets = self._facets(product)
        if not product.options:
            row = {**shared, **_attribute_cells(facets), **_offered(*variants[0])}
            yield {**row, "Type": "simple"}
            return
        options = _options(product, [variant for variant, _ in variants])
        yield {**shared, **_attribute_cells([*options, *facets]), "Type": "variable"}
        for position, (variant, price) in enumerate(variants, start=1):
            chosen = zip(product.options, map(_text, variant.options), strict=False)
            yield {
                **_offered(variant, price),
                **_attribute_cells([(name, value, "") for name, value in chosen]),
                "Type": "variation",
                "Name": _text(f"{product.title} - {', '.join(variant.options)}"),
                "Published": "1",
                "Parent": product.slug,
                "Position": str(position),
            }

    def _shared(self, product: ProductDocument) -> Cells:
        shelves = [product.category.name] if product.category else []
        return {
            "SKU": product.slug,
            "Name": _text(product.title),
            "Slug": product.slug,
            "Published": _PUBLISHED[product.state or PublishState.ACTIVE],
            "Visibility in catalog": "visible",
            "Description": _long_text(html_of(product.description or "")),
            "Tax status": "taxable",
            "Categories": _listed([*shelves, *(product.collections or ())]),
            "Tags": _listed(product.tags or ()),
            "Images": ", ".join(self._context.picture_addresses(product)),
            "Position": "0",
            "Brands": _listed([product.brand] if product.brand else []),
            _CARE: _long_text(source_of(product.care or "")),
            _UNDELIVERABLE: "; ".join(product.undeliverable or ()),
        }

    def _facets(self, product: ProductDocument) -> list[Attribute]:
        facets = (product.facets or {}).items()
        return [(self._titles[key], _listed(values), "") for key, values in facets]


def _options(product: ProductDocument, variants: Sequence[VariantDocument]) -> list[Attribute]:
    """Return the options with every value that a variant has, and that of the default."""
    default = next((variant for variant in variants if variant.default), variants[0])
    return [
        (
            name,
            _listed(dict.fromkeys(variant.options[i] for variant in variants)),
            _text(default.options[i]),
        )
        for i, name in enumerate(product.options)
    ]


def _attribute_cells(attributes: Iterable[Attribute]) -> Cells:
    cells: Cells = {}
    for n, (name, values, default) in enumerate(attributes, start=1):
        parts = (_text(name), values, "1", "0", default)
        cells |= {
            f"Attribute {n} {part}": text
            for part, text in zip(_ATTRIBUTE_PARTS, parts, strict=True)
        }
    return cells


def _offered(variant: VariantDocument, price: PriceDocument) -> Cells:
    amount = decimal_text(price.amount_minor, price.currency)
    before = price.compare_at_minor
    return {
        "SKU": _text(variant.sku),
        "GTIN, UPC, EAN, or ISBN": variant.gtin or "",
        "Regular price": amount if before is None else decimal_text(before, price.currency),
        "Sale price": "" if before is None else amount,
        "Date sale price starts": instant_text(price.starts_at) if price.starts_at else "",
        "Date sale price ends": instant_text(price.ends_at) if price.ends_at else "",
        "Weight (g)": str(variant.weight_g or 0),
        "Tax status": "taxable",
        **_stock(variant.stock),
    }


def _stock(stock: StockDocument | None) -> Cells:
    """Return the cells of stock: without a number nothing is counted."""
    if stock is None or stock.policy is StockPolicy.UNTRACKED or stock.on_hand is None:
        return {"In stock?": "1", "Stock": "", "Backorders allowed?": "0"}
    ahead = stock.policy is not StockPolicy.DENY
    return {
        "In stock?": "1" if stock.on_hand > 0 else "backorder" if ahead else "0",
        "Stock": str(stock.on_hand),
        "Backorders allowed?": "1" if ahead else "0",
    }


def _text(text: str) -> str:
    """Return a text as WooCommerce writes it: a spreadsheet must not take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _long_text(text: str) -> str:
    r"""Return a description: WooCommerce takes `\n` for a new line, and `\\n` for itself."""
    return _text(text.replace("\\n", "\\\\n"))


def _listed(names: Iterable[str]) -> str:
    return _text(joined_names(names, ","))
