"""WooCommerce's product CSV: variations find their product wherever they stand."""

from datetime import UTC, datetime

import pytest

from plantly.domain.catalog import UNTRACKED_LIMIT, PublishState, StockPolicy
from plantly.domain.catalog_document import (
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    StockDocument,
)
from plantly.domain.money import currency
from plantly.services.formats import woocommerce
from plantly.services.formats.woocommerce_values import escaped, long_source, long_text, unescaped
from tests.unit.formats.reads import FILES, notes, places, problems, products, read, shop, table

USD = currency("USD")
UNTRACKED = StockDocument(None, StockPolicy.UNTRACKED, UNTRACKED_LIMIT)
ROW = {"ID": "1", "Type": "simple", "Name": "Fern", "Regular price": "5"}


def test_a_simple_product_with_everything_is_read_whole() -> None:
    items = read(FILES / "woocommerce.csv")
    snake = products(items)["snake-plant"]
    assert [problem for problem in problems(items) if problem.drops_row] == []
    assert snake.description == "Stands & waits.\n\nA path: C:\\new"
    assert snake.category == CategoryDocument("plants-easy", "Plants > Easy")
    assert snake.collections == ("Gifts, small",)
    assert (snake.tags, snake.brand) == (("tough", "night"), "Plantly")
    assert (snake.care, snake.undeliverable) == ("Water rarely.", ("CH", "NO"))
    assert snake.facets == {"sunlight": ("Low Light", "Full Sun")}
    assert snake.state is PublishState.ACTIVE
    (variant,) = snake.variants
    assert (variant.sku, variant.gtin, variant.weight_g) == ("SNAKE", "4006381333931", 907)
    starts_at, ends_at = datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert variant.prices == (PriceDocument(USD, 1999, 2499, starts_at, ends_at),)
    assert variant.stock == StockDocument(12)


def test_a_second_product_of_the_same_name_gets_a_slug_of_its_own() -> None:
    second = products(read(FILES / "woocommerce.csv"))["snake-plant-12"]
    assert (second.title, second.description) == ("Snake Plant", "Only short")
    assert second.state is PublishState.DRAFT
    assert second.variants[0].sku == "snake-plant-12"
    assert second.variants[0].stock == StockDocument(0)


def test_variations_become_variants_of_their_parent() -> None:
    items = read(FILES / "woocommerce.csv")
    pot = products(items)["pot"]
    red, blue, green = pot.variants
    assert pot.options == ("Color",)
    assert [v.options for v in pot.variants] == [("Red",), ("Blue",), ("Green",)]
    assert [v.default for v in pot.variants] == [False, True, False]
    assert pot.facets == {"pet_safe": ("true",)}
    assert red.stock == StockDocument(8, StockPolicy.BACKORDER, 1_000_000)
    assert (red.weight_g, blue.weight_g) == (680, 1361)
    assert blue.prices == (PriceDocument(USD, 450, 500, datetime(2026, 11, 27, 8, tzinfo=UTC)),)
    assert green.stock == StockDocument(None, StockPolicy.BACKORDER, 1_000_000)
    assert green.sku == "pot/green"
    assert pot.media == (
        MediaDocument("https://cdn.example.com/pot,large.jpg"),
        MediaDocument("https://cdn.example.com/pot2.jpg"),
        MediaDocument("https://cdn.example.com/red.jpg"),
    )
    assert [(note.line, note.field) for note in notes(items)] == [(5, "Stock"), (2, "Leaves")]


def test_every_bad_row_is_named_with_its_line_field_and_remedy() -> None:
    items = read(FILES / "woocommerce-broken.csv")
    assert list(products(items)) == ["noted", "hidden", "varied"]
    wrong = [problem for problem in problems(items) if problem.drops_row]
    assert [(problem.line, problem.field) for problem in wrong] == [
        (2, "Type"),
        (3, "Type"),
        (4, "Type"),
        (5, "Name"),
        (6, "Regular price"),
        (7, "Regular price"),
        (8, "Date sale price starts"),
        (9, "Date sale price ends"),
        (10, "Weight (kg)"),
        (11, "Stock"),
        (15, "Regular price"),
        (16, "Attribute 1 value(s)"),
        (17, "Attribute 1 value(s)"),
        (18, "Name"),
        (12, "Parent"),
    ]
    assert [v.sku for v in products(items)["varied"].variants] == ["V-S"]
    assert "import its products one by one" in wrong[0].text
    assert "leave it out" in wrong[1].text
    assert '"id:99" does not stand in the file' in wrong[-1].text


