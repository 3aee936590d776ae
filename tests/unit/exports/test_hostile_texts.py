"""Whatever stands in a product is data in every format, and comes back as it was."""

import csv
import io
import json
from dataclasses import replace
from functools import cache

import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # no types

from plantly.domain.catalog_document import MAX_DESCRIPTION, ProductDocument
from plantly.domain.text import clean, clean_line
from tests.support.exported import FORMATS, read_back, sayable, written
from tests.support.exported_catalog import plain
from tests.support.hostile import EVERY

NOT_XML = {0xFFFE, 0xFFFF}


@cache
def _products() -> tuple[ProductDocument, ...]:
    """Make a product of each text, as the shop keeps it."""
    found = []
    for i, text in enumerate(EVERY):
        line, block = clean_line(text)[:90].strip(), clean(text).strip()[:MAX_DESCRIPTION].strip()
        title = f"{line} {i}".strip()
        made = replace(plain(f"p-{i}"), title=title, description=block, care=block)
        found.append(replace(made, brand=line.lstrip("' ")))
    return tuple(found)


def _without(text: str) -> str:
    return "".join(character for character in text if ord(character) not in NOT_XML)


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_texts_come_back_as_they_were(name: str) -> None:
    products = _products()
    text = written(products, name)
    if name == "google-xml":
        # XML has no way to say these two.
        products = tuple(
            replace(
                product,
                title=_without(product.title),
                description=_without(product.description or ""),
                brand=_without(product.brand or ""),
            )
            for product in products
        )
    back = {product.slug: product for product in read_back(text, name)}
    assert len(back) == len(products) > 200
    for product in products:
        assert back[product.slug] == sayable(product, name)


def test_no_row_or_element_is_more_than_there_are_variants() -> None:
    products = _products()
    count = sum(len(product.variants) for product in products)
    lines = written(products, "openai-jsonl").split("\n")[:-1]
    assert len([json.loads(line) for line in lines]) == count
    for name, delimiter in (("openai-csv", ","), ("google-tsv", "\t")):
        text = io.StringIO(written(products, name), newline="")
        rows = list(csv.reader(text, delimiter=delimiter))
        assert len(rows) == count + 1
        assert {len(row) for row in rows} == {len(rows[0])}
    items = fromstring(written(products, "google-xml")).findall("./channel/item")
    assert len(items) == count
    own = json.loads(written(products, "plantly-json"))
    assert len(own["products"]) == len(products)


def test_own_json_has_a_line_for_each_product() -> None:
    lines = written(_products(), "plantly-json").split("\n")
    assert len([line for line in lines if line.startswith('{"slug":"p-')]) == len(EVERY)
