"""Plantly's own JSON: everything that the shop knows of a product, streamed."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import plantly
from plantly.domain.catalog import UNTRACKED_LIMIT, Facet, FacetKind, PublishState, StockPolicy
from plantly.domain.catalog_document import (
    CatalogHead,
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    StockDocument,
)
from plantly.domain.money import currency
from plantly.services.formats.reading import Problem, read_products
from tests.unit.formats.reads import FILES, problems, products, read, shop

Json = dict[str, Any]
USD = currency("USD")
DEMO = Path(plantly.__file__).parent / "demo" / "catalog.json"


def variant(**changes: Any) -> Json:
    return {"sku": "FERN", "default": True, "price_minor": 1499, **changes}


def fern(**changes: Any) -> Json:
    return {"slug": "fern", "title": "Fern", "variants": [variant()], **changes}


def catalog(*listed: Any, **changes: Any) -> Json:
    return {
        "format": "plantly-catalog/1",
        "currency": "USD",
        "facets": [
            {"key": "water", "title": "Water", "values": ["Low", "High"]},
            {"key": "hardy", "title": "Hardy", "kind": "bool"},
            {"key": "height", "title": "Height", "kind": "range", "unit": "cm"},
            {"key": "maker", "title": "Maker"},
        ],
        "categories": [{"slug": "ferns", "name": "Ferns"}],
        **changes,
        "products": list(listed),
    }


def wrong(document: Any) -> list[Problem]:
    return problems(read(json.dumps(document)))


def test_everything_that_can_be_said_is_read() -> None:
    items = read(FILES / "plantly.json")
    assert problems(items) == []
    assert items[0] == CatalogHead(
        USD,
        (
            Facet("sunlight", "Sunlight", ("Low Light", "Full Sun")),
            Facet("maker", "Maker", ()),
            Facet("pet_safe", "Pet safe", (), FacetKind.BOOL),
            Facet("height", "Height", (), FacetKind.RANGE, "cm"),
        ),
        (CategoryDocument("ferns", "Plants > Ferns"),),
    )
    found = products(items)["boston-fern"]
    assert found.title == "Boston Fern"
    assert found.description == "Fronds that arch\nand spill."
    assert found.facets == {
        "sunlight": ("Low Light",),
        "maker": ("Green & Sons",),
        "pet_safe": ("true",),
        "height": ("12.5", "40"),
    }
    assert found.media == (
        MediaDocument("fern.webp", "A fern", 800, 600),
        MediaDocument("https://cdn.example.com/fern.jpg"),
    )
    assert (found.options, found.collections) == (("Pot", "Color"), ("Bathroom",))
    assert (found.state, found.undeliverable) == (PublishState.DRAFT, ("CH", "NO"))
    first, second, third = found.variants
    ends_at = datetime(2026, 11, 30, 22, tzinfo=UTC)
    dated = PriceDocument(USD, 1499, 1999, datetime(2026, 11, 27, tzinfo=UTC), ends_at)
    assert first.prices == (dated, PriceDocument(currency("JPY"), 2300))
    due = datetime(2027, 2, 1, tzinfo=UTC)
    assert first.stock == StockDocument(3, StockPolicy.PREORDER, 20, due)
    assert (first.id, first.title) == ("boston-fern-small-white", "Small white pot")
    assert (second.title, second.stock) == (None, StockDocument(0))
    assert third.stock == StockDocument(None, StockPolicy.UNTRACKED, UNTRACKED_LIMIT)


def test_what_is_not_said_is_left_open() -> None:
    gift = products(read(FILES / "plantly.json"))["gift"]
    assert (gift.category, gift.description, gift.brand, gift.tags) == (None, None, None, None)
    assert (gift.facets, gift.media, gift.state, gift.undeliverable) == (None, None, None, None)
    assert (gift.variants[0].options, gift.variants[0].stock, gift.variants[0].gtin) == (
        (),
        None,
        None,
    )


def test_the_demo_catalog_is_read_in_its_short_form() -> None:
    items = read(DEMO)
    raw = json.loads(DEMO.read_text(encoding="utf-8"))
    found = products(items)
    assert problems(items) == []
    assert list(found) == [product["slug"] for product in raw["products"]]
    monstera = found["monstera"]
    assert monstera.options == ("Pot size",)
    assert monstera.variants[0].options == ("17 cm",)
    assert monstera.variants[0].prices == (PriceDocument(USD, 3499),)
    assert monstera.variants[0].stock == StockDocument(18)
    assert monstera.category == CategoryDocument("tropical-foliage", "Foliage")


def test_an_option_without_a_name_has_a_plain_one() -> None:
    found = products(read(json.dumps(catalog(fern(variants=[variant(option="S")])))))
    assert found["fern"].options == ("Option",)


def nested(deep: int) -> dict[str, Any]:
    return {"a": nested(deep - 1)} if deep else {"a": 1}


@pytest.mark.parametrize(
    ("product", "field", "text"),
    [
        (fern(color="green"), "color", "Extra inputs are not permitted"),
        (fern(slug="Fern Tree"), "slug", "should match pattern"),
        (fern(title=""), "title", "at least 1 character"),
        (fern(title="\u200b"), "title", "at least 1 character"),
        (fern(title="x" * 301), "title", "at most 300 characters"),
        (fern(description="a\x00b"), "description", "NUL"),
        (fern(tags=["a", "b\x00"]), "tags", "NUL"),
        (fern(facets={"maker": ["a\x00"]}), "facets", "NUL"),
        (fern(variants=[variant(title="a\x00")]), "variants.0.title", "NUL"),
        (fern(variants=[variant(stock=nested(200))]), "variants.0.stock.a", "Extra inputs"),
        (fern(variants=[]), "variants", "at least 1 item"),
        (fern(category="trees"), "category", "category 'trees' is not listed"),
        (fern(facets={"water": ["Wine"]}), "facets.water", "a value that is not listed"),
        (fern(facets={"wind": ["Low"]}), "facets.wind", "a value that is not listed"),
        (fern(facets={"water": ["Low", "Low"]}), "facets.water", "a facet has a value twice"),
        (fern(facets={"hardy": "yes"}), "facets.hardy", "not listed"),
        (fern(facets={"height": True}), "facets.height", "not listed"),
        (fern(facets={"height": 1.0005}), "facets.height", "not listed"),
        (fern(facets={"height": 10**400}), "facets.height", "not listed"),
        (fern(facets={"maker": "x" * 101}), "facets.maker", "not listed"),
        (fern(media=[{"file": "../a.svg"}]), "media.0.file", "neither the name of a file"),
        (fern(media=[{"file": "javascript:alert(1)"}]), "media.0.file", "neither the name"),
        (fern(undeliverable=["Norway"]), "undeliverable.0", "pattern"),
        (fern(option="A", options=["A"]), "options", "give one of them"),
        (fern(options=["A", "A"], variants=[variant(options=["a", "b"])]), "options", "its own"),
        (fern(options=["A"]), "variants.0.options", "needs a value for each of: A"),
        (fern(variants=[variant(option="a", options=["a"])]), "variants.0.options", "one of them"),
        (fern(variants=[variant(default=False)]), "variants", "exactly one variant"),
        (fern(variants=[variant(), variant(sku="B")]), "variants", "exactly one variant"),
        (
            fern(variants=[variant(), variant(sku="B", default=False)]),
            "variants.1.options",
            "of another one",
        ),
        (fern(variants=[variant(price_minor=-1)]), "variants.0.price_minor", "greater than"),
        (fern(variants=[variant(price_minor=14.99)]), "variants.0.price_minor", "valid integer"),
        (fern(variants=[variant(price_minor="1499")]), "variants.0.price_minor", "valid integer"),
        (fern(variants=[variant(price_minor=10**15 + 1)]), "variants.0.price_minor", "less than"),
        (fern(variants=[variant(price_minor=None)]), "variants.0.prices", "give one of them"),
        (
            fern(variants=[variant(compare_at_minor=1499)]),
            "variants.0.compare_at_minor",
            "compare_at_minor must be above price_minor",
        ),
        (fern(variants=[variant(stock=-1)]), "variants.0.stock.on_hand", "further below zero"),
        (fern(variants=[variant(stock=1.5)]), "variants.0.stock.on_hand", "valid integer"),
        (fern(variants=[variant(stock="5")]), "variants.0.stock", "valid dictionary"),
        (fern(variants=[variant(gtin="12")]), "variants.0.gtin", "pattern"),
        (
            fern(variants=[variant(stock={"backorder_limit": 5})]),
            "variants.0.stock.backorder_limit",
            "choose one of them",
        ),
        (
            fern(variants=[variant(stock={"on_hand": -5, "policy": "backorder"})]),
            "variants.0.stock.on_hand",
            "further below zero",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(product: Json, field: str, text: str) -> None:
    found = wrong(catalog(product))
    assert (found[0].line, found[0].field) == (1, field)
    assert text in found[0].text


@pytest.mark.parametrize(
    ("prices", "text"),
    [
        ([{"currency": "JPY", "amount_minor": 5}], "there is no price in USD"),
        ([{"currency": "XXX", "amount_minor": 5}], "not an ISO 4217"),
        ([{"currency": "USD", "amount_minor": 5}] * 2, "two prices"),
        (
            [{"currency": "USD", "amount_minor": 5, "starts_at": "2026-01-01T00:00:00Z"}],
            "needs compare_at_minor",
        ),
        (
            [
                {
                    "currency": "USD",
                    "amount_minor": 5,
                    "compare_at_minor": 6,
                    "starts_at": "2026-01-02T00:00:00Z",
                    "ends_at": "2026-01-02T00:00:00Z",
                }
            ],
            "ends before it begins",
        ),
    ],
)
def test_prices_that_contradict_themselves_are_refused(prices: list[Json], text: str) -> None:
    (problem,) = wrong(catalog(fern(variants=[variant(price_minor=None, prices=prices)])))
    assert problem.field == "variants.0.prices"
    assert text in problem.text


def test_a_compare_at_price_beside_prices_is_refused() -> None:
    prices = [{"currency": "USD", "amount_minor": 5}]
    bad = variant(price_minor=None, prices=prices, compare_at_minor=9)
    (problem,) = wrong(catalog(fern(variants=[bad])))
    assert "belongs into each" in problem.text


def test_values_of_facets_may_be_written_as_text() -> None:
    facets = {"hardy": ["false"], "height": "12.50", "water": "Low"}
    found = products(read(json.dumps(catalog(fern(facets=facets)))))["fern"]
    assert found.facets == {"hardy": ("false",), "height": ("12.5",), "water": ("Low",)}


def test_names_that_come_twice_are_refused_and_the_rest_goes_on() -> None:
    first = fern(variants=[variant(id="fern")])
    moss = {"slug": "moss", "title": "Moss"}
    found = read(
        json.dumps(
            catalog(
                first,
                fern(),
                {**moss, "variants": [variant()]},
                {**moss, "variants": [variant(sku="M", id="fern")]},
                {**moss, "variants": [variant(sku="M")]},
                7,
            )
        )
    )
    assert list(products(found)) == ["fern", "moss"]
    told = [(problem.line, problem.text) for problem in problems(found)]
    assert told[0] == (2, "slug fern is used twice; SKU FERN is used twice: give each its own.")
    assert [line for line, _ in told] == [2, 3, 4, 6]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"format": "plantly-catalog/2"}, "format"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "EUR"}, "currency"),
        ({"owner": "me"}, "owner"),
        ({"facets": [{"key": "water", "title": "W"}] * 2}, "facets"),
        ({"facets": [{"key": "water", "title": "W", "values": ["a", "a"]}]}, "facets.water"),
        ({"categories": [{"slug": "a", "name": "A"}, {"slug": "b", "name": "A"}]}, "categories"),
        ({"categories": [{"slug": "a", "name": "A"}, {"slug": "a", "name": "B"}]}, "categories"),
    ],
)
def test_a_wrong_head_refuses_the_file(changes: Json, field: str) -> None:
    items = read(json.dumps(catalog(fern(), **changes)))
    assert [(p.line, p.field) for p in problems(items)] == [(1, field)]
    assert not products(items)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "{",
        '{"format": "plantly-catalog/1"',
        '{"format": "plantly-catalog/1", "products": {}}',
        '{"format": "plantly-catalog/1", "currency": "USD", "products": []} x',
        '{"format": "plantly-catalog/1", "currency": 1e999999999, "products": []}',
        '{"format": "plantly-catalog/1", "currency": ' + "9" * 5000 + ', "products": []}',
        '{"a":' * 20_000,
    ],
)
def test_what_is_no_catalog_says_so(text: str) -> None:
    found = list(read_products(io.BytesIO(text.encode()), "plantly-json", shop()))
    assert any(isinstance(item, Problem) for item in found)


def test_a_file_that_breaks_off_gives_what_stood_before() -> None:
    text = json.dumps(catalog(fern(), {**fern(), "slug": "moss"}))
    items = read(text[: text.index("moss")])
    assert list(products(items)) == ["fern"]
    (problem,) = problems(items)
    assert (problem.line, problem.field) == (2, "file")
    assert "no whole JSON" in problem.text


def test_what_stands_after_the_products_is_told() -> None:
    text = json.dumps(catalog(fern()))[:-1] + ', "facets": [], "owner": 1}'
    items = read(text)
    assert list(products(items)) == ["fern"]
    assert [(p.field, p.drops_row) for p in problems(items)] == [("facets", True), ("owner", False)]


def test_what_is_told_has_an_end() -> None:
    many = [variant(sku="x" * 60, options=[str(n)]) for n in range(30)]
    many += [variant(sku=f"{'y' * 60}{n}", options=[f"a{n}"]) for n in range(30)] * 2
    (problem,) = wrong(catalog(fern(options=["A"], variants=many)))
    assert problem.text.endswith("...")
    assert len(problem.text) < 1010


def test_a_time_out_of_reach_is_refused() -> None:
    stock = {"policy": "preorder", "available_at": "0001-01-01T00:00:00+14:00"}
    (problem,) = wrong(catalog(fern(variants=[variant(stock=stock)])))
    assert problem.field == "variants.0.stock.available_at"
    assert "out of reach" in problem.text


def test_times_are_kept_in_their_moment() -> None:
    moment = "2026-11-27T10:00:00+02:00"
    prices = [{"currency": "USD", "amount_minor": 5, "compare_at_minor": 6, "starts_at": moment}]
    found = products(
        read(json.dumps(catalog(fern(variants=[variant(price_minor=None, prices=prices)]))))
    )
    starts_at = found["fern"].variants[0].prices[0].starts_at
    assert starts_at == datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert starts_at is not None
    assert starts_at.utcoffset() == timedelta()
