"""Orders with known totals: those that the guide works out, and taxes as they are in the world."""

from decimal import Decimal
from typing import Any

import pytest

from plantly.domain.discount import DiscountKind
from plantly.domain.money import Currency
from plantly.domain.pricing import Place, PricedLine, Totals, compute_totals
from plantly.domain.shop import TaxRate
from plantly.domain.targets import Targets
from tests.support.builders import discount, option, pricing, shop_config, tax

GERMANY = Place("DE")


def line(key: str, amount_minor: int, quantity: int = 1, **changes: Any) -> PricedLine:
    return PricedLine(key, amount_minor, quantity, **changes)


def rows(totals: Totals) -> list[tuple[str, int, str]]:
    return [(entry.type, entry.amount_minor, entry.display_text) for entry in totals.entries]


def vat(percent: str, **changes: Any) -> TaxRate:
    values = {"country": "DE", "title": "VAT", "included": True, "on_shipping": True}
    return tax(percent=Decimal(percent), **{**values, **changes})


def test_new_jersey_taxes_goods_and_shipping() -> None:
    shop = shop_config(taxes=(tax(region="NJ", percent=Decimal("6.625"), on_shipping=True),))
    totals = compute_totals(
        shop,
        pricing(
            line("a", 1799, 3),
            line("b", 849),
            place=Place("US", "NJ"),
            option=option(price_minor=599),
        ),
    )
    assert [part.tax_minor for part in totals.lines] == [358, 56]
    assert totals.fulfillment is not None
    assert totals.fulfillment.tax_minor == 40
    assert totals.total_minor == 7299


def test_each_line_is_rounded_on_its_own() -> None:
    shop = shop_config(taxes=(tax(percent=Decimal("7.25")),))
    two = compute_totals(shop, pricing(line("a", 1000), line("b", 1000)))
    one = compute_totals(shop, pricing(line("a", 1000, 2)))
    assert (two.amount("tax"), one.amount("tax")) == (146, 145)


def test_germany_includes_its_tax() -> None:
    shop = shop_config(taxes=(vat("19"),))
    totals = compute_totals(shop, pricing(line("a", 11900), place=GERMANY))
    assert rows(totals) == [
        ("items_base_amount", 11900, "Items"),
        ("subtotal", 11900, "Subtotal"),
        ("fulfillment", 595, "Standard shipping"),
        ("tax", 1995, "VAT 19 % (included)"),
        ("total", 12495, "Total"),
    ]


def test_herbs_have_a_rate_of_their_own() -> None:
    herbs = vat("7", targets=Targets(categories=("herbs",)), on_shipping=False)
    shop = shop_config(taxes=(vat("19", on_shipping=False), herbs))
    lines = (line("basil", 1070, category="herbs"), line("pot", 1190, category="pots"))
    totals = compute_totals(shop, pricing(*lines, place=GERMANY, option=option(price_minor=0)))
    assert [row for row in rows(totals) if row[0] == "tax"] == [
        ("tax", 190, "VAT 19 % (included)"),
        ("tax", 70, "VAT 7 % (included)"),
    ]
    assert totals.total_minor == 2260


def test_what_is_exempt_is_said() -> None:
    general = tax(region="CA", percent=Decimal("7.25"))
    food = tax(region="CA", percent=Decimal(0), targets=Targets(tags=("edible",)))
    lines = (line("fern", 1000), line("basil", 599, tags=frozenset({"Edible"})))
    order = pricing(*lines, place=Place("US", "CA"))
    totals = compute_totals(shop_config(taxes=(general, food)), order)
    assert [row for row in rows(totals) if row[0] == "tax"] == [
        ("tax", 73, "Sales tax 7.25 %"),
        ("tax", 0, "Sales tax: exempt"),
    ]


@pytest.mark.parametrize(
    ("place", "percents"),
    [
        (Place("CA", "ON"), ("13", "0", "13")),
        (Place("CA", "on"), ("13", "0", "13")),
        (Place("CA", "BC"), ("5", "1", "5")),
        (Place("CA"), ("5", "1", "5")),
        (Place("US"), ()),
    ],
)
def test_a_region_goes_before_its_country_and_a_product_before_the_rest(
    place: Place, percents: tuple[str, ...]
) -> None:
    herbs = Targets(products=("basil",))
    shop = shop_config(
        taxes=(
            tax(country="CA", percent=Decimal(5), on_shipping=True),
            tax(country="CA", percent=Decimal(1), targets=herbs),
            tax(country="CA", region="ON", percent=Decimal(13), on_shipping=True),
            tax(country="CA", region="ON", percent=Decimal(0), targets=herbs),
            tax(country="CA", region="ON", percent=Decimal(99)),
        )
    )
    lines = (line("a", 100, product_slug="fern"), line("b", 100, product_slug="basil"))
    totals = compute_totals(shop, pricing(*lines, place=place))
    assert totals.fulfillment is not None
    charges = [*totals.lines, totals.fulfillment]
    assert tuple(str(part.percent) for one in charges for part in one.taxes) == percents


