"""Every refusal has a code of its own and a sentence."""

from datetime import date

import pytest

from plantly.domain import errors
from plantly.domain.errors import InvalidInput, NotFound, OutOfStock, ShopError, VersionConflict
from plantly.domain.messages import Message
from plantly.domain.money import Money, currency
from plantly.domain.said import Said


def leaves(kind: type[ShopError]) -> list[type[ShopError]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in leaves(child))]


def test_no_two_refusals_share_a_code() -> None:
    ours = [kind for kind in leaves(ShopError) if kind.__module__ == errors.__name__]
    codes = [kind.code for kind in ours]
    assert len(codes) == len(set(codes)) > 1


def test_the_tree_at_the_top_of_the_module_is_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = {word for word in errors.__doc__.split() if hasattr(errors, word)}
    ours = [kind for kind in leaves(ShopError) if kind.__module__ == errors.__name__]
    assert drawn == {kind.__name__ for kind in ours}


@pytest.mark.parametrize("kind", [InvalidInput, NotFound])
def test_what_was_sent_wrongly_is_named(kind: type[InvalidInput | NotFound]) -> None:
    error = kind("lines[0]", "lines[0] is odd: send another.")
    assert (error.field, error.message) == ("lines[0]", str(error))


@pytest.mark.parametrize(
    ("available", "said"),
    [(0, "none is left"), (-1, "none is left"), (2, "only 2 left")],
)
def test_sold_out_says_how_many_are_left(available: int, said: str) -> None:
    error = OutOfStock(sku="A", name="Aloe", requested=3, available=available)
    assert error.message == str(error) == f"Aloe: 3 asked for, {said}."


def test_a_stale_version_says_what_to_send_instead() -> None:
    stale = VersionConflict(cart_id="cart_1", expected=2, current=5)
    assert "again with expected_version 5" in stale.message
    missing = VersionConflict(cart_id="cart_1", expected=None, current=5)
    assert missing.message.endswith("send 5.")


def test_a_message_leaves_out_what_it_does_not_say() -> None:
    assert Message("info", "low_stock", "Two left.").as_dict() == {
        "type": "info",
        "code": "low_stock",
        "content": "Two left.",
    }


def test_the_numbers_of_a_message_are_there_for_other_languages() -> None:
    day, price = date(2026, 3, 1), Money(1299, currency("EUR"))
    said = Said("Two left.", "left", name="Aloe", count=2, price=price, day=day)
    values = {"count": 2, "price_minor": 1299}
    assert Message("info", "low_stock", said).as_dict()["values"] == values
    plain = Message("error", "out_of_stock", Said("Gone.", "gone", name="Aloe"))
    assert "values" not in plain.as_dict()
