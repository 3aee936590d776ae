"""A product number that is none is left out of every format, and said."""

import json

import pytest

from tests.unit.formats.reads import notes, products, read

_WRONG = "A-12345"
_SHOPIFY = "Handle,Title,Variant Price,Variant Barcode\nfern,Fern,5,{}\n"
_WOO = 'Type,Name,Regular price,"GTIN, UPC, EAN, or ISBN"\nsimple,Fern,5,{}\n'
_GOOGLE = "id\ttitle\tprice\tgtin\nfern\tFern\t5 USD\t{}\n"
_LINE = {"item_id": "fern", "title": "Fern", "price": "5 USD", "gtin": "{}"}

FILES = [
    (_SHOPIFY, "Variant Barcode", 2),
    (_WOO, "GTIN, UPC, EAN, or ISBN", 2),
    (_GOOGLE, "gtin", 2),
    (json.dumps(_LINE), "gtin", 1),
]


@pytest.mark.parametrize(("source", "field", "line"), FILES)
def test_a_number_of_the_merchants_own_is_left_out_with_a_note(
    source: str, field: str, line: int
) -> None:
    items = read(source.replace("{}", _WRONG))
    assert products(items)["fern"].variants[0].gtin is None
    (note,) = notes(items)
    assert (note.line, note.field) == (line, field)
    assert note.text == f'"{_WRONG}" was left out: a GTIN has 8, 12, 13 or 14 digits.'


@pytest.mark.parametrize("source", [source for source, *_ in FILES])
def test_a_gtin_and_the_lack_of_one_need_no_note(source: str) -> None:
    for text, kept in (("'4006381333931", "4006381333931"), ("", None)):
        items = read(source.replace("{}", text))
        assert products(items)["fern"].variants[0].gtin == kept
        assert notes(items) == []