def test_a_fixed_amount_is_dealt_out() -> None:
    fixed = discount("TEN", kind=DiscountKind.FIXED, amount_minor=10)
    shop = shop_config(discounts=(fixed,), taxes=(tax(percent=Decimal(50)),))
    lines = [line(key, 11) for key in "cab"]
    totals = compute_totals(shop, pricing(*lines, codes=["ten"]))
    assert [part.discount_minor for part in totals.lines] == [3, 4, 3]
    assert [part.tax_minor for part in totals.lines] == [4, 4, 4]


def test_lines_first_and_then_the_order() -> None:
    herbs = discount(code=None, name="Herbs", targets=Targets(categories=("HERBS",)))
    shop = shop_config(discounts=(herbs, discount("TEN")))
    lines = (line("basil", 599, 3, category="herbs"), line("pot", 2000, category="pots"))
    totals = compute_totals(shop, pricing(*lines, codes=["TEN"], place=None, option=None))
    assert rows(totals) == [
        ("items_base_amount", 3797, "Items"),
        ("items_discount", -180, "Discount (Herbs)"),
        ("discount", -362, "Discount (TEN)"),
        ("subtotal", 3255, "Subtotal"),
        ("total", 3255, "Total"),
    ]
    assert [part.net_minor for part in totals.lines] == [1455, 1800]


def test_a_better_one_that_does_not_stack_wins() -> None:
    alone = discount("QUARTER", percent=Decimal(25), stacks=False)
    shop = shop_config(discounts=(discount("TEN"), alone))
    totals = compute_totals(shop, pricing(line("a", 2000), codes=["TEN", "QUARTER"]))
    assert totals.total_minor == 2095
    assert [used.label for used in totals.applied] == ["QUARTER"]


@pytest.mark.parametrize(
    ("code", "amount", "quantity", "percent", "included", "taxed", "total"),
    [
        ("JPY", 1999, 3, "10", True, 545, 5997),
        ("JPY", 1, 1, "10", True, 0, 1),
        ("JPY", 5, 1, "10", False, 1, 6),
        ("KWD", 1499, 1, "5", False, 75, 1574),
        ("UYW", 12345, 2, "22", True, 4452, 24690),
        ("USD", 10**15, 99, "7.25", False, 7_177_500_000_000_000, 106_177_500_000_000_000),
    ],
)
def test_every_currency_is_whole_units(
    *, code: str, amount: int, quantity: int, percent: str, included: bool, taxed: int, total: int
) -> None:
    rate = tax(percent=Decimal(percent), included=included)
    shop = shop_config(currency=Currency(code), taxes=(rate,))
    free = option(price_minor=0)
    totals = compute_totals(shop, pricing(line("a", amount, quantity), option=free))
    assert (totals.amount("tax"), totals.total_minor) == (taxed, total)


def test_every_total_can_be_explained_down_to_its_lines() -> None:
    herbs = discount(
        code=None, name="Herbs", limit=3, limit_per_buyer=1, targets=Targets(products=("basil",))
    )
    free = discount("FREE", kind=DiscountKind.FREE_SHIPPING)
    shop = shop_config(discounts=(herbs, free), taxes=(vat("19.00"),))
    order = pricing(line("basil-12cm", 599, 3, product_slug="basil"), codes=["FREE"], place=GERMANY)
    totals = compute_totals(shop, order)
    taxed = {"title": "VAT", "percent": "19", "included": True, "exempt": False}
    assert totals.explanation() == {
        "currency": "USD",
        "lines": [
            {
                "variant": "basil-12cm",
                "unit_amount_minor": 599,
                "quantity": 3,
                "base_minor": 1797,
                "discounts": [
                    {
                        "key": "name:herbs",
                        "label": "Herbs",
                        "row": "items_discount",
                        "amount_minor": 180,
                    }
                ],
                "net_minor": 1617,
                "taxes": [{**taxed, "amount_minor": 258}],
                "total_minor": 1617,
            }
        ],
        "fulfillment": {
            "option": "standard",
            "title": "Standard shipping",
            "base_minor": 595,
            "discounts": [
                {"key": "code:free", "label": "FREE", "row": "fulfillment", "amount_minor": 595}
            ],
            "net_minor": 0,
            "taxes": [{**taxed, "amount_minor": 0}],
            "total_minor": 0,
        },
        "entries": [
            {"type": kind, "amount_minor": amount, "display_text": text}
            for kind, amount, text in rows(totals)
        ],
        "total_minor": 1617,
        "estimated": False,
    }
    herb, delivery = totals.applied
    assert (herb.key, herb.amount_minor, herb.limit, herb.limit_per_buyer) == (
        "name:herbs",
        180,
        3,
        1,
    )
    assert (delivery.key, delivery.amount_minor, delivery.limit) == ("code:free", 595, None)