def test_what_is_imported_all_the_same_is_noted_once() -> None:
    items = read(FILES / "woocommerce-broken.csv")
    found = products(items)
    assert found["noted"].state is found["hidden"].state is PublishState.DRAFT
    assert found["noted"].variants[0].prices == (PriceDocument(USD, 500),)
    assert found["noted"].variants[0].stock == StockDocument(0)
    told = [(note.line, note.field) for note in notes(items)]
    assert told.count((19, "Scent")) == 1
    assert (20, "Scent") not in told
    assert {field for _, field in told} == {
        "Scent",
        "Published",
        "Images",
        "Sale price",
        "Visibility in catalog",
    }


def test_a_variation_may_stand_before_its_parent() -> None:
    child = {**ROW, "ID": "2", "Type": "variation", "Parent": "id:1"}
    attribute = {"Attribute 1 name": "Size", "Attribute 1 value(s)": "S"}
    parent = {**ROW, "Type": "variable", "Regular price": ""}
    fern = products(read(table([{**child, **attribute}, parent])))["fern"]
    assert [variant.options for variant in fern.variants] == [("S",)]


def test_only_so_much_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(woocommerce, "MAX_HELD", 3000)
    parents = [{**ROW, "ID": str(n), "Type": "variable", "Name": f"F{n}"} for n in range(5)]
    children = [{**ROW, "Type": "variation", "Parent": f"id:{n}", "SKU": f"V{n}"} for n in range(5)]
    together = [row for pair in zip(parents, children, strict=True) for row in pair]
    assert len(products(read(table(together)))) == 5
    apart = read(table([*parents, *children]))
    assert 0 < len(products(apart)) < 5
    assert any(field == "Parent" for _, field in places(apart))


def test_more_variants_and_options_than_there_can_be_are_refused() -> None:
    parent = {**ROW, "Type": "variable"}
    child = {**ROW, "ID": "2", "Type": "variation", "Parent": "id:1", "Attribute 1 name": "Size"}
    many = [{**child, "Attribute 1 value(s)": str(n)} for n in range(2060)]
    assert places(read(table([parent, *many]))) == [(2, "SKU")]
    options = {f"Attribute {n} {part}": "x" for n in range(1, 5) for part in ("name", "value(s)")}
    named = {f"Attribute {n} name": str(n) for n in range(1, 5)}
    assert places(read(table([parent, {**child, **options, **named}]))) == [
        (2, "Attribute 1 value(s)")
    ]


def test_a_sale_that_is_none_is_left_out_silently() -> None:
    items = read(table([{**ROW, "Sale price": "5.00"}]))
    assert products(items)["fern"].variants[0].prices == (PriceDocument(USD, 500),)
    assert notes(items) == []


def test_columns_that_are_missing_are_told_at_once() -> None:
    items = read("Type,Name,Regular price\nsimple,Fern,5\n")
    assert products(items)["fern"].variants[0].stock is None
    assert products(items)["fern"].tags is None


@pytest.mark.parametrize(
    ("code", "written", "minor"),
    [("USD", "14.9", 1490), ("JPY", "1499", 1499), ("KWD", "1.499", 1499)],
)
def test_prices_keep_their_exact_minor_units(code: str, written: str, minor: int) -> None:
    fern = products(read(table([{**ROW, "Regular price": written}]), shop(code)))["fern"]
    assert fern.variants[0].prices == (PriceDocument(currency(code), minor),)


def test_untracked_products_are_sold_without_being_counted() -> None:
    fern = products(read(table([{**ROW, "In stock?": "1"}])))["fern"]
    assert fern.variants[0].stock == UNTRACKED


@pytest.mark.parametrize("text", ["=1+1", "'=1", "a\\nb", "a\\\\nb", "a\nb", "\\\\\\n", "-5", "'"])
def test_escaped_texts_are_read_back(text: str) -> None:
    assert long_text(long_source(text)) == text
    assert unescaped(escaped(text)) == text
