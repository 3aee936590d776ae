"""Which deliveries there are, and how what cannot be sent is named."""

from decimal import Decimal

import pytest

from plantly.domain.catalog import Availability, Supply
from plantly.domain.pricing import Place
from plantly.domain.shop import FulfillmentKind, ShippingRate, ShippingZone
from plantly.services.checkout_delivery import Deliveries, deliveries
from plantly.services.items import PricedItem
from tests.support.builders import option, pricing, shop_config, tax

PICKUP = option(id="pickup", kind=FulfillmentKind.PICKUP, title="Pickup", price_minor=0)
HOME = ShippingZone(
    "Home",
    ("US",),
    (option(rates=(ShippingRate(595, max_weight_g=5000),)),),
    except_regions=("US:HI",),
    except_postal_prefixes=("US:995",),
)
SHOP = shop_config(
    zones=(HOME, ShippingZone("Shop", ("DE",), (option(), PICKUP))),
    taxes=(tax(percent=Decimal(10)),),
)


def item(weight_g: int = 500, *countries: str) -> PricedItem:
    """Make a fern of this weight that cannot be sent to these countries."""
    return PricedItem(
        variant_row_id=1,
        product_slug="fern",
        category="foliage",
        tags=frozenset({"gift"}),
        weight_g=weight_g,
        variant_handle="fern-12cm",
        sku="FERN",
        name="Fern",
        variant="",
        quantity=2,
        unit_amount_minor=1000,
        supply=Supply(9),
        availability=Availability.IN_STOCK,
        expected_at=None,
        undeliverable=frozenset(countries),
        picture=None,
    )


def ways(place: Place | None, *items: PricedItem) -> Deliveries:
    lines = [one.as_priced_line() for one in items]
    return deliveries(SHOP, pricing(*lines, place=place, option=None), items)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Fern",), "Fern cannot be sent to this country."),
        (("Fern", "Jade"), "Fern and Jade cannot be sent to this country."),
        (("Fern", "Jade", "Aloe"), "Fern, Jade and Aloe cannot be sent to this country."),
        (
            ("Fern", "Jade", "Aloe", "Ivy", "Moss"),
            "Fern, Jade, Aloe and 2 more cannot be sent to this country.",
        ),
        ((), "The shop does not deliver to this country."),
    ],
)
def test_products_that_stay_here_are_named(names: tuple[str, ...], said: str) -> None:
    deliveries = Deliveries((), names)
    assert deliveries.problem() == said
    (message,) = deliveries.messages()
    assert (message.type, message.code, message.content) == ("error", "not_deliverable", said)
    assert message.resolution


def test_an_option_comes_with_its_price() -> None:
    found = ways(Place("US", "CA"), item())
    assert [way.id for way in found.options] == ["standard"]
    assert [(o.option.id, o.amount_minor, o.total_minor) for o in found.offers] == [
        ("standard", 595, 2795)
    ]
    assert (found.problem(), found.messages()) == (None, ())


@pytest.mark.parametrize(
    ("place", "weight_g", "said"),
    [
        (Place("FR"), 500, "The shop does not deliver to this country."),
        (Place("US", "HI"), 500, "The shop does not deliver to this address."),
        (Place("US", "AK", "99501"), 500, "The shop does not deliver to this address."),
        (
            Place("US", "CA"),
            2501,
            "The shop has no delivery to this address for an order of this weight and value.",
        ),
    ],
)
def test_what_is_in_the_way_is_said(place: Place, weight_g: int, said: str) -> None:
    found = ways(place, item(weight_g))
    assert (found.options, found.offers) == ((), ())
    (message,) = found.messages()
    assert (message.code, message.content) == ("not_deliverable", said)


def test_what_is_not_sent_somewhere_can_be_picked_up_there() -> None:
    found = ways(Place("DE"), item(500, "DE"), item())
    assert [way.id for way in found.options] == ["pickup"]
    (message,) = found.messages()
    assert message.content == "Fern cannot be sent to this country, only picked up."
    assert ways(Place("US"), item(500, "US")).problem() == "Fern cannot be sent to this country."


def test_without_a_place_there_is_nothing_to_choose_from() -> None:
    assert ways(None, item()).options == ()


def test_a_line_carries_what_rules_ask_about() -> None:
    line = item(500, "DE").as_priced_line()
    assert (line.variant_key, line.product_slug, line.category) == ("fern-12cm", "fern", "foliage")
    assert (line.tags, line.weight_g, line.undeliverable) == (
        frozenset({"gift"}),
        500,
        frozenset({"DE"}),
    )
