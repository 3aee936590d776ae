"""How many, which lines, and which conversation hints can be trusted."""

import secrets
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.cart import changed_quantities, check_quantity, is_trustworthy_hint
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
