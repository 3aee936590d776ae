"""The pipeline of totals, against a slow reference that was written apart from it."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.pricing import (
    Place,
    PricingInput,
    Totals,
    compute_totals,
    quote_hash,
)
from plantly.domain.shop import ShopConfig, TaxRate
from tests.support.builders import discount, line, option, pricing, shop_config, tax
from tests.support.clock import START

PERCENTS = st.decimals(0, 100, places=2)
CODES = ("A", "B", "C", "D")


@st.composite
def discounts(draw: st.DrawFn) -> tuple[Discount, ...]:
    names = draw(st.lists(st.sampled_from(CODES), max_size=4, unique=True))
    return tuple(
        Discount(
            code=name,
            kind=draw(st.sampled_from(DiscountKind)),
            percent=draw(PERCENTS),
            amount_minor=draw(st.integers(0, 5000)),
            minimum_minor=draw(st.sampled_from([0, 0, 3000])),
            ends_at=draw(st.sampled_from([None, None, START])),
        )
        for name in names
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[ShopConfig, PricingInput]:
    rates = (
        tax(
            percent=draw(PERCENTS),
            included=draw(st.booleans()),
            on_shipping=draw(st.booleans()),
            region=draw(st.sampled_from([None, "CA"])),
        ),
    )
    shop = shop_config(discounts=draw(discounts()), taxes=rates)
    lines = draw(
        st.lists(st.builds(line, st.integers(0, 10**7), st.integers(1, 99)), min_size=0, max_size=6)
    )
    ways = st.one_of(
        st.none(),
        st.builds(
            option,
            price_minor=st.integers(0, 3000),
            free_from_minor=st.sampled_from([None, 5000]),
        ),
    )
    order = PricingInput(
        lines=lines,
        codes=draw(st.permutations([*(known.label for known in shop.discounts), "NOPE"])),
        place=draw(st.sampled_from([None, Place("US"), Place("US", "CA"), Place("DE")])),
        option=draw(ways),
        now=START,
    )
    return shop, order


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


def applied(shop: ShopConfig, order: PricingInput, items: int) -> list[Discount]:
    entered = {code.lower() for code in order.codes}
    found = [
        known
        for known in shop.discounts
        if known.label.lower() in entered
        and (known.ends_at is None or order.now < known.ends_at)
        and items >= known.minimum_minor
    ]
    return sorted(found, key=lambda known: known.kind is not DiscountKind.PERCENTAGE)


def deal_out(amount: int, weights: list[int]) -> list[int]:
    """Hand out one unit at a time to whoever is furthest below the exact share."""
    whole = sum(weights)
    exact = [Fraction(amount * weight, whole) for weight in weights]
    parts = [floor(part) for part in exact]
    while sum(parts) < amount:
        behind = [e - p for e, p in zip(exact, parts, strict=True)]
        parts[behind.index(max(behind))] += 1
    return parts


def the_tax(shop: ShopConfig, order: PricingInput) -> TaxRate | None:
    (rate,) = shop.taxes
    if order.place is None or order.place.country != rate.country:
        return None
    return rate if rate.region in {None, order.place.region} else None


def expected(shop: ShopConfig, order: PricingInput) -> dict[str, int]:
    """Compute the totals as slowly and as plainly as possible."""
    lines = sorted(order.lines, key=lambda entry: (entry.unit_amount_minor, entry.quantity))
    bases = [entry.unit_amount_minor * entry.quantity for entry in lines]
    items = sum(bases)
    codes = applied(shop, order, items)
    nets = bases
    for code in codes:
        off = 0
        if code.kind is DiscountKind.PERCENTAGE:
            off = half_up(Fraction(sum(nets)) * Fraction(code.percent) / 100)
        if code.kind is DiscountKind.FIXED:
            off = min(sum(nets), code.amount_minor)
        if off:
            nets = [net - part for net, part in zip(nets, deal_out(off, nets), strict=True)]
    left = sum(nets)
    shipping = 0
    if order.option is not None and all(c.kind is not DiscountKind.FREE_SHIPPING for c in codes):
        limit = order.option.free_from_minor
        shipping = 0 if limit is not None and left >= limit else order.option.price_minor
    rate = the_tax(shop, order)
    taxes = 0
    if rate is not None:
        percent = Fraction(rate.percent)
        factor = percent / (100 + percent) if rate.included else percent / 100
        taxed = list(nets)
        if rate.on_shipping and order.option is not None:
            taxed.append(shipping)
        taxes = sum(half_up(amount * factor) for amount in taxed)
    added = 0 if rate is None or rate.included else taxes
    return {
        "items_base_amount": items,
        "discount": left - items,
        "subtotal": left,
        "fulfillment": shipping,
        "tax": taxes,
        "total": left + shipping + added,
    }


@settings(max_examples=50)
@given(questions())
def test_totals_are_what_the_slow_reference_says(
    question: tuple[ShopConfig, PricingInput],
) -> None:
    shop, order = question
    totals = compute_totals(shop, order)
    said: Counter[str] = Counter()
    for entry in totals.entries:
        said[entry.type] += entry.amount_minor
    assert {kind: said.pop(kind, 0) for kind in expected(shop, order)} == expected(shop, order)
    assert not said
    assert totals.total_minor == totals.amount("total") >= 0
    assert totals.estimated == (order.place is None or order.option is None)


@settings(max_examples=50)
@given(questions())
def test_what_the_lines_say_adds_up_to_the_rows(
    question: tuple[ShopConfig, PricingInput],
) -> None:
    shop, order = question
    totals = compute_totals(shop, order)
    assert sum(part.base_minor for part in totals.lines) == totals.amount("items_base_amount")
    assert sum(part.discount_minor for part in totals.lines) == -totals.amount("discount")
    assert all(0 <= part.discount_minor <= part.base_minor for part in totals.lines)


def total_of(shop: ShopConfig, order: PricingInput) -> Totals:
    return compute_totals(shop, order)


def test_rows_come_in_the_order_in_which_people_read_them() -> None:
    shop = shop_config(taxes=(tax(),), discounts=(discount(),))
    totals = total_of(shop, pricing(line(2000), codes=["ten"]))
    assert [(entry.type, entry.amount_minor, entry.display_text) for entry in totals.entries] == [
        ("items_base_amount", 2000, "Items"),
        ("discount", -200, "Discount (TEN)"),
        ("subtotal", 1800, "Subtotal"),
        ("fulfillment", 595, "Standard shipping"),
        ("tax", 180, "Sales tax 10 %"),
        ("total", 2575, "Total"),
    ]


def test_percentages_are_taken_off_before_amounts_however_codes_are_entered() -> None:
    fixed = discount("OFF5", kind=DiscountKind.FIXED, amount_minor=500)
    shop = shop_config(discounts=(discount("HALF", percent=Decimal(50)), fixed))
    assert total_of(shop, pricing(line(2000), codes=["HALF", "OFF5"])).amount("subtotal") == 500
    assert total_of(shop, pricing(line(2000), codes=["OFF5", "HALF"])).amount("subtotal") == 500


def test_a_fixed_discount_never_makes_the_goods_cost_less_than_nothing() -> None:
    shop = shop_config(discounts=(discount(kind=DiscountKind.FIXED, amount_minor=10**6),))
    totals = total_of(shop, pricing(line(2000), codes=["TEN"]))
    assert totals.amount("subtotal") == 0
    assert totals.total_minor == 595


def test_a_discount_is_shared_by_the_lines_and_each_is_taxed_on_its_own() -> None:
    rate = tax(percent=Decimal(50))
    shop = shop_config(
        discounts=(discount(kind=DiscountKind.FIXED, amount_minor=10),), taxes=(rate,)
    )
    totals = total_of(shop, pricing(line(11), line(11), line(11), codes=["ten"]))
    assert [part.discount_minor for part in totals.lines] == [4, 3, 3]
    assert [part.tax_minor for part in totals.lines] == [4, 4, 4]
    assert totals.amount("tax") == 12


def test_free_shipping_is_said_by_a_row_of_zero() -> None:
    shop = shop_config(discounts=(discount("FREE", kind=DiscountKind.FREE_SHIPPING),))
    totals = total_of(shop, pricing(codes=["FREE"]))
    assert ("fulfillment", 0) in [(entry.type, entry.amount_minor) for entry in totals.entries]
    assert totals.amount("discount") == 0


def test_an_included_tax_is_named_and_not_added() -> None:
    rate = tax(percent=Decimal("19.00"), included=True, on_shipping=True, title="VAT")
    totals = total_of(shop_config(taxes=(rate,)), pricing(line(11900)))
    assert totals.entries[-2].display_text == "VAT 19 % (included)"
    assert totals.amount("tax") == 1900 + 95
    assert totals.total_minor == 11900 + 595


def test_the_tax_of_a_region_goes_before_the_tax_of_its_country() -> None:
    shop = shop_config(taxes=(tax(), tax(region="CA", percent=Decimal("7.25"))))
    assert total_of(shop, pricing(place=Place("US", "CA"))).amount("tax") == 73
    assert total_of(shop, pricing(place=Place("US", "NY"))).amount("tax") == 100
    assert total_of(shop, pricing(place=Place("CA"))).amount("tax") == 0


def test_totals_are_estimated_until_place_and_way_are_known() -> None:
    shop = shop_config(taxes=(tax(),))
    nothing_known = total_of(shop, pricing(place=None, option=None))
    assert nothing_known.estimated
    assert [entry.type for entry in nothing_known.entries] == [
        "items_base_amount",
        "subtotal",
        "total",
    ]
    assert total_of(shop, pricing(option=None)).estimated
    assert not total_of(shop, pricing()).estimated


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("NOPE", "The discount code is not a code of this shop."),
        ("soon", "The discount code SOON is not valid yet."),
        ("PAST", "The discount code PAST is no longer valid."),
        (
            "big",
            "The discount code BIG needs an order of $10.01 or more; $0.01 is missing.",
        ),
    ],
)
def test_a_code_that_does_not_apply_is_said_and_takes_nothing_off(code: str, why: str) -> None:
    shop = shop_config(
        discounts=(
            discount("SOON", starts_at=START + timedelta(seconds=1)),
            discount("PAST", ends_at=START),
            discount("BIG", minimum_minor=1001),
        )
    )
    totals = total_of(shop, pricing(codes=[code]))
    (message,) = totals.messages
    told = message.as_dict()
    numbers = {"values": {"least_minor": 1001, "missing_minor": 1}} if code == "big" else {}
    assert told == {
        "type": "warning",
        "code": "discount_code_invalid",
        "content": why,
        "param": "discount_codes[0]",
        **numbers,
    }
    assert totals.amount("discount") == 0


def test_a_code_is_valid_from_its_first_to_before_its_last_moment() -> None:
    code = discount(starts_at=START, ends_at=START + timedelta(seconds=1), minimum_minor=1000)
    assert total_of(shop_config(discounts=(code,)), pricing(codes=["TEN"])).messages == ()


def test_nothing_costs_nothing() -> None:
    totals = total_of(shop_config(taxes=(tax(),)), pricing(lines=(), option=None))
    assert totals.total_minor == 0
    assert totals.lines == ()


def test_a_quote_is_the_same_for_the_same_things_and_another_for_others() -> None:
    shop = shop_config(taxes=(tax(),))
    lines = [line(1000), line(2000, 2, "monstera-17cm")]
    totals = total_of(shop, pricing(*lines))
    shown = quote_hash(totals, lines, "standard")
    assert shown == quote_hash(total_of(shop, pricing(*lines)), lines, "standard")
    others = {
        quote_hash(totals, lines, "express"),
        quote_hash(totals, lines, None),
        quote_hash(totals, [line(1001), lines[1]], "standard"),
        quote_hash(totals, [line(1000, 2), lines[1]], "standard"),
        quote_hash(totals, [line(1000, 1, "other"), lines[1]], "standard"),
        quote_hash(total_of(shop, pricing(*lines, place=Place("CA"))), lines, "standard"),
    }
    assert shown not in others
    assert len(others) == 6
