"""A cursor is text that only the shop can have written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.catalog import Position, Sort
from plantly.domain.cursors import read_cursor, sign_cursor
from plantly.domain.errors import InvalidInput

POSITIONS = st.builds(
    Position,
    st.none() | st.integers(-(2**62), 2**62) | st.text(max_size=200),
    st.integers(0, 2**62),
)


@given(POSITIONS, st.sampled_from(Sort))
def test_a_cursor_leads_back_to_its_position(position: Position, sort: Sort) -> None:
    cursor = sign_cursor(position, sort, "secret")
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert read_cursor(cursor, sort, "secret") == position


def test_a_cursor_is_short() -> None:
    assert len(sign_cursor(Position(1499, 123_456), Sort.PRICE_ASC, "secret")) <= 36


@given(st.text(max_size=80))
def test_what_others_write_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="send next_cursor as given"):
        read_cursor(text, Sort.NAME, "secret")


@pytest.mark.parametrize(
    ("sort", "secret"), [(Sort.NAME, "secret"), (Sort.NEWEST, "other"), (Sort.NEWEST, "")]
)
def test_another_order_or_shop_refuses_it(sort: Sort, secret: str) -> None:
    cursor = sign_cursor(Position(None, 7), Sort.NEWEST, "secret")
    with pytest.raises(InvalidInput):
        read_cursor(cursor, sort, secret)


def test_no_letter_can_be_changed() -> None:
    cursor = sign_cursor(Position("aloe", 7), Sort.NAME, "secret")
    for at, letter in enumerate(cursor[:-1]):
        changed = cursor[:at] + ("A" if letter != "A" else "B") + cursor[at + 1 :]
        with pytest.raises(InvalidInput):
            read_cursor(changed, Sort.NAME, "secret")
