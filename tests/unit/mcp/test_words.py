"""What the edge says: amounts, cursors, filters in force, and refusals."""

import logging
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import TextContent

from plantly.domain.catalog import CatalogQuery, Facet, FacetKind, Position, Sort
from plantly.domain.errors import NotFound, VersionConflict
from plantly.domain.money import EXPONENTS
from plantly.domain.money_text import format_money
from plantly.mcp_server.errors import crash, refusal
from plantly.mcp_server.views import initial_filters, listing_help
from plantly.services.search_help import Dropped, SearchHelp


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


def test_the_order_in_force_is_said_unless_it_suits_the_question() -> None:
    for search, sort, said in (
        (None, Sort.FEATURED, None),
        ("fern", Sort.RELEVANCE, None),
        ("fern", Sort.FEATURED, "featured"),
        (None, Sort.BEST_SELLING, "best_selling"),
    ):
        found = initial_filters(CatalogQuery(search=search, sort=sort), ())
        assert found.get("sort") == said


def test_help_names_what_to_say_instead_and_what_to_leave_out() -> None:
    query = CatalogQuery(
        search="monstra", ranges={"height": (Decimal(1), Decimal(2))}, facets={"water": ("Low",)}
    )
    way = (Dropped("height", 1000, capped=True), Dropped("water", 3, capped=False))
    structured, words = listing_help(SearchHelp("monstera", way), query, FACETS)
    assert structured == {
        "did_you_mean": "monstera",
        "drop": [
            {"arguments": ["min_height", "max_height"], "total": 1000, "total_capped": True},
            {"arguments": ["water"], "total": 3},
        ],
    }
    assert " ".join(words) == (
        "No product matches. Did you mean 'monstera'? Without min_height and max_height: 1,000+. "
        "Without water: 3."
    )
    nothing, words = listing_help(SearchHelp(None, ()), query, FACETS)
    assert nothing == {}
    assert words[-1] == "Try fewer filters or other words."


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
