"""When the provider is asked again, and what it still owes an answer for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.checkout import PAYMENT_LIFETIME
from plantly.domain.payment import (
    DecidedRefund,
    FactKind,
    decided_refunds,
    next_look,
    next_poll,
    reduce_facts,
)
from tests.support.builders import fact
from tests.support.clock import START

K = FactKind
ENDS = START + PAYMENT_LIFETIME


def test_a_payment_is_asked_about_less_and_less_often() -> None:
    asked, now = [], START
    for _ in range(9):
        following = next_poll(START, ENDS, now)
        assert following is not None
        now = following
        asked.append((now - START) // timedelta(minutes=1))
    assert asked == [1, 2, 5, 15, 30, 60, 120, 180, 240]


def test_after_a_week_nobody_asks() -> None:
    week = timedelta(days=7)
    assert next_poll(START, ENDS, START + week - timedelta(seconds=1)) == START + week
    assert next_poll(START, ENDS, START + week) is None


@given(st.timedeltas(timedelta(0), timedelta(days=8)))
def test_the_next_time_is_ahead_and_never_more_than_an_hour(age: timedelta) -> None:
    following = next_poll(START, ENDS, START + age)
    if following is not None:
        assert timedelta(0) < following - START - age <= timedelta(hours=1)


def test_a_payment_that_came_to_nothing_is_looked_at_four_more_times() -> None:
    looked, now = [], START
    while (following := next_look(START, now)) is not None:
        assert following > now
        now = following
        looked.append((now - START) // timedelta(minutes=1))
    assert looked == [5, 60, 360, 1440]


kinds = st.sampled_from([k for k in K if not k.startswith("refund")])
refund_kinds = st.sampled_from([K.REFUND_PENDING, K.REFUND_SUCCEEDED, K.REFUND_FAILED])
amounts = st.integers(1, 2000)
facts = st.lists(
    st.builds(fact, kinds, amounts, st.sampled_from(["USD", "EUR"]))
    | st.builds(fact, refund_kinds, amounts, st.just("USD"), st.sampled_from(["re_1", "re_2"])),
    max_size=8,
)


@given(facts, st.data())
def test_no_order_and_no_repetition_changes_what_facts_mean(
    said: list[object], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(said + data.draw(st.lists(st.sampled_from(said or [None])))))
    known = [item for item in again if item is not None]
    assert reduce_facts(known) == reduce_facts(said)  # type: ignore[arg-type]


def ours(amount: int, ref: str | None = None, *, failed: bool = False) -> DecidedRefund:
    return DecidedRefund(amount, ref, failed)


@pytest.mark.parametrize(
    ("told", "decided", "taken"),
    [
        ([], [], 0),
        ([], [ours(1000)], 1000),
        ([], [ours(400), ours(100, "re_1")], 500),
        ([], [ours(400, failed=True)], 0),
        ([fact(K.REFUND_SUCCEEDED, 400, ref="re_1")], [], 400),
        ([fact(K.REFUND_PENDING, 400, ref="re_1")], [], 400),
        ([fact(K.REFUND_SUCCEEDED, 400, ref="re_1")], [ours(400, "re_1")], 400),
        ([fact(K.REFUND_SUCCEEDED, 400, ref="re_1")], [ours(400)], 800),
        ([fact(K.REFUND_SUCCEEDED, 400, ref="re_1")], [ours(300, "re_2")], 700),
        ([fact(K.REFUND_FAILED, 1000, ref="re_1")], [ours(1000, "re_1", failed=True)], 0),
        ([fact(K.REFUND_FAILED, 1000, ref="re_1")], [ours(1000, "re_1")], 0),
        ([fact(K.REFUND_SUCCEEDED, 1400, ref="re_1")], [], 1400),
    ],
)
def test_what_was_decided_on_counts_until_it_fails(
    told: list[object], decided: list[DecidedRefund], taken: int
) -> None:
    said = [fact(K.CAPTURED), *told]
    assert decided_refunds(said, decided) == taken  # type: ignore[arg-type]
