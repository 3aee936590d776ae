"""Arguments: nothing is coerced, nothing unknown comes through, and every refusal is a sentence."""

import json
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel, Field

from plantly.domain.catalog import CatalogQuery, Facet, FacetKind, Sort
from plantly.domain.errors import InvalidInput
from plantly.mcp_server.arguments import (
    Arguments,
    FetchId,
    GetCheckout,
    GetOrderStatus,
    GetProduct,
    GetStorePolicies,
    SearchQuery,
    ShowCart,
    StartCheckout,
    UpdateCart,
    order_number_of,
    parse,
    schema_of,
    sort_of,
)
from plantly.mcp_server.facet_arguments import (
    FacetFilters,
    facet_value,
    filters_of,
    in_force,
    listing_model,
)

FACETS = (
    Facet("water", "Water", ("Low", "Moderate")),
    Facet("json", "Format", ("Yes",)),
    Facet("pet_safe", "Pet safe", (), FacetKind.BOOL),
    Facet("height", "Height", (), FacetKind.RANGE, "cm"),
    Facet("grower", "Grower", (), examples=("Ann", "Bo", "Cy")),
)
LISTING = listing_model(FACETS)
MODELS: list[type[BaseModel]] = [
    LISTING,
    GetProduct,
    UpdateCart,
    ShowCart,
    StartCheckout,
    GetCheckout,
    GetOrderStatus,
    GetStorePolicies,
    SearchQuery,
    FetchId,
]
IDS = [model.__name__ for model in MODELS]
ITEM = {"product_id": "jade", "quantity": 1}


def refusal(model: type[BaseModel], raw: dict[str, Any]) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        parse(model, raw)
    return refused.value


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_a_schema_is_in_one_piece_and_says_no_more_than_it_must(model: type[BaseModel]) -> None:
    schema = schema_of(model)
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    assert schema["additionalProperties"] is False
    for clutter in ("$ref", "$defs", '"title"', '"null"', '"default": ""', '"default": []'):
        assert clutter not in text


LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 60),
    st.sampled_from([10**30, -(10**30), 10**400, 0.5, 1e300, float("inf"), float("nan")]),
    st.sampled_from(["", "jade", "Low", "a\x00b", "\ud800", "x" * 301, "2", "🌵", "set", "add"]),
)
INNER = st.sampled_from(["product_id", "variant_id", "quantity", "price", "name", "odd", "\x00"])
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[type[BaseModel], dict[str, Any]]:
    model = draw(st.sampled_from(MODELS))
    names = st.sampled_from([*schema_of(model)["properties"]] * 3 + ["odd", ""])
    return model, draw(st.dictionaries(names, JSON, max_size=3))


def outcome(model: type[BaseModel], raw: dict[str, Any]) -> InvalidInput | None:
    try:
        parse(model, raw)
    except InvalidInput as refused:
        return refused
    return None


@given(calls())
@settings(max_examples=150)
def test_whatever_comes_is_taken_or_refused_in_a_sentence(
    call: tuple[type[BaseModel], dict[str, Any]],
) -> None:
    model, raw = call
    refused = outcome(model, raw)
    if refused is not None:
        assert refused.message.isprintable()
        assert refused.message.endswith(".")
        assert len(refused.message) < 500
        assert refused.field in refused.message


@given(calls())
@settings(max_examples=150)
def test_what_the_schema_allows_is_taken(
    call: tuple[type[BaseModel], dict[str, Any]],
) -> None:
    model, raw = call
    unkeepable = any(part in repr(raw) for part in ("\\x00", "\\ud800", "inf", "nan"))
    if not unkeepable and Draft202012Validator(schema_of(model)).is_valid(raw):
        assert outcome(model, raw) is None


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_no_arguments_at_all_are_an_empty_object(model: type[BaseModel]) -> None:
    if schema_of(model).get("required"):
        assert refusal(model, {}).message.endswith("is missing: send it.")
        return
    assert parse(model, None) == parse(model, {})


