"""A filter by price looks at a price kept beside the filters: it is the product's, always."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import text

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import CatalogQuery
from plantly.services.catalog_edit import archive, publish
from plantly.services.catalog_file import write_catalog
from plantly.services.catalog_price_edit import PriceWish, set_price
from plantly.services.listing import list_products
from plantly.services.typed_amounts import TypedAmount
from tests.support.rivals import elsewhere
from tests.support.shop import document, garden

pytestmark = pytest.mark.anyio

SOON = datetime.now(UTC) + timedelta(days=1)


def kept_prices(uow: UnitOfWork) -> dict[str, int]:
    """Return the kept prices by slug, once they are found to be those of the products."""
    rows = uow.connection.execute(
        text(
            "SELECT p.slug, p.list_price_minor, f.list_price_minor FROM product_filters AS f"
            " JOIN products AS p ON p.id = f.product_id"
        )
    ).all()
    assert [row for row in rows if row[1] != row[2]] == []
    return {slug: price for slug, price, _ in rows}


def price(uow: UnitOfWork, minor: int, starts_at: datetime | None = None) -> None:
    wish = PriceWish(TypedAmount(Decimal(minor), None), is_minor=True, starts_at=starts_at)
    set_price(uow, "cli", "jade-9cm", wish)


async def cheap(db: Database) -> list[str]:
    query = CatalogQuery(facets={"water": ("Low",)}, max_price_minor=500)
    found = await db.read(partial(list_products, query=query))
    assert found.listing.total == len(found.listing.cards)
    return [card.slug for card in found.listing.cards]


async def test_a_price_set_by_hand_is_filtered_by_at_once(db: Database) -> None:
    assert await cheap(db) == []
    await db.write(partial(price, minor=450))
    assert (await db.read(kept_prices))["jade"] == 450
    assert await cheap(db) == ["jade"]


async def test_a_price_that_an_import_brings_is_filtered_by_at_once(db: Database) -> None:
    source = garden()
    for product in source["products"]:
        for variant in product["variants"]:
            variant["price_minor"] //= 10
    await db.write(lambda uow: write_catalog(uow, document(source)))
    assert (await db.read(kept_prices))["jade"] < 500
    assert "jade" in await cheap(db)


async def test_a_price_that_begins_later_is_filtered_by_from_then_on(
    db: Database, shop_url: str
) -> None:
    await db.write(partial(price, minor=400, starts_at=SOON))
    assert await cheap(db) == []
    later = SOON + timedelta(seconds=1)
    turned = elsewhere(
        shop_url, lambda uow: uow.catalog_writer.refresh_prices(uow.now), clock=lambda: later
    )
    assert turned == 1
    assert (await db.read(kept_prices))["jade"] == 400


async def test_a_product_that_comes_back_has_the_price_of_now(db: Database) -> None:
    await db.write(lambda uow: archive(uow, "cli", ["jade"]))
    assert "jade" not in await db.read(kept_prices)
    await db.write(partial(price, minor=450))
    assert await cheap(db) == []
    await db.write(lambda uow: publish(uow, "cli", ["jade"]))
    assert (await db.read(kept_prices))["jade"] == 450
    assert await cheap(db) == ["jade"]
