"""Google Merchant feeds, as tab-separated values and as XML: one item for each variant.

Names and values are those of https://support.google.com/merchants/answer/7052112.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape

from plantly.domain.catalog import Availability
from plantly.domain.catalog_document import PriceDocument, ProductDocument, VariantDocument
from plantly.services.exports.delimited import csv_rows
from plantly.services.exports.documents import ExportContext, instant_text
from plantly.services.exports.offers import offer_of, prices_text
from plantly.services.formats.html_text import source_of

OPTION_SECTION = "Option"
FACET_SECTION = "Facets"
"""Sections of `product_detail`: what a variant is chosen by, and what a product is found by."""

_AVAILABILITY = {
    Availability.IN_STOCK: "in_stock",
    Availability.LOW_STOCK: "in_stock",
    Availability.OUT_OF_STOCK: "out_of_stock",
    Availability.BACKORDER: "backorder",
    Availability.PREORDER: "preorder",
}
_OPTION_NAMES = frozenset({"color", "size", "material", "pattern"})
_DETAIL = "product_detail"
_DETAIL_PARTS = ("section_name", "attribute_name", "attribute_value")
_COLUMNS = (
    "id",
    "item_group_id",
    "title",
    "description",
    "link",
    "image_link",
    "additional_image_link",
    "availability",
    "availability_date",
    "quantity",
    "price",
    "sale_price",
    "sale_price_effective_date",
    "brand",
    "gtin",
    "identifier_exists",
    "condition",
    "product_type",
    *sorted(_OPTION_NAMES),
    _DETAIL,
    "shipping_weight",
    "shopping_ads_excluded_country",
)
_PART_MARKS = re.compile(r"([\\:,])")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Detail = tuple[str, str, str]
"""Section, name and value."""


class _Item:
    """What the feed says of one variant: each attribute as a list, empty when it has none."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.details: list[Detail] = []


class GoogleItems:
    """Makes the items of products."""

    def __init__(self, context: ExportContext) -> None:
        self._context = context
        self._facets = {facet.key: facet for facet in context.facets}

    def items(self, product: ProductDocument) -> Iterator[_Item]:
        """Return an item for each variant that has a price in the shop's currency."""
        context = self._context
        pictures = context.picture_addresses(product)
        details = self._facet_details(product)
        shared = {
            "item_group_id": [product.slug],
            "title": [product.title],
            # A description must be there.
            "description": [source_of(product.description or product.title)],
            "link": [context.page_address(product.slug)],
            "image_link": pictures[:1],
            "additional_image_link": pictures[1:],
            "brand": [product.brand] if product.brand else [],
            "condition": ["new"],
            "product_type": [product.category.name] if product.category else [],
            "shopping_ads_excluded_country": list(product.undeliverable or ()),
        }
        for variant, price in context.default_first(product):
            item = _Item()
            item.texts = {**shared, **_offered(variant, price)}
            for name, value in zip(product.options, variant.options, strict=False):
                item.details.append((OPTION_SECTION, name, value))
                if name.casefold() in _OPTION_NAMES:
                    # What Google groups and filters by.
                    item.texts[name.casefold()] = [value]
            item.details += details
            yield item

    def _facet_details(self, product: ProductDocument) -> list[Detail]:
        found = []
        for key, values in (product.facets or {}).items():
            facet = self._facets.get(key)
            title = facet.title if facet else key
            unit = f" {facet.unit}" if facet and facet.unit else ""
            found += [(FACET_SECTION, title, f"{value}{unit}") for value in values]
        return found


class GoogleTableWriter:
    """Writes an item a row, with tabs between the cells."""

    def __init__(self, context: ExportContext) -> None:
        self._items = GoogleItems(context)

    def start(self) -> str:
        """Return the titles of the columns."""
        return csv_rows([_COLUMNS], "\t")

    def product(self, product: ProductDocument) -> str:
        """Return the rows of a product."""
        return csv_rows(map(_cells, self._items.items(product)), "\t")

    def end(self) -> str:
        """Return nothing."""
        return ""


class GoogleXmlWriter:
    """Writes an item an element, in RSS 2.0."""

    def __init__(self, context: ExportContext) -> None:
        self._items = GoogleItems(context)
        self._config = context.config
        self._url = context.public_url

    def start(self) -> str:
        """Return the head of the channel."""
        config = self._config
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
            f"<title>{_xml(config.name)}</title>\n<link>{_xml(self._url)}/</link>\n"
            f"<description>{_xml(config.tagline)}</description>\n"
        )

    def product(self, product: ProductDocument) -> str:
        """Return the elements of a product."""
        return "".join(f"<item>{''.join(_tags(i))}</item>\n" for i in self._items.items(product))

    def end(self) -> str:
        """Return the end of the channel."""
        return "</channel>\n</rss>\n"


def _offered(variant: VariantDocument, price: PriceDocument) -> dict[str, list[str]]:
    prices, offer = prices_text(price), offer_of(variant.stock)
    texts = {
        "id": variant.sku,
        "availability": _AVAILABILITY[offer.availability],
        "availability_date": instant_text(offer.available_at) if offer.available_at else "",
        "quantity": "" if offer.units is None else str(offer.units),
        "price": prices.price,
        "sale_price": prices.sale_price,
        "sale_price_effective_date": prices.sale_span,
        "gtin": variant.gtin or "",
        "identifier_exists": "" if variant.gtin else "no",
        "shipping_weight": f"{variant.weight_g} g" if variant.weight_g else "",
    }
    return {name: [text] for name, text in texts.items() if text}


def _cells(item: _Item) -> list[str]:
    cells = {name: ",".join(texts) for name, texts in item.texts.items()}
    details = (":".join(_PART_MARKS.sub(r"\\\1", part) for part in d) for d in item.details)
    cells[_DETAIL] = ",".join(details)
    return [cells.get(name, "") for name in _COLUMNS]


def _tags(item: _Item) -> Iterator[str]:
    for name in _COLUMNS:
        if name == _DETAIL:
            yield from map(_detail_tag, item.details)
        for text in item.texts.get(name, ()):
            yield f"<g:{name}>{_xml(text)}</g:{name}>"


def _detail_tag(detail: Iterable[str]) -> str:
    parts = zip(_DETAIL_PARTS, detail, strict=True)
    inner = "".join(f"<g:{name}>{_xml(text)}</g:{name}>" for name, text in parts)
    return f"<g:{_DETAIL}>{inner}</g:{_DETAIL}>"


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("", text), quote=False)
