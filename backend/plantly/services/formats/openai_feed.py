"""OpenAI product feeds, CSV and JSON lines, with the names of today and of before."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from plantly.services.formats.assembly import FieldNames
from plantly.services.formats.encoding import TextStream
from plantly.services.formats.feed_products import FeedProducts
from plantly.services.formats.feed_rows import FeedRow
from plantly.services.formats.findings import Item, Problem, ReadContext
from plantly.services.formats.json_stream import BrokenJson, loads
from plantly.services.formats.tables import Table

_NAMES = FieldNames(
    title="title",
    description="description",
    sku="item_id",
    option="variant_dict",
    brand="brand",
    tags="tags",
    media="image_url",
    category="product_category",
    countries="excluded_countries",
    key="url",
)
_ALIASES = {
    "item_id": "id",
    "url": "link",
    "image_url": "image_link",
    "additional_image_urls": "additional_image_link",
    "additional_image_links": "additional_image_link",
    "group_id": "item_group_id",
    "group_title": "item_group_title",
    "product_category": "product_type",
    "inventory_quantity": "quantity",
    "weight": "shipping_weight",
    "item_weight_unit": "shipping_weight_unit",
    "weight_unit": "shipping_weight_unit",
    "sale_price_start": "sale_price_start_date",
    "sale_price_end": "sale_price_end_date",
}
_VARIANT = "variant_dict"
_CUSTOM = re.compile(r"custom_variant([1-9])_(category|option)")
_GAP = re.compile(r"[\s-]+")


def read_openai_csv(stream: BinaryIO, context: ReadContext) -> Iterator[Item]:
    """Return the products of a feed whose first row names its attributes."""
    table = Table(stream)
    titles = table.columns.titles
    products = FeedProducts(_NAMES, context)
    for row in table.rows():
        if isinstance(row, Problem):
            yield row
            continue
        line, cells = row
        given = {title: cell for title, cell in zip(titles, cells, strict=False) if cell}
        yield from _taken(products, line, given)
    yield from products.finish()


def read_openai_jsonl(stream: BinaryIO, context: ReadContext) -> Iterator[Item]:
    """Return the products of a feed with one JSON object a line."""
    text = TextStream(stream)
    products = FeedProducts(_NAMES, context)
    for line, source in enumerate(text.lines(), 1):
        if not source.strip():
            continue
        try:
            given = loads(source.strip())
        except BrokenJson as broken:
            told = f"The line is no JSON ({broken}): write one whole object a line."
            yield Problem(line, "file", told)
            continue
        if not isinstance(given, dict):
            told = "The line is no JSON object: write one whole object a line."
            yield Problem(line, "file", told)
            continue
        yield from _taken(products, line, given)
    yield from products.finish()
    yield from text.notes()


def _taken(products: FeedProducts, line: int, given: Mapping[str, Any]) -> Iterator[Item]:
    """Take a row by the names that Google Merchant gives the same attributes."""
    row = FeedRow(line, {})
    titles: dict[str, str] = {}
    custom: dict[str, dict[str, str]] = {}
    for title, value in given.items():
        key = _GAP.sub("_", title.strip().casefold())
        name = _ALIASES.get(key, key)
        texts = _texts(value)
        found = _CUSTOM.fullmatch(key)
        if key == _VARIANT:
            try:
                row.options.update(_variant(value))
            except BrokenJson:
                told = 'The variant is no JSON object: write it like {"color": "Blue"}.'
                yield Problem(line, title, told)
                return
        elif found and texts:
            custom.setdefault(found[1], {})[found[2]] = texts[0]
        elif texts:
            # Of two names for the same, the first counts.
            row.values.setdefault(name, texts)
            titles.setdefault(name, title)
    for pair in custom.values():
        if "category" in pair and "option" in pair:
            row.options.setdefault(pair["category"], pair["option"])
    row.titles = titles or row.titles
    yield from products.take(row)


def _variant(value: Any) -> dict[str, str]:
    given = loads(value) if isinstance(value, str) and value.strip() else value
    if not given:
        return {}
    if not isinstance(given, dict):
        raise BrokenJson("not an object")
    return {name: texts[0] for name, one in given.items() if (texts := _texts(one))}


def _texts(value: Any) -> list[str]:
    """Return the plain values in a value as text."""
    values = value if isinstance(value, list) else [value]
    return [
        str(one).lower() if isinstance(one, bool) else str(one)
        for one in values
        if one is not None and not isinstance(one, dict | list) and str(one).strip()
    ]
