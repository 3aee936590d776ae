"""A catalog is written again and again without harm: what was sold stays sold."""

from functools import partial
from typing import Any

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.tables import StockRow, VariantRow
from plantly.domain.catalog import CatalogQuery
from plantly.domain.errors import InvalidInput
from plantly.services.browse import get_products
from plantly.services.catalog_file import write_catalog
from plantly.services.listing import list_products
from tests.support.shop import (
    Json,
    catalog,
    document,
    dump,
    garden,
    product,
    stock_shop,
    variant,
)

pytestmark = pytest.mark.anyio


async def write(db: Database, source: Json) -> int:
    return await db.write(lambda uow: write_catalog(uow, document(source)))


async def shown(db: Database, slug: str) -> dict[str, tuple[int, int]]:
    """Give price and units of each variant that shoppers see."""

    def read(uow: UnitOfWork) -> dict[str, tuple[int, int]]:
        (detail,), _ = get_products(uow, [slug])
        return {v.variant_id: (v.price_minor, v.available_quantity) for v in detail.variants}

    return await db.read(read)


def edited(slug: str, **changes: Any) -> Json:
    """Give the small shop's catalog with one product changed."""
    source = garden()
    for entry in source["products"]:
        if entry["slug"] == slug:
            entry.update(changes)
    return source


async def test_writing_the_same_again_changes_nothing_that_anybody_sees(db: Database) -> None:
    before = await dump(db)
    everything = await db.read(partial(list_products, query=CatalogQuery()))
    assert await write(db, garden()) == 6
    after = await dump(db)
    assert {name for name in before if before[name] != after[name]} == {"shop"}
    again = await db.read(partial(list_products, query=CatalogQuery()))
    assert again.listing == everything.listing


async def test_what_was_sold_since_does_not_come_back(db: Database) -> None:
    def sell(uow: UnitOfWork) -> None:
        row = uow.catalog.variants(["aloe-vera-12cm"])["aloe-vera-12cm"]
        stock = uow.session.get(StockRow, row.id)
        assert stock is not None
        stock.on_hand = 7

    await db.write(sell)
    await write(db, garden())
    assert (await shown(db, "aloe-vera"))["aloe-vera-12cm"] == (1499, 7)


async def test_a_new_price_counts_at_once(db: Database) -> None:
    source = garden()
    source["products"][0]["variants"][0]["price_minor"] = 1599
    await write(db, source)
    assert (await shown(db, "aloe-vera"))["aloe-vera-12cm"] == (1599, 24)
    listed = await db.read(partial(list_products, query=CatalogQuery(search="aloe")))
    assert listed.listing.cards[0].price_minor == 1599


async def test_a_variant_that_is_gone_from_the_file_is_gone_from_the_shop(db: Database) -> None:
    only = variant("aloe-vera-17cm", price_minor=2499, default=True)
    await write(db, edited("aloe-vera", variants=[only]))
    assert await shown(db, "aloe-vera") == {"aloe-vera-17cm": (2499, 6)}
    await write(db, garden())
    assert (await shown(db, "aloe-vera"))["aloe-vera-12cm"] == (1499, 24)


async def test_another_variant_can_become_the_default(db: Database) -> None:
    source = garden()
    first, second = source["products"][0]["variants"]
    first["default"], second["default"] = False, True
    await write(db, source)
    listed = await db.read(partial(list_products, query=CatalogQuery(search="aloe")))
    card = listed.listing.cards[0]
    assert (card.price_minor, card.price_from) == (2499, False)


async def test_ids_can_be_swapped_between_variants(db: Database) -> None:
    source = garden()
    first, second = source["products"][0]["variants"]
    first["id"], second["id"] = second["id"], first["id"]
    await write(db, source)
    assert await shown(db, "aloe-vera") == {
        "aloe-vera-17cm": (1499, 24),
        "aloe-vera-12cm": (2499, 6),
    }


async def test_an_id_can_go_to_another_sku(db: Database) -> None:
    source = garden()
    source["products"][0]["variants"][0]["sku"] = "NEW-SKU"
    await write(db, source)
    await write(db, source)
    assert (await shown(db, "aloe-vera"))["aloe-vera-12cm"] == (1499, 24)
    rows = await db.read(
        lambda uow: {row.sku: row.handle for row in uow.session.query(VariantRow).all()}
    )
    assert rows["NEW-SKU"] == "aloe-vera-12cm"
    assert rows["SKU-ALOE-VERA-12CM"].startswith("~")


@pytest.mark.parametrize("taken", ["sku", "id"])
async def test_nobody_takes_the_name_of_another_products_variant(db: Database, taken: str) -> None:
    thief = variant("thief")
    thief[taken] = variant("jade-9cm")[taken]
    before = await dump(db)
    with pytest.raises(InvalidInput, match="belongs to another product"):
        await write(db, catalog(product("monstera", thief)))
    assert await dump(db) == before


async def test_a_catalog_in_another_currency_is_refused(db: Database) -> None:
    before = await dump(db)
    with pytest.raises(InvalidInput, match="in EUR, but the shop sells in USD"):
        await write(db, {**garden(), "currency": "EUR"})
    assert await dump(db) == before


async def test_a_shop_takes_a_catalog_before_it_is_set_up(empty_db: Database) -> None:
    assert await write(empty_db, {**garden(), "currency": "JPY"}) == 6
    assert not await empty_db.read(lambda uow: uow.shop.exists())


async def test_categories_facets_and_pictures_follow_the_file(db: Database) -> None:
    source = garden()
    source["categories"].reverse()
    source["categories"][0]["name"] = "In Bloom"
    source["facets"][1]["values"] = ["Low", "Moderate", "Frequent", "Never"]
    source["products"][0]["facets"] = {"water": ["Never"]}
    source["products"][0]["media"] = []
    await write(db, source)
    names = await db.read(lambda uow: uow.catalog.category_names())
    assert names == [
        ("flowering", "In Bloom"),
        ("foliage", "Foliage"),
        ("succulents", "Succulents"),
    ]
    facets = await db.read(lambda uow: uow.facets.defined())
    assert facets[1].values == ("Low", "Moderate", "Frequent", "Never")
    listed = await db.read(partial(list_products, query=CatalogQuery(search="aloe")))
    card = listed.listing.cards[0]
    assert {key: list(values) for key, values in card.facets.items()} == {"water": ["Never"]}
    assert card.picture is None


async def test_progress_is_told(empty_db: Database) -> None:
    told: list[tuple[int, int]] = []

    def work(uow: UnitOfWork) -> int:
        return write_catalog(uow, document(garden()), lambda done, all_: told.append((done, all_)))

    await empty_db.write(work)
    assert told == [(6, 6)]


async def test_a_mistake_at_the_end_leaves_the_old_catalog(db: Database) -> None:
    before = await dump(db)
    source = catalog(product("moss"), product("monstera", variant("thief", sku="SKU-JADE-9CM")))
    with pytest.raises(InvalidInput):
        await write(db, source)
    assert await dump(db) == before


async def test_a_low_price_of_another_size_makes_no_from(empty_db: Database) -> None:
    cheap = product("fern", variant("a", price_minor=2000), variant("b", price_minor=1000))
    same = product("moss", variant("c", price_minor=1000), variant("d", price_minor=1000))
    dear = product("palm", variant("e", price_minor=1000), variant("f", price_minor=2000))
    await empty_db.write(partial(stock_shop, source=catalog(cheap, same, dear)))
    listed = await empty_db.read(partial(list_products, query=CatalogQuery()))
    assert [card.price_from for card in listed.listing.cards] == [False, False, True]
