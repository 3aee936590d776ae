"""What the edge says: amounts, cursors, filters in force, and refusals."""

import logging
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import TextContent

from plantly.domain.catalog import CatalogQuery, Facet, FacetKind, Position, Sort
from plantly.domain.errors import InvalidInput, NotFound, VersionConflict
from plantly.domain.money import EXPONENTS
from plantly.mcp_server.errors import crash, refusal
from plantly.mcp_server.views import decode_cursor, encode_cursor, initial_filters
from plantly.services.money_text import format_money


@pytest.mark.parametrize(
    ("amount_minor", "code", "written"),
    [
        (1499, "USD", "$14.99"),
        (0, "USD", "$0.00"),
        (5, "EUR", "€0.05"),
        (-250, "USD", "-$2.50"),
        (123456789, "USD", "$1,234,567.89"),
        (1499, "JPY", "¥1,499"),
        (1499, "KWD", "KWD 1.499"),
        (1499, "IQD", "IQD 1.499"),
        (149950, "RSD", "RSD 1,499.50"),
        (14999, "CLF", "CLF 1.4999"),
        (10**15, "USD", "$10,000,000,000,000.00"),
    ],
)
def test_an_amount_is_written_with_all_its_digits(
    amount_minor: int, code: str, written: str
) -> None:
    assert format_money(amount_minor, code) == written


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(EXPONENTS)))
def test_no_digit_of_an_amount_is_lost(amount_minor: int, code: str) -> None:
    written = format_money(amount_minor, code)
    assert int("".join(c for c in written if c.isdigit())) == abs(amount_minor)
    assert written.startswith("-") == (amount_minor < 0)


@given(st.sampled_from(Sort), st.integers(1, 10**18 - 1))
def test_a_cursor_leads_back_to_its_place_in_its_sort_only(sort: Sort, row_id: int) -> None:
    cursor = encode_cursor(row_id, sort)
    assert decode_cursor(cursor, sort) == row_id
    for other in set(Sort) - {sort}:
        with pytest.raises(InvalidInput, match="send next_cursor as given"):
            decode_cursor(cursor, other)


@given(st.text("0123456789.-+ _x\n\u0661", max_size=12))
def test_a_cursor_has_one_way_to_be_written(text: str) -> None:
    try:
        row_id = decode_cursor(text, Sort.FEATURED)
    except InvalidInput:
        return
    assert text.lstrip("0.") == encode_cursor(row_id, Sort.FEATURED).lstrip("0.")


FACETS = (
    Facet("water", "Water", ("Low", "Moderate")),
    Facet("pet_safe", "Pet safe", (), FacetKind.BOOL),
    Facet("height", "Height", (), FacetKind.RANGE, "cm"),
)


def test_the_filters_in_force_can_be_sent_again() -> None:
    assert initial_filters(CatalogQuery(), FACETS) == {}
    everything = CatalogQuery(
        search="fern",
        category=("Ferns",),
        facets={"water": ("Low", "Moderate"), "pet_safe": ("true",)},
        ranges={"height": (Decimal("12.5"), None)},
        min_price_minor=0,
        max_price_minor=5000,
        in_stock=False,
        sort=Sort.NEWEST,
        limit=3,
        after=Position(None, 7),
    )
    assert initial_filters(everything, FACETS) == {
        "water": ["Low", "Moderate"],
        "pet_safe": True,
        "min_height": 12.5,
        "category": ["Ferns"],
        "search": "fern",
        "min_price_minor": 0,
        "max_price_minor": 5000,
        "in_stock": False,
        "sort": "newest",
    }


def test_a_refusal_says_the_same_to_people_and_programs() -> None:
    result = refusal(NotFound("cart_id", "There is no such cart."))
    assert result.is_error
    assert result.content == [TextContent(type="text", text="There is no such cart.")]
    assert result.structured_content == {
        "error": {"code": "not_found", "message": "There is no such cart.", "field": "cart_id"}
    }
    assert result.meta is None


def test_a_refusal_can_bring_what_helps() -> None:
    conflict = VersionConflict(cart_id="cart_1", expected=1, current=2)
    result = refusal(conflict, {"cart": {"version": 2}}, {"plantly/media": {}})
    assert result.structured_content is not None
    assert result.structured_content["cart"] == {"version": 2}
    assert "field" not in result.structured_content["error"]
    assert result.meta == {"plantly/media": {}}


def test_a_crash_tells_its_kind_and_place_to_the_log_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ValueError, match="hunter2") as broken:
        raise ValueError("hunter2")
    with caplog.at_level(logging.ERROR):
        result = crash("search", broken.value)
    assert "search failed: ValueError at test_words.py:" in caplog.text
    assert "hunter2" not in caplog.text
    assert "hunter2" not in result.model_dump_json()
    assert result.is_error
