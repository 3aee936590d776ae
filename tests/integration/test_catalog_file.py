"""A catalog file is read whole or refused, with the place that has to be mended."""

import json
from typing import Any

import pytest

from plantly.domain.catalog_document import (
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.errors import InvalidInput
from plantly.services.catalog_file import read_catalog_file
from tests.support.builders import USD
from tests.support.shop import Json, catalog, document, garden, product, variant


def refusal(source: Json | str) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        read_catalog_file(source if isinstance(source, str) else json.dumps(source))
    return refused.value


def test_everything_in_the_file_is_read() -> None:
    found = document(garden())
    assert found.head.currency == "USD"
    assert [facet.key for facet in found.head.facets] == ["sunlight", "water", "climate"]
    assert found.head.categories[0] == CategoryDocument("succulents", "Succulents")
    assert [p.slug for p in found.products][:2] == ["aloe-vera", "monstera"]
    monstera = found.products[1]
    assert monstera.category == CategoryDocument("foliage", "Foliage")
    assert monstera.facets == {
        "sunlight": ("Indirect Light",),
        "water": ("Moderate",),
        "climate": ("Tropical",),
    }
    assert monstera.options == ("Pot size",)
    assert monstera.variants == (
        VariantDocument(
            sku="SKU-MONSTERA-17CM",
            id="monstera-17cm",
            title="17 cm pot",
            options=("monstera-17cm",),
            prices=(PriceDocument(USD, 3499),),
            stock=StockDocument(10),
            weight_g=500,
            gtin="",
            default=True,
        ),
        VariantDocument(
            sku="SKU-MONSTERA-21CM",
            id="monstera-21cm",
            title="21 cm pot",
            options=("monstera-21cm",),
            prices=(PriceDocument(USD, 5999, 6999),),
            stock=StockDocument(2),
            weight_g=500,
            gtin="",
        ),
    )
    assert monstera.media == (MediaDocument("monstera.svg", "A monstera", 800, 800),)


def test_what_can_be_left_out_is_empty() -> None:
    bare = product("fern")
    for key in ("care", "facets", "media", "option"):
        del bare[key]
    (found,) = document(catalog(bare)).products
    assert (found.care, found.brand, found.tags) == ("", "", ())
    assert (found.facets, found.media, found.options) == ({}, (), ("Option",))


@pytest.mark.parametrize("text", ["", "[]", "{", '"catalog"', "null", "{}"])
def test_what_is_no_catalog_is_refused(text: str) -> None:
    assert refusal(text).field == "catalog"


def with_variant(**changes: Any) -> Json:
    return catalog(product("fern", variant("fern-12cm", **changes)))


def with_product(**changes: Any) -> Json:
    return catalog({**product("fern"), **changes})


WRONG = [
    (catalog(format="plantly-catalog/2"), "format"),
    (catalog(currency="XXX"), "not an ISO 4217 currency"),
    (catalog(owner="me"), "owner"),
    (with_product(slug="Fern Tree"), "products.0.slug"),
    (with_product(title=""), "products.0.title"),
    (with_product(title="x" * 201), "products.0.title"),
    (with_product(brand="x" * 101), "products.0.brand"),
    (with_product(option="x" * 65), "products.0.option"),
    (with_product(variants=[]), "products.0.variants"),
    (with_product(description="a\x00b"), "products.0.description"),
    (with_product(tags=["a", "b\x00"]), "products.0.tags"),
    (with_product(color="green"), "products.0.color"),
    (with_product(category="trees"), "category 'trees' is not listed"),
    (with_product(facets={"water": ["Wine"]}), "a facet has a value that is not listed"),
    (with_product(facets={"wind": ["Low"]}), "a facet has a value that is not listed"),
    (with_product(facets={"water": ["Low", "Low"]}), "a facet has a value twice"),
    (with_product(media=[{"file": "../a.svg", "width": 1, "height": 1}]), "media.0.file"),
    (with_variant(price_minor=-1), "variants.0.price_minor"),
    (with_variant(price_minor=14.99), "variants.0.price_minor"),
    (with_variant(price_minor="1499"), "variants.0.price_minor"),
    (with_variant(price_minor=10**15 + 1), "variants.0.price_minor"),
    (with_variant(compare_at_minor=1000), "compare_at_minor must be above price_minor"),
    (with_variant(stock=-1), "variants.0.stock"),
    (with_variant(stock=1.5), "variants.0.stock"),
    (with_variant(title="x" * 101), "variants.0.title"),
    (with_variant(option="x" * 65), "variants.0.option"),
    (with_variant(sku="x" * 65), "variants.0.sku"),
    (with_variant(id="fern 12"), "variants.0.id"),
    (catalog(product("fern"), product("fern")), "slug fern is used twice"),
    (catalog(product("fern", variant("a"), variant("a"))), "variant id a is used twice"),
    (
        catalog(product("fern", variant("a")), product("moss", variant("b", sku="SKU-A"))),
        "SKU SKU-A is used twice",
    ),
    (
        catalog(product("fern", variant("a"), {**variant("b"), "default": True})),
        "exactly one variant must be the default",
    ),
    (
        catalog(
            product("fern"),
            facets=[
                {"key": "water", "title": "Water", "values": ["Low"]},
                {"key": "water", "title": "Water", "values": ["Low"]},
            ],
        ),
        "facets: water stands there twice",
    ),
    (
        catalog(facets=[{"key": "water", "title": "Water", "values": ["Low", "Low"]}]),
        "facets.water: Low stands there twice",
    ),
    (
        catalog(categories=[{"slug": "a", "name": "A"}, {"slug": "b", "name": "A"}]),
        "categories: A stands there twice",
    ),
    (
        catalog(categories=[{"slug": "a", "name": "A"}, {"slug": "a", "name": "B"}]),
        "categories: a stands there twice",
    ),
]


@pytest.mark.parametrize(("source", "place"), WRONG, ids=[place for _, place in WRONG])
def test_a_mistake_is_refused_with_its_place(source: Json, place: str) -> None:
    assert place in refusal(source).message


def test_names_may_repeat_where_nobody_mixes_them_up() -> None:
    same = product("fern", variant("fern", sku="fern"))
    other = product("moss", variant("fern-moss", sku="moss"))
    assert len(document(catalog(same, other)).products) == 2


def test_several_mistakes_are_named_at_once() -> None:
    message = refusal(with_product(title="", slug="A B", variants=[])).message
    assert all(part in message for part in ("title", "slug", "variants"))
