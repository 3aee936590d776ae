"""Words for stock, and what a search compares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.catalog import (
    FIXED_FILTERS,
    RESERVED_KEYS,
    Availability,
    CatalogQuery,
    Sort,
    availability,
    fold,
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
    ("text", "folded"),
    [
        ("  Crème   BRÛLÉE ", "creme brulee"),
        ("Straße", "strasse"),
        ("\uff21\uff2c\uff2f\uff25 \uff11\uff10\uff05", "aloe 10%"),
        ("İstanbul", "istanbul"),
        ("ﬁcus", "ficus"),
        ("\t\n", ""),
        ("木 槿", "木 槿"),
    ],
)
def test_case_accents_and_spacing_do_not_matter(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text("aB É\tßﬁ\uff11木İ_%", max_size=40))
def test_folded_text_has_single_spaces_and_no_upper_case_letters(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert not any(c.isascii() and c.isupper() for c in folded)


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
        CatalogQuery(after=2).key(),
    }
    assert len(keys) == 12
    assert CatalogQuery(search="fern").key() == CatalogQuery(search="fern").key()


def test_no_facet_can_take_the_place_of_an_argument_or_of_a_fact() -> None:
    assert not FIXED_FILTERS & RESERVED_KEYS
    assert "category" in FIXED_FILTERS
    assert {"variants", "media", "price_minor"} <= RESERVED_KEYS
