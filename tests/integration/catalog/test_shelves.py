"""Which shelf a product stands on, when its source knows shelves by their names alone."""

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog_document import CatalogHead, CategoryDocument
from tests.support.builders import USD
from tests.support.catalog_documents import item, shelves, write

pytestmark = pytest.mark.anyio

HEAD = CatalogHead(
    USD,
    (),
    (
        CategoryDocument("tropical-foliage", "Foliage"),
        CategoryDocument("foliage", "Leaves"),
        CategoryDocument("pots", "Pots"),
    ),
)


async def test_a_name_finds_its_shelf_whatever_the_address_of_that(empty_db: Database) -> None:
    def fill(uow: UnitOfWork) -> None:
        uow.catalog_writer.write_head(HEAD)
        write(uow, item("first", category=CategoryDocument("foliage", "Foliage")))
        write(
            uow,
            item("second", category=CategoryDocument("foliage", "Foliage")),
            item("exact", category=CategoryDocument("foliage", "Leaves")),
            item("renamed", category=CategoryDocument("pots", "Flower pots")),
            item("new", category=CategoryDocument("cacti", "Cacti")),
            item("same", category=CategoryDocument("cactuses", "Cacti")),
        )

    await empty_db.write(fill)
    found = await empty_db.read(shelves)
    assert {slug: product["category"] for slug, product in found.items()} == {
        "first": "tropical-foliage",
        "second": "tropical-foliage",
        "exact": "foliage",
        "renamed": "pots",
        "new": "cacti",
        "same": "cacti",
    }
