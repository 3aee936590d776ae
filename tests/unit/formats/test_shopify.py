"""Shopify's product CSV: what it says is read exactly, and what is wrong with it is told."""

import pytest

from plantly.domain.catalog import UNTRACKED_LIMIT, PublishState, StockPolicy
from plantly.domain.catalog_document import (
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
)
from plantly.domain.money import currency
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
GOOD = {"Handle": "fern", "Title": "Fern", "Variant Price": "14.99"}


def one(row: dict[str, str], code: str = "USD") -> ProductDocument:
    items = read(table([{**GOOD, **row}]), shop(code))
    assert not problems(items)
    return products(items)["fern"]


def refusal(row: dict[str, str], code: str = "USD") -> Problem:
    items = read(table([{**GOOD, **row}]), shop(code))
    assert not products(items)
    (problem,) = problems(items)
    return problem


def test_a_product_with_everything_is_read_whole() -> None:
    items = read(FILES / "shopify.csv")
    fern = products(items)["boston-fern"]
    assert problems(items) == []
    assert (fern.title, fern.brand) == ("Boston Fern", "Plantly")
    assert fern.description == (
        "Fronds that arch & spill.\n\n- Loves a bathroom\n- Hates radiators"
    )
    assert fern.category == CategoryDocument("ferns-hanging", "Ferns > Hanging")
    assert fern.tags == ("fern", "hanging")
    assert fern.collections == ("Bathroom",)
    assert fern.care == "Mist it every day."
    assert fern.undeliverable == ("CH", "NO")
    assert fern.state is PublishState.ACTIVE
    assert fern.facets == {
        "sunlight": ("Low Light", "Full Sun"),
        "pet_safe": ("true",),
        "height": ("45",),
    }
    assert fern.media == (
        MediaDocument("https://cdn.example.com/fern-1.jpg", "Whole plant"),
        MediaDocument("https://cdn.example.com/fern-2.jpg", "From below"),
        MediaDocument("https://cdn.example.com/fern-3.jpg"),
        MediaDocument("https://cdn.example.com/fern-white.jpg"),
    )


def test_variants_have_their_options_prices_and_stock() -> None:
    fern = products(read(FILES / "shopify.csv"))["boston-fern"]
    assert fern.options == ("Pot", "Color")
    first, second, third = fern.variants
    assert [v.options for v in fern.variants] == [
        ("Small", "White"),
        ("Small", "Black"),
        ("Large", "White"),
    ]
    assert [v.default for v in fern.variants] == [True, False, False]
    assert (first.sku, first.gtin, first.weight_g) == ("FERN-S-W", "4006381333931", 1200)
    assert first.title is None
    assert first.prices == (PriceDocument(USD, 1499, 1999),)
    assert first.stock == StockDocument(7)
    assert second.stock == StockDocument(-3, StockPolicy.BACKORDER, 1_000_000)
    assert second.prices == (PriceDocument(USD, 1499),)
    assert (third.sku, third.gtin, third.weight_g) == ("boston-fern/large/white", None, 2601)
    assert third.prices == (PriceDocument(USD, 102450),)
    assert third.stock == StockDocument(None, StockPolicy.UNTRACKED, UNTRACKED_LIMIT)


def test_a_product_without_options_has_one_plain_variant() -> None:
    snake = products(read(FILES / "shopify.csv"))["snake-plant"]
    (variant,) = snake.variants
    assert snake.options == variant.options == ()
    assert (variant.sku, variant.title, variant.default) == ("snake-plant", None, True)
    assert variant.prices == (PriceDocument(USD, 2000),)
    assert variant.stock == StockDocument(0)
    assert snake.description == "Stands light < 5 & humid air"
    assert (snake.category, snake.tags, snake.media) == (None, (), ())
    assert snake.state is PublishState.DRAFT


