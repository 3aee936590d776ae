"""The synthetic catalogs as files, written product by product: a million need no memory."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from plantly.domain.catalog import FacetKind, StockPolicy
from plantly.domain.catalog_document import ProductDocument, StockDocument, VariantDocument
from tests.benchmarks.catalog.generate import FACETS, head, products

_COLUMNS: Final = (
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Status",
)
_KINDS: Final = {facet.key: facet.kind for facet in FACETS}
_SPELLED: Final[dict[FacetKind, Callable[[str], str | float | bool]]] = {
    FacetKind.ENUM: str,
    FacetKind.BOOL: "true".__eq__,
    FacetKind.RANGE: float,
}


def write_shopify_csv(path: Path, count: int) -> None:
    """Write what Shopify's format can say of so many products: no facets and no dates of prices."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, restval="")
        writer.writeheader()
        for product in products(count):
            writer.writerows(_rows(product))


def write_own_json(path: Path, count: int) -> None:
    """Write so many products in Plantly's own format, one on a line."""
    start = head()
    opening = {
        "format": "plantly-catalog/1",
        "currency": start.currency,
        "facets": [
            {"key": f.key, "title": f.title, "kind": f.kind, "unit": f.unit, "values": f.values}
            for f in start.facets
        ],
        "categories": [{"slug": c.slug, "name": c.name} for c in start.categories],
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{json.dumps(opening)[:-1]}, "products": [\n')
        file.writelines(_separated(json.dumps(_as_json(p)) for p in products(count)))
        file.write("\n]}\n")


def _separated(lines: Iterable[str]) -> Iterator[str]:
    for i, line in enumerate(lines):
        yield f",\n{line}" if i else line


def _rows(product: ProductDocument) -> Iterator[dict[str, str]]:
    rows = [_variant_row(product.slug, variant) for variant in product.variants]
    media = product.media or ()
    rows += [{"Handle": product.slug} for _ in media[len(rows) :]]
    for i, picture in enumerate(media):
        rows[i] |= {
            "Image Src": picture.file,
            "Image Position": str(i + 1),
            "Image Alt Text": picture.alt,
        }
    rows[0] |= {
        "Title": product.title,
        "Body (HTML)": f"<p>{product.description}</p>",
        "Vendor": product.brand or "",
        "Type": product.category.name if product.category else "",
        "Tags": ", ".join(product.tags or ()),
        "Published": "true",
        "Status": str(product.state or ""),
    }
    for i, name in enumerate(product.options or ("Title",)):
        rows[0][f"Option{i + 1} Name"] = name
    yield from rows


def _variant_row(handle: str, variant: VariantDocument) -> dict[str, str]:
    stock, price = variant.stock or StockDocument(0), variant.prices[0]
    row = {
        "Handle": handle,
        "Variant SKU": variant.sku,
        "Variant Grams": str(variant.weight_g or 0),
        "Variant Inventory Tracker": "" if stock.policy is StockPolicy.UNTRACKED else "shopify",
        "Variant Inventory Qty": str(stock.on_hand or 0),
        "Variant Inventory Policy": "deny" if stock.policy is StockPolicy.DENY else "continue",
        "Variant Price": _major(price.amount_minor),
        "Variant Compare At Price": _major(price.compare_at_minor),
        "Variant Barcode": variant.gtin or "",
    }
    for i, value in enumerate(variant.options or ("Default Title",)):
        row[f"Option{i + 1} Value"] = value
    return row


def _major(minor: int | None) -> str:
    return "" if minor is None else f"{minor // 100}.{minor % 100:02d}"


def _as_json(product: ProductDocument) -> dict[str, Any]:
    return {
        "slug": product.slug,
        "title": product.title,
        "category": product.category.slug if product.category else None,
        "description": product.description,
        "care": product.care,
        "brand": product.brand,
        "tags": product.tags,
        "collections": product.collections,
        "facets": _facets(product),
        "media": [
            {"file": m.file, "alt": m.alt, "width": m.width, "height": m.height}
            for m in product.media or ()
        ],
        "options": product.options,
        "state": product.state,
        "undeliverable": product.undeliverable,
        "variants": [_variant_as_json(variant) for variant in product.variants],
    }


def _facets(product: ProductDocument) -> dict[str, list[str | float | bool]]:
    return {
        key: [_SPELLED[_KINDS[key]](value) for value in values]
        for key, values in (product.facets or {}).items()
    }


def _variant_as_json(variant: VariantDocument) -> dict[str, Any]:
    stock = variant.stock or StockDocument(0)
    return {
        "sku": variant.sku,
        "title": variant.title,
        "options": variant.options,
        "default": variant.default,
        "prices": [
            {
                "currency": price.currency,
                "amount_minor": price.amount_minor,
                "compare_at_minor": price.compare_at_minor,
                "starts_at": price.starts_at and price.starts_at.isoformat(),
                "ends_at": price.ends_at and price.ends_at.isoformat(),
            }
            for price in variant.prices
        ],
        "stock": {
            "on_hand": stock.on_hand,
            "policy": stock.policy,
            "backorder_limit": stock.backorder_limit,
            "available_at": stock.available_at and stock.available_at.isoformat(),
        },
        "weight_g": variant.weight_g,
        "gtin": variant.gtin,
    }
