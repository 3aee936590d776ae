"""Links that rebuild carts: written, read again, and refused without repeating what they say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantly.domain.cart import MAX_CODES, MAX_LINES
from plantly.domain.cart_link import MAX_LINK, CartLink, link_path, read_link
from plantly.domain.catalog_checks import is_storable
from plantly.domain.errors import InvalidInput


def test_a_link_is_short_and_can_be_read_by_people() -> None:
    path = link_path([("monstera-17cm", 2), ("aloe-vera-12cm", 1)], ["WELCOME10"])
    assert path == "/cart/monstera-17cm:2,aloe-vera-12cm:1?code=WELCOME10"
    assert link_path([("monstera-17cm", 2)], []) == "/cart/monstera-17cm:2"


HANDLES = st.text(min_size=1, max_size=30).filter(
    lambda text: is_storable(text, 30) and "\ufffd" not in text
)


@given(st.dictionaries(HANDLES, st.integers(1, 99), min_size=1, max_size=4))
@settings(max_examples=50)
def test_what_is_written_is_read_again_whatever_the_names(lines: dict[str, int]) -> None:
    path = link_path(list(lines.items()), [])
    assert path is not None
    assert path.isascii()
    assert dict(read_link(path.removeprefix("/cart/"), [], 99).lines) == lines


def test_what_no_link_can_hold_has_none() -> None:
    assert link_path([], ["TEN"]) is None
    assert link_path([(f"p{n}", 1) for n in range(MAX_LINES + 1)], []) is None
    assert link_path([("x" * MAX_LINK, 1)], []) is None


def test_only_codes_that_a_shop_can_have_are_passed_on() -> None:
    assert link_path([("jade", 1)], ["no code!", "TEN"]) == "/cart/jade:1?code=TEN"
    link = read_link("jade:1", ["TEN", "ten", "", "call 555-0100 now"], 99)
    assert link == CartLink((("jade", 1),), ("ten",), has_odd_codes=True)


def test_a_product_that_is_named_twice_is_added_up() -> None:
    assert read_link("jade:1,fern:2,jade:3", [], 4).lines == (("jade", 4), ("fern", 2))


REFUSED = {
    "nothing": ("", [], "cannot be read"),
    "too many lines": (",".join(["jade:1"] * (MAX_LINES + 1)), [], "1 to 50 products"),
    "too long": ("x" * 16_001, [], "1 to 50 products"),
    "too many codes": ("jade:1", ["A1"] * (MAX_CODES + 1), "at most 5 discount codes"),
    "no quantity": ("jade", [], "cannot be read"),
    "no name": (":1", [], "cannot be read"),
    "half a character": ("%ff:1", [], "cannot be read"),
    "a NUL": ("jade%00:1", [], "cannot be read"),
    "a long name": (f"{'x' * 121}:1", [], "cannot be read"),
    "zero": ("jade:0", [], "no whole number"),
    "negative": ("jade:-1", [], "no whole number"),
    "a fraction": ("jade:1.5", [], "no whole number"),
    "other digits": ("jade:%D9%A3", [], "no whole number"),
    "huge": ("jade:99999999", [], "no whole number"),
    "more than the shop sells at once": ("jade:100", [], "1 to 99 of each"),
    "more in two parts": ("jade:50,jade:50", [], "1 to 99 of each"),
}


@pytest.mark.parametrize(("asked", "codes", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_link_is_refused(asked: str, codes: list[str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        read_link(asked, codes, 99)
    assert "jade" not in refused.value.message