def test_the_headers_of_today_are_read_too() -> None:
    items = read(FILES / "shopify-today.csv")
    found = products(items)
    assert problems(items) == []
    bird = found["bird-of-paradise"]
    assert bird.state is PublishState.DRAFT
    assert bird.category == CategoryDocument("home-garden-plants", "Home & Garden > Plants")
    assert [(v.sku, v.options, v.weight_g) for v in bird.variants] == [
        ("001", ("21 cm",), 5400),
        ("BIRD-2", ("27 cm",), 8000),
    ]
    assert bird.variants[1].prices == (PriceDocument(USD, 12900, 14900),)
    assert bird.variants[1].stock == StockDocument(2, StockPolicy.BACKORDER, 1_000_000)
    assert found["old-cactus"].state is PublishState.ARCHIVED


def test_every_bad_row_is_named_with_its_line_field_and_remedy() -> None:
    items = read(FILES / "shopify-broken.csv")
    assert list(products(items)) == ["good", "noted", "last"]
    assert [v.sku for v in products(items)["good"].variants] == ["GOOD-S"]
    assert places(items) == [
        (3, "Variant Price"),
        (4, "Option1 Value"),
        (5, "Variant SKU"),
        (6, "Option1 Value"),
        (7, "Title"),
        (8, "Variant Price"),
        (9, "Variant Price"),
        (10, "Variant Price"),
        (11, "Variant Price"),
        (12, "Variant Grams"),
        (13, "Variant Inventory Qty"),
        (14, "file"),
        (16, "Handle"),
        (18, "file"),
    ]
    told = {problem.line: problem.text for problem in problems(items)}
    assert told[8] == '"1.005" has more decimals than USD has: write 1.00 or 1.01.'
    assert told[10] == '"€5" is not in USD, the currency of the shop: write the price in USD.'
    assert told[11] == '"-5" is below zero: write 0 or more.'
    assert "quotation mark" in told[18]
    assert all(text.endswith(".") for text in told.values())
    assert [(note.line, note.field) for note in notes(items)] == [
        (15, "Status"),
        (15, "Image Src"),
        (15, "Variant Compare At Price"),
        (15, "Variant Inventory Qty"),
    ]
    noted = products(items)["noted"]
    assert (noted.state, noted.media) == (PublishState.DRAFT, ())
    assert noted.variants[0].stock == StockDocument(0)


@pytest.mark.parametrize(
    ("code", "written", "minor"),
    [
        ("USD", "14.99", 1499),
        ("USD", "14,99", 1499),
        ("USD", "$1,234.50", 123450),
        ("USD", "0.1", 10),
        ("JPY", "1499", 1499),
        ("JPY", "1,499", 1499),
        ("KWD", "1.499", 1499),
        ("KWD", "14,99", 14990),
    ],
)
def test_prices_keep_their_exact_minor_units(code: str, written: str, minor: int) -> None:
    (price,) = one({"Variant Price": written}, code).variants[0].prices
    assert price == PriceDocument(currency(code), minor)


@pytest.mark.parametrize(
    ("row", "field", "remedy"),
    [
        ({"Variant Price": "14.99"}, "Variant Price", "write 14 or 15"),
        ({"Title": "x" * 301}, "Title", "shorten it"),
        ({"Body (HTML)": "x" * 50_001}, "Body (HTML)", "shorten it"),
        ({"Type": "x" * 201}, "Type", "shorten it"),
        ({"Variant SKU": "x" * 65}, "Variant SKU", "shorten it"),
        ({"Option1 Name": "x" * 101, "Option1 Value": "a"}, "Option1 Value", "shorten it"),
        ({"Option1 Name": "Size", "Option1 Value": "x" * 101}, "Option1 Value", "shorten it"),
        ({"Title": "\u200b", "Handle": "a"}, "Title", "write what shoppers"),
    ],
)
def test_what_cannot_be_kept_is_refused(row: dict[str, str], field: str, remedy: str) -> None:
    code = "JPY" if field == "Variant Price" else "USD"
    price = {} if field == "Variant Price" else {"Variant Price": "15"}
    problem = refusal({**price, **row}, code)
    assert (problem.line, problem.field, problem.drops_row) == (2, field, True)
    assert remedy in problem.text


