"""Google Merchant feeds, as tables and as XML."""

from datetime import UTC, datetime

import pytest

from plantly.domain.catalog import StockPolicy
from plantly.domain.catalog_document import (
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    StockDocument,
)
from plantly.domain.money import currency
from plantly.services.formats.feed_rows import details_of
from plantly.services.formats.reading import Problem
from tests.unit.formats.reads import (
    FILES,
    notes,
    places,
    problems,
    products,
    read,
    shop,
    table,
)

USD = currency("USD")
SOME = StockDocument(None, None)
ROW = {"id": "FERN", "title": "Fern", "price": "14.99 USD"}


def tsv(*rows: dict[str, str]) -> str:
    return table([{**ROW, **row} for row in rows], "\t")


def refusal(row: dict[str, str], code: str = "USD") -> Problem:
    items = read(tsv(row), shop(code))
    assert not products(items)
    (problem,) = problems(items)
    return problem


def test_rows_of_one_group_are_one_product() -> None:
    items = read(FILES / "google.tsv")
    fern = products(items)["boston-fern"]
    assert problems(items) == []
    assert fern.title == "Boston Fern"
    assert fern.description == "Arches & spills"
    assert fern.brand == "Plantly"
    assert fern.category == CategoryDocument("plants-ferns", "Plants > Ferns")
    assert fern.options == ("Color", "Size")
    assert fern.undeliverable == ("CH", "NO")
    assert fern.facets == {"pet_safe": ("true",), "height": ("45",), "color": ("White", "Black")}
    assert fern.media == (
        MediaDocument("https://cdn.example.com/fern.jpg"),
        MediaDocument("https://cdn.example.com/fern-l.jpg"),
        MediaDocument("https://cdn.example.com/a,b.jpg"),
        MediaDocument("https://cdn.example.com/c.jpg"),
    )
    assert (fern.tags, fern.collections, fern.state) == (None, None, None)


def test_variants_have_prices_with_dates_and_stock() -> None:
    first, second, third = products(read(FILES / "google.tsv"))["boston-fern"].variants
    starts_at = datetime(2026, 11, 26, 23, tzinfo=UTC)
    ends_at = datetime(2026, 11, 30, 22, 59, tzinfo=UTC)
    assert first.prices == (PriceDocument(USD, 999, 1499, starts_at, ends_at),)
    assert (first.sku, first.options) == ("FERN-S-W", ("White", "Small"))
    assert (first.weight_g, second.weight_g, third.weight_g) == (1200, 907, None)
    assert first.stock == StockDocument(7, None)
    due = datetime(2027, 2, 1, tzinfo=UTC)
    assert second.stock == StockDocument(None, StockPolicy.PREORDER, 1_000_000, due)
    assert third.stock == StockDocument(2, StockPolicy.BACKORDER, 1_000_000)


def test_products_of_one_name_are_told_apart_by_their_id() -> None:
    found = products(read(FILES / "google.tsv"))
    assert list(found) == ["boston-fern", "snake-plant", "snake-plant-snake-2"]
    snake = found["snake-plant"]
    assert snake.description == "light < 5 & humid"
    assert snake.category == CategoryDocument("home-plants", "Home > Plants")
    assert snake.variants[0].stock == StockDocument(0)
    assert snake.variants[0].prices == (PriceDocument(USD, 400, 500),)
    assert found["snake-plant-snake-2"].variants[0].stock == SOME


def test_rss_is_read_with_its_details_and_the_bad_item_is_told() -> None:
    items = read(FILES / "google-rss.xml")
    fern = products(items)["fern"]
    assert (fern.title, fern.description) == ("Fern & friends", "Arches\n\n& spills")
    assert (fern.options, fern.variants[0].options) == (("Pot size",), ("9 cm",))
    assert fern.facets == {"sunlight": ("Full Sun", "Low Light")}
    assert fern.undeliverable == ("CH", "NO")
    assert len(fern.media or ()) == 3
    assert fern.variants[0].prices == (PriceDocument(USD, 1499),)
    assert places(items) == [(25, "price")]


