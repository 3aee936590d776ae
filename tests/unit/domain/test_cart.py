"""How many, which lines, and which conversation hints can be trusted."""

import secrets
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantly.domain.cart import (
    MAX_CODES,
    MAX_LINES,
    CartContents,
    HeldLine,
    changed_quantities,
    check_quantity,
    is_trustworthy_hint,
    merge_carts,
)
from plantly.domain.errors import InvalidInput


@pytest.mark.parametrize("quantity", [1, 2, 99])
def test_a_quantity_in_range_is_taken(quantity: int) -> None:
    assert check_quantity(quantity, 99, "lines[0].quantity") == quantity


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [(0, "0"), (-1, "-1"), (-(10**12), "too small"), (-(10**300), "too small")],
)
def test_less_than_one_is_refused_and_removing_is_explained(quantity: int, shown: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_quantity(quantity, 99, "lines[0].quantity")
    assert refused.value.field == "lines[0].quantity"
    assert refused.value.message == (
        f"lines[0].quantity is {shown}: send a whole number from 1 to 99. "
        "To take a line out of the cart, name its variant in `remove`."
    )


@pytest.mark.parametrize(
    ("quantity", "shown"), [(100, "100"), (10**9, "1000000000"), (10**300, "too large")]
)
def test_more_than_the_shop_sells_at_once_is_refused(quantity: int, shown: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_quantity(quantity, 99, "items[1].quantity")
    assert refused.value.message == (
        f"items[1].quantity is {shown}: send a whole number from 1 to 99."
    )


QUANTITIES = st.dictionaries(st.integers(1, 5), st.integers(1, 99))


@given(QUANTITIES, QUANTITIES)
def test_set_takes_the_new_quantities_and_add_adds_them(
    current: dict[int, int], wanted: dict[int, int]
) -> None:
    assert changed_quantities(current, wanted, add=False) == wanted
    added = changed_quantities(current, wanted, add=True)
    assert added.keys() == wanted.keys()
    assert all(added[key] == current.get(key, 0) + wanted[key] for key in wanted)


HELD = st.builds(
    HeldLine,
    quantity=st.integers(1, 12),
    seen_amount_minor=st.integers(0, 3),
    seen_currency=st.sampled_from(["EUR", "USD"]),
)
HELD_LINES = st.dictionaries(st.integers(1, 5), HELD, max_size=5)
CODES = st.lists(st.sampled_from(["TEN", "ten", "Ten", "FIVE", "straße"]), max_size=3).map(tuple)


@st.composite
def contents(draw: st.DrawFn) -> CartContents:
    """Make what a cart can hold: nothing in the cart and saved at once."""
    lines, saved = draw(HELD_LINES), draw(HELD_LINES)
    return CartContents(
        lines, {key: line for key, line in saved.items() if key not in lines}, draw(CODES)
    )


EMPTY = CartContents({}, {}, ())
MOST = 9


@given(contents(), contents(), contents())
@settings(max_examples=50)
def test_carts_merge_in_any_order_and_any_number_of_times(
    one: CartContents, two: CartContents, three: CartContents
) -> None:
    both = merge_carts(one, two, MOST)
    assert merge_carts(two, one, MOST) == both
    assert merge_carts(both, three, MOST) == merge_carts(one, merge_carts(two, three, MOST), MOST)
    assert merge_carts(both, two, MOST) == both
    assert merge_carts(both, both, MOST) == both
    assert merge_carts(one, one, MOST) == merge_carts(one, EMPTY, MOST)


@given(contents(), contents())
@settings(max_examples=50)
def test_merging_loses_nothing_and_makes_nothing_up(one: CartContents, two: CartContents) -> None:
    merged = merge_carts(one, two, MOST)
    assert merged.lines.keys() == one.lines.keys() | two.lines.keys()
    assert merged.saved.keys() == (one.saved.keys() | two.saved.keys()) - merged.lines.keys()
    for key, line in merged.lines.items():
        held = [cart.lines[key] for cart in (one, two) if key in cart.lines]
        assert line.quantity == min(MOST, max(one.quantity for one in held))
        assert (line.seen_currency, line.seen_amount_minor) in {
            (one.seen_currency, one.seen_amount_minor) for one in held
        }
    folded = [code.casefold() for code in merged.codes]
    assert folded == sorted({code.casefold() for code in (*one.codes, *two.codes)})


def test_the_lower_seen_price_is_kept_so_that_a_rise_is_said() -> None:
    old = CartContents({1: HeldLine(2, 899, "USD")}, {}, ())
    new = CartContents({1: HeldLine(1, 1099, "USD")}, {}, ())
    assert merge_carts(old, new, 99).lines == {1: HeldLine(2, 899, "USD")}


def test_a_cart_is_full_with_more_than_shoppers_put_in() -> None:
    many = {key: HeldLine(1, 1, "USD") for key in range(MAX_LINES + 1)}
    codes = tuple(map(str, range(MAX_CODES + 1)))
    full = (CartContents(many, {}, ()), CartContents({}, many, ()), CartContents({}, {}, codes))
    assert [cart.is_full for cart in (EMPTY, *full)] == [False, True, True, True]


@pytest.mark.parametrize(
    "make",
    [
        lambda: secrets.token_urlsafe(17),
        lambda: secrets.token_urlsafe(32),
        lambda: "v1/" + secrets.token_urlsafe(24),
        lambda: secrets.token_hex(16),
        lambda: secrets.token_hex(32).upper(),
        lambda: str(uuid.UUID(bytes=secrets.token_bytes(16))),
    ],
)
def test_random_hints_are_trusted(make: object) -> None:
    assert callable(make)
    assert all(is_trustworthy_hint(make()) for _ in range(200))


@pytest.mark.parametrize(
    "hint",
    [
        "",
        "session-1",
        "alice@example.com",
        "a" * 64,
        "ab" * 32,
        "0123456789abcdef0123456789abcde",
        "01234567890123456789012345678901",
        "the-conversation-of-alice-and-bob",
        "kY3x9QmTz7LwB2nRf8JdH s4GcVpXaE6u",
        "kY3x9QmTz7LwB2nRf8JdH\x00s4GcVpXaE6u",
        "kY3x9QmTz7LwB2nRf8JdHés4GcVpXaE6u",
        "kY3x9QmTz7LwB2nRf8Jd"[:21],
        "kY3x9QmTz7LwB2nRf8JdHs4GcVpXaE6u" * 9,
    ],
)
def test_names_counters_and_short_hints_are_not(hint: str) -> None:
    assert not is_trustworthy_hint(hint)
