"""Whichever way a question is answered, and wherever a search stops: the products are right."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.search import bounds, listing, pages, relevance, shapes, statements
from plantly.db.search.kept import Kept
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.services.workflows.import_catalog import rolled_back
from tests.integration.test_listing_filters import NAIVE, QUERIES, SOURCE, ask, slugs, walk
from tests.support.naive_listing import stock_odd_shop

pytestmark = pytest.mark.anyio

# Bounds so small that forty products are many, and prices that make one way look cheap.
PLANS: dict[str, Mapping[str, object]] = {
    "walks along the order": {"_STEP": 0.0001, "FEW_ON_SQLITE": 0, "FEW_ON_POSTGRES": 0},
    "collects and sorts": {"_STEP": 1000.0},
    "ranks every match": {"FEW_ON_SQLITE": 10**6, "FEW_ON_POSTGRES": 10**6},
    "ranks what is near": {"_READ_PER_LOOK": 0.001, "FEW_ON_SQLITE": 0, "FEW_ON_POSTGRES": 0},
    "walks in short steps": {
        "_STEP": 0.0001,
        "WALKED": 4,
        "WALKS": 2,
        "COLLECTED": 0,
        "FEW_ON_SQLITE": 0,
        "FEW_ON_POSTGRES": 0,
    },
    "looks at one after the other": {
        "_SCAN_STEP": {True: 0.0001, False: 0.0001},
        "FEW_ON_POSTGRES": 0,
    },
    "looks at some": {"_SCAN_STEP": {True: 0.0001, False: 0.0001}, "WALKED": 12, "COUNTED": 4},
    "never looks at one after the other": {"_SCAN_STEP": {True: 1e9, False: 1e9}},
    "reads slice after slice": {"SLICES": (4, 9, 25), "FEW_ON_POSTGRES": 0},
}
_KEPT = (statements.collected, statements.ranked, statements.tiered, statements.sampled)


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make the search choose one way."""
    wanted = PLANS[request.param]
    for name, value in wanted.items():
        having = [each for each in (bounds, pages, relevance, statements) if hasattr(each, name)]
        assert having
        for module in having:
            monkeypatch.setattr(module, name, value)
    _write_anew(wanted)
    yield str(request.param)
    _write_anew(wanted)


def _write_anew(plan: Mapping[str, object]) -> None:
    if "SLICES" in plan:
        for kept in _KEPT:
            kept.cache_clear()


@pytest.fixture
async def odd_db(empty_db: Database, plan: str) -> Database:
    """Give a database with the odd catalog, to be searched in one way."""
    assert plan
    await empty_db.write(partial(stock_odd_shop, source=SOURCE))
    return empty_db