def test_atom_is_read_in_its_own_encoding() -> None:
    moss = products(read((FILES / "google-atom.xml").read_bytes().replace(b"Soft", b"So\xdft")))
    assert moss["soft-moss"].description == "So\xdft"
    assert moss["soft-moss"].variants[0].sku == "MOSS"
    assert moss["soft-moss"].variants[0].prices == (PriceDocument(USD, 123450),)
    assert moss["soft-moss"].variants[0].stock == StockDocument(0)


@pytest.mark.parametrize(
    ("row", "field", "text"),
    [
        ({"id": ""}, "id", "missing"),
        ({"title": ""}, "title", "missing"),
        ({"price": ""}, "price", "missing"),
        ({"price": "14.99"}, "price", "write 14.99 USD"),
        ({"price": "14.99 EUR"}, "price", "write the price in USD"),
        ({"price": "1.005 USD"}, "price", "write 1.00 or 1.01"),
        ({"price": "-1 USD"}, "price", "below zero"),
        ({"sale_price": "cheap"}, "sale_price", "not a price"),
        (
            {"sale_price": "9 USD", "sale_price_effective_date": "2026-01-01"},
            "sale_price_effective_date",
            "span of time",
        ),
        (
            {"sale_price": "9 USD", "sale_price_effective_date": "2026-01-02/2026-01-01"},
            "sale_price_effective_date",
            "ends before it begins",
        ),
        ({"availability": "maybe"}, "availability", "write in_stock"),
        ({"availability": "preorder", "availability_date": "soon"}, "availability_date", "time"),
        ({"quantity": "many", "availability": "in_stock"}, "quantity", "number of units"),
        ({"shipping weight": "a lot"}, "shipping weight", "not a weight"),
        ({"id": "x" * 65}, "id", "shorten it"),
    ],
)
def test_a_bad_row_is_told(row: dict[str, str], field: str, text: str) -> None:
    problem = refusal(row)
    assert (problem.line, problem.field) == (2, field)
    assert text in problem.text


@pytest.mark.parametrize(
    ("code", "written", "minor"),
    [("USD", "14.99 USD", 1499), ("JPY", "1,499 JPY", 1499), ("KWD", "KWD 1.499", 1499)],
)
def test_prices_keep_their_exact_minor_units(code: str, written: str, minor: int) -> None:
    fern = products(read(tsv({"price": written}), shop(code)))["fern"]
    assert fern.variants[0].prices == (PriceDocument(currency(code), minor),)


def test_a_group_that_is_torn_apart_is_told() -> None:
    group = {"item_group_id": "g"}
    rows = tsv({**group, "id": "A"}, {"id": "B"}, {**group, "id": "C"}, {**group, "id": "D"})
    items = read(rows)
    assert [len(product.variants) for product in products(items).values()] == [1, 1]
    assert places(items) == [(4, "item_group_id")]
    assert "sort the feed by group" in problems(items)[0].text


def test_an_id_that_comes_twice_is_told() -> None:
    assert places(read(tsv({}, {}))) == [(3, "id")]
    assert places(read(tsv({}, {"id": "B"}, {}))) == [(4, "id")]


def test_a_group_without_differing_attributes_is_told_apart_by_its_titles() -> None:
    group = {"item_group_id": "g"}
    rows = [{**group, "id": n, "title": f"Fern, {n} cm"} for n in ("10", "12")]
    (fern,) = products(read(tsv(*rows))).values()
    assert (fern.title, fern.options) == ("Fern", ("Option",))
    assert [variant.options for variant in fern.variants] == [("10 cm",), ("12 cm",)]
    same = [{**group, "id": n} for n in ("10", "12")]
    items = read(tsv(*same))
    assert [len(product.variants) for product in products(items).values()] == [1]
    assert "of another one" in problems(items)[0].text


def test_a_group_of_too_many_rows_is_told() -> None:
    rows = [{"item_group_id": "g", "id": str(n), "size": str(n)} for n in range(2050)]
    items = read(tsv(*rows))
    assert places(items) == [(2, "item_group_id")]


