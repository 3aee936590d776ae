"""What shoppers type is data: nothing in it is a wildcard, an accent or a trap."""

from functools import partial

import pytest

from plantly.db import Database
from plantly.domain.catalog import Availability, CatalogQuery, Sort
from plantly.domain.errors import InvalidInput
from plantly.services.browse import get_policies, get_products
from plantly.services.listing import list_products
from tests.support.shop import catalog, product, stock_shop, variant

pytestmark = pytest.mark.anyio


async def found(db: Database, search: str) -> list[str]:
    browsed = await db.read(partial(list_products, query=CatalogQuery(search=search)))
    return [card.slug for card in browsed.listing.cards]


SEARCHES: list[tuple[str, list[str]]] = [
    ("%", []),
    ("_", []),
    ("100%_Jade", ["jade"]),
    ("1__%", []),
    ("a%e", []),
    ("\\", []),
    ("'", []),
    ('"; DROP TABLE products; --', []),
    ("creme", ["creme-fern"]),
    ("CRÈME", ["creme-fern"]),
    ("  crème\tfern ", ["creme-fern"]),
    ("\uff21\uff2c\uff2f\uff25", ["aloe-vera"]),
    ("fern creme", ["creme-fern"]),
    ("aloe monstera", []),
    ("Full Sun", ["aloe-vera", "jade"]),
    ("flowering", ["peace-lily"]),
    ("21 cm", ["monstera"]),
    ("🌵", []),
    ("a" * 5000, []),
    ("   ", ["aloe-vera", "monstera", "snake-plant", "peace-lily", "creme-fern", "jade"]),
]


async def test_a_search_finds_what_it_says(db: Database) -> None:
    for search, slugs in SEARCHES:
        assert await found(db, search) == slugs, search


async def test_a_value_that_the_catalog_does_not_know_is_answered_with_those_it_knows(
    db: Database,
) -> None:
    for query, field, known in (
        (CatalogQuery(facets={"water": ("Wine",)}), "water", "Low, Moderate, Frequent"),
        (CatalogQuery(facets={"wind": ("Low",)}), "wind", "leave wind out"),
        (CatalogQuery(category=("Trees",)), "category", "Succulents, Foliage, Flowering"),
    ):
        with pytest.raises(InvalidInput, match=known) as refused:
            await db.read(partial(list_products, query=query))
        assert refused.value.field == field


async def test_what_is_echoed_is_short_and_printable(db: Database) -> None:
    query = CatalogQuery(category=("\u202e\x1b[31m" + "x" * 5000,))
    with pytest.raises(InvalidInput) as refused:
        await db.read(partial(list_products, query=query))
    assert len(refused.value.message) < 200
    assert refused.value.message.isprintable()


async def test_a_product_is_shown_in_full(db: Database) -> None:
    (monstera, aloe), missing = await db.read(
        partial(get_products, references=["monstera", "nope", "aloe-vera", "monstera"])
    )
    assert missing == ["nope"]
    assert (aloe.slug, monstera.slug) == ("aloe-vera", "monstera")
    assert monstera.default.variant_id == "monstera-17cm"
    assert [v.compare_at_minor for v in monstera.variants] == [None, 6999]
    assert [v.availability for v in monstera.variants] == [
        Availability.IN_STOCK,
        Availability.LOW_STOCK,
    ]
    assert monstera.care == "Water it on Sundays."
    assert [(facet.title, values) for facet, values in monstera.facets] == [
        ("Sunlight", ("Indirect Light",)),
        ("Water", ("Moderate",)),
        ("Climate", ("Tropical",)),
    ]


async def test_a_product_is_as_available_in_full_as_in_a_listing(empty_db: Database) -> None:
    stocks = [(0,), (1,), (4,), (5,), (3, 2), (0, 4), (0, 0), (9, 0)]
    products = [
        product(f"p{n}", *(variant(f"p{n}-{i}", stock=units) for i, units in enumerate(stock)))
        for n, stock in enumerate(stocks)
    ]
    await empty_db.write(partial(stock_shop, source=catalog(*products)))
    browsed = await empty_db.read(partial(list_products, query=CatalogQuery()))
    details, _ = await empty_db.read(
        partial(get_products, references=[f"p{n}" for n in range(len(stocks))])
    )
    assert [detail.availability for detail in details] == list(browsed.availability)


async def test_policies_are_found_by_topic(db: Database) -> None:
    shop, everything = await db.read(partial(get_policies, topic=None))
    assert [policy.topic for policy in everything] == ["shipping", "returns"]
    _, (returns,) = await db.read(partial(get_policies, topic="returns"))
    assert (shop.name, returns.text) == ("Fern & Co", "Thirty days, in one piece.")
    with pytest.raises(InvalidInput, match="send one of shipping, returns"):
        await db.read(partial(get_policies, topic="love"))


async def test_pages_by_name_go_on_after_a_very_long_title(empty_db: Database) -> None:
    products = [product(f"p{n}", title="木" * 199 + str(n)) for n in range(3)]
    await empty_db.write(partial(stock_shop, source=catalog(*products)))
    query = CatalogQuery(sort=Sort.NAME, limit=2)
    first = await empty_db.read(partial(list_products, query=query))
    assert first.next_cursor
    rest = await empty_db.read(partial(list_products, query=query, cursor=first.next_cursor))
    assert [card.slug for card in rest.listing.cards] == ["p2"]
