"""Take out of the shop what an import did not have any more."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from plantly.db.repositories.catalog_writing.bulk import bulk_of
from plantly.db.repositories.catalog_writing.changes import CHANGE
from plantly.db.repositories.catalog_writing.existing import PRUNED
from plantly.db.search.index import SearchIndex
from plantly.db.tables import CatalogChangeRow, ProductRow
from plantly.domain.catalog import ChangeKind, PublishState

_AT_ONCE = 500
_UNSEEN = (
    select(ProductRow.id, ProductRow.slug)
    .where(
        ProductRow.state == PublishState.ACTIVE,
        ProductRow.seen_in.is_distinct_from(bindparam("run_id")),
        ProductRow.id > bindparam("after"),
    )
    .order_by(ProductRow.id)
    .limit(_AT_ONCE)
)


def archive_unseen(connection: Connection, run_id: int, actor: str, now: datetime) -> int:
    """Archive the published products that an import has not seen; return how many."""
    bulk, index = bulk_of(connection), SearchIndex(connection)
    archived = after = 0
    before, behind = {"state": PublishState.ACTIVE}, {"state": PublishState.ARCHIVED, PRUNED: True}
    while rows := connection.execute(_UNSEEN, {"run_id": run_id, "after": after}).all():
        bulk.update(
            ProductRow,
            ("id", "state", "updated_at"),
            [(product_id, PublishState.ARCHIVED, now) for product_id, _ in rows],
        )
        bulk.insert(
            CatalogChangeRow,
            CHANGE,
            [(now, actor, ChangeKind.STATE, slug, None, before, behind) for _, slug in rows],
        )
        index.remove(product_id for product_id, _ in rows)
        archived += len(rows)
        after = rows[-1][0]
    return archived
