"""What a buyer has to tell, and what nobody may type into our forms."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.checkout import Buyer, buyer_problems, looks_like_card_number
from tests.support.builders import buyer

TYPED = [field.name for field in fields(Buyer) if field.name != "gift_note"]


def problems(**changes: str) -> dict[str, str]:
    return buyer_problems(buyer(**changes))


def luhn_number(payload: str) -> str:
    """Append the digit that makes the Luhn sum right."""
    total = 0
    for i, c in enumerate(reversed(payload)):
        doubled = int(c) * (2 if i % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return payload + str(-total % 10)


def test_a_complete_buyer_has_no_problem() -> None:
    assert problems() == {}
    assert problems(line2="Flat 2", phone="") == {}


@pytest.mark.parametrize("field", ["email", "name"])
def test_what_every_parcel_needs_is_asked_for(field: str) -> None:
    assert problems(**{field: ""}) == {field: "This field is needed."}


@pytest.mark.parametrize(
    "address",
    [
        "alex",
        "alex@",
        "@example.com",
        "alex@example",
        "alex@example.",
        "alex@.com",
        "alex@exa mple.com",
        "alex@@example.com",
        "alex@example..com",
        "Alex <alex@example.com>",
        "a@example.com,b@example.com",
        "a@example.com\nBcc: b@example.com",
    ],
)
def test_an_address_that_no_mail_reaches_is_refused(address: str) -> None:
    assert "email" in problems(email=address)


@pytest.mark.parametrize(
    "address", ["alex@example.com", "a.b+c@mail.example.co.uk", "o'neil@example.com", "李@例え.jp"]
)
def test_an_unusual_address_is_fine(address: str) -> None:
    assert problems(email=address) == {}


@pytest.mark.parametrize("field", TYPED)
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("x" * 121, "Use at most 120 characters."),
        ("a\x00b", "Remove the control characters."),
        ("a\nb", "Remove the control characters."),
        ("a\x7fb", "Remove the control characters."),
        ("4111 1111 1111 1111", "This looks like a card number."),
    ],
)
def test_no_field_takes_what_belongs_nowhere(field: str, value: str, sentence: str) -> None:
    assert problems(**{field: value})[field].startswith(sentence)


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        ("x" * 301, "Use at most 300 characters."),
        ("a\x00b", "Remove the control characters."),
        ("a\rb", "Remove the control characters."),
        ("4111 1111\n1111 1111", "This looks like a card number."),
    ],
)
def test_a_gift_note_is_text_in_lines(note: str, sentence: str) -> None:
    assert problems(gift_note=note)["gift_note"].startswith(sentence)
    assert problems(gift_note="With love\r\n" * 25 + "from us\n") == {}


def test_every_problem_is_named_at_once() -> None:
    assert set(problems(email="", name="", city="x" * 121)) == {"email", "name", "city"}


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111-1111-1111-1111",
        "5555 5555 5555 4444",
        "378282246310005",
        "my card: 4111 1111 1111 1111 12/27 123",
        "12 4111 1111 1111 1111",
        "4222222222222",
        "6304000000000000",
    ],
)
def test_a_card_number_is_seen_wherever_it_stands(text: str) -> None:
    assert looks_like_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4111111111111112",
        "411111111111",
        "1 Garden Street, 94107",
        "+1 415 555 0100",
        "41111111111111110000000000",
        "4111,1111,1111,1111",
    ],
)
def test_other_numbers_are_no_card_numbers(text: str) -> None:
    assert not looks_like_card_number(text)


@given(st.integers(12, 18).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)))
def test_every_number_of_13_to_19_digits_with_a_right_check_digit_is_seen(payload: str) -> None:
    number = luhn_number(payload)
    assert looks_like_card_number(number)
    assert looks_like_card_number(f"pay with {number} 12/27")


@given(
    st.integers(12, 18).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)),
    st.integers(1, 9),
)
def test_a_wrong_check_digit_is_no_card_number(payload: str, off: int) -> None:
    number = luhn_number(payload)
    assert not looks_like_card_number(number[:-1] + str((int(number[-1]) + off) % 10))
