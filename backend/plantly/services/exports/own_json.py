"""Plantly's own JSON: everything that a catalog has, one product a line."""

import json
from datetime import datetime
from typing import Any

from plantly.domain.catalog import FacetKind
from plantly.domain.catalog_document import (
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.services.exports.documents import ExportContext, instant_text

FORMAT = "plantly-catalog/1"


class OwnJsonWriter:
    """Writes a JSON object whose products stand on a line each, so that changes are readable."""

    def __init__(self, context: ExportContext) -> None:
        self._head = context.head
        self._kinds = {facet.key: facet.kind for facet in context.facets}
        self._gap = "\n"

    def start(self) -> str:
        """Return the head, up to the list of products."""
        facets = [
            {
                "key": f.key,
                "title": f.title,
                "kind": f.kind.value,
                "unit": f.unit,
                "values": list(f.values),
            }
            for f in self._head.facets
        ]
        categories = [{"slug": c.slug, "name": c.name} for c in self._head.categories]
        return (
            f'{{"format":{_json(FORMAT)},"currency":{_json(self._head.currency)},\n'
            f'"facets":{_lines(facets)},\n"categories":{_lines(categories)},\n"products":['
        )

    def product(self, product: ProductDocument) -> str:
        """Return a product on a line of its own."""
        gap, self._gap = self._gap, ",\n"
        return gap + _json(self._product(product))

    def end(self) -> str:
        """Return the end of the list and of the object."""
        return "\n]}\n"

    def _product(self, product: ProductDocument) -> dict[str, Any]:
        return {
            "slug": product.slug,
            "title": product.title,
            "category": product.category.slug if product.category else None,
            "description": product.description,
            "care": product.care,
            "brand": product.brand,
            "tags": product.tags,
            "collections": product.collections,
            "facets": {
                key: self._facet(key, values) for key, values in (product.facets or {}).items()
            },
            "media": [_media(media) for media in product.media or ()],
            "options": product.options,
            "state": product.state,
            "undeliverable": product.undeliverable,
            "variants": [_variant(variant) for variant in product.variants],
        }

    def _facet(self, key: str, values: tuple[str, ...]) -> Any:
        kind = self._kinds.get(key, FacetKind.ENUM)
        if kind is FacetKind.ENUM:
            return values
        typed = [v == "true" if kind is FacetKind.BOOL else _number(v) for v in values]
        return typed[0] if len(typed) == 1 else typed


def _variant(variant: VariantDocument) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "id": variant.id,
        "title": variant.title,
        "options": variant.options,
        "prices": [_price(price) for price in variant.prices],
        "stock": _stock(variant.stock) if variant.stock else None,
        "weight_g": variant.weight_g,
        # A blank one is not a number of products; it is not said.
        "gtin": variant.gtin or None,
        "default": variant.default,
    }


def _price(price: PriceDocument) -> dict[str, Any]:
    return {
        "currency": price.currency,
        "amount_minor": price.amount_minor,
        "compare_at_minor": price.compare_at_minor,
        "starts_at": _instant(price.starts_at),
        "ends_at": _instant(price.ends_at),
    }


def _stock(stock: StockDocument) -> dict[str, Any]:
    return {
        "on_hand": stock.on_hand,
        "policy": stock.policy,
        "backorder_limit": stock.backorder_limit,
        "available_at": _instant(stock.available_at),
    }


def _media(media: MediaDocument) -> dict[str, Any]:
    return {"file": media.file, "alt": media.alt, "width": media.width, "height": media.height}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)


def _number(text: str) -> int | float:
    # A range has at most fifteen digits: a double writes them again as they were.
    return float(text) if "." in text else int(text)


def _lines(values: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(map(_json, values)) + "\n]" if values else "[]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
