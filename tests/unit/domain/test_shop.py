"""What the merchant decided: prices of ways, taxes of places, codes, and keeping all of it."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.money import EXPONENTS, Currency
from plantly.domain.shop import (
    Parcel,
    Policy,
    ShippingZone,
    ShopConfig,
)
from plantly.domain.shop_document import config_from_document, config_to_document
from plantly.domain.targets import Targets
from tests.support.builders import discount, moment, option, shop_config, tax
from tests.support.order_strategies import taxes, zones


def test_a_way_is_free_from_its_limit_on() -> None:
    way = option(price_minor=595, free_from_minor=5000)
    assert way.price_of(Parcel(4999)) == 595
    assert way.price_of(Parcel(5000)) == 0
    assert option(price_minor=595).price_of(Parcel(10**9)) == 595


def test_countries_and_ways_come_from_every_zone() -> None:
    near = ShippingZone("Near", ("US", "CA"), (option(),))
    far = ShippingZone("Far", ("CA", "DE"), (option(id="air"),))
    shop = shop_config(zones=(near, far))
    assert shop.countries() == ("CA", "DE", "US")
    assert [way.id for way in shop.options_for("CA")] == ["standard", "air"]
    assert [way.id for way in shop.options_for("US")] == ["standard"]
    assert shop.options_for("FR") == ()


def test_the_tax_of_a_place_is_the_most_specific_one() -> None:
    general, exact = tax(), tax(region="CA", percent=Decimal("7.25"))
    shop = shop_config(taxes=(general, exact))
    assert shop.tax_for("US", "CA") is exact
    assert shop.tax_for("US", "NY") is general
    assert shop.tax_for("US", None) is general
    assert shop.tax_for("DE", None) is None
    assert shop_config(taxes=(exact,)).tax_for("US", None) is None


def test_a_code_is_found_whatever_its_case() -> None:
    known = discount("Spring")
    shop = shop_config(discounts=(known,))
    assert shop.discount("SPRING") is known
    assert shop.discount("springs") is None


TEXT = st.text('aB É\n"木\\', max_size=12)
MINOR = st.integers(0, 10**9)
NAMES = st.lists(TEXT, max_size=2).map(tuple)
CURRENCIES = st.sampled_from(sorted(EXPONENTS)).map(Currency)
AMOUNTS = st.lists(st.tuples(CURRENCIES, MINOR), max_size=2).map(tuple)
PERCENT = st.decimals(0, 100, places=3)
MOMENTS = st.none() | st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2100, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
CONFIGS = st.builds(
    ShopConfig,
    name=TEXT,
    tagline=TEXT,
    currency=CURRENCIES,
    support_email=TEXT,
    order_prefix=TEXT,
    max_quantity=MINOR,
    low_stock_threshold=MINOR,
    accent=TEXT,
    accent_dark=TEXT,
    policies=st.lists(st.builds(Policy, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    zones=zones(),
    taxes=taxes(),
    discounts=st.lists(
        st.builds(
            Discount,
            code=TEXT,
            kind=st.sampled_from(DiscountKind),
            percent=PERCENT,
            amount_minor=MINOR,
            minimum_minor=MINOR,
            starts_at=MOMENTS,
            ends_at=MOMENTS,
            targets=st.builds(Targets, NAMES, NAMES, NAMES),
            stacks=st.booleans(),
            limit=st.none() | MINOR,
            limit_per_buyer=st.none() | MINOR,
            amounts=AMOUNTS,
            minimums=AMOUNTS,
        ),
        max_size=2,
    ).map(tuple),
    currencies=st.lists(CURRENCIES, max_size=2).map(tuple),
)


@settings(max_examples=25)
@given(CONFIGS)
def test_a_configuration_survives_being_kept_as_json(config: ShopConfig) -> None:
    kept = json.loads(json.dumps(config_to_document(config)))
    assert config_from_document(kept) == config


def test_a_configuration_of_an_earlier_edition_is_read() -> None:
    config = shop_config(discounts=(discount(),), taxes=(tax(),))
    kept = json.loads(json.dumps(config_to_document(config)))
    (zone,), (rate,), (code,) = kept["zones"], kept["taxes"], kept["discounts"]
    kept["zones"] = [{name: zone[name] for name in ("name", "countries", "options")}]
    (way,) = zone["options"]
    for name in ("rates", "prices", "free_from"):
        del way[name]
    del rate["targets"]
    for name in ("name", "targets", "stacks", "limit", "limit_per_buyer", "amounts", "minimums"):
        del code[name]
    del kept["currencies"]
    assert config_from_document(kept) == config


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-01-31T23:59:59Z", False),
        ("2026-02-01T00:00:00Z", True),
        ("2026-02-28T23:59:59Z", True),
        ("2026-03-01T00:00:00Z", False),
    ],
)
def test_a_code_knows_its_time(now: str, is_open: bool) -> None:
    code = discount(
        starts_at=moment("2026-02-01T00:00:00Z"), ends_at=moment("2026-03-01T00:00:00Z")
    )
    assert code.is_open(moment(now)) is is_open