def test_what_is_too_much_is_cut_with_a_note() -> None:
    tags = ",".join([*(f"tag {i}" for i in range(300)), "y" * 101])
    row = {
        "Tags": tags,
        "Vendor": "v" * 101,
        "Image Src": "https://e.com/a",
        "Image Alt Text": "a" * 400,
    }
    items = read(table([{**GOOD, **row}]))
    fern = products(items)["fern"]
    assert len(fern.tags or ()) == 250
    assert fern.brand == "v" * 100
    assert [len(media.alt) for media in fern.media or ()] == [300]
    assert {note.field for note in notes(items)} == {"Tags", "Vendor", "Image Src"}
    images = [{**GOOD, "Image Src": f"https://e.com/{i}"} for i in range(101)]
    images = [images[0], *({**row, "Title": "", "Variant Price": ""} for row in images[1:])]
    assert len(products(read(table(images)))["fern"].media or ()) == 100


def test_too_many_variants_are_refused() -> None:
    option = {"Option1 Name": "Size", "Variant Price": "5"}
    rows = [{**GOOD, **option, "Option1 Value": str(n)} for n in range(2049)]
    items = read(table(rows))
    assert places(items) == [(2, "Variant SKU")]
    assert "keep 2048" in problems(items)[0].text


def test_a_handle_of_nothing_is_refused() -> None:
    assert refusal({"Handle": "\u200b"}).field == "Handle"


def test_a_file_without_prices_is_refused_at_once() -> None:
    (problem,) = problems(read("Title,URL handle\nFern,fern\n"))
    assert (problem.line, problem.field) == (1, "Variant Price")


def test_columns_that_are_not_there_say_nothing() -> None:
    fern = one({})
    assert (fern.description, fern.brand, fern.tags, fern.collections) == (None, None, None, None)
    assert (fern.facets, fern.media, fern.state, fern.category) == (None, None, None, None)
    assert fern.variants[0].stock is None


def test_a_picture_comes_once_with_its_best_text() -> None:
    rows = [{**GOOD, "Image Src": "https://e.com/a"} for _ in range(3)]
    rows[1] = {"Handle": "fern", "Image Src": "https://e.com/a", "Image Alt Text": "A fern"}
    rows[2] = {
        "Handle": "fern",
        "Image Src": "https://e.com/a",
        "Mood (product.metafields.a.b)": "x",
    }
    fern = products(read(table(rows)))["fern"]
    assert fern.media == (MediaDocument("https://e.com/a", "A fern"),)
    assert fern.facets is None


def test_the_shop_knows_its_own_pictures_again() -> None:
    row = {**GOOD, "Image Src": "https://shop.example/media/fern.webp"}
    items = read(table([row]), shop(media_url="https://shop.example/media"))
    assert products(items)["fern"].media == (MediaDocument("fern.webp"),)
    row = {**GOOD, "Image Src": "//cdn.example.com/fern.webp"}
    items = read(table([row]), shop(media_url="https://shop.example/media"))
    assert products(items)["fern"].media == (MediaDocument("https://cdn.example.com/fern.webp"),)


def test_options_that_look_alike_get_skus_of_their_own() -> None:
    rows = [
        {**GOOD, "Option1 Name": "Size", "Option1 Value": size} for size in ("S", "S+", "10 cm")
    ]
    fern = products(read(table(rows)))["fern"]
    skus = [variant.sku for variant in fern.variants]
    assert skus[0] == "fern/s"
    assert skus[1].startswith("fern/s-")
    assert skus[2] == "fern/10_cm"
    assert [v.sku for v in products(read(table(rows)))["fern"].variants] == skus