def test_a_sale_that_is_none_is_left_out_silently() -> None:
    items = read(tsv({"sale_price": "14.99 USD"}))
    assert products(items)["fern"].variants[0].prices == (PriceDocument(USD, 1499),)
    assert notes(items) == []


def test_a_sale_without_end_or_beginning_has_none() -> None:
    span = "1970-01-01T00:00:00Z/9999-12-31T00:00:00Z"
    row = {"sale_price": "9 USD", "sale_price_effective_date": span}
    fern = products(read(tsv(row)))["fern"]
    assert fern.variants[0].prices == (PriceDocument(USD, 900, 1499),)


def test_what_only_stands_in_for_something_is_not_kept() -> None:
    row = {"description": "Fern", "seller_name": "Garden", "brand": "Garden"}
    fern = products(read(table([{**ROW, **row}], "\t")))["fern"]
    assert (fern.description, fern.brand) == (None, None)


def test_what_is_wrong_but_not_needed_is_noted() -> None:
    row = {
        "sale_price": "20 USD",
        "image_link": "fern.jpg",
        "shopping_ads_excluded_country": "CH, Norway",
        "height": "tall",
        "pet safe": "perhaps",
        "color": "x" * 101,
    }
    items = read(tsv(row))
    assert products(items)["fern"].undeliverable == ("CH",)
    assert sorted(note.field for note in notes(items)) == [
        "color",
        "height",
        "image_link",
        "pet safe",
        "sale_price",
        "shopping_ads_excluded_country",
    ]


def test_a_table_without_needed_columns_is_refused_at_once() -> None:
    assert places(read("id\ttitle\tlink\nA\tB\tC\n")) == [(1, "price")]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("a:b:c", [("a", "b", "c")]),
        ("a:b:c,d,e:f:g:h", [("a", "b", "c,d"), ("e", "f", "g:h")]),
        (":b:c", [("", "b", "c")]),
        (r"a:b\:c:d\,e\\", [("a", "b:c", "d,e\\")]),
        ("loose", []),
    ],
)
def test_details_of_a_cell(cell: str, found: list[tuple[str, str, str]]) -> None:
    assert details_of(cell) == found


BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<rss><channel><item><id>&b;</id></item></channel></rss>"
)
OUTSIDE = (
    '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    "<rss><channel><item><id>&a;</id></item></channel></rss>"
)


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
def test_entities_are_refused(text: str) -> None:
    (problem,) = problems(read(text))
    assert problem.field == "file"
    assert "entities" in problem.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<rss><channel>", "no element found"),
        ("<rss><item></rss>", "mismatched tag"),
        ("<rss>" + "<a>" * 100, "nested too deeply"),
        ("<rss></rss>", "no <item>"),
        ('<?xml version="1.0" encoding="klingon"?><rss></rss>', "unknown encoding"),
        ("<rss><item><id>" + "x" * 4_200_000, "no element found"),
    ],
)
def test_a_broken_feed_says_so(text: str, told: str) -> None:
    (problem,) = problems(read(text))
    assert problem.field == "file"
    assert told in problem.text


def test_an_item_that_is_far_too_long_is_left_out_alone() -> None:
    text = (FILES / "google-rss.xml").read_text(encoding="utf-8")
    endless = f"<item><g:id>endless</g:id>{'<x>y</x>' * 10}<g:title>{'x' * 4_200_000}</g:title>"
    items = read(text.replace("<item>", f"{endless}<g:brand>b</g:brand></item><item>", 1))
    assert products(items).keys() == products(read(text)).keys()
    (problem,) = [found for found in problems(items) if found.field == "item"]
    assert "more than 4194304 characters" in problem.text


def test_what_stands_before_the_break_is_read() -> None:
    text = (FILES / "google-rss.xml").read_text(encoding="utf-8").replace("</channel>", "")
    items = read(text)
    assert list(products(items)) == ["fern"]
    assert places(items)[-1][1] == "file"
