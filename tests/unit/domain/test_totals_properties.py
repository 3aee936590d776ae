"""What is true of the totals of every order: the parts add up, and nothing is below nothing."""

import json
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plantly.domain.money import Currency
from plantly.domain.pricing import PricingInput, Totals, compute_totals, fulfillment_offers
from plantly.domain.shop import ShopConfig
from tests.support.order_strategies import orders

Question = tuple[ShopConfig, PricingInput]

few = settings(max_examples=30)


def sum_of(totals: Totals, *kinds: str) -> int:
    return sum(entry.amount_minor for entry in totals.entries if entry.type in kinds)


def charges(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [*said["lines"], *([said["fulfillment"]] if said["fulfillment"] else [])]


def off(said: dict[str, Any], row: str) -> int:
    return sum(
        part["amount_minor"]
        for charge in charges(said)
        for part in charge["discounts"]
        if part["row"] == row
    )


def check_rows(totals: Totals) -> None:
    """Check that the rows add up to the total."""
    goods = sum_of(totals, "items_base_amount", "items_discount", "discount")
    assert goods == sum_of(totals, "subtotal")
    added = [
        entry.amount_minor
        for entry in totals.entries
        if entry.type == "tax" and not entry.display_text.endswith("(included)")
    ]
    assert goods + sum_of(totals, "fulfillment") + sum(added) == totals.total_minor
    assert totals.total_minor == sum_of(totals, "total")


def check_parts_of_rows(totals: Totals) -> None:
    """Check that every row is the sum of its parts."""
    said = json.loads(json.dumps(totals.explanation()))
    assert sum(line["base_minor"] for line in said["lines"]) == sum_of(totals, "items_base_amount")
    assert sum(line["net_minor"] for line in said["lines"]) == sum_of(totals, "subtotal")
    for row in ("items_discount", "discount"):
        assert -off(said, row) == sum_of(totals, row)
    for entry in totals.entries:
        if entry.type in {"items_discount", "discount"}:
            parts = [part for line in said["lines"] for part in line["discounts"]]
            mine = [
                p["amount_minor"] for p in parts if f"Discount ({p['label']})" == entry.display_text
            ]
            assert sum(mine) == -entry.amount_minor > 0
    taxes = [tax["amount_minor"] for charge in charges(said) for tax in charge["taxes"]]
    assert sum(taxes) == sum_of(totals, "tax")
    assert sum(charge["total_minor"] for charge in charges(said)) == totals.total_minor
    if said["fulfillment"]:
        assert said["fulfillment"]["net_minor"] == sum_of(totals, "fulfillment")
    assert said["entries"] == [
        {"type": e.type, "amount_minor": e.amount_minor, "display_text": e.display_text}
        for e in totals.entries
    ]


def check_parts(totals: Totals) -> None:
    """Check that every part adds up, and that none is below nothing."""
    said = totals.explanation()
    for charge in charges(said):
        parts = [part["amount_minor"] for part in charge["discounts"]]
        assert all(part > 0 for part in parts)
        assert charge["net_minor"] == charge["base_minor"] - sum(parts) >= 0
        taxes = [tax for tax in charge["taxes"] if not tax["included"]]
        assert all(tax["amount_minor"] >= 0 for tax in charge["taxes"])
        added = sum(tax["amount_minor"] for tax in taxes)
        assert charge["total_minor"] == charge["net_minor"] + added
    for entry in totals.entries:
        discounted = entry.type in {"items_discount", "discount"}
        assert (entry.amount_minor < 0) if discounted else (entry.amount_minor >= 0)
    assert [line["variant"] for line in said["lines"]] == [
        part.line.variant_key for part in totals.lines
    ]


def check_taxes(totals: Totals) -> None:
    """Check that a tax is at most half a unit away from its exact amount."""
    half = Fraction(1, 2)
    for charge in charges(totals.explanation()):
        for tax in charge["taxes"]:
            percent = Fraction(tax["percent"])
            whole = 100 + percent if tax["included"] else Fraction(100)
            exact = charge["net_minor"] * percent / whole
            assert -half <= exact - tax["amount_minor"] < half


@few
@given(orders())
def test_parts_rows_and_total_add_up_and_are_never_below_nothing(question: Question) -> None:
    totals = compute_totals(*question)
    check_rows(totals)
    check_parts_of_rows(totals)
    check_parts(totals)
    check_taxes(totals)


@few
@given(orders())
def test_what_is_in_use_and_what_is_said_of_codes_are_true(question: Question) -> None:
    totals = compute_totals(*question)
    check_uses(question, totals)
    check_codes(question, totals)


@few
@given(orders())
def test_an_included_tax_never_changes_the_total(question: Question) -> None:
    shop, order = question
    included = tuple(replace(tax, included=True) for tax in shop.taxes)
    order = replace(order, assume_cheapest=False)
    with_taxes = compute_totals(replace(shop, taxes=included), order)
    without = compute_totals(replace(shop, taxes=()), order)
    assert with_taxes.total_minor == without.total_minor
    assert with_taxes.applied == without.applied


@few
@given(orders(), st.integers(0, 9999))
def test_the_order_of_lines_and_codes_never_matters(question: Question, seed: int) -> None:
    shop, order = question
    lines, codes = list(order.lines), list(order.codes)
    dice = Random(seed)  # noqa: S311 - it shuffles, and keeps no secret
    dice.shuffle(lines)
    dice.shuffle(codes)
    before = compute_totals(shop, order)
    after = compute_totals(shop, replace(order, lines=lines, codes=codes))
    assert after.entries == before.entries
    assert after.applied == before.applied
    by_key = {part.line.variant_key: part for part in before.lines}
    assert {part.line.variant_key: part for part in after.lines} == by_key


@few
@given(orders())
def test_nothing_better_for_the_buyer_was_left_out(question: Question) -> None:
    shop, order = question
    order = replace(order, assume_cheapest=False)
    chosen = compute_totals(shop, order)
    offered = chosen.fulfillment is not None
    apart = [d for d in shop.discounts if not d.stacks]
    together = tuple(d for d in shop.discounts if d.stacks)
    for alone in [together, *((d,) for d in apart)]:
        other = compute_totals(replace(shop, discounts=alone), order)
        if other.applied and (other.fulfillment is not None) == offered:
            assert chosen.total_minor <= other.total_minor


def check_uses(question: Question, totals: Totals) -> None:
    """Check that what is in use is what the parts say."""
    shop, order = question
    said = totals.explanation()
    for used in totals.applied:
        parts = [p for c in charges(said) for p in c["discounts"] if p["key"] == used.key]
        assert sum(part["amount_minor"] for part in parts) == used.amount_minor
    known = {used.key for used in totals.applied}
    assert {p["key"] for c in charges(said) for p in c["discounts"]} <= known
    assert known.isdisjoint(order.exhausted)
    apart = {d.key for d in shop.discounts if not d.stacks}
    assert len(known) == 1 or known.isdisjoint(apart)


def check_codes(question: Question, totals: Totals) -> None:
    """Check that every code is in use, or explained once."""
    order = question[1]
    used = {one.label for one in totals.applied}
    explained = [m.param for m in totals.messages if (m.param or "").startswith("discount_codes[")]
    unused = [
        f"discount_codes[{number}]"
        for number, code in enumerate(order.codes)
        if code.upper() not in used
    ]
    if order.lines:
        assert explained == unused
    assert all("NO" not in message.content.split() for message in totals.messages)


@few
@given(orders())
def test_what_is_offered_is_what_is_charged(question: Question) -> None:
    shop, order = question
    offers = fulfillment_offers(shop, order)
    for offer in offers:
        totals = compute_totals(shop, replace(order, option=offer.option))
        assert totals.amount("fulfillment") == offer.amount_minor
        assert totals.total_minor == offer.total_minor
        assert not totals.estimated
    guess = compute_totals(shop, replace(order, option=None, assume_cheapest=True))
    assert guess.estimated
    assert (guess.fulfillment is not None) == bool(offers)
    if guess.fulfillment is not None:
        same = {o.total_minor for o in offers if o.option.kind is guess.fulfillment.option.kind}
        assert guess.total_minor == min(same)


@few
@given(orders(), st.integers(0, 4))
def test_the_digits_of_a_currency_change_nothing(question: Question, digits: int) -> None:
    shop, order = question
    order = replace(order, currency=None)
    other = {0: "JPY", 1: "USD", 2: "KWD", 3: "UYW", 4: "CLF"}[digits]
    totals = compute_totals(shop, order)
    same = compute_totals(replace(shop, currency=Currency(other)), order)
    assert [e.amount_minor for e in same.entries] == [e.amount_minor for e in totals.entries]
