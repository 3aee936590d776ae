"""A listing finds what a plain look at every product finds, and counts what it would count."""

from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial
from itertools import product

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from plantly.db import Database
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.services.listing import Browsed, list_products
from tests.support.naive_listing import SYNONYMS, NaiveListing, odd_catalog, stock_odd_shop

pytestmark = pytest.mark.anyio

SOURCE = odd_catalog()
NAIVE = NaiveListing(SOURCE, SYNONYMS)
VALUES = {f["key"]: f["values"] for f in SOURCE["facets"] if "values" in f}
VALUES["safe"] = ["true", "false"]
SHELVES = [shelf[name] for shelf in SOURCE["categories"] for name in ("slug", "name")]
WORDS = [
    "aloe",
    "CRÈME",
    "creme brulee",
    "bru",
    "fern",
    "ferns palm",
    "palm fern",
    "areca",
    "snake plant",
    "plant snake",
    "snake pla",
    "mother in law fern",
    "pal",
    "%",
    "100%",
    "a_b",
    "木",
    "槿木",
    "strasse",
    "'quoted'",
    '"NEAR" OR',
    "near(",
    "safe for pets",
    "low lig",
    "sku p1",
    "oko",
    "x" * 300,
]
EDGES = [None, Decimal(-2), Decimal("0.4999"), Decimal("12.125"), Decimal(50), Decimal(10) ** 40]

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
    ranges=st.fixed_dictionaries(
        {}, optional={"height": st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES))}
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
    await empty_db.write(partial(stock_odd_shop, source=SOURCE))
    return empty_db


async def ask(db: Database, query: CatalogQuery, cursor: str = "") -> Browsed:
    return await db.read(partial(list_products, query=query, cursor=cursor))


def slugs(browsed: Browsed) -> list[str]:
    return [card.slug for card in browsed.listing.cards]


async def walk(db: Database, query: CatalogQuery) -> AsyncIterator[Browsed]:
    cursor: str | None = ""
    while cursor is not None:
        page = await ask(db, query, cursor)
        yield page
        cursor = page.next_cursor


@given(query=QUERIES)
@example(query=CatalogQuery(search="areca", sort=Sort.RELEVANCE))
@example(query=CatalogQuery(ranges={"height": (Decimal(0), Decimal(1))}, max_price_minor=500))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_listing_is_what_a_plain_look_finds(odd_db: Database, query: CatalogQuery) -> None:
    if query.search is None and query.sort is Sort.RELEVANCE:
        return
    browsed = await ask(odd_db, query)
    expected = NAIVE.ids(query)
    assert slugs(browsed) == expected[: query.limit]
    assert browsed.listing.total == len(expected)
    if expected:
        counts = {key: dict(part) for key, part in browsed.listing.counts.items()}
        assert counts == NAIVE.counts(query)
    assert not browsed.listing.total_capped
    assert (browsed.next_cursor is None) == (len(expected) <= query.limit)
    assert (browsed.help is None) == bool(expected)
    # The second answer comes from what was kept of the first.
    assert await ask(odd_db, query) == browsed


@given(query=QUERIES)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_of_any_query_visit_every_match_once(
    odd_db: Database, query: CatalogQuery
) -> None:
    seen = [slug async for page in walk(odd_db, query) for slug in slugs(page)]
    assert sorted(seen) == sorted(NAIVE.ids(query))


async def test_pages_visit_everything_once_in_order(odd_db: Database) -> None:
    for sort, limit in product(set(Sort) - {Sort.RELEVANCE}, (1, 7, 39, 40, 41)):
        query = CatalogQuery(sort=sort, limit=limit)
        pages = [page async for page in walk(odd_db, query)]
        assert {page.listing.total for page in pages} == {40}
        assert [slug for page in pages for slug in slugs(page)] == NAIVE.ids(query)


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
    words = "fern creme palm aloe snake plant quoted near"
    long = await ask(odd_db, CatalogQuery(search=f"{words} nowhere"))
    assert slugs(long) == slugs(await ask(odd_db, CatalogQuery(search=words)))
