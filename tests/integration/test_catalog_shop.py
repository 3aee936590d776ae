"""`shop.toml` is read whole or refused, and put in force in one step."""

from decimal import Decimal
from functools import partial

import pytest

from plantly.db import Database
from plantly.domain.discount import DiscountKind
from plantly.domain.errors import InvalidInput
from plantly.domain.shop import FulfillmentKind
from plantly.services.catalog_file import write_catalog
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.builders import moment
from tests.support.shop import SHOP_TOML, catalog, document, dump, garden, product, stock_shop

SMALLEST = '[shop]\nname = "Fern"\ncurrency = "USD"\n'


def refusal(text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        read_shop_file(text)
    return refused.value


def test_everything_in_the_file_is_read() -> None:
    shop = read_shop_file(SHOP_TOML)
    assert (shop.name, shop.currency, shop.max_quantity) == ("Fern & Co", "USD", 99)
    assert [policy.topic for policy in shop.policies] == ["shipping", "returns"]
    assert shop.countries() == ("DE", "FR", "US")
    standard, express = shop.options_for("US")
    assert (standard.price_minor, standard.free_from_minor) == (595, 7500)
    assert (express.kind, express.free_from_minor) == (FulfillmentKind.SHIPPING, None)
    vat = shop.tax_for("DE", None)
    assert vat is not None
    assert (vat.percent, vat.included, vat.on_shipping) == (Decimal(19), True, True)
    spring = shop.discount("spring")
    assert spring is not None
    assert (spring.kind, spring.ends_at) == (
        DiscountKind.PERCENTAGE,
        moment("2026-01-01T00:00:00Z"),
    )


def test_a_name_and_a_currency_are_enough() -> None:
    shop = read_shop_file(SMALLEST)
    assert (shop.order_prefix, shop.max_quantity, shop.low_stock_threshold) == ("PL", 99, 4)
    assert shop.accent.startswith("#")
    assert (shop.policies, shop.zones, shop.taxes, shop.discounts) == ((), (), (), ())


TAX = '[[taxes]]\ncountry = "US"\ntitle = "Tax"\nrate_percent = '
CODE = '[[discount_codes]]\ncode = "TEN"\nkind = "percentage"\n'
ZONE = '[[shipping_zones]]\nname = "Home"\ncountries = ["US"]\noptions = '


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[shop", "not TOML"),
        ("", "shop"),
        ('[shop]\nname = ""\ncurrency = "USD"', "shop.name"),
        ('[shop]\nname = "A\\u0000"\ncurrency = "USD"', "shop.name"),
        ('[shop]\nname = "A"\ncurrency = "usd"', "shop.currency"),
        (SMALLEST + "color = 1", "shop.color"),
        (SMALLEST + 'order_prefix = "pl"', "shop.order_prefix"),
        (SMALLEST + "max_quantity = 0", "shop.max_quantity"),
        (SMALLEST + 'max_quantity = "9"', "shop.max_quantity"),
        (SMALLEST + '[colors]\naccent = "green"', "colors.accent"),
        (SMALLEST + TAX + "7.25", "taxes.0.rate_percent"),
        (SMALLEST + TAX + '"a lot"', "taxes.0.rate_percent"),
        (SMALLEST + TAX + '"NaN"', "taxes.0.rate_percent"),
        (SMALLEST + TAX + '"Infinity"', "taxes.0.rate_percent"),
        (SMALLEST + TAX + '"100.01"', "taxes.0.rate_percent"),
        (SMALLEST + TAX + '"-1"', "taxes.0.rate_percent"),
        (SMALLEST + CODE + "starts_at = 2026-01-01T00:00:00", "discount_codes.0.starts_at"),
        (SMALLEST + CODE + "ends_at = 2026-01-01", "discount_codes.0.ends_at"),
        (SMALLEST + CODE + "amount_minor = 1.5", "discount_codes.0.amount_minor"),
        (SMALLEST + ZONE + "[]", "shipping_zones.0.options"),
        (
            SMALLEST + ZONE + f'[{{ id = "a", title = "{"x" * 121}", price_minor = 0 }}]',
            "options.0.title",
        ),
        (
            SMALLEST + ZONE + '[{ id = "a", title = "A", price_minor = -1 }]',
            "options.0.price_minor",
        ),
        (SMALLEST + ZONE.replace("US", "USA") + "[]", "shipping_zones.0.countries.0"),
    ],
)
def test_a_mistake_is_refused_with_its_place(text: str, place: str) -> None:
    assert place in refusal(text).message


def test_several_mistakes_are_named_at_once() -> None:
    message = refusal(SMALLEST.replace('"Fern"', "1") + "color = 1").message
    assert "shop.name" in message
    assert "shop.color" in message


@pytest.mark.anyio
async def test_applying_takes_a_snapshot_of_the_facets(db: Database) -> None:
    source = garden()
    source["facets"].append({"key": "pets", "title": "Pets", "values": ["Safe"]})
    await db.write(lambda uow: write_catalog(uow, document(source)))
    before = await db.read(lambda uow: uow.shop.current())
    assert [facet.key for facet in before.facets] == ["sunlight", "water", "climate"]
    facets = await db.write(lambda uow: apply_shop(uow, before.config))
    after = await db.read(lambda uow: uow.shop.current())
    assert after.facets == facets
    assert facets[-1].key == "pets"
    assert after.version != before.version
    assert after.catalog_version == before.catalog_version


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["search", "category", "sort", "limit", "id", "variants", "media"])
async def test_a_facet_that_would_hide_something_is_refused(empty_db: Database, key: str) -> None:
    source = catalog(
        product("fern", facets={}), facets=[{"key": key, "title": "Odd", "values": ["A"]}]
    )
    before = await dump(empty_db)
    with pytest.raises(InvalidInput, match=f"'{key}' cannot be a filter"):
        await empty_db.write(partial(stock_shop, source=source))
    assert await dump(empty_db) == before


@pytest.mark.anyio
async def test_a_shop_keeps_the_currency_of_its_catalog(db: Database) -> None:
    euros = read_shop_file(SHOP_TOML.replace('"USD"', '"EUR"'))
    before = await dump(db)
    with pytest.raises(InvalidInput, match="8 variants of the catalog have no price in it"):
        await db.write(lambda uow: apply_shop(uow, euros))
    assert await dump(db) == before


@pytest.mark.anyio
async def test_an_empty_shop_can_have_any_currency(empty_db: Database) -> None:
    for code in ("JPY", "KWD", "USD"):
        config = read_shop_file(SMALLEST.replace("USD", code))
        await empty_db.write(partial(apply_shop, config=config))
        assert await empty_db.read(lambda uow: uow.shop.current().config) == config
