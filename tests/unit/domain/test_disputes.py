"""Disputes: where they stand whatever the order of the facts, and what they take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantly.domain.dispute import Dispute, DisputeStatus, disputes_in, taken_by_disputes
from plantly.domain.payment import Fact, FactKind, reduce_facts

K, S = FactKind, DisputeStatus
KINDS = (K.DISPUTE_INQUIRED, K.DISPUTE_OPENED, K.DISPUTE_WON, K.DISPUTE_LOST)


def said(kind: FactKind, ref: str = "du_1", amount: int = 400, currency: str = "USD") -> Fact:
    return Fact(f"{kind}:{ref}:{amount}:{currency}", kind, amount, currency, dispute_ref=ref)


FACTS = st.lists(
    st.one_of(
        st.builds(
            said,
            st.sampled_from(KINDS),
            st.sampled_from(["du_1", "du_2"]),
            st.sampled_from([1, 400]),
            st.sampled_from(["USD", "EUR"]),
        ),
        st.sampled_from(
            [
                Fact("captured", K.CAPTURED, 1000, "USD"),
                Fact("refund", K.REFUND_SUCCEEDED, 300, "USD", "re_1"),
                Fact("expired", K.EXPIRED, 0, "USD"),
            ]
        ),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (KINDS[:1], S.INQUIRY),
        (KINDS[:2], S.OPEN),
        (KINDS[:3], S.WON),
        (KINDS, S.LOST),
        ((K.DISPUTE_INQUIRED, K.DISPUTE_WON), S.WON),
        ((K.DISPUTE_OPENED, K.DISPUTE_LOST), S.LOST),
    ],
)
def test_a_dispute_stands_where_most_was_said(
    kinds: tuple[FactKind, ...], status: DisputeStatus
) -> None:
    for order in (kinds, kinds[::-1]):
        assert disputes_in(map(said, order)) == (Dispute("du_1", status, 400, "USD"),)
    assert status.is_closed == (status in {S.WON, S.LOST})


@given(FACTS, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(facts: list[Fact], random: object) -> None:
    shuffled = [*facts, *facts]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis has no type for it
    assert disputes_in(shuffled) == disputes_in(facts)
    assert reduce_facts(shuffled) == reduce_facts(facts)


@given(FACTS)
def test_a_dispute_never_changes_what_was_paid_or_given_back(facts: list[Fact]) -> None:
    others = [fact for fact in facts if fact.dispute_ref is None]
    assert reduce_facts(facts) == reduce_facts(others)


@given(FACTS)
def test_no_more_is_taken_than_came(facts: list[Fact]) -> None:
    state = reduce_facts(facts)
    taken = taken_by_disputes(disputes_in(facts), state.captured_minor, state.captured_currency)
    assert 0 <= taken <= state.captured_minor


@pytest.mark.parametrize(
    ("facts", "taken"),
    [
        ([said(K.DISPUTE_INQUIRED)], 0),
        ([said(K.DISPUTE_OPENED)], 400),
        ([said(K.DISPUTE_OPENED), said(K.DISPUTE_WON)], 0),
        ([said(K.DISPUTE_OPENED), said(K.DISPUTE_LOST)], 400),
        ([said(K.DISPUTE_OPENED), said(K.DISPUTE_LOST, "du_2", 500)], 900),
        ([said(K.DISPUTE_OPENED), said(K.DISPUTE_LOST, "du_2", 900)], 1000),
        ([said(K.DISPUTE_OPENED, currency="EUR")], 1000),
        ([said(K.DISPUTE_WON, currency="EUR")], 0),
    ],
    ids=["question", "open", "won", "lost", "two", "too-much", "other-currency", "won-elsewhere"],
)
def test_open_and_lost_disputes_take_what_they_are_about(facts: list[Fact], taken: int) -> None:
    assert taken_by_disputes(disputes_in(facts), 1000, "USD") == taken


def test_the_largest_amount_of_where_it_stands_counts() -> None:
    facts = [said(K.DISPUTE_OPENED), said(K.DISPUTE_OPENED, amount=300)]
    assert disputes_in(facts)[0].amount_minor == 400
