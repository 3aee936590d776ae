"""Filters are kept as signs: one for each value, and the same ones whoever wrote them."""

import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork, migrations
from plantly.db.search.signs import BETWEEN, sign
from plantly.db.tables import CatalogCountRow, ProductFilterRow
from plantly.domain.words import SearchEntry, search_entry
from tests.support.rivals import elsewhere
from tests.support.shop import stock_shop

pytestmark = pytest.mark.anyio

SINGLES = 0x10F000 - 0x21 - 0x800


def filters_of(uow: UnitOfWork) -> dict[int, list[tuple[str, str]]]:
    """Give keys and values by product."""
    counts = uow.connection.execute(
        select(CatalogCountRow.number, CatalogCountRow.facet_key, CatalogCountRow.value)
    )
    pairs = {sign(number): (key, value) for number, key, value in counts}
    rows = uow.connection.execute(select(ProductFilterRow.product_id, ProductFilterRow.filters))
    return {product_id: sorted(pairs[each] for each in signs) for product_id, signs in rows}


def test_signs_are_letters_that_differ() -> None:
    numbers = [*range(1, 3000), *range(0xD700, 0xE100), SINGLES - 1, SINGLES]
    signs = {sign(number) for number in numbers}
    assert len(signs) == len(set(numbers))
    assert {len(each) for each in signs} == {1}
    assert BETWEEN not in signs
    assert not any(0xD800 <= ord(each) < 0xE000 for each in signs)


def test_a_shop_with_a_million_values_has_signs_of_two_letters() -> None:
    pairs = [sign(SINGLES + i) for i in (1, 2, 0x800, 0x801, 0x1000)]
    assert {len(pair) for pair in pairs} == {2}
    assert len(set(pairs)) == len(pairs)
    assert not {pair[0] for pair in pairs} & {pair[1] for pair in pairs}
    assert not {letter for pair in pairs for letter in pair} & {sign(SINGLES), sign(1)}


def test_an_upgrade_keeps_what_products_are_filtered_by(database_url: str) -> None:
    elsewhere(database_url, stock_shop)
    before = elsewhere(database_url, filters_of)
    migrations.downgrade(database_url, "0005")
    migrations.upgrade(database_url)
    after = elsewhere(database_url, filters_of)
    assert after == before
    assert all(("category" in dict(pairs)) for pairs in after.values())


async def test_products_are_kept_with_their_own_filters(empty_db: Database) -> None:
    def entry(*values: str) -> SearchEntry:
        return search_entry("Aloe", [], [], [("water", value) for value in values])

    def put(uow: UnitOfWork) -> None:
        uow.search_index.put([(1, entry("Low")), (2, entry("High", "Low"))])
        uow.search_index.put([(1, entry("High")), (3, entry("Odd"))])
        uow.search_index.remove([2])

    await empty_db.write(put)
    assert await empty_db.read(filters_of) == {1: [("water", "High")], 3: [("water", "Odd")]}
