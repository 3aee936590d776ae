"""What a payment's facts mean, and what follows from them, as two whole tables."""

from itertools import combinations, permutations, product

import pytest

from plantly.domain.checkout import CheckoutStatus
from plantly.domain.payment import (
    Fact,
    FactKind,
    PaymentState,
    PaymentStatus,
    Settlement,
    reduce_facts,
    settle,
)
from tests.support.builders import fact

K, S = FactKind, PaymentStatus
PROGRESS = [K.PENDING, K.AUTHORIZED, K.EXPIRED, K.CANCELED, K.FAILED, K.DECLINED, K.CAPTURED]
"""From what says least to what says most."""
MEANING = {
    K.PENDING: S.PENDING,
    K.AUTHORIZED: S.AUTHORIZED,
    K.EXPIRED: S.EXPIRED,
    K.CANCELED: S.CANCELED,
    K.FAILED: S.FAILED,
    K.DECLINED: S.DECLINED,
    K.CAPTURED: S.CAPTURED,
}
DEAD = {S.DECLINED, S.FAILED, S.CANCELED, S.EXPIRED}


def test_without_facts_a_payment_was_only_created() -> None:
    assert reduce_facts([]) == PaymentState(S.CREATED, 0, None, 0, 0)


@pytest.mark.parametrize("kind", PROGRESS)
def test_one_fact_means_what_it_says(kind: FactKind) -> None:
    state = reduce_facts([fact(kind)])
    assert state.status is MEANING[kind]
    assert state.is_dead == (state.status in DEAD)
    assert state.is_final == (state.status in DEAD or kind is K.CAPTURED)


@pytest.mark.parametrize(("less", "more"), list(combinations(PROGRESS, 2)))
def test_of_two_facts_the_one_that_says_more_counts_in_either_order(
    less: FactKind, more: FactKind
) -> None:
    assert reduce_facts([fact(less), fact(more)]).status is MEANING[more]
    assert reduce_facts([fact(more), fact(less)]).status is MEANING[more]


def test_captures_are_cumulative_and_one_currency_only_counts() -> None:
    more = reduce_facts([fact(K.CAPTURED, 400), fact(K.CAPTURED, 1000)])
    assert (more.captured_minor, more.captured_currency) == (1000, "USD")
    mixed = reduce_facts([fact(K.CAPTURED, 1000), fact(K.CAPTURED, 1000, "EUR")])
    assert mixed.captured_currency is None
    assert not mixed.pays(1000, "USD")
    assert not mixed.pays(1000, "EUR")


def test_several_charges_add_up_and_each_is_cumulative() -> None:
    def charged(charge: str, amount: int, currency: str = "USD") -> Fact:
        return Fact(f"captured:{charge}:{amount}:{currency}", K.CAPTURED, amount, currency)

    twice = [charged("a", 400), charged("a", 1000), charged("b", 1000), charged("b", 1000)]
    for facts in (twice, twice[::-1]):
        state = reduce_facts(facts)
        assert (state.captured_minor, state.captured_currency) == (2000, "USD")
    assert reduce_facts([charged("a", 1000), charged("b", 1000, "EUR")]).captured_currency is None
    assert reduce_facts([charged("a", 1, "EUR"), charged("a", 1)]).captured_currency is None


@pytest.mark.parametrize(
    ("amount_minor", "currency", "pays"),
    [(1000, "USD", True), (999, "USD", False), (1001, "USD", False), (1000, "EUR", False)],
)
def test_only_the_exact_amount_in_the_same_currency_pays(
    amount_minor: int, currency: str, pays: bool
) -> None:
    assert reduce_facts([fact(K.CAPTURED)]).pays(amount_minor, currency) is pays


REFUNDS = [K.REFUND_PENDING, K.REFUND_SUCCEEDED, K.REFUND_FAILED]


@pytest.mark.parametrize(
    ("kinds", "refunded", "pending"),
    [
        ((K.REFUND_PENDING,), 0, 300),
        ((K.REFUND_SUCCEEDED,), 300, 0),
        ((K.REFUND_FAILED,), 0, 0),
        ((K.REFUND_PENDING, K.REFUND_SUCCEEDED), 300, 0),
        ((K.REFUND_PENDING, K.REFUND_FAILED), 0, 0),
        ((K.REFUND_SUCCEEDED, K.REFUND_FAILED), 0, 0),
        ((K.REFUND_PENDING, K.REFUND_SUCCEEDED, K.REFUND_FAILED), 0, 0),
    ],
)
def test_a_refund_is_what_its_last_word_says(
    kinds: tuple[FactKind, ...], refunded: int, pending: int
) -> None:
    facts = [fact(K.CAPTURED), *(fact(kind, 300, ref="re_1") for kind in kinds)]
    state = reduce_facts(facts)
    assert (state.refunded_minor, state.refund_pending_minor) == (refunded, pending)
    assert state.status is S.CAPTURED


