"""A listing finds what a plain look at every product finds, and counts what it would count."""

import copy
from functools import partial
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plantly.db import Database
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.services.browse import Browsed, list_products
from plantly.services.catalog_file import write_catalog
from tests.support.naive_listing import NaiveListing, odd_catalog
from tests.support.shop import document, stock_shop

pytestmark = pytest.mark.anyio

SOURCE = odd_catalog()
NAIVE = NaiveListing(SOURCE)
VALUES = {facet["key"]: facet["values"] for facet in SOURCE["facets"]}
SHELVES = [shelf[name] for shelf in SOURCE["categories"] for name in ("slug", "name")]
WORDS = ["aloe", "CRÈME", "brul", "fern palm", "%", "_", "\\", "木", "strasse", "'", "no", "low"]

QUERIES = st.builds(
    CatalogQuery,
    search=st.none() | st.sampled_from(WORDS),
    category=st.lists(st.sampled_from(SHELVES), max_size=2, unique=True).map(tuple),
    facets=st.fixed_dictionaries(
        {},
        optional={
            key: st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)
            for key, values in VALUES.items()
        },
    ),
    min_price_minor=st.sampled_from([None, None, 500, 1000, 10**15]),
    max_price_minor=st.sampled_from([None, None, 0, 1500]),
    in_stock=st.sampled_from([None, None, True, False]),
    sort=st.sampled_from(Sort),
    limit=st.sampled_from([1, 5, 50]),
)


@pytest.fixture
async def odd_db(empty_db: Database) -> Database:
    """Give a database with the odd catalog."""
    await empty_db.write(partial(stock_shop, source=SOURCE))
    return empty_db


async def ask(db: Database, query: CatalogQuery) -> Browsed:
    return await db.read(partial(list_products, query=query))


def slugs(browsed: Browsed) -> list[str]:
    return [card.slug for card in browsed.listing.cards]


@given(query=QUERIES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_listing_is_what_a_plain_look_finds(odd_db: Database, query: CatalogQuery) -> None:
    browsed = await ask(odd_db, query)
    expected = NAIVE.ids(query)
    assert slugs(browsed) == expected[: query.limit]
    assert browsed.listing.total == len(expected)
    assert {key: dict(part) for key, part in browsed.listing.counts.items()} == NAIVE.counts(query)
    assert (browsed.listing.next_after is None) == (len(expected) <= query.limit)
    # The second answer comes from what was kept of the first.
    assert await ask(odd_db, query) == browsed


async def test_pages_visit_everything_once_in_order(odd_db: Database) -> None:
    for sort, limit in product(Sort, (1, 7, 39, 40, 41)):
        seen: list[str] = []
        after = None
        for _ in range(50):
            page = await ask(odd_db, CatalogQuery(sort=sort, limit=limit, after=after))
            assert page.listing.total == 40
            seen += slugs(page)
            after = page.listing.next_after
            if after is None:
                break
        assert seen == NAIVE.ids(CatalogQuery(sort=sort))


async def test_a_page_after_the_last_one_is_empty(odd_db: Database) -> None:
    for sort in Sort:
        page = await ask(odd_db, CatalogQuery(sort=sort, after=2**62))
        assert (slugs(page), page.listing.total, page.listing.next_after) == ([], 40, None)


async def test_pages_go_on_where_the_last_product_stands_now(odd_db: Database) -> None:
    first = await ask(odd_db, CatalogQuery(sort=Sort.PRICE_ASC, limit=10))
    source = copy.deepcopy(SOURCE)
    last = next(p for p in source["products"] if p["slug"] == slugs(first)[-1])
    for entry in last["variants"]:
        entry["price_minor"] = 10**9
    await odd_db.write(lambda uow: write_catalog(uow, document(source)))
    after = first.listing.next_after
    assert slugs(await ask(odd_db, CatalogQuery(sort=Sort.PRICE_ASC, after=after))) == []


async def test_choosing_in_a_filter_does_not_change_its_own_counts(odd_db: Database) -> None:
    everything = await ask(odd_db, CatalogQuery())
    chosen = await ask(odd_db, CatalogQuery(facets={"water": ("Low",)}, category=("foliage",)))
    water = await ask(odd_db, CatalogQuery(category=("foliage",)))
    assert chosen.listing.counts["water"] == water.listing.counts["water"]
    only_water = await ask(odd_db, CatalogQuery(facets={"water": ("Low",)}))
    assert only_water.listing.counts["water"] == everything.listing.counts["water"]
    assert chosen.listing.counts["climate"] != everything.listing.counts["climate"]


async def test_what_a_value_counts_is_what_choosing_it_gives(odd_db: Database) -> None:
    listing = (await ask(odd_db, CatalogQuery(category=("foliage",)))).listing
    for key, part in listing.counts.items():
        for value, count in part.items():
            query = (
                CatalogQuery(category=(value,))
                if key == "category"
                else CatalogQuery(category=("foliage",), facets={key: (value,)})
            )
            assert (await ask(odd_db, query)).listing.total == count


async def test_the_words_after_the_eighth_are_not_looked_at(odd_db: Database) -> None:
    words = " ".join(["a"] * 8)
    long = await ask(odd_db, CatalogQuery(search=f"{words} nowhere"))
    assert slugs(long) == slugs(await ask(odd_db, CatalogQuery(search=words)))
