"""Which events somebody chose, and how long a webhook that failed waits."""

from datetime import timedelta

import pytest

from plantly.domain.errors import InvalidInput
from plantly.domain.outgoing import EVENT_TYPES, JITTER_BITS, read_events, wait_after, wants


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("*", ("*",)),
        (" order.placed , order.placed,payment.*", ("order.placed", "payment.*")),
        ("order.*,*", ("*",)),
    ],
)
def test_events_are_chosen_by_name_by_family_or_all(typed: str, chosen: tuple[str, ...]) -> None:
    assert read_events(typed) == chosen


@pytest.mark.parametrize(("typed", "said"), [("order.lost", "order.lost"), (" , ", "at least one")])
def test_an_event_that_does_not_exist_is_refused_with_those_that_do(typed: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_events(typed)


def test_a_choice_covers_what_it_names() -> None:
    assert all(wants(("*",), name) for name in EVENT_TYPES)
    assert wants(("order.placed",), "order.placed")
    assert wants(("payment.*",), "payment.captured")
    assert not wants(("payment.*", "order.placed"), "order.canceled")
    assert not wants((), "order.placed")


def test_waits_grow_have_a_little_chance_in_them_and_end() -> None:
    none, most = 0, (1 << JITTER_BITS) - 1
    waits = [wait_after(number, none) for number in range(1, 9)]
    later = [wait_after(number, most) for number in range(1, 9)]
    assert (waits[0], waits[6], waits[7]) == (timedelta(seconds=5), timedelta(hours=14), None)
    assert later[7] is None
    for wait, longer in zip(waits[:7], later[:7], strict=True):
        assert wait is not None
        assert longer is not None
        assert wait < longer <= wait * 1.1
