"""Google Merchant feeds as text: tabs or commas between the attributes."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from plantly.services.formats.assembly import FieldNames
from plantly.services.formats.feed_products import FeedProducts
from plantly.services.formats.feed_rows import FeedRow, details_of
from plantly.services.formats.findings import Item, Problem, ReadContext
from plantly.services.formats.tables import Table

NAMES = FieldNames(
    title="title",
    description="description",
    sku="id",
    option="item_group_id",
    brand="brand",
    tags="custom_label_0",
    media="image_link",
    category="product_type",
    countries="shopping_ads_excluded_country",
    key="link",
)
ALIASES = {
    "shopping_ads_excluded_country": "excluded_countries",
    "sell_on_google_quantity": "quantity",
    "image": "image_link",
}

_GAP = re.compile(r"[\s-]+")
_DETAILS = "product_detail"


def attribute(title: str) -> str:
    """Return the name of an attribute: `g:Image Link` is `image_link`."""
    name = _GAP.sub("_", title.partition("(")[0].strip().casefold()).removeprefix("g:")
    return ALIASES.get(name, name)


def read_google_tsv(stream: BinaryIO, context: ReadContext) -> Iterator[Item]:
    """Return the products of a Google Merchant feed whose first row names its attributes."""
    table = Table(stream)
    columns = [(attribute(title), i) for i, title in enumerate(table.columns.titles)]
    titles = {name: table.columns.titles[i] for name, i in reversed(columns)}
    for name in ("id", "title", "price"):
        if name not in titles:
            yield Problem(1, name, f'The column "{name}" is missing: add it to the first row.')
            return
    products = FeedProducts(NAMES, context)
    for row in table.rows():
        if isinstance(row, Problem):
            yield row
            continue
        line, cells = row
        values: dict[str, list[str]] = {}
        for name, i in columns:
            if cells[i]:
                values.setdefault(name, []).append(cells[i])
        details = [found for text in values.pop(_DETAILS, ()) for found in details_of(text)]
        yield from products.take(FeedRow(line, values, details, titles=titles))
    yield from products.finish()