@given(query=QUERIES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_way_finds_the_same(odd_db: Database, query: CatalogQuery) -> None:
    found = [page async for page in walk(odd_db, query)]
    seen, everything = [slug for page in found for slug in slugs(page)], NAIVE.ids(query)
    if query.search is None and query.sort is Sort.RELEVANCE:
        assert sorted(seen) == sorted(everything)
    else:
        assert seen == everything
    first = found[0].listing
    assert first.total == len(everything) or (first.total_capped and first.total <= len(everything))
    exact = NAIVE.counts(query)
    for key, counts in first.counts.items():
        for value, count in exact[key].items():
            assert counts.get(value, 0) == count or (
                first.counts_capped and counts.get(value, 0) <= count
            )
        assert counts.keys() <= exact[key].keys()


@pytest.mark.parametrize("plan", ["walks in short steps"], indirect=True)
async def test_a_page_may_be_short_and_still_go_on(odd_db: Database) -> None:
    query = CatalogQuery(search="fern", in_stock=False, sort=Sort.PRICE_ASC, limit=30)
    pages_of = [page async for page in walk(odd_db, query)]
    assert len(pages_of) > 1
    assert all(page.help is None for page in pages_of)
    assert [slug for page in pages_of for slug in slugs(page)] == NAIVE.ids(query)


@pytest.mark.parametrize("plan", ["collects and sorts"], indirect=True)
async def test_totals_and_counts_stop_and_say_so(
    odd_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "COUNTED", 5)
    for query in (
        CatalogQuery(max_price_minor=1500, limit=3),
        CatalogQuery(search="fe", limit=3),
        CatalogQuery(facets={"water": ("Low", "Moderate")}, limit=3),
    ):
        listing = (await ask(odd_db, query)).listing
        assert (listing.total, listing.total_capped, listing.counts_capped) == (5, True, True)
        exact = NAIVE.counts(query)
        for key, part in listing.counts.items():
            assert all(count <= exact[key][value] for value, count in part.items())


@pytest.mark.parametrize("plan", ["collects and sorts"], indirect=True)
async def test_a_count_that_tested_enough_says_so(
    odd_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "TESTED", 10)
    monkeypatch.setattr(bounds, "LEAST", 1)
    for query in (
        CatalogQuery(search="fe", in_stock=False, limit=2),
        CatalogQuery(facets={"water": ("Low",)}, in_stock=True, limit=2),
    ):
        listing = (await ask(odd_db, query)).listing
        assert listing.total_capped
        assert len(listing.cards) <= listing.total <= len(NAIVE.ids(query))


@pytest.mark.parametrize("plan", ["collects and sorts"], indirect=True)
async def test_whole_words_are_counted_first_where_they_are_plenty(
    odd_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_counts", Kept(0))
    exact = (await ask(odd_db, CatalogQuery(search="fern", limit=2))).listing
    assert (exact.total, exact.total_capped) == (len(NAIVE.ids(CatalogQuery(search="fern"))), False)
    monkeypatch.setattr(pages, "_PLENTY", 0)
    # They were not plenty: what begins so is asked for after all. Another page is not a kept one.
    again = (await ask(odd_db, CatalogQuery(search="fern", limit=3))).listing
    assert (again.total, again.counts) == (exact.total, exact.counts)
    monkeypatch.setattr(bounds, "COUNTED", 4)
    first = (await ask(odd_db, CatalogQuery(search="fern", limit=4))).listing
    assert (first.total, first.total_capped, first.counts_capped) == (4, True, True)


@pytest.mark.parametrize("plan", ["collects and sorts", "reads slice after slice"], indirect=True)
async def test_where_matches_are_plenty_only_some_of_them_are_counted(
    odd_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_PLENTY", 0)
    monkeypatch.setattr(bounds, "COUNTED", 1)
    for limit, query in enumerate(
        (
            CatalogQuery(search="fern"),
            CatalogQuery(search="fe"),
            CatalogQuery(search="fern", facets={"water": ("Low", "Moderate")}),
        ),
        start=1,
    ):
        listing = (await ask(odd_db, replace(query, limit=limit))).listing
        assert listing.total_capped
        assert 1 <= listing.total <= len(NAIVE.ids(query))
        exact = NAIVE.counts(query)
        for key, part in listing.counts.items():
            assert all(count <= exact[key][value] for value, count in part.items())


async def test_postgresql_reads_each_slice_by_an_index_and_only_as_many_as_it_needs(
    postgresql_url: str,
) -> None:
    def plan_of(uow: UnitOfWork, after: int) -> str:
        # There is nothing in the table: reading all of it, or along its key, would be as good.
        uow.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        uow.connection.exec_driver_sql(
            "ALTER TABLE product_search DROP CONSTRAINT pk_product_search"
        )
        tier = shapes.TierShape(1, paged=True)
        page = statements.tiered((tier,), shapes.Tests(), sqlite=False, apart=True)
        bound = {"match_1": "'afern'", "limit": 9, "after_id": after}
        statement, values = page.placed(bound)
        explained = uow.connection.exec_driver_sql(f"EXPLAIN (ANALYZE) {statement}", values)
        return "\n".join(explained.scalars())

    database = open_database(postgresql_url)
    first, *others = (f"ix_product_search_slice_{n}" for n in range(1, 5))
    plan = await rolled_back(database, partial(plan_of, after=0))
    assert all(slice_ in plan for slice_ in (first, *others))
    # What lies before the page is known not to be on it.
    plan = await rolled_back(database, partial(plan_of, after=statements.SLICES[0]))
    assert first not in plan
    assert all(slice_ in plan for slice_ in others)
    await database.close()


@pytest.mark.parametrize("plan", ["collects and sorts"], indirect=True)
async def test_what_is_kept_as_data_is_never_capped(
    odd_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "COUNTED", 5)
    for query in (
        CatalogQuery(),
        CatalogQuery(category=("foliage", "Succulents")),
        CatalogQuery(facets={"safe": ("true",)}),
    ):
        listing = (await ask(odd_db, query)).listing
        assert (listing.total, listing.total_capped) == (len(NAIVE.ids(query)), False)
