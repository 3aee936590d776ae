"""Numbers that people read aloud and nobody guesses, and where randomness comes from."""

from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.ids import RandomIds, utc_now
from plantly.domain.order import ORDER_NUMBER_BITS, order_number, read_order_number

BITS = st.integers(0, 2**ORDER_NUMBER_BITS - 1)


def test_an_order_number_has_the_documented_form() -> None:
    assert order_number("PL", 0) == "PL-0000-0000-0000-0000"
    assert order_number("PL", 2**ORDER_NUMBER_BITS - 1) == "PL-ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert ORDER_NUMBER_BITS == 80


@given(BITS, BITS)
def test_different_bits_are_different_numbers(one: int, other: int) -> None:
    assert (order_number("PL", one) == order_number("PL", other)) == (one == other)


@given(BITS, st.sampled_from(["PL", "FERN", "OIL"]))
def test_a_number_is_understood_however_it_was_copied(bits: int, prefix: str) -> None:
    number = order_number(prefix, bits)
    head, _, tail = number.partition("-")
    sloppy = f"  {head.lower()}-{tail.lower().replace('0', 'o').replace('1', 'l')} "
    assert read_order_number(number) == number
    assert read_order_number(sloppy) == number
    assert read_order_number(number.replace("-", " - ")) == number


@pytest.mark.parametrize("typed", ["", "-", "hello", "PL", "木槿"])
def test_anything_else_is_read_as_it_is(typed: str) -> None:
    assert isinstance(read_order_number(typed), str)


def test_random_ids_are_long_and_never_repeat() -> None:
    ids = RandomIds()
    tokens = {ids.token("cart_") for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(token.startswith("cart_") and len(token) == 5 + 32 for token in tokens)
    assert all(0 <= ids.bits(80) < 2**80 for _ in range(100))


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC
    assert utc_now().utcoffset() == timedelta(0)
