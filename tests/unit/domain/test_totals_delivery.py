"""Where parcels go, which deliveries are offered, and what they cost."""

from typing import Any

import pytest

from plantly.domain.discount import DiscountKind
from plantly.domain.money import Currency
from plantly.domain.pricing import Place, PricedLine, compute_totals, fulfillment_offers
from plantly.domain.shop import (
    FulfillmentKind,
    FulfillmentOption,
    Parcel,
    ShippingRate,
    ShippingZone,
)
from tests.support.builders import discount, option, pricing, shop_config

EUR = Currency("EUR")
BY_WEIGHT = option(
    id="air",
    title="By air",
    rates=(
        ShippingRate(1499, max_weight_g=3000),
        ShippingRate(2499, max_weight_g=12000),
    ),
)
PICKUP = option(id="pickup", kind=FulfillmentKind.PICKUP, title="Pickup", price_minor=0)


def zone(*options: FulfillmentOption, **changes: Any) -> ShippingZone:
    return ShippingZone("Zone", ("US", "ES"), options or (option(),), **changes)


def heavy(weight_g: int, **changes: Any) -> PricedLine:
    return PricedLine("pot", 1000, 1, weight_g=weight_g, **changes)


@pytest.mark.parametrize(
    ("weight_g", "price"), [(0, 1499), (3000, 1499), (3001, 2499), (12000, 2499), (12001, None)]
)
def test_the_first_rate_that_fits_the_weight_counts(weight_g: int, price: int | None) -> None:
    assert BY_WEIGHT.price_of(Parcel(1000, weight_g)) == price


@pytest.mark.parametrize(
    ("subtotal", "price"), [(0, 900), (2499, 900), (2500, 400), (5000, 400), (5001, None)]
)
def test_rates_can_depend_on_the_value(subtotal: int, price: int | None) -> None:
    way = option(
        rates=(
            ShippingRate(900, max_subtotal_minor=2499),
            ShippingRate(400, min_subtotal_minor=2500, max_subtotal_minor=5000),
        )
    )
    assert way.price_of(Parcel(subtotal)) == price


def test_a_rate_can_begin_at_a_weight() -> None:
    way = option(rates=(ShippingRate(900, min_weight_g=1000),))
    assert way.price_of(Parcel(0, 999)) is None
    assert way.price_of(Parcel(0, 1000)) == 900


def test_it_is_free_from_a_value_on_if_it_is_offered_at_all() -> None:
    way = option(rates=(ShippingRate(900, max_weight_g=10),), free_from_minor=5000)
    assert [way.price_of(Parcel(value, 10)) for value in (4999, 5000)] == [900, 0]
    assert way.price_of(Parcel(5000, 11)) is None


@pytest.mark.parametrize(
    ("way", "subtotal", "price"),
    [
        (option(), 0, None),
        (option(price_minor=0), 0, 0),
        (option(prices=((EUR, 549),)), 0, 549),
        (option(prices=((EUR, 549),), free_from_minor=100), 10**6, 549),
        (option(prices=((EUR, 549),), free_from_minor=1, free_from=((EUR, 100),)), 99, 549),
        (option(prices=((EUR, 549),), free_from_minor=1, free_from=((EUR, 100),)), 100, 0),
        (option(rates=(ShippingRate(900),)), 0, None),
        (option(rates=(ShippingRate(900, prices=((EUR, 800),)),)), 0, 800),
        (option(rates=(ShippingRate(9, 5, prices=((EUR, 8),)),)), 100, None),
        (
            option(rates=(ShippingRate(9, 5, prices=((EUR, 8),), min_subtotals=((EUR, 7),)),)),
            6,
            None,
        ),
        (option(rates=(ShippingRate(9, 5, prices=((EUR, 8),), min_subtotals=((EUR, 7),)),)), 7, 8),
        (option(rates=(ShippingRate(9, 0, 5, prices=((EUR, 8),)),)), 1, None),
        (
            option(rates=(ShippingRate(9, 0, 5, prices=((EUR, 8),), max_subtotals=((EUR, 4),)),)),
            4,
            8,
        ),
    ],
)
def test_another_currency_has_its_own_amounts(
    way: FulfillmentOption, subtotal: int, price: int | None
) -> None:
    assert way.price_of(Parcel(subtotal, foreign=EUR)) == price


