"""OpenAI's product feed, as CSV and as JSON lines: one item for each variant.

Names and values are those of https://developers.openai.com/commerce/product-feeds/spec.
"""

import json
from collections.abc import Iterator
from typing import Any

from plantly.domain.catalog import Availability, PublishState
from plantly.domain.catalog_document import PriceDocument, ProductDocument, VariantDocument
from plantly.services.exports.delimited import csv_rows
from plantly.services.exports.documents import ExportContext, instant_text
from plantly.services.exports.offers import offer_of, prices_text
from plantly.services.formats.html_text import source_of

_AVAILABILITY = {
    Availability.IN_STOCK: "in_stock",
    Availability.LOW_STOCK: "in_stock",
    Availability.OUT_OF_STOCK: "out_of_stock",
    Availability.BACKORDER: "backorder",
    Availability.PREORDER: "pre_order",
}
COLUMNS = (
    "item_id",
    "group_id",
    "title",
    "description",
    "url",
    "brand",
    "image_url",
    "additional_image_urls",
    "price",
    "sale_price",
    "sale_price_effective_date",
    "availability",
    "availability_date",
    "inventory_quantity",
    "product_category",
    "gtin",
    "condition",
    "weight",
    "variant_dict",
    "target_countries",
    "store_country",
    "seller_name",
    "seller_url",
    "seller_privacy_policy",
    "seller_tos",
    "return_policy",
    "is_eligible_search",
    "is_eligible_checkout",
)
_POLICIES = {"seller_privacy_policy": "privacy", "seller_tos": "terms", "return_policy": "returns"}


class OpenAiItems:
    """Makes the items of products. What says nothing is left out."""

    def __init__(self, context: ExportContext) -> None:
        self._context = context
        config = context.config
        topics = {policy.topic for policy in config.policies}
        self._countries = config.countries()
        self._seller: dict[str, Any] = {
            "seller_name": config.name,
            "seller_url": f"{context.public_url}/",
            **{
                name: f"{context.public_url}/policies#{topic}"
                for name, topic in _POLICIES.items()
                if topic in topics
            },
        }
        home = next((c for zone in config.zones for c in zone.countries), None)
        if home is not None:
            self._seller["store_country"] = home

    def items(self, product: ProductDocument) -> Iterator[dict[str, Any]]:
        """Return an item for each variant that has a price in the shop's currency."""
        shared = self._shared(product)
        for variant, price in self._context.default_first(product):
            item = {**shared, **_item(product, variant, price)}
            yield {name: item[name] for name in COLUMNS if name in item}

    def _shared(self, product: ProductDocument) -> dict[str, Any]:
        context = self._context
        pictures = context.picture_addresses(product)
        refused = product.undeliverable or ()
        # A description and a brand must be there: the title and the shop stand in for them.
        item = {
            "group_id": product.slug,
            "title": product.title,
            "description": source_of(product.description or product.title),
            "url": context.page_address(product.slug),
            "brand": product.brand or context.config.name,
            "product_category": product.category.name if product.category else "",
            "condition": "new",
            "target_countries": [c for c in self._countries if c not in refused],
            "is_eligible_search": product.state is PublishState.ACTIVE,
            # Money is paid on the shop's own page, never to OpenAI.
            "is_eligible_checkout": False,
            **self._seller,
        }
        if pictures:
            item["image_url"] = pictures[0]
        if len(pictures) > 1:
            item["additional_image_urls"] = pictures[1:]
        return item


class OpenAiLinesWriter:
    """Writes an item a line, as JSON."""

    def __init__(self, context: ExportContext) -> None:
        self._items = OpenAiItems(context)

    def start(self) -> str:
        """Return nothing: a line stands for itself."""
        return ""

    def product(self, product: ProductDocument) -> str:
        """Return the lines of a product."""
        return "".join(f"{_json(item)}\n" for item in self._items.items(product))

    def end(self) -> str:
        """Return nothing."""
        return ""


class OpenAiTableWriter:
    """Writes an item a row, as CSV; lists are divided by commas, as nothing in them has one."""

    def __init__(self, context: ExportContext) -> None:
        self._items = OpenAiItems(context)

    def start(self) -> str:
        """Return the titles of the columns."""
        return csv_rows([COLUMNS])

    def product(self, product: ProductDocument) -> str:
        """Return the rows of a product."""
        items = self._items.items(product)
        return csv_rows([[_cell(item.get(name, "")) for name in COLUMNS] for item in items])

    def end(self) -> str:
        """Return nothing."""
        return ""


def _item(
    product: ProductDocument, variant: VariantDocument, price: PriceDocument
) -> dict[str, Any]:
    prices, offer = prices_text(price), offer_of(variant.stock)
    item: dict[str, Any] = {
        "item_id": variant.sku,
        "price": prices.price,
        "availability": _AVAILABILITY[offer.availability],
    }
    optional = {
        "sale_price": prices.sale_price,
        "sale_price_effective_date": prices.sale_span,
        "gtin": variant.gtin,
        "variant_dict": dict(zip(product.options, variant.options, strict=False)),
        "weight": f"{variant.weight_g} g" if variant.weight_g else "",
        "availability_date": instant_text(offer.available_at) if offer.available_at else "",
    }
    item.update({name: value for name, value in optional.items() if value})
    if offer.units is not None:
        item["inventory_quantity"] = offer.units
    return item


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(value)
    return _json(value) if isinstance(value, dict) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
