"""What was worked out of products beforehand comes to the same as without."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import PublishState
from plantly.domain.catalog_document import CategoryDocument, ProductDocument
from plantly.domain.groundwork import Groundwork, Groundworks, SearchTexts
from plantly.services.workflows.import_catalog import rolled_back
from tests.support.catalog_documents import HEAD, RULES, item, piece, shelves

pytestmark = pytest.mark.anyio

_ENTRIES = {
    "sqlite": "SELECT slug, c0, c1, c2, c3, c4, filters FROM product_search_content AS s"
    " JOIN products AS p ON p.id = s.id JOIN product_filters AS f ON f.product_id = p.id",
    "postgresql": "SELECT slug, terms, f.filters, s.filters FROM product_search AS s"
    " JOIN products AS p ON p.id = s.product_id JOIN product_filters AS f USING (product_id)",
}
_COUNTS = (
    "SELECT word, titles, labels, products FROM search_words",
    "SELECT token, facet_key, value, products, number FROM catalog_counts",
    "SELECT fragment, word FROM search_fragments",
)
PLANTS = (
    item("fern", piece("F-1", title=None, options=("12 cm",)), options=("Size",), brand="Öko"),
    item("ivy", facets={"color": ("Green",), "height": ("12.50",), "hardy": ("true",)}),
    item("moss", collections=("New",), category=CategoryDocument("foliage", "Foliage")),
    item("peat", state=PublishState.DRAFT, description="Dark"),
)


def worked_out(products: tuple[ProductDocument, ...]) -> Groundwork:
    works = Groundworks()
    works.know(HEAD.facets)
    return works.of(products)


def written(
    uow: UnitOfWork, products: tuple[ProductDocument, ...], done: Groundwork | None
) -> tuple[Any, ...]:
    uow.catalog_writer.write_head(HEAD)
    result = uow.catalog_writer.write_products(products, 0, RULES, done)
    statements = (_ENTRIES[uow.connection.dialect.name], *_COUNTS)
    rows = [sorted(map(tuple, uow.connection.execute(text(one)).all())) for one in statements]
    return result, rows, shelves(uow)


async def both(db: Database, products: tuple[ProductDocument, ...]) -> list[tuple[Any, ...]]:
    ways = (None, worked_out(products))
    return [await rolled_back(db, partial(written, products=products, done=w)) for w in ways]


async def test_what_is_new_is_found_by_what_was_worked_out(
    empty_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = worked_out(PLANTS)
    without = await rolled_back(empty_db, partial(written, products=PLANTS, done=None))
    monkeypatch.delattr(SearchTexts, "entry")
    assert without == await rolled_back(empty_db, partial(written, products=PLANTS, done=done))
    assert without[0].created == len(PLANTS)


@pytest.mark.parametrize(
    "odd",
    [
        item("vine", category=CategoryDocument("foliage", "Leaves")),
        item("vine", facets={"color": ("Blue",)}),
        item("vine", facets={"smell": ("Sweet",)}),
        item("vine", title=""),
        item("vine", piece("F-1")),
        item("ivy", piece("V-1"), title="Vine"),
    ],
)
async def test_what_comes_to_something_else_is_worked_out_again(
    empty_db: Database, odd: ProductDocument
) -> None:
    without, with_it = await both(empty_db, (*PLANTS, odd))
    assert with_it == without


async def test_what_the_shop_has_already_is_not_counted_again(empty_db: Database) -> None:
    def twice(uow: UnitOfWork, again: Groundwork | None) -> tuple[Any, ...]:
        written(uow, PLANTS, None)
        return written(uow, changed, again)

    changed = (replace(PLANTS[0], title="Fern of the woods"), *PLANTS[1:])
    ways = (None, worked_out(changed))
    without, with_it = [await rolled_back(empty_db, partial(twice, again=way)) for way in ways]
    assert (without[0].updated, without[0].unchanged) == (1, len(PLANTS) - 1)
    assert with_it == without
