"""Which discounts apply together, which wins, and what is said of a code that does not count."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.money import Currency
from plantly.domain.pricing import PricedLine, Totals, compute_totals
from plantly.domain.targets import Targets
from tests.support.builders import discount, option, pricing, shop_config
from tests.support.clock import START

HERBS = Targets(categories=("herbs",))
FERN = PricedLine("fern-12cm", 2000, 1, product_slug="fern", category="foliage")
BASIL = PricedLine("basil-9cm", 500, 2, product_slug="basil", category="herbs")


def automatic(name: str = "Sale", **changes: Any) -> Discount:
    return discount(code=None, name=name, **changes)


def free(code: str | None = "FREE", **changes: Any) -> Discount:
    return discount(code=code, kind=DiscountKind.FREE_SHIPPING, percent=Decimal(0), **changes)


def fixed(code: str | None, amount_minor: int, **changes: Any) -> Discount:
    values = {"kind": DiscountKind.FIXED, "percent": Decimal(0), "amount_minor": amount_minor}
    return discount(code=code, **{**values, **changes})


def totals_with(*discounts: Discount, codes: tuple[str, ...] = (), **changes: Any) -> Totals:
    shop = shop_config(discounts=discounts, currencies=(Currency("EUR"),))
    lines = changes.pop("lines", (FERN, BASIL))
    return compute_totals(shop, pricing(*lines, codes=codes, **changes))


def in_use(totals: Totals) -> list[str]:
    return [used.label for used in totals.applied]


def said(totals: Totals) -> list[str]:
    return [message.content for message in totals.messages]


def test_an_automatic_discount_needs_no_code() -> None:
    totals = totals_with(automatic(), discount("TEN"))
    assert (in_use(totals), totals.amount("discount")) == (["Sale"], -300)


def test_discounts_that_stack_apply_one_after_the_other() -> None:
    totals = totals_with(automatic(), discount("TEN"), codes=("TEN",))
    assert (in_use(totals), totals.amount("subtotal")) == (["Sale", "TEN"], 2430)


def test_percentages_go_before_amounts_and_then_the_file_decides() -> None:
    given = (fixed(None, 100, name="A"), automatic("B"), discount("C"), fixed("D", 50))
    assert in_use(totals_with(*given, codes=("D", "C"))) == ["B", "C", "A", "D"]


def test_what_is_about_some_lines_is_taken_off_those_alone() -> None:
    totals = totals_with(automatic(targets=HERBS), fixed("BIG", 10**6, targets=HERBS))
    assert [part.discount_minor for part in totals.lines] == [0, 100]
    totals = totals_with(fixed("BIG", 10**6, targets=HERBS), codes=("BIG",))
    assert [part.net_minor for part in totals.lines] == [2000, 0]


@pytest.mark.parametrize(
    ("targets", "hit"),
    [
        (Targets(products=("fern",)), [True, False]),
        (Targets(products=("FERN", "basil")), [True, True]),
        (Targets(categories=("herbs",)), [False, True]),
        (Targets(tags=("gift",)), [False, False]),
        (Targets(products=("fern",), categories=("herbs",)), [True, True]),
    ],
)
def test_a_line_is_meant_when_any_list_names_it(targets: Targets, hit: list[bool]) -> None:
    totals = totals_with(automatic(targets=targets))
    assert [part.discount_minor > 0 for part in totals.lines] == hit


@pytest.mark.parametrize(
    ("alone", "winner"),
    [(Decimal(19), ["Sale", "TEN"]), (Decimal(20), ["ONLY"])],
    ids=["worse", "better"],
)
def test_the_best_for_the_buyer_wins(alone: Decimal, winner: list[str]) -> None:
    given = (automatic(), discount("TEN"), discount("ONLY", percent=alone, stacks=False))
    assert in_use(totals_with(*given, codes=("ONLY", "TEN"))) == winner


def test_of_equal_ones_those_that_stack_win_and_then_the_first() -> None:
    given = (discount("STACK"), discount("ONE", stacks=False), discount("TWO", stacks=False))
    assert in_use(totals_with(*given, codes=("TWO", "ONE", "STACK"))) == ["STACK"]
    assert in_use(totals_with(*given, codes=("TWO", "ONE"))) == ["ONE"]


def test_free_shipping_can_be_worth_more_than_a_discount() -> None:
    given = (discount("TEN", stacks=False), free(stacks=False))
    both = ("TEN", "FREE")
    assert in_use(totals_with(*given, codes=both)) == ["FREE"]
    assert in_use(totals_with(*given, codes=both, option=option(price_minor=299))) == ["TEN"]
    assert in_use(totals_with(*given, codes=both, option=None)) == ["TEN"]


def test_free_shipping_is_kept_while_nobody_knows_what_the_delivery_costs() -> None:
    unknown = totals_with(free(stacks=False), codes=("free",), option=None)
    assert [(used.label, used.amount_minor) for used in unknown.applied] == [("FREE", 0)]
    assert unknown.messages == ()


def test_free_shipping_wins_a_tie_while_the_delivery_is_unknown() -> None:
    nothing = fixed("ZERO", 0)
    given = (nothing, free(stacks=False))
    assert in_use(totals_with(*given, codes=("ZERO", "FREE"), option=None)) == ["FREE"]


def test_the_first_free_shipping_pays() -> None:
    totals = totals_with(free("ONE"), free("TWO"), codes=("TWO", "ONE"))
    assert in_use(totals) == ["ONE"]
    assert said(totals) == ["The discount code TWO takes nothing off this order."]
    (message,) = totals.messages
    assert (message.type, message.code) == ("info", "discount_code_unused")


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (discount(starts_at=START + timedelta(seconds=1)), "is not valid yet"),
        (discount(ends_at=START), "is no longer valid"),
        (
            discount(minimum_minor=3001),
            "needs an order of $30.01 or more; $0.01 is missing",
        ),
        (
            discount(minimum_minor=1250, targets=HERBS),
            "needs an order of $12.50 or more of what it is for; $2.50 is missing",
        ),
        (discount(targets=Targets(tags=("x",))), "is not for anything in this order"),
        (
            discount(stacks=False, percent=Decimal(1)),
            "cannot be combined with others, and Sale is at least as good",
        ),
    ],
)
def test_a_code_that_does_not_count_says_why(rule: Discount, why: str) -> None:
    totals = totals_with(automatic(percent=Decimal(5)), rule, codes=("ten",))
    assert said(totals) == [f"The discount code TEN {why}."]
    assert in_use(totals) == ["Sale"]


def test_those_that_are_at_least_as_good_are_all_named() -> None:
    alone = discount("ONE", stacks=False, percent=Decimal(1))
    totals = totals_with(automatic(), discount("TEN"), alone, codes=("TEN", "ONE"))
    (sentence,) = said(totals)
    assert sentence.endswith(
        "ONE cannot be combined with others, and Sale and TEN are at least as good."
    )


def test_a_code_that_is_used_up_says_so_and_a_discount_without_one_just_ends() -> None:
    used_up = frozenset({"code:ten", "name:sale"})
    totals = totals_with(automatic(), discount("TEN"), codes=("TEN",), exhausted=used_up)
    assert said(totals) == ["The discount code TEN has been used as often as it can be."]
    assert totals.applied == ()


def test_every_guess_reads_the_same_and_is_not_repeated() -> None:
    guesses = ("NOPE", "TENN", "alex@example.com", "4111 1111 1111 1111", "")
    alone = {content for guess in guesses for content in said(totals_with(codes=(guess,)))}
    assert alone == {"The discount code is not a code of this shop."}
    totals = totals_with(discount("TEN"), codes=("NOPE", "TEN", "NADA"))
    assert said(totals) == [
        "Discount code 1 is not a code of this shop.",
        "Discount code 3 is not a code of this shop.",
    ]
    assert [message.param for message in totals.messages] == [
        "discount_codes[0]",
        "discount_codes[2]",
    ]


def test_a_code_counts_once_however_often_it_is_entered() -> None:
    totals = totals_with(discount("TEN"), codes=("TEN", "ten"))
    assert (totals.amount("discount"), said(totals)) == (-300, [])
    early = discount("TEN", starts_at=START + timedelta(1))
    assert len(said(totals_with(early, codes=("TEN", "ten")))) == 1
    totals = totals_with(codes=("nope", "NOPE"))
    assert said(totals) == ["The discount code is not a code of this shop."]


def test_a_name_cannot_be_entered_as_a_code() -> None:
    late = automatic("TEN", minimum_minor=10**6)
    assert said(totals_with(late, codes=("TEN",))) == [
        "The discount code is not a code of this shop."
    ]


def test_an_empty_order_says_nothing_of_good_codes() -> None:
    given = (discount("TEN"), discount("HERB", targets=HERBS), discount("ONE", stacks=False))
    order = pricing(lines=(), codes=("TEN", "HERB", "ONE"), option=None)
    totals = compute_totals(shop_config(discounts=given), order)
    assert (totals.messages, totals.total_minor) == ((), 0)


def test_a_minimum_counts_prices_before_discounts() -> None:
    given = (automatic(percent=Decimal(50)), discount("BIG", minimum_minor=3000))
    assert in_use(totals_with(*given, codes=("BIG",))) == ["Sale", "BIG"]


def test_what_is_not_said_in_a_currency_does_not_apply_in_it() -> None:
    euros = {"currency": Currency("EUR"), "option": None}
    rules = (
        fixed("FIVE", 500, amounts=(("EUR", 450),)),
        fixed("DOLLARS", 500),
        discount("BIG", minimum_minor=100),
        discount("BOTH", minimum_minor=100, minimums=(("EUR", 3001),)),
        discount("TEN"),
    )
    codes = ("FIVE", "DOLLARS", "BIG", "BOTH", "TEN")
    totals = totals_with(*rules, codes=codes, **euros)
    assert in_use(totals) == ["TEN", "FIVE"]
    assert totals.amount("discount") == -300 - 450
    assert totals.currency == "EUR"
    assert said(totals) == [
        "The discount code DOLLARS is not for orders in EUR.",
        "The discount code BIG is not for orders in EUR.",
        "The discount code BOTH needs an order of \u20ac30.01 or more; \u20ac0.01 is missing.",
    ]


def test_a_total_can_be_nothing() -> None:
    totals = totals_with(discount("ALL", percent=Decimal(100)), free(), codes=("ALL", "FREE"))
    assert totals.total_minor == 0
    assert not totals.estimated
