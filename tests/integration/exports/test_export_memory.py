"""An export holds a batch of products in memory, however many there are."""

import os
import shutil
import tracemalloc
from pathlib import Path

import pytest

from plantly.db import UnitOfWork, open_database
from plantly.services.exports.documents import BATCH
from plantly.services.exports.files import Wanted, write_export
from tests.support.exported import PUBLIC_URL
from tests.support.exported_catalog import plain, stock_exported

pytestmark = pytest.mark.anyio

PRODUCTS = 5_500
MOST_BYTES = 12 * 2**20

_COPIES = """
    WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {count})
    INSERT INTO {table} ({names}) SELECT {values} FROM {table}, copies WHERE {table}.{key} = {of}
"""


def _multiply(uow: UnitOfWork) -> None:
    """Copy the one product with its first variant, row by row in the database."""
    run = uow.connection.exec_driver_sql
    run("DELETE FROM prices WHERE variant_id > 1")
    run("DELETE FROM stock WHERE variant_id > 1")
    run("DELETE FROM variants WHERE id > 1")
    new = {
        "products": ("id", {"id": "1 + n", "slug": "slug || '-' || n", "position": "n"}),
        "variants": (
            "id",
            {
                "id": "1 + n",
                "product_id": "1 + n",
                "sku": "sku || '-' || n",
                "handle": "handle || '-' || n",
            },
        ),
        "prices": ("variant_id", {"variant_id": "1 + n"}),
        "stock": ("variant_id", {"variant_id": "1 + n"}),
        "media": ("product_id", {"id": "1000 * n + id", "product_id": "1 + n"}),
        "product_facets": ("product_id", {"product_id": "1 + n"}),
    }
    for table, (key, changes) in new.items():
        names = [row[1] for row in run(f"PRAGMA table_info({table})")]
        values = [changes.get(name, name) for name in names]
        run(
            _COPIES.format(
                count=PRODUCTS - 1,
                table=table,
                names=", ".join(names),
                values=", ".join(values),
                key=key,
                of=1,
            )
        )


@pytest.mark.slow
async def test_thousands_of_products_are_exported_in_little_memory(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    assert PRODUCTS > 10 * BATCH
    # Copies are no shop whose books could be checked.
    shutil.copyfile(migrated_sqlite, tmp_path / "many.sqlite3")
    db = open_database(f"sqlite:///{tmp_path / 'many.sqlite3'}")
    await db.write(lambda uow: stock_exported(uow, [plain("fern")]))
    await db.write(_multiply)

    def export(uow: UnitOfWork) -> tuple[int, int]:
        with open(os.devnull, "wb") as out:  # noqa: PTH123 - no file to speak of
            tracemalloc.start()
            done = write_export(uow, Wanted("shopify", PUBLIC_URL), out, lambda _d, _t: None)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return done.products, peak

    products, peak = await db.read(export)
    await db.close()
    assert products == PRODUCTS
    assert peak < MOST_BYTES