@pytest.mark.parametrize(
    ("model", "raw", "sentence"),
    [
        (LISTING, {"limit": 0}, "limit is too small: send 1 or more."),
        (LISTING, {"limit": 51}, "limit is too large: send 50 or less."),
        (
            LISTING,
            {"limit": "12"},
            "limit must be a whole number; leave it out when there is nothing to say.",
        ),
        (LISTING, {"water": ["Low", 1]}, "water must be one value, or a list of values, as text."),
        (
            LISTING,
            {"facet_0": "Low"},
            "facet_0 is not an argument: leave facet_0 out. This tool takes search, category, min",
        ),
        (
            LISTING,
            {"sort": "cheap"},
            "sort must be one of 'relevance', 'featured', 'price_asc', 'price_desc', 'newest'",
        ),
        (
            GetProduct,
            {"product_ids": ["a"] * 21},
            "product_ids holds too much: send at most 20 entries.",
        ),
        (GetProduct, {"product_ids": [""]}, "product_ids[0] is empty: send a value, or leave it"),
        (ShowCart, {"items": ["jade"]}, "items[0] must be an object."),
        (ShowCart, {"items": [{"product_id": "jade"}]}, "items[0].quantity must be a whole number"),
        (
            StartCheckout,
            {"items": [{**ITEM, "total": 1}]},
            "items[0].total is not an argument: leave total out. items[0] takes product_id, var",
        ),
        (
            StartCheckout,
            {"items": [{**ITEM, "price": "14.99"}]},
            "items[0].price must be a number such as 14.99, or be left out: the catalog's price",
        ),
        (UpdateCart, {"mode": "replace"}, "mode must be one of 'set' or 'add'."),
        (UpdateCart, {"expected_version": -1}, "expected_version is too small: send 0 or more."),
        (SearchQuery, {"query": "a\x00b"}, "query holds a NUL character: send the text without"),
        (SearchQuery, {"query": "x" * 301}, "query is too long: send at most 300 characters."),
        (SearchQuery, {"query": "a", "\x1b[31mred": 1}, "[31mred is not an argument: leave"),
        (SearchQuery, {"query": "a", "q" * 500: 1}, "q" * 80 + " is not an argument"),
    ],
)
def test_a_sentence_names_the_field_and_says_what_to_send(
    model: type[BaseModel], raw: dict[str, Any], sentence: str
) -> None:
    assert refusal(model, raw).message.startswith(sentence)


class Leaf(Arguments):
    size: Annotated[int, Field(multiple_of=2)]


class Tree(Arguments):
    branch: Leaf | int


def test_a_rule_without_a_sentence_of_its_own_still_names_its_field() -> None:
    assert refusal(Leaf, {"size": 3}).message == "size: should be a multiple of 2."


def test_an_unknown_argument_in_a_place_of_several_shapes_is_refused() -> None:
    message = refusal(Tree, {"branch": {"size": 2, "color": "red"}}).message
    assert message.startswith("branch.Leaf.color is not an argument: leave color out.")
    assert message.endswith("takes only what its schema names.")


def test_a_shown_price_is_read_as_it_was_written() -> None:
    prices = [14.99, 0, 0.1, 1e-9, -3, 1e300, 10**400]
    parsed = parse(StartCheckout, {"items": [{**ITEM, "price": price} for price in prices]})
    assert parsed.items is not None
    assert [item.price for item in parsed.items] == [
        Decimal("14.99"),
        Decimal(0),
        Decimal("0.1"),
        Decimal("1e-9"),
        Decimal(-3),
        Decimal("1e300"),
        Decimal(10**400),
    ]


