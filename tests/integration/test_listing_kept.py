"""What is kept of a listing is never older than the catalog, and never says anything of stock."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.search import counts
from plantly.db.search.kept import Kept
from plantly.db.tables import StockRow
from plantly.domain.catalog import Availability, CatalogQuery, Sort
from plantly.services.catalog_file import write_catalog
from plantly.services.listing import Browsed, list_products
from plantly.services.shop_file import apply_shop
from tests.support.rivals import elsewhere
from tests.support.shop import document, garden

pytestmark = pytest.mark.anyio

QUERIES = (
    CatalogQuery(),
    CatalogQuery(search="aloe"),
    CatalogQuery(facets={"water": ("Low",)}),
    CatalogQuery(limit=2),
)


def set_units(uow: UnitOfWork, handle: str, on_hand: int) -> None:
    row = uow.catalog.variants([handle])[handle]
    stock = uow.session.get(StockRow, row.id)
    assert stock is not None
    stock.on_hand = on_hand


async def ask(db: Database, query: CatalogQuery) -> Browsed:
    return await db.read(partial(list_products, query=query))


def slugs(browsed: Browsed) -> list[str]:
    return [card.slug for card in browsed.listing.cards]


async def test_a_change_of_the_catalog_shows_at_once(db: Database, shop_url: str) -> None:
    for query in QUERIES:
        await ask(db, query)
    source = garden()
    aloe = source["products"].pop(0)
    aloe["title"], aloe["facets"] = "Aloe Two", {"water": ["Frequent"]}
    aloe["variants"][0]["price_minor"] = 1
    source["products"].append(aloe)
    elsewhere(shop_url, lambda uow: write_catalog(uow, document(source)))
    everything, found, low, first = [await ask(db, query) for query in QUERIES]
    assert slugs(everything)[-1] == "aloe-vera"
    assert (found.listing.cards[0].title, found.listing.cards[0].price_minor) == ("Aloe Two", 1)
    assert "aloe-vera" not in slugs(low)
    assert everything.listing.counts["water"]["Frequent"] == 3
    assert slugs(first) == ["monstera", "snake-plant"]


async def test_new_filters_show_at_once_when_they_are_applied(db: Database) -> None:
    source = garden()
    source["facets"].append({"key": "pets", "title": "Pets", "values": ["Safe", "Unsafe"]})
    source["products"][0]["facets"]["pets"] = ["Unsafe"]
    await db.write(lambda uow: write_catalog(uow, document(source)))
    assert "pets" not in (await ask(db, CatalogQuery())).listing.counts
    await db.write(lambda uow: apply_shop(uow, uow.shop.current().config))
    assert (await ask(db, CatalogQuery())).listing.counts["pets"] == {"Unsafe": 1}


async def test_a_catalog_that_was_rolled_back_leaves_nothing_behind(db: Database) -> None:
    before = [await ask(db, query) for query in QUERIES]
    source = garden()
    source["products"][0]["title"] = "Never Sold"

    def work(uow: UnitOfWork) -> None:
        write_catalog(uow, document(source))
        assert list_products(uow, CatalogQuery()).listing.cards[0].title == "Never Sold"
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        await db.write(work)
    assert [await ask(db, query) for query in QUERIES] == before


async def test_stock_is_of_this_moment(db: Database, shop_url: str) -> None:
    for units, state in (
        (24, Availability.IN_STOCK),
        (0, Availability.LOW_STOCK),
        (1, Availability.IN_STOCK),
    ):
        # The other size has 6 units; 4 are few.
        elsewhere(shop_url, partial(set_units, handle="aloe-vera-12cm", on_hand=units))
        elsewhere(shop_url, partial(set_units, handle="aloe-vera-17cm", on_hand=4))
        for query in (CatalogQuery(), CatalogQuery(search="aloe")):
            assert (await ask(db, query)).availability[0] is state


async def test_questions_about_stock_are_answered_anew(db: Database, shop_url: str) -> None:
    sellable, sold_out = CatalogQuery(in_stock=True), CatalogQuery(in_stock=False)
    assert slugs(await ask(db, sold_out)) == ["peace-lily"]
    elsewhere(shop_url, partial(set_units, handle="jade-9cm", on_hand=0))
    elsewhere(shop_url, partial(set_units, handle="peace-lily-14cm", on_hand=1))
    found = await ask(db, sellable)
    assert "jade" not in slugs(found)
    assert "peace-lily" in slugs(found)
    assert found.listing.total == 5
    gone = await ask(db, sold_out)
    assert slugs(gone) == ["jade"]
    assert gone.listing.counts["category"] == {"Succulents": 1}


async def test_other_pages_and_orders_of_a_question_are_not_counted_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plantly.db.search import listing  # noqa: PLC0415 - only this test looks inside

    counted: list[object] = []

    def count(*arguments: Any) -> Any:
        counted.append(arguments)
        return counts.count(*arguments)

    monkeypatch.setattr(listing, "count", count)
    low = CatalogQuery(facets={"water": ("Low",)}, limit=2)
    first = await ask(db, low)
    second = await ask(db, replace(low, after=first.listing.next_after))
    others = [await ask(db, replace(low, sort=sort)) for sort in (Sort.NEWEST, Sort.BEST_SELLING)]
    assert len(counted) == 1
    assert slugs(second)
    for other in (second, *others):
        assert other.listing.total == first.listing.total
        assert other.listing.counts == first.listing.counts
    await ask(db, replace(low, max_price_minor=2000))
    await ask(db, replace(low, in_stock=True))
    await ask(db, replace(low, in_stock=True, limit=1))
    assert len(counted) == 4


async def test_two_shops_do_not_share_what_is_kept(
    db: Database, sqlite_url: str, shop_url: str
) -> None:
    other = garden()
    other["products"] = other["products"][:1]
    elsewhere(sqlite_url, lambda uow: write_catalog(uow, document(other)))
    config = await db.read(lambda uow: uow.shop.current().config)
    elsewhere(sqlite_url, lambda uow: apply_shop(uow, config))
    assert (await ask(db, CatalogQuery())).listing.total == 6
    there = elsewhere(sqlite_url, lambda uow: list_products(uow, CatalogQuery()))
    assert there.listing.total == 1


async def test_the_oldest_questions_are_forgotten_first(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plantly.db.search import listing  # noqa: PLC0415 - only this test looks inside

    pages: Kept[Any] = Kept(2)
    monkeypatch.setattr(listing, "_pages", pages)
    for limit in (1, 2, 1, 3):
        await ask(db, CatalogQuery(limit=limit))
    assert [key[1][-2] for key in pages.keys()] == [1, 3]  # type: ignore[index] # noqa: SIM118
