"""Prices, weights, units and times are read exactly, or refused with what to write instead."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.money import EXPONENTS, MAX_MINOR, Money, currency
from plantly.services.formats.findings import Refused
from plantly.services.formats.measures import (
    grams,
    gtin,
    instant,
    interval,
    number_text,
    truth,
    units,
)
from plantly.services.formats.prices import minor, minor_with_code


@pytest.mark.parametrize(
    ("code", "text", "amount"),
    [
        ("USD", "14.99", 1499),
        ("USD", " 14.9 ", 1490),
        ("USD", "14", 1400),
        ("USD", "0", 0),
        ("USD", "14.9900", 1499),
        ("USD", "14,99", 1499),
        ("USD", "14,9", 1490),
        ("USD", "1,234", 123400),
        ("USD", "1,234.50", 123450),
        ("USD", "1.234,50", 123450),
        ("USD", "1 234,50", 123450),
        ("USD", "1\u202f234,50", 123450),
        ("USD", "1\u00a0234.50", 123450),
        ("USD", "1'234.50", 123450),
        ("USD", "1\u2019234.50", 123450),
        ("USD", "1,234,567", 123456700),
        ("USD", "1.234.567", 123456700),
        ("USD", "$14.99", 1499),
        ("USD", "US$ 14.99", 1499),
        ("USD", "14.99 USD", 1499),
        ("USD", "usd 14.99", 1499),
        ("USD", "$14.99 USD", 1499),
        ("USD", "+14.99", 1499),
        ("EUR", "14,99 €", 1499),
        ("EUR", "€14.99", 1499),
        ("SEK", "1 299 kr", 129900),
        ("JPY", "¥1,499", 1499),
        ("JPY", "1499", 1499),
        ("JPY", "1499.00", 1499),
        ("KWD", "1.499", 1499),
        ("KWD", "14,99", 14990),
        ("KWD", "1,234.567", 1234567),
        ("CLF", "1.2345", 12345),
        ("USD", "9999999999999.99", 999999999999999),
        ("JPY", "1000000000000000", 10**15),
    ],
)
def test_prices_are_read_exactly(code: str, text: str, amount: int) -> None:
    assert minor(text, currency(code), "price") == amount


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        ("USD", "1.005", "has more decimals than USD has: write 1.00 or 1.01"),
        ("USD", "1.234", "has more decimals than USD has: write 1.23 or 1.24"),
        ("JPY", "14.99", "has more decimals than JPY has: write 14 or 15"),
        ("JPY", "14,99", "has more decimals than JPY has"),
        ("KWD", "1,234", "can be read in two ways: write 1.234 or 1234"),
        ("KWD", "1.2345", "write 1.234 or 1.235"),
        ("USD", "-5", "below zero"),
        ("USD", "-$5", "below zero"),
        ("USD", "$-5", "below zero"),
        ("USD", "€5", "write the price in USD"),
        ("USD", "5 EUR", "write the price in USD"),
        ("USD", "5 eur", "write the price in USD"),
        ("USD", "5 bananas", "is not a price: write it like 14.99"),
        ("JPY", "free", "is not a price: write it like 1499"),
        ("USD", "", "is not a price"),
        ("USD", ".", "is not a price"),
        ("USD", "12,34.50", "is not a price"),
        ("USD", "1e5", "is not a price"),
        ("USD", "١٢", "is not a price"),
        ("USD", "5-6", "is not a price"),
        ("USD", "9" * 15, "more than any price can be"),
        ("USD", "9" * 17, "is not a price"),
        ("USD", "x" * 100, '..." is not a price'),
    ],
)
def test_what_is_no_exact_price_is_refused(code: str, text: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        minor(text, currency(code), "price")
    assert refused.value.field == "price"
    assert told in refused.value.text


def test_a_price_may_have_to_name_its_currency() -> None:
    assert minor_with_code("14.99 USD", currency("USD"), "price") == 1499
    with pytest.raises(Refused, match=r"write 14\.99 USD"):
        minor_with_code("14.99", currency("USD"), "price")


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(0, MAX_MINOR))
def test_every_amount_is_read_back(code: str, amount: int) -> None:
    money = Money(amount, currency(code))
    assert minor(f"{money.major():f}", money.currency, "price") == amount
    assert minor_with_code(f"{money.major():f} {code}", money.currency, "price") == amount


@given(st.text(alphabet="0123456789.,'- $€USDEUR", max_size=14))
def test_a_price_is_exact_or_refused(text: str) -> None:
    try:
        amount = minor(text, currency("USD"), "price")
    except Refused:
        return
    digits = "".join(c for c in text if c.isdigit()).strip("0")
    assert str(amount).strip("0") == digits


@pytest.mark.parametrize(
    ("text", "unit", "weight"),
    [
        ("1200", "", 1200),
        ("1.2", "kg", 1200),
        ("1,2 kg", "", 1200),
        ("2 lb", "", 907),
        ("16oz", "", 454),
        ("0.5", "g", 1),
        ("999999999 kg", "", 10**9),
    ],
)
def test_weights_are_whole_grams(text: str, unit: str, weight: int) -> None:
    assert grams(text, "weight", unit) == weight


@pytest.mark.parametrize("text", ["", "heavy", "1 stone", "-1", "1.2.3", "1e5"])
def test_what_is_no_weight_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is not a weight"):
        grams(text, "weight")


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("-3", -3), ("5.0", 5), (" +7 ", 7)])
def test_units_are_whole(text: str, number: int) -> None:
    assert units(text, "stock") == number


@pytest.mark.parametrize("text", ["", "few", "1.5", "1000000001", "9" * 30])
def test_what_is_no_number_of_units_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is not a number of units"):
        units(text, "stock")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4006381333931", "4006381333931"),
        ("'4006381333931", "4006381333931"),
        ("4006381-333931", "4006381333931"),
        ("12345670", "12345670"),
        ("123", None),
        ("house-code", None),
        ("", None),
    ],
)
def test_product_numbers_have_their_digits(text: str, number: str | None) -> None:
    assert gtin(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.50", "12.5"),
        ("012", "12"),
        ("-0", "0"),
        ("-1.250", "-1.25"),
        ("1,5", "1.5"),
        ("0.0005", None),
        ("many", None),
    ],
)
def test_numbers_are_kept_in_their_shortest_form(text: str, number: str | None) -> None:
    assert number_text(text) == number
    if number is not None:
        assert Decimal(number) == Decimal(text.replace(",", "."))


@pytest.mark.parametrize(
    ("text", "said"), [("Yes", True), ("0", False), ("TRUE", True), ("maybe", None), ("", None)]
)
def test_yes_and_no_are_understood(text: str, said: bool | None) -> None:
    assert truth(text) is said


@pytest.mark.parametrize(
    ("text", "ends", "at"),
    [
        ("2026-11-27", False, datetime(2026, 11, 27, tzinfo=UTC)),
        ("2026-11-27", True, datetime(2026, 11, 28, tzinfo=UTC)),
        ("2026-11-27T10:00+0200", True, datetime(2026, 11, 27, 8, tzinfo=UTC)),
        ("2026-11-27 10:00:00", False, datetime(2026, 11, 27, 10, tzinfo=UTC)),
        ("2026-11-27T10:00:00Z", False, datetime(2026, 11, 27, 10, tzinfo=UTC)),
    ],
)
def test_times_are_utc(text: str, ends: bool, at: datetime) -> None:
    assert instant(text, "date", ends=ends) == at


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "9999-12-31", "0001-01-01T00:00+1400"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is not a time"):
        instant(text, "date", ends=True)


def test_a_span_begins_before_it_ends() -> None:
    first, last = interval("2026-11-27/2026-11-30", "dates")
    assert (first, last) == (
        datetime(2026, 11, 27, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
    with pytest.raises(Refused, match="not a span"):
        interval("2026-11-27", "dates")
    with pytest.raises(Refused, match="ends before"):
        interval("2026-11-27/2026-11-01", "dates")
