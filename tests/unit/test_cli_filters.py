"""Filters as they are typed after `--filter`."""

from decimal import Decimal

import pytest

from plantly.cli.catalog_filters import filters_of
from plantly.cli.refusals import Refusal
from plantly.domain.catalog import Facet, FacetKind

FACETS = (
    Facet("sunlight", "Sunlight", ("Low Light", "Full Sun")),
    Facet("pet_safe", "Safe for pets", (), FacetKind.BOOL),
    Facet("height_cm", "Height", (), FacetKind.RANGE, "cm"),
)


def test_values_of_one_filter_are_alternatives() -> None:
    texts = ["sunlight=Full Sun", "sunlight=Low Light", "pet_safe=Yes"]
    chosen, ranges = filters_of(texts, FACETS)
    assert chosen == {"sunlight": ("Full Sun", "Low Light"), "pet_safe": ("true",)}
    assert ranges == {}


@pytest.mark.parametrize(
    ("typed", "least", "most"),
    [("20..40.5", "20", "40.5"), ("20..", "20", None), ("..40", None, "40"), ("-2", "-2", "-2")],
)
def test_a_range_has_one_end_or_two(typed: str, least: str | None, most: str | None) -> None:
    _, ranges = filters_of([f"height_cm={typed}"], FACETS)
    wanted = tuple(None if end is None else Decimal(end) for end in (least, most))
    assert ranges == {"height_cm": wanted}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("mood=x", "The shop has no filter mood: use one of sunlight, pet_safe, height_cm."),
        ("pet_safe=maybe", "maybe is no answer to pet_safe: write pet_safe=yes or pet_safe=no."),
        ("height_cm=tall", "tall is no range of height_cm: "),
        ("height_cm=..", ".. is no range of height_cm: "),
        ("height_cm=NaN..3", "NaN..3 is no range of height_cm: "),
    ],
)
def test_what_is_no_filter_is_refused_with_a_remedy(typed: str, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        filters_of([typed], FACETS)
    assert str(refused.value).startswith(told)


def test_a_shop_without_filters_says_where_they_come_from() -> None:
    with pytest.raises(Refusal, match=r"define it in shop\.toml"):
        filters_of(["mood=x"], ())
