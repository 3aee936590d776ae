"""Pages visit every match exactly once, whatever happens to other products meanwhile."""

import copy
from functools import partial

import pytest

from plantly.db import Database
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.errors import InvalidInput
from plantly.services.catalog_file import write_catalog
from plantly.services.listing import Browsed, list_products
from plantly.services.shop_file import apply_shop
from tests.support.naive_listing import NaiveListing, odd_catalog, odd_document, stock_odd_shop
from tests.support.shop import Json, product, variant

pytestmark = pytest.mark.anyio

SOURCE = odd_catalog(60, seed=3)
FOUND = frozenset(NaiveListing(SOURCE).ids(CatalogQuery(search="fern")))
FILTERS: list[Json] = [{}, {"in_stock": True}, {"category": ("foliage",)}]
QUERIES = [
    CatalogQuery(search="fern", sort=sort, limit=3, **FILTERS[i % 3])
    for i, sort in enumerate((*Sort, *Sort))
][: len(Sort) + 2]


async def ask(db: Database, query: CatalogQuery, cursor: str = "") -> Browsed:
    return await db.read(partial(list_products, query=query, cursor=cursor))


def with_others(source: Json, step: int) -> Json:
    """Reprice and rename other products, take some away, and add some."""
    changed = copy.deepcopy(source)
    for n, entry in enumerate(changed["products"]):
        if entry["slug"] not in FOUND:
            entry["title"] = f"{'AZ'[step % 2]}{n}"
            for v in entry["variants"]:
                v["price_minor"] = (n * 37 + step * 1009) % 3000
    changed["products"] += [
        product(
            f"new-{step}-{i}",
            variant(f"new-{step}-{i}", price_minor=i * 700, stock={"on_hand": i}),
            title=f"{'AZ'[i]} new",
            tags=[],
            brand="",
        )
        for i in range(2)
    ]
    return changed


async def test_others_coming_and_going_disturb_nobody(empty_db: Database) -> None:
    await empty_db.write(partial(stock_odd_shop, source=SOURCE))
    naive = NaiveListing(SOURCE)
    for query in QUERIES:
        expected = naive.ids(query)
        assert len(expected) > 6
        seen: list[str] = []
        cursor: str | None = ""
        step = 0
        while cursor is not None:
            page = await ask(empty_db, query, cursor)
            seen += [card.slug for card in page.listing.cards]
            cursor, step = page.next_cursor, step + 1
            document = odd_document(with_others(SOURCE, step))
            await empty_db.write(partial(write_catalog, document=document))
        assert seen == expected, query


async def test_a_cursor_is_good_for_one_order_of_one_shop(db: Database, empty_db: Database) -> None:
    query = CatalogQuery(limit=2)
    first = await ask(db, query)
    assert first.next_cursor
    for sort in set(Sort) - {Sort.FEATURED, Sort.RELEVANCE}:
        with pytest.raises(InvalidInput, match="send next_cursor as given"):
            await ask(db, CatalogQuery(limit=2, sort=sort), first.next_cursor)
    for forged in ("0", "x" * 5000, "é", "\0", first.next_cursor[:-4], first.next_cursor[::-1]):
        with pytest.raises(InvalidInput, match="send next_cursor as given"):
            await ask(db, query, forged)
    await empty_db.write(partial(stock_odd_shop, source=SOURCE))
    with pytest.raises(InvalidInput):
        await ask(empty_db, query, first.next_cursor)
    # Without words there is no relevance, so both orders are one.
    rest = await ask(db, CatalogQuery(limit=2, sort=Sort.RELEVANCE), first.next_cursor)
    assert rest.listing.cards


async def test_a_cursor_outlives_applying_the_shop_again(db: Database) -> None:
    first = await ask(db, CatalogQuery(limit=2))
    assert first.next_cursor
    config = await db.read(lambda uow: uow.shop.current().config)

    await db.write(partial(apply_shop, config=config))
    rest = await ask(db, CatalogQuery(limit=2), first.next_cursor)
    assert len(rest.listing.cards) == 2
