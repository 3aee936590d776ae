"""Exports of what the database holds, on both engines: what comes out can go in again.

SQLite is enough for what each format can say: the documents that it is made of are the same, which
is asked of both databases, and so is each format there and back.
"""

import io
from dataclasses import replace

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.catalog_document import ProductDocument
from plantly.services.exports.documents import documents, export_context
from plantly.services.exports.files import Exported, Wanted, write_export
from tests.support.engines import sqlite_is_enough
from tests.support.exported import FACETS, FORMATS, PUBLIC_URL, read_back, sayable
from tests.support.exported_catalog import full, plain, rewrite, stock_exported

pytestmark = pytest.mark.anyio

CURRENCIES = ("USD", "JPY", "KWD")


def _all(uow: UnitOfWork) -> list[ProductDocument]:
    return list(documents(uow, everything=True))


def _export(uow: UnitOfWork, name: str, *, everything: bool = True) -> tuple[str, Exported]:
    out = io.BytesIO()
    wanted = Wanted(name, PUBLIC_URL, everything)
    done = write_export(uow, wanted, out, lambda _done, _total: None)
    return out.getvalue().decode(), done


def _stored(product: ProductDocument) -> ProductDocument:
    """Return a product as the database has it: prices by their currency, blanks as blanks."""
    variants = tuple(
        replace(v, prices=tuple(sorted(v.prices, key=lambda price: price.currency)))
        for v in product.variants
    )
    return replace(product, variants=variants)


async def test_documents_are_what_was_written_first_what_shoppers_see(empty_db: Database) -> None:
    catalog = full()
    await empty_db.write(lambda uow: stock_exported(uow, catalog))
    found = await empty_db.read(_all)
    order = ["full", "seen", "single", "hidden", "gone"]
    by_slug = {product.slug: product for product in catalog}
    assert [product.slug for product in found] == order
    assert found == [_stored(by_slug[slug]) for slug in order]
    active = await empty_db.read(lambda uow: list(documents(uow)))
    assert active == found[:3]


async def test_exports_know_the_facets_and_shelves_but_no_collections(empty_db: Database) -> None:
    await empty_db.write(lambda uow: stock_exported(uow, full()))
    context = await empty_db.read(lambda uow: export_context(uow, PUBLIC_URL))
    assert context.facets == FACETS
    assert [category.name for category in context.categories] == ["Plants > Ferns", "Pots"]


@pytest.mark.parametrize("currency", CURRENCIES)
async def test_importing_an_export_keeps_what_the_format_says(
    empty_db: Database, currency: str
) -> None:
    await empty_db.write(lambda uow: stock_exported(uow, full(currency), currency))
    for name in FORMATS:
        before = await empty_db.read(_all)
        text, done = await empty_db.read(lambda uow, name=name: _export(uow, name))  # type: ignore[misc]
        assert done == Exported(products=5, variants=10)
        back = read_back(text, name, currency)
        await empty_db.write(lambda uow, back=back: rewrite(uow, back, currency))  # type: ignore[misc]
        after = {product.slug: product for product in await empty_db.read(_all)}
        for product in before:
            again = sayable(after[product.slug], name, currency)
            assert again == sayable(product, name, currency), name


@sqlite_is_enough
@pytest.mark.parametrize("name", FORMATS)
async def test_importing_an_export_of_plain_products_changes_nothing(
    empty_db: Database, name: str
) -> None:
    catalog = [plain("b-fern"), plain("a-fern")]
    await empty_db.write(lambda uow: stock_exported(uow, catalog))
    before = await empty_db.read(_all)
    text, _ = await empty_db.read(lambda uow: _export(uow, name))
    result = await empty_db.write(lambda uow: rewrite(uow, read_back(text, name)))
    assert (result.unchanged, result.updated, result.created) == (2, 0, 0)
    assert await empty_db.read(_all) == before


@sqlite_is_enough
@pytest.mark.parametrize("name", FORMATS)
async def test_what_a_format_cannot_say_stays_as_it_is(empty_db: Database, name: str) -> None:
    await empty_db.write(lambda uow: stock_exported(uow, full()))
    before = await empty_db.read(_all)
    text, _ = await empty_db.read(lambda uow: _export(uow, name))
    back = read_back(text, name)
    result = await empty_db.write(lambda uow: rewrite(uow, back))
    assert (result.unchanged, result.updated) == (5, 0)
    assert await empty_db.read(_all) == before


async def test_what_has_no_price_in_the_shops_currency_is_counted(empty_db: Database) -> None:
    await empty_db.write(lambda uow: stock_exported(uow, [plain("fern")]))
    await empty_db.write(
        lambda uow: uow.connection.exec_driver_sql(
            "DELETE FROM prices WHERE variant_id IN (SELECT id FROM variants WHERE sku = 'FERN-L')"
        )
    )
    text, done = await empty_db.read(lambda uow: _export(uow, "shopify"))
    assert done == Exported(products=1, variants=1, left_out=1)
    assert "FERN-L" not in text
    _, whole = await empty_db.read(lambda uow: _export(uow, "plantly-json"))
    assert whole == Exported(products=1, variants=2)


async def test_an_empty_catalog_is_exported(empty_db: Database) -> None:
    await empty_db.write(lambda uow: stock_exported(uow, []))
    for name in FORMATS:
        text, done = await empty_db.read(lambda uow, name=name: _export(uow, name))  # type: ignore[misc]
        assert done == Exported()
        if name != "google-xml":
            assert read_back(text, name) == []
