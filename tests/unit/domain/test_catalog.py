"""Words for stock, and what a listing asks."""

from decimal import Decimal

import pytest

from plantly.domain.catalog import (
    FIXED_FILTERS,
    RESERVED_KEYS,
    UNTRACKED_LIMIT,
    Availability,
    CatalogQuery,
    Position,
    Sort,
    StockPolicy,
    Supply,
    availability,
    supply_of,
)


@pytest.mark.parametrize(
    ("units", "named"),
    [
        (-1, Availability.OUT_OF_STOCK),
        (0, Availability.OUT_OF_STOCK),
        (1, Availability.LOW_STOCK),
        (4, Availability.LOW_STOCK),
        (5, Availability.IN_STOCK),
    ],
)
def test_few_units_are_low_and_none_is_out(units: int, named: Availability) -> None:
    assert availability(units, 4) is named


@pytest.mark.parametrize(
    ("on_hand", "reserved", "policy", "limit", "supply", "named"),
    [
        (9, 2, "deny", 0, Supply(7), "in_stock"),
        (9, 6, "deny", 0, Supply(3), "low_stock"),
        (9, 9, "deny", 0, Supply(0), "out_of_stock"),
        (9, 6, "backorder", 5, Supply(3, backorder=5), "low_stock"),
        (0, 2, "backorder", 5, Supply(0, backorder=3), "backorder"),
        (-3, 2, "backorder", 5, Supply(0), "out_of_stock"),
        (0, 0, "preorder", 10, Supply(0, preorder=10), "preorder"),
        (0, 10, "preorder", 10, Supply(0), "out_of_stock"),
        (-7, 1, "untracked", UNTRACKED_LIMIT, Supply(0, untracked=True), "in_stock"),
    ],
)
def test_what_can_be_sold_follows_the_policy(
    on_hand: int, reserved: int, policy: str, limit: int, supply: Supply, named: str
) -> None:
    found = supply_of(on_hand, reserved, StockPolicy(policy), limit)
    assert found == supply
    assert found.availability(4) == named


def test_a_query_is_looked_up_by_everything_that_it_asks() -> None:
    keys = {
        CatalogQuery().key(),
        CatalogQuery(search="fern").key(),
        CatalogQuery(category=("Ferns",)).key(),
        CatalogQuery(facets={"water": ("Low",)}).key(),
        CatalogQuery(facets={"water": ("Low", "Moderate")}).key(),
        CatalogQuery(min_price_minor=1).key(),
        CatalogQuery(max_price_minor=1).key(),
        CatalogQuery(in_stock=True).key(),
        CatalogQuery(in_stock=False).key(),
        CatalogQuery(sort=Sort.NAME).key(),
        CatalogQuery(limit=5).key(),
        CatalogQuery(after=Position(None, 2)).key(),
        CatalogQuery(ranges={"height": (None, Decimal(9))}).key(),
    }
    assert len(keys) == 13
    assert CatalogQuery(search="fern").key() == CatalogQuery(search="fern").key()


def test_no_facet_can_take_the_place_of_an_argument_or_of_a_fact() -> None:
    assert not FIXED_FILTERS & RESERVED_KEYS
    assert "category" in FIXED_FILTERS
    assert {"variants", "media", "price_minor"} <= RESERVED_KEYS
