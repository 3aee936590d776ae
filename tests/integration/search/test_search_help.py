"""A search that finds nothing says what would find something, and it is true."""

from functools import partial

import pytest

from plantly.db import Database
from plantly.domain.catalog import CatalogQuery
from plantly.services.listing import list_products
from plantly.services.search_help import Dropped, SearchHelp
from tests.support.shop import catalog, product, stock_shop

pytestmark = pytest.mark.anyio


async def help_of(db: Database, query: CatalogQuery) -> SearchHelp | None:
    return (await db.read(partial(list_products, query=query))).help


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("monstra", "monstera"),
        ("monsteraa", "monstera"),
        ("mosntera", "monstera"),
        ("monsterx", "monstera"),
        ("MÖNSTRA", "monstera"),
        ("snak plant", "snake plant"),
        ("snak plnat", "snake plant"),
        ("aloe veera", "aloe vera"),
    ],
)
async def test_one_letter_is_forgiven(db: Database, typed: str, meant: str) -> None:
    found = await help_of(db, CatalogQuery(search=typed))
    assert found == SearchHelp(meant, ())


@pytest.mark.parametrize("typed", ["xyzzy", "🌵", "%", "a" * 300, "mnstra"])
async def test_nothing_is_suggested_that_is_not_near(db: Database, typed: str) -> None:
    assert await help_of(db, CatalogQuery(search=typed)) == SearchHelp(None, ())


async def test_words_that_no_product_has_together_are_fewer_in_the_suggestion(
    db: Database,
) -> None:
    found = await help_of(db, CatalogQuery(search="aloe monstera"))
    assert found == SearchHelp("monstera", ())


async def test_a_suggestion_finds_something_with_the_filters_that_are_set(db: Database) -> None:
    found = await help_of(db, CatalogQuery(search="monstra", category=("Succulents",)))
    assert found is not None
    assert found.did_you_mean is None


async def test_the_commoner_word_is_suggested(empty_db: Database) -> None:
    products = [product("one", title="Fernx"), *(product(f"p{n}", title="Ferny") for n in range(3))]
    await empty_db.write(partial(stock_shop, source=catalog(*products)))
    found = await help_of(empty_db, CatalogQuery(search="fernz"))
    assert found == SearchHelp("ferny", ())


@pytest.mark.parametrize(
    ("typed", "meant"), [("ferny wide", "fernx wide"), ("fernz wide", "fernx wide")]
)
async def test_a_word_that_was_meant_otherwise_goes_with_the_rest(
    empty_db: Database, typed: str, meant: str
) -> None:
    products = [
        product("one", title="Fernx wide"),
        *(product(f"p{n}", title="Ferny") for n in range(3)),
    ]
    await empty_db.write(partial(stock_shop, source=catalog(*products)))
    assert await help_of(empty_db, CatalogQuery(search=typed)) == SearchHelp(meant, ())


async def test_the_filters_to_drop_are_named_with_what_that_gives(db: Database) -> None:
    query = CatalogQuery(
        search="aloe",
        category=("Foliage",),
        facets={"water": ("Low",)},
        max_price_minor=100_000,
        in_stock=True,
    )
    assert await help_of(db, query) == SearchHelp(
        None, (Dropped("search", 1, capped=False), Dropped("category", 1, capped=False))
    )


async def test_what_is_found_needs_no_help(db: Database) -> None:
    assert await help_of(db, CatalogQuery(search="aloe")) is None


async def test_one_filter_alone_is_named_and_words_alone_are_not(db: Database) -> None:
    everything = (await db.read(partial(list_products, query=CatalogQuery()))).listing.total
    assert await help_of(db, CatalogQuery(min_price_minor=10**9)) == SearchHelp(
        None, (Dropped("min_price_minor", everything, capped=False),)
    )
    assert await help_of(db, CatalogQuery(search="xyzzyplugh")) == SearchHelp(None, ())


async def test_at_most_three_filters_are_named_the_best_first(empty_db: Database) -> None:
    dry = {"sunlight": ["Full Sun"], "water": ["Low"], "climate": ["Arid"]}
    products = [product(f"p{n}", facets=dry) for n in range(3)]
    await empty_db.write(partial(stock_shop, source=catalog(*products)))
    query = CatalogQuery(
        search="p0",
        facets={"sunlight": ("Full Sun",), "water": ("Low",), "climate": ("Tropical",)},
    )
    found = await help_of(empty_db, query)
    assert found is not None
    assert found.drop == (Dropped("climate", 1, capped=False),)