def test_filters_take_one_value_or_several_and_never_one_twice() -> None:
    one = parse(LISTING, {"water": "Low", "category": "Ferns"})
    many = parse(LISTING, {"water": ["Low", "Low"], "category": ["Ferns"]})
    assert one == many
    assert filters_of(one, FACETS) == FacetFilters({"water": ("Low",)}, {})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, FacetFilters({}, {})),
        ({"pet_safe": False}, FacetFilters({"pet_safe": ("false",)}, {})),
        (
            {"pet_safe": True, "json": "Yes"},
            FacetFilters({"json": ("Yes",), "pet_safe": ("true",)}, {}),
        ),
        ({"min_height": 0.1}, FacetFilters({}, {"height": (Decimal("0.1"), None)})),
        ({"max_height": 12.345}, FacetFilters({}, {"height": (None, Decimal("12.345"))})),
        (
            {"min_height": -2, "max_height": 10**12},
            FacetFilters({}, {"height": (Decimal(-2), Decimal(10**12))}),
        ),
        ({"grower": ["Bo", "Zoe"]}, FacetFilters({"grower": ("Bo", "Zoe")}, {})),
    ],
)
def test_facets_are_asked_for_in_their_own_types_and_said_again_in_them(
    raw: dict[str, Any], expected: FacetFilters
) -> None:
    filters = filters_of(parse(LISTING, raw), FACETS)
    assert filters == expected
    query = CatalogQuery(facets=filters.values, ranges=filters.ranges)
    listed = {key: [value] if isinstance(value, str) else value for key, value in raw.items()}
    assert in_force(query, FACETS) == listed


@pytest.mark.parametrize("value", ["12", True, None, [1], 0.0001, 10**12 + 1, 1e300, float("nan")])
def test_a_bound_is_a_number_of_at_most_three_decimals(value: object) -> None:
    message = refusal(LISTING, {"min_height": value}).message
    assert message == (
        "min_height must be a number with at most three decimals, such as 12.5, or be left out."
    )


def test_a_yes_or_no_is_no_text() -> None:
    message = refusal(LISTING, {"pet_safe": "true"}).message
    assert message.startswith("pet_safe must be true or false")


def test_the_schema_of_a_facet_says_what_it_takes() -> None:
    arguments = schema_of(LISTING)["properties"]
    assert arguments["pet_safe"] == {"type": "boolean", "description": "Pet safe"}
    bound = {"type": "number", "minimum": -(10**12), "maximum": 10**12}
    assert arguments["min_height"] == {**bound, "description": "Height at least, in cm."}
    assert arguments["max_height"] == {**bound, "description": "Height at most, in cm."}
    assert "height" not in arguments
    text = {"type": "string"}
    assert arguments["grower"] == {
        "anyOf": [text, {"type": "array", "items": text, "minItems": 1}],
        "description": "Grower (e.g. Ann, Bo, Cy); search_products' filters list the most common.",
    }


def test_a_product_says_its_facets_in_the_types_of_their_arguments() -> None:
    water, _, pets, height, _ = FACETS
    assert facet_value(water, ("Low",)) == ["Low"]
    assert facet_value(pets, ("true",)) is True
    assert facet_value(pets, ("false",)) is False
    assert facet_value(height, ("12.500",)) == 12.5
    assert facet_value(height, ("30", "0.1")) == [30, 0.1]


def test_the_order_suits_the_question_unless_it_is_asked_for() -> None:
    assert sort_of(parse(LISTING, {})) is Sort.FEATURED
    assert sort_of(parse(LISTING, {"search": "  "})) is Sort.FEATURED
    assert sort_of(parse(LISTING, {"search": "fern"})) is Sort.RELEVANCE
    assert sort_of(parse(LISTING, {"search": "fern", "sort": "featured"})) is Sort.FEATURED
    assert "default" not in schema_of(LISTING)["properties"]["sort"]


def test_an_order_number_is_read_as_people_type_it() -> None:
    typed = parse(GetOrderStatus, {"order_number": " pl-o0il-9q2m-tb3v-h6wd "})
    assert order_number_of(typed) == "PL-0011-9Q2M-TB3V-H6WD"
    assert order_number_of(parse(GetOrderStatus, {})) is None
