"""OpenAI product feeds, with the names of today and of before."""

from datetime import UTC, datetime

import pytest

from plantly.domain.catalog import StockPolicy
from plantly.domain.catalog_document import CategoryDocument, PriceDocument, StockDocument
from plantly.domain.money import currency
from tests.unit.formats.reads import FILES, places, problems, products, read, shop

USD = currency("USD")
DATED = (
    '"price": "5 USD", "sale_price": "4 USD", "sale_price_start_date": "2026-01-02", '
    '"sale_price_end_date": "2026-01-01"'
)


def test_a_table_with_the_names_of_today_is_read() -> None:
    items = read(FILES / "openai.csv")
    found = products(items)
    assert problems(items) == []
    fern = found["fern"]
    assert (fern.title, fern.description, fern.brand) == ("Fern", "Arches", "Plantly")
    assert fern.category == CategoryDocument("plants-ferns", "Plants > Ferns")
    assert fern.options == ("Pot", "Color")
    assert [variant.options for variant in fern.variants] == [
        ("Small", "White"),
        ("Large", "White"),
    ]
    first, second = fern.variants
    starts_at, ends_at = datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert first.prices == (PriceDocument(USD, 999, 1499, starts_at, ends_at),)
    assert (first.sku, first.gtin, first.weight_g) == ("FERN-S", "4006381333931", 680)
    assert first.stock == StockDocument(7, None)
    due = datetime(2027, 2, 1, tzinfo=UTC)
    assert second.stock == StockDocument(None, StockPolicy.PREORDER, 1_000_000, due)
    assert len(fern.media or ()) == 3
    moss = found["moss"]
    assert (moss.description, moss.brand, moss.variants[0].stock) == (None, None, None)


def test_lines_with_the_names_of_before_are_read_and_bad_ones_told() -> None:
    items = read(FILES / "openai.jsonl")
    found = products(items)
    assert list(found) == ["fern", "moss"]
    fern = found["fern"]
    assert (fern.title, fern.options) == ("Fern", ("Pot",))
    assert [variant.options for variant in fern.variants] == [("Small",), ("Large",)]
    assert fern.variants[1].prices == (PriceDocument(USD, 2499),)
    assert fern.variants[1].stock == StockDocument(None, StockPolicy.BACKORDER, 1_000_000)
    assert len(found["moss"].media or ()) == 2
    assert places(items) == [(5, "file"), (6, "file"), (7, "variant_dict"), (8, "id")]


@pytest.mark.parametrize(
    ("code", "written", "minor"),
    [("USD", '"14.99 USD"', 1499), ("JPY", '"1499 JPY"', 1499), ("KWD", '"1.499 KWD"', 1499)],
)
def test_prices_keep_their_exact_minor_units(code: str, written: str, minor: int) -> None:
    line = f'{{"item_id":"A","title":"Fern","price":{written}}}'
    fern = products(read(line, shop(code)))["fern"]
    assert fern.variants[0].prices == (PriceDocument(currency(code), minor),)


@pytest.mark.parametrize(
    ("pair", "field", "text"),
    [
        ('"price": 5', "price", "names no currency"),
        ('"price": "5 EUR"', "price", "write the price in USD"),
        ('"price": "5 USD", "sale_price": "4 USD", "sale_price_end_date": "x"', None, "time"),
        (
            DATED,
            "sale_price_end_date",
            "write a later time",
        ),
        ('"price": "5 USD", "availability": "gone"', "availability", "is not known"),
        ('"price": "5 USD", "variant_dict": [1]', "variant_dict", "object"),
    ],
)
def test_a_bad_line_is_told(pair: str, field: str | None, text: str) -> None:
    items = read(f'{{"item_id":"A","title":"Fern",{pair}}}')
    (problem,) = problems(items)
    assert not products(items)
    assert problem.field == (field or "sale_price_end_date")
    assert text in problem.text
