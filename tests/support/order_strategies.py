"""Shops with every kind of rule, and orders that meet them, for tests that draw examples."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.money import Amounts, Currency
from plantly.domain.pricing import Place, PricedLine, PricingInput
from plantly.domain.shop import (
    FulfillmentKind,
    FulfillmentOption,
    ShippingRate,
    ShippingZone,
    ShopConfig,
    TaxRate,
)
from plantly.domain.targets import Targets
from tests.support.builders import shop_config
from tests.support.clock import START

CURRENCIES = ("JPY", "USD", "KWD", "UYW")
"""One for each number of digits that a currency has: none, two, three and four."""

_CODES = ("ALPHA", "BETA", "GAMMA", "DELTA")
_NAMES = ("Spring", "Herbs", "Autumn")
_PLACES = (
    None,
    Place("US"),
    Place("US", "CA", "94107"),
    Place("US", "HI", "96701"),
    Place("DE", None, "10115"),
    Place("FR", "Corse", "20 000"),
)

percents = st.one_of(
    st.sampled_from([Decimal(text) for text in ("0", "5", "7.25", "19", "50", "100", "6.625")]),
    st.decimals(0, 100, places=3),
)
amounts = st.one_of(st.integers(0, 60), st.integers(0, 20_000), st.integers(0, 10**12))
targets = st.builds(
    Targets,
    products=st.sampled_from([(), ("fern",), ("basil", "aloe")]),
    categories=st.sampled_from([(), (), ("Herbs",)]),
    tags=st.sampled_from([(), (), ("gift",)]),
)


@st.composite
def _others(draw: st.DrawFn) -> Amounts:
    """Say an amount in the other currency, or do not."""
    return draw(st.sampled_from([(), ((Currency("EUR"), draw(amounts)),)]))


@st.composite
def discounts(draw: st.DrawFn) -> tuple[Discount, ...]:
    """Make some that apply by themselves, then some with a code."""
    names = draw(st.lists(st.sampled_from(_NAMES), max_size=2, unique=True))
    codes = draw(st.lists(st.sampled_from(_CODES), max_size=3, unique=True))
    return tuple(
        _discount(draw, name, code)
        for name, code in [*((name, None) for name in names), *(("", code) for code in codes)]
    )


def _discount(draw: st.DrawFn, name: str, code: str | None) -> Discount:
    kind = draw(st.sampled_from(DiscountKind))
    fixed = kind is DiscountKind.FIXED
    return Discount(
        kind=kind,
        code=code,
        name=name,
        percent=draw(percents) if kind is DiscountKind.PERCENTAGE else Decimal(0),
        amount_minor=draw(amounts) if fixed else 0,
        amounts=draw(_others()) if fixed else (),
        minimum_minor=draw(st.sampled_from([0, 0, 500, 10_000])),
        minimums=draw(_others()),
        starts_at=draw(st.sampled_from([None, None, START, START + timedelta(seconds=1)])),
        ends_at=draw(st.sampled_from([None, None, START, START + timedelta(seconds=1)])),
        targets=Targets() if kind is DiscountKind.FREE_SHIPPING else draw(targets),
        stacks=draw(st.sampled_from([True, True, False])),
        limit=draw(st.sampled_from([None, 1])),
    )


@st.composite
def taxes(draw: st.DrawFn) -> tuple[TaxRate, ...]:
    """Make rates of countries, regions and certain products, included and added ones mixed."""
    rate = st.builds(
        TaxRate,
        country=st.sampled_from(["US", "US", "DE", "FR"]),
        region=st.sampled_from([None, None, "CA", "HI"]),
        title=st.sampled_from(["VAT", "Sales tax"]),
        percent=percents,
        included=st.booleans(),
        on_shipping=st.booleans(),
        targets=st.one_of(st.just(Targets()), targets),
    )
    return tuple(draw(st.lists(rate, max_size=5)))


@st.composite
def _rates(draw: st.DrawFn) -> tuple[ShippingRate, ...]:
    rate = st.builds(
        ShippingRate,
        price_minor=st.integers(0, 5000),
        min_subtotal_minor=st.sampled_from([0, 0, 1000]),
        max_subtotal_minor=st.sampled_from([None, None, 5000]),
        min_weight_g=st.sampled_from([0, 0, 501]),
        max_weight_g=st.sampled_from([None, 500, 20_000]),
        prices=_others(),
        min_subtotals=_others(),
        max_subtotals=_others(),
    )
    return tuple(draw(st.lists(rate, max_size=3)))


@st.composite
def options(draw: st.DrawFn, name: str = "post") -> FulfillmentOption:
    """Make a way to get the goods, at one price or by rates."""
    return FulfillmentOption(
        id=name,
        kind=draw(st.sampled_from([*FulfillmentKind, FulfillmentKind.SHIPPING])),
        title=name.title(),
        description="",
        price_minor=draw(st.integers(0, 5000)),
        free_from_minor=draw(st.sampled_from([None, 3000])),
        rates=draw(_rates()),
        prices=draw(_others()),
        free_from=draw(_others()),
    )


@st.composite
def zones(draw: st.DrawFn) -> tuple[ShippingZone, ...]:
    """Make zones that overlap, with regions and postal codes in and out of them."""
    return tuple(
        ShippingZone(
            name=f"Zone {number}",
            countries=draw(st.sampled_from([("US",), ("US", "DE"), ("DE", "FR")])),
            options=tuple(
                draw(options(f"way-{number}-{index}")) for index in range(draw(st.integers(1, 2)))
            ),
            regions=draw(st.sampled_from([(), (), ("US:CA",)])),
            postal_prefixes=draw(st.sampled_from([(), (), ("DE:10", "US:9")])),
            except_regions=draw(st.sampled_from([(), ("US:HI",), ("FR:Corse",)])),
            except_postal_prefixes=draw(st.sampled_from([(), ("FR:20", "US:967")])),
        )
        for number in range(draw(st.integers(0, 2)))
    )


@st.composite
def lines(draw: st.DrawFn) -> list[PricedLine]:
    """Make the lines of a cart, whose variants differ."""
    keys = draw(st.lists(st.integers(0, 99), max_size=5, unique=True))
    line = st.builds(
        PricedLine,
        variant_key=st.just(""),
        unit_amount_minor=st.one_of(st.integers(0, 30), amounts),
        quantity=st.integers(1, 99),
        product_slug=st.sampled_from(["fern", "basil", "ivy"]),
        category=st.sampled_from(["herbs", "foliage"]),
        tags=st.sampled_from([frozenset(), frozenset({"Gift"}), frozenset({"gift", "new"})]),
        weight_g=st.integers(0, 400),
        undeliverable=st.sampled_from([frozenset(), frozenset(), frozenset({"DE"})]),
    )
    return [_named(draw(line), key) for key in keys]


def _named(line: PricedLine, key: int) -> PricedLine:
    values: dict[str, Any] = {name: getattr(line, name) for name in line.__dataclass_fields__}
    return PricedLine(**{**values, "variant_key": f"variant-{key}"})


@st.composite
def orders(draw: st.DrawFn) -> tuple[ShopConfig, PricingInput]:
    """Make a shop and an order in it, in the shop's own currency or in another one."""
    own = Currency(draw(st.sampled_from(CURRENCIES)))
    shop = shop_config(
        currency=own,
        currencies=(Currency("EUR"),),
        zones=draw(zones()),
        taxes=draw(taxes()),
        discounts=draw(discounts()),
    )
    order = PricingInput(
        lines=draw(lines()),
        codes=draw(st.permutations([*(d.label.lower() for d in shop.discounts if d.code), "NO"])),
        place=draw(st.sampled_from(_PLACES)),
        option=draw(st.none() | options()),
        now=START,
        currency=draw(st.sampled_from([None, own, Currency("EUR")])),
        exhausted=frozenset(d.key for d in shop.discounts if draw(st.integers(0, 5)) == 0),
        assume_cheapest=draw(st.booleans()),
    )
    return shop, order
