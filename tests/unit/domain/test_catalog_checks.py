"""A product that no database could hold is told apart before it meets one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantly.domain.catalog import UNTRACKED_LIMIT, StockPolicy
from plantly.domain.catalog_checks import is_storable, problems_of
from plantly.domain.catalog_document import (
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.catalog_writing import BatchResult, WriteProblem
from plantly.domain.money import MAX_MINOR
from tests.support.builders import USD

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
NAIVE = NOW.replace(tzinfo=None)

VARIANT = VariantDocument("SKU", "Small", ("S",), (PriceDocument(USD, 100),), default=True)
FINE = ProductDocument("fern", "Fern", (VARIANT,), options=("Size",))


def fields(product: ProductDocument) -> list[str]:
    return [field for field, _ in problems_of(product)]


def of_variant(**changes: Any) -> list[str]:
    return fields(replace(FINE, variants=(replace(VARIANT, **changes),)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"slug": "x" * 100, "title": "x" * 300, "brand": "x" * 100},
        {"description": "x" * 50_000, "care": "Größe 木 🌱"},
        {"category": CategoryDocument("a", "x" * 200)},
        {"tags": ("x" * 100,) * 250, "undeliverable": ("US",)},
        {"media": (MediaDocument("a.svg", "x" * 300, 10**9, 0),) * 100},
    ],
)
def test_what_fits_is_fine(changes: dict[str, Any]) -> None:
    assert problems_of(replace(FINE, **changes)) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": ""}, "slug"),
        ({"slug": "x" * 101}, "slug"),
        ({"title": ""}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": "a\0"}, "title"),
        ({"description": "x" * 50_001}, "description"),
        ({"care": "\udfff"}, "care"),
        ({"brand": "x" * 101}, "brand"),
        ({"category": CategoryDocument("", "A")}, "category"),
        ({"category": CategoryDocument("a" * 101, "A")}, "category"),
        ({"category": CategoryDocument("a", "x" * 201)}, "category"),
        ({"tags": ("a",) * 251}, "tags"),
        ({"tags": ("a\0",)}, "tags"),
        ({"undeliverable": ("\0",)}, "undeliverable"),
        ({"media": (MediaDocument(""),)}, "media"),
        ({"media": (MediaDocument("x" * 2001),)}, "media"),
        ({"media": (MediaDocument("a", "x" * 301),)}, "media"),
        ({"media": (MediaDocument("a", "", -1),)}, "media"),
        ({"media": (MediaDocument("a", "", 0, 10**10),)}, "media"),
        ({"media": (MediaDocument("a"),) * 101}, "media"),
        ({"variants": ()}, "variants"),
        ({"variants": (replace(VARIANT, default=False),)}, "variants"),
        ({"variants": (VARIANT, replace(VARIANT, sku="B"))}, "variants"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], field: str) -> None:
    assert fields(replace(FINE, **changes)) == [field]


def test_there_are_at_most_three_options() -> None:
    many = replace(VARIANT, options=("a", "b", "c", "d"))
    product = replace(FINE, options=("A", "B", "C", "D"), variants=(many,))
    assert fields(product) == ["options"]


def test_there_are_at_most_2048_variants() -> None:
    many = tuple(replace(VARIANT, sku=str(i), default=i == 0) for i in range(2049))
    assert fields(replace(FINE, variants=many[:2048])) == []
    assert fields(replace(FINE, variants=many)) == ["variants"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": ""}, "sku"),
        ({"sku": "x" * 65}, "sku"),
        ({"id": ""}, "id"),
        ({"id": "x" * 121}, "id"),
        ({"id": "~7"}, "id"),
        ({"title": "x" * 301}, "title"),
        ({"options": ()}, "options"),
        ({"options": ("a\0",)}, "options"),
        ({"gtin": "1" * 15}, "gtin"),
        ({"weight_g": -1}, "weight_g"),
        ({"weight_g": 10**10}, "weight_g"),
    ],
)
def test_what_does_not_fit_in_a_variant_is_named(changes: dict[str, Any], field: str) -> None:
    assert of_variant(**changes) == [field]


@pytest.mark.parametrize(
    "price",
    [
        PriceDocument(USD, 0),
        PriceDocument(USD, MAX_MINOR),
        PriceDocument(USD, 0, 1),
        PriceDocument(USD, 1, 2, NOW, LATER),
        PriceDocument(USD, 1, 2, None, NOW),
        PriceDocument(USD, 1, 2, NOW, None),
    ],
)
def test_prices_that_can_be_kept(price: PriceDocument) -> None:
    assert of_variant(prices=(price,)) == []


@pytest.mark.parametrize(
    "price",
    [
        PriceDocument(USD, -1),
        PriceDocument(USD, MAX_MINOR + 1),
        PriceDocument(USD, 2, 2),
        PriceDocument(USD, 2, 1),
        PriceDocument(USD, 2, MAX_MINOR + 1),
        PriceDocument(USD, 2, None, NOW),
        PriceDocument(USD, 2, None, None, NOW),
        PriceDocument(USD, 1, 2, NOW, NOW),
        PriceDocument(USD, 1, 2, LATER, NOW),
        PriceDocument(USD, 1, 2, NAIVE, None),
        PriceDocument(USD, 1, 2, None, NAIVE),
    ],
)
def test_prices_that_cannot_be_kept(price: PriceDocument) -> None:
    assert of_variant(prices=(PriceDocument(USD, 1), price)) == ["prices"]


@pytest.mark.parametrize(
    "stock",
    [
        StockDocument(),
        StockDocument(10**9),
        StockDocument(-5, StockPolicy.BACKORDER, 5),
        StockDocument(0, StockPolicy.UNTRACKED, UNTRACKED_LIMIT * 9),
        StockDocument(-1, StockPolicy.UNTRACKED),
        StockDocument(0, StockPolicy.PREORDER, 5, NOW),
    ],
)
def test_stock_that_can_be_kept(stock: StockDocument) -> None:
    assert of_variant(stock=stock) == []


@pytest.mark.parametrize(
    "stock",
    [
        StockDocument(-1),
        StockDocument(10**9 + 1),
        StockDocument(-6, StockPolicy.BACKORDER, 5),
        StockDocument(0, StockPolicy.BACKORDER, -1),
        StockDocument(0, StockPolicy.BACKORDER, 10**10),
        StockDocument(0, StockPolicy.PREORDER, 5, NAIVE),
    ],
)
def test_stock_that_cannot_be_kept(stock: StockDocument) -> None:
    assert of_variant(stock=stock) == ["stock"]


def test_no_two_variants_have_the_same_sku_or_id() -> None:
    first = replace(VARIANT, id="a")
    second = replace(VARIANT, id="a", default=False)
    texts = [text for _, text in problems_of(replace(FINE, variants=(first, second)))]
    assert texts == [
        "The SKU SKU is used twice: give each variant its own.",
        "The variant id a is used twice: give each variant its own.",
    ]


def test_several_problems_are_named_at_once() -> None:
    assert fields(replace(FINE, title="", brand="\0", variants=(replace(VARIANT, sku=""),))) == [
        "title",
        "brand",
        "sku",
    ]


@pytest.mark.parametrize("text", ["", "Größe", "木", "🌱", "a\tb\n"])
def test_plain_text_can_be_stored(text: str) -> None:
    assert is_storable(text, 5)
    assert is_storable(text, len(text))


def test_results_of_batches_add_up() -> None:
    problem = WriteProblem(3, "sku", "Wrong.")
    first, second = BatchResult(1, 2, 3, (problem,), 1), BatchResult(10, 20, 30, (), 2)
    assert first.plus(second) == BatchResult(11, 22, 33, (problem,), 3)
