"""Money is exact: integers in, integers out, and parts that add up."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.money import (
    EXPONENTS,
    Currency,
    Money,
    allocate,
    currency,
    included_share,
    minor_from_major,
    share,
)

AMOUNTS = st.integers(0, 10**12)
PERCENTS = st.decimals(0, 100, places=3)


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("code", "exponent", "major"),
    [
        ("JPY", 0, "1499"),
        ("USD", 2, "14.99"),
        ("KWD", 3, "1.499"),
        ("CLF", 4, "0.1499"),
    ],
)
def test_a_currency_has_its_own_number_of_digits(code: str, exponent: int, major: str) -> None:
    assert EXPONENTS[code] == exponent
    assert str(Money(1499, currency(code)).major()) == major


def test_every_code_has_the_form_of_iso_4217() -> None:
    assert set(EXPONENTS.values()) == {0, 2, 3, 4}
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in EXPONENTS)


@pytest.mark.parametrize("code", ["", "usd", "US", "XXX", "USDT", "$"])
def test_what_iso_4217_does_not_list_is_no_currency(code: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 4217 currency code"):
        currency(code)


def test_amounts_of_one_currency_add_up() -> None:
    dollars = currency("USD")
    assert Money(1499, dollars) + Money(1, dollars) == Money(1500, dollars)
    assert Money(1499, dollars) - Money(1500, dollars) == Money(-1, dollars)
    assert Money(1499, dollars).times(3) == Money(4497, dollars)


@pytest.mark.parametrize("combine", [Money.__add__, Money.__sub__])
def test_two_currencies_are_never_combined(combine: object) -> None:
    assert callable(combine)
    with pytest.raises(ValueError, match="cannot combine USD with EUR"):
        combine(Money(1, currency("USD")), Money(1, currency("EUR")))


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(-(10**15), 10**15))
def test_major_units_lead_back_to_the_same_minor_units(code: str, amount_minor: int) -> None:
    money = Money(amount_minor, Currency(code))
    assert minor_from_major(money.major(), Currency(code)) == amount_minor


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("14.999", "USD"),
        ("0.5", "JPY"),
        ("0.00001", "CLF"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1E+31", "USD"),
        ("1E-31", "USD"),
    ],
)
def test_an_amount_that_the_currency_cannot_express_is_none(amount: str, code: str) -> None:
    assert minor_from_major(Decimal(amount), currency(code)) is None


@given(AMOUNTS, PERCENTS)
def test_a_share_is_rounded_half_up(amount_minor: int, percent: Decimal) -> None:
    assert share(amount_minor, percent) == half_up(Fraction(amount_minor) * Fraction(percent) / 100)


@given(AMOUNTS, PERCENTS)
def test_an_included_share_is_rounded_half_up(amount_minor: int, percent: Decimal) -> None:
    rate = Fraction(percent)
    exact = Fraction(amount_minor) * rate / (100 + rate)
    assert included_share(amount_minor, percent) == half_up(exact)


@pytest.mark.parametrize(
    ("amount_minor", "percent", "rounded"), [(5, "10", 1), (4, "10", 0), (15, "10", 2)]
)
def test_a_half_goes_up(amount_minor: int, percent: str, rounded: int) -> None:
    assert share(amount_minor, Decimal(percent)) == rounded


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=12),
)
def test_parts_add_up_to_the_whole(amount_minor: int, weights: list[int]) -> None:
    parts = allocate(amount_minor, weights)
    assert sum(parts) == amount_minor
    assert len(parts) == len(weights)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_a_part_is_less_than_one_unit_away_from_its_exact_share(
    amount_minor: int, weights: list[int]
) -> None:
    whole = sum(weights)
    if whole == 0:
        return
    for part, weight in zip(allocate(amount_minor, weights), weights, strict=True):
        assert abs(part - Fraction(amount_minor * weight, whole)) < 1


@given(st.integers(0, 10**6), st.lists(st.integers(1, 100), min_size=2, max_size=8))
def test_equal_weights_differ_by_one_at_most_and_the_earlier_gets_more(
    amount_minor: int, weights: list[int]
) -> None:
    parts = allocate(amount_minor, [weights[0]] * len(weights))
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=12).flatmap(
        lambda weights: st.tuples(st.just(weights), st.integers(0, sum(weights)))
    )
)
def test_nothing_takes_more_than_it_weighs(case: tuple[list[int], int]) -> None:
    weights, amount_minor = case
    assert all(
        part <= weight
        for part, weight in zip(allocate(amount_minor, weights), weights, strict=True)
    )


def test_the_largest_remainder_gets_what_is_left() -> None:
    assert allocate(10, [1, 1, 1]) == [4, 3, 3]
    assert allocate(-10, [1, 1, 1]) == [-4, -3, -3]
    assert allocate(100, [333, 333, 334]) == [33, 33, 34]


def test_without_any_weight_the_first_part_is_everything() -> None:
    assert allocate(7, [0, 0]) == [7, 0]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_there_has_to_be_something_to_split_over(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one weight"):
        allocate(7, weights)