def test_several_refunds_add_up() -> None:
    facts = [
        fact(K.CAPTURED),
        fact(K.REFUND_SUCCEEDED, 300, ref="re_1"),
        fact(K.REFUND_SUCCEEDED, 200, ref="re_2"),
        fact(K.REFUND_PENDING, 100, ref="re_3"),
    ]
    state = reduce_facts(facts)
    assert (state.refunded_minor, state.refund_pending_minor) == (500, 100)


@pytest.mark.parametrize(
    ("status", "checkout", "ordered"), list(product(S, CheckoutStatus, [False, True]))
)
def test_what_follows_from_a_payment(
    status: PaymentStatus, checkout: CheckoutStatus, ordered: bool
) -> None:
    paid = 1000 if status is S.CAPTURED else 0
    set_aside = 1000 if status is S.AUTHORIZED else 0
    state = PaymentState(status, paid, "USD", 0, 0, set_aside, "USD", (("", paid),))
    decision = settle(
        state, amount_minor=1000, currency="USD", checkout=checkout, pays_existing_order=ordered
    )
    if status in DEAD:
        assert decision is Settlement.RELEASE
    elif status is S.AUTHORIZED:
        live = checkout is CheckoutStatus.COMPLETE_IN_PROGRESS
        assert decision is (Settlement.CAPTURE if live else Settlement.VOID)
    elif status is not S.CAPTURED:
        assert decision is Settlement.WAIT
    elif ordered:
        assert decision is Settlement.DONE
    elif checkout is CheckoutStatus.COMPLETE_IN_PROGRESS:
        assert decision is Settlement.PLACE_ORDER
    else:
        assert decision is Settlement.REFUND


@pytest.mark.parametrize(
    ("amount_minor", "currency"), [(999, "USD"), (1001, "USD"), (1000, "EUR"), (0, "USD")]
)
def test_a_wrong_amount_or_currency_goes_back(amount_minor: int, currency: str) -> None:
    decision = settle(
        PaymentState(S.CAPTURED, amount_minor, currency, 0, 0, charges=(("", amount_minor),)),
        amount_minor=1000,
        currency="USD",
        checkout=CheckoutStatus.COMPLETE_IN_PROGRESS,
        pays_existing_order=False,
    )
    assert decision is Settlement.REFUND


@pytest.mark.parametrize(
    ("set_aside", "currency", "decision"),
    [
        (1000, "USD", Settlement.CAPTURE),
        (1200, "USD", Settlement.CAPTURE),
        (999, "USD", Settlement.VOID),
        (1000, "EUR", Settlement.VOID),
        (1000, None, Settlement.VOID),
    ],
)
def test_an_authorization_is_captured_only_when_it_covers_the_total(
    set_aside: int, currency: str | None, decision: Settlement
) -> None:
    state = PaymentState(S.AUTHORIZED, 0, None, 0, 0, set_aside, currency)
    assert decision is settle(
        state,
        amount_minor=1000,
        currency="USD",
        checkout=CheckoutStatus.COMPLETE_IN_PROGRESS,
        pays_existing_order=False,
    )


def test_authorizations_are_cumulative_and_stay_known_when_the_payment_dies() -> None:
    state = reduce_facts([fact(K.AUTHORIZED, 400), fact(K.AUTHORIZED, 1000)])
    assert (state.authorized_minor, state.authorized_currency) == (1000, "USD")
    assert not state.may_block_money
    dead = reduce_facts([fact(K.EXPIRED), fact(K.AUTHORIZED, 1000)])
    assert (dead.status, dead.may_block_money) == (S.EXPIRED, True)
    assert not reduce_facts([fact(K.CANCELED)]).may_block_money
    paid = reduce_facts([fact(K.CANCELED), fact(K.AUTHORIZED), fact(K.CAPTURED)])
    assert not paid.may_block_money


def test_of_several_charges_one_pays_and_the_others_are_too_much() -> None:
    said = [
        Fact(f"captured:{name}:{amount}:USD", K.CAPTURED, amount, "USD")
        for name, amount in (("b", 1000), ("a", 1000), ("c", 400), ("a", 300))
    ]
    for facts in permutations(said):
        state = reduce_facts(facts)
        assert (state.captured_minor, state.pays(1000, "USD")) == (2400, True)
        assert state.excess(1000, "USD") == (("b", 1000), ("c", 400))
        assert state.excess(2400, "USD") == ()
