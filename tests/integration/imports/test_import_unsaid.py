"""What a file cannot say of prices, stock and order is not taken from what it does say."""

from dataclasses import replace
from typing import Any

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog import StockPolicy
from plantly.domain.catalog_document import (
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.money import Currency
from plantly.services.exports.documents import documents
from plantly.services.formats.supplies import ahead, supply
from tests.support.clock import START
from tests.support.exported_catalog import full, rewrite, stock_exported

pytestmark = pytest.mark.anyio

USD = Currency("USD")
SALE = PriceDocument(USD, 1000, 2000, starts_at=START.replace(year=2000), ends_at=None)


def _with(product: ProductDocument, **changes: Any) -> ProductDocument:
    """Return a product whose first variant is another."""
    first, *others = product.variants
    return replace(product, variants=(replace(first, **changes), *others))


async def _again(db: Database, before: dict[str, Any], told: dict[str, Any]) -> VariantDocument:
    """Return what becomes of a variant of which a source tells something else."""
    single = next(product for product in full() if product.slug == "single")

    def work(uow: UnitOfWork) -> VariantDocument:
        stock_exported(uow, [_with(single, **before)])
        rewrite(uow, [_with(single, **told)])
        return next(documents(uow)).variants[0]

    return await db.write(work)


@pytest.mark.parametrize(
    ("amount", "compare_at", "stays"), [(1000, 2000, True), (1000, None, False), (900, 2000, False)]
)
async def test_a_price_with_dates_stays_while_a_source_without_dates_says_the_same(
    empty_db: Database, amount: int, compare_at: int | None, *, stays: bool
) -> None:
    told = PriceDocument(USD, amount, compare_at, of_the_moment=True)
    found = await _again(empty_db, {"prices": (SALE,)}, {"prices": (told,)})
    assert found.prices == (SALE if stays else told,)


async def test_a_source_with_dates_takes_them_away(empty_db: Database) -> None:
    told = PriceDocument(USD, 1000, 2000)
    found = await _again(empty_db, {"prices": (SALE,)}, {"prices": (told,)})
    assert found.prices == (told,)


@pytest.mark.parametrize(
    ("told", "after"),
    [
        (ahead(1), StockDocument(1, StockPolicy.PREORDER, 5, START)),
        (ahead(None), StockDocument(0, StockPolicy.PREORDER, 5, START)),
        (ahead(-8), StockDocument(-8, StockPolicy.PREORDER, 8, START)),
        (supply(1, StockPolicy.BACKORDER), StockDocument(1, StockPolicy.BACKORDER, 5)),
        (supply(1, StockPolicy.DENY), StockDocument(1)),
    ],
)
async def test_whoever_sells_ahead_keeps_the_limit_that_a_source_cannot_say(
    empty_db: Database, told: StockDocument, after: StockDocument
) -> None:
    before = StockDocument(0, StockPolicy.PREORDER, 5, START)
    found = await _again(empty_db, {"stock": before}, {"stock": told})
    assert found.stock == after


async def test_what_sold_nothing_ahead_has_no_limit_to_keep(empty_db: Database) -> None:
    found = await _again(empty_db, {"stock": StockDocument(2)}, {"stock": ahead(1)})
    assert found.stock == ahead(1)