@pytest.mark.parametrize(
    ("changes", "place", "covered"),
    [
        ({}, Place("US"), True),
        ({}, Place("FR"), False),
        ({"except_regions": ("US:HI",)}, Place("US"), True),
        ({"except_regions": ("US:HI",)}, Place("US", "CA"), True),
        ({"except_regions": ("US:HI",)}, Place("US", " hi"), False),
        ({"except_regions": ("US:HI",)}, Place("ES", "HI"), True),
        ({"except_postal_prefixes": ("ES:35", "ES:38")}, Place("ES", None, "35001"), False),
        ({"except_postal_prefixes": ("ES:35", "ES:38")}, Place("ES", None, "3 8-001"), False),
        ({"except_postal_prefixes": ("ES:35", "ES:38")}, Place("ES", None, "03500"), True),
        ({"except_postal_prefixes": ("ES:35", "ES:38")}, Place("US", None, "35001"), True),
        ({"except_postal_prefixes": ("ES:35",)}, Place("ES"), True),
        ({"regions": ("US:AK", "US:HI")}, Place("US", "HI"), True),
        ({"regions": ("US:AK", "US:HI")}, Place("US", "CA"), False),
        ({"regions": ("US:AK", "US:HI")}, Place("US"), False),
        ({"regions": ("US:AK", "US:HI")}, Place("ES"), True),
        ({"postal_prefixes": ("US:99",)}, Place("US", "AK", "99501"), True),
        ({"postal_prefixes": ("US:99",)}, Place("US", "AK", "96701"), False),
        ({"postal_prefixes": ("US:99",)}, Place("US"), False),
        ({"regions": ("US:AK",), "postal_prefixes": ("US:99",)}, Place("US", "AK"), False),
        ({"regions": ("US:AK",), "except_postal_prefixes": ("US:995",)}, Place("US", "AK"), True),
    ],
)
def test_a_zone_covers_what_it_names_and_does_not_except(
    changes: dict[str, Any], place: Place, *, covered: bool
) -> None:
    shop = shop_config(zones=(zone(**changes),))
    found = shop.options_for(place.country, place.region, place.postal_code)
    assert bool(found) is covered


def test_what_is_offered_has_its_price_and_the_total() -> None:
    shop = shop_config(
        zones=(zone(option(), BY_WEIGHT, PICKUP),),
        discounts=(discount("FREE", kind=DiscountKind.FREE_SHIPPING, minimum_minor=2000),),
    )
    offers = fulfillment_offers(shop, pricing(heavy(5000)))
    assert [(o.option.id, o.amount_minor, o.total_minor) for o in offers] == [
        ("standard", 595, 1595),
        ("air", 2499, 3499),
        ("pickup", 0, 1000),
    ]
    offers = fulfillment_offers(shop, pricing(heavy(12001)))
    assert [o.option.id for o in offers] == ["standard", "pickup"]
    order = pricing(heavy(100), heavy(100), codes=["FREE"])
    assert [o.amount_minor for o in fulfillment_offers(shop, order)] == [0, 0, 0]
    assert fulfillment_offers(shop, pricing(place=None)) == ()


def test_what_stays_here_can_be_picked_up() -> None:
    shop = shop_config(zones=(zone(option(), PICKUP),))
    order = pricing(heavy(1, undeliverable=frozenset({"US"})), heavy(1))
    assert [offer.option.id for offer in fulfillment_offers(shop, order)] == ["pickup"]


def test_an_option_that_is_not_offered_is_left_out_and_said() -> None:
    totals = compute_totals(shop_config(), pricing(heavy(12001), option=BY_WEIGHT))
    assert totals.estimated
    assert totals.fulfillment is None
    assert totals.total_minor == 1000
    (message,) = totals.messages
    assert (message.type, message.code, message.content) == (
        "error",
        "option_not_offered",
        "By air is not offered for this order.",
    )


def test_a_discount_that_costs_the_delivery_is_not_the_best() -> None:
    way = option(rates=(ShippingRate(100, min_subtotal_minor=1000),))
    given = (discount("A", percent=0, stacks=False), discount("B", stacks=False))
    totals = compute_totals(
        shop_config(discounts=given), pricing(heavy(1), option=way, codes=["A", "B"])
    )
    assert totals.total_minor == 1100


def test_an_estimate_can_assume_the_cheapest_delivery() -> None:
    shop = shop_config(zones=(zone(BY_WEIGHT, option(), PICKUP),))
    order = pricing(heavy(100), option=None, assume_cheapest=True)
    totals = compute_totals(shop, order)
    assert totals.estimated
    assert totals.fulfillment is not None
    assert totals.fulfillment.option.id == "standard"
    assert totals.total_minor == 1595


def test_pickup_is_assumed_only_where_there_is_nothing_else() -> None:
    order = pricing(heavy(100), option=None, assume_cheapest=True)
    totals = compute_totals(shop_config(zones=(zone(PICKUP),)), order)
    assert totals.fulfillment is not None
    assert totals.fulfillment.option is PICKUP
    nowhere = compute_totals(shop_config(zones=()), order)
    assert (nowhere.fulfillment, nowhere.estimated, nowhere.messages) == (None, True, ())


def test_a_chosen_delivery_is_not_replaced_by_the_cheapest() -> None:
    shop = shop_config(zones=(zone(BY_WEIGHT, option()),))
    totals = compute_totals(shop, pricing(heavy(100), option=BY_WEIGHT, assume_cheapest=True))
    assert totals.amount("fulfillment") == 1499
    assert not totals.estimated
