"""Prices with dates."""

from datetime import datetime, timedelta

import pytest

from plantly.domain.catalog_price import PriceNow, next_turn, price_at
from tests.support.clock import START

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (START - HOUR, PriceNow(1500, None)),
        (START, PriceNow(1200, 1500)),
        (START + HOUR, PriceNow(1200, 1500)),
        (START + 2 * HOUR, PriceNow(1500, None)),
    ],
)
def test_a_dated_price_holds_from_its_start_until_before_its_end(
    at: datetime, expected: PriceNow
) -> None:
    assert price_at(1200, 1500, START, START + 2 * HOUR, now=at) == expected


def test_a_price_without_dates_always_holds() -> None:
    assert price_at(1200, 1500, None, None, now=START) == PriceNow(1200, 1500)
    assert price_at(1200, None, None, None, now=START) == PriceNow(1200, None)


def test_open_ends_never_turn_back() -> None:
    assert price_at(1200, 1500, START, None, now=START + 1000 * HOUR).amount_minor == 1200
    assert price_at(1200, 1500, None, START, now=START - 1000 * HOUR).amount_minor == 1200


def test_the_next_turn_is_the_first_date_that_is_still_to_come() -> None:
    ends = START + HOUR
    assert next_turn(START, ends, now=START - HOUR) == START
    assert next_turn(START, ends, now=START) == ends
    assert next_turn(START, ends, now=ends) is None
    assert next_turn(None, None, now=START) is None
