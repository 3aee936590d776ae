"""The history of the catalog: what changed in prices, stock and publish states, and who did it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from plantly.db.session import DirectSession
from plantly.db.tables import CatalogChangeRow
from plantly.domain.catalog import ChangeKind
from plantly.domain.records import fields_of


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """One change, with nothing in `before` and `after` but what differs, and what names it.

    A price names its `currency` and differs in `amount_minor`, `compare_at_minor`, `starts_at`,
    `ends_at`; a stock in `on_hand`, `policy`, `backorder_limit`, `available_at`; a state in
    `state`, with `pruned` where a source had it no more. Times are ISO 8601. `sku` is None when a
    whole product changed.
    """

    at: datetime
    actor: str
    """`cli:<user>`, `import shopify (cli:<user>)`, `import shopify (feed 3)`, `order PL-...`."""
    kind: ChangeKind
    slug: str
    sku: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class CatalogChangeRepository:
    """Adds to the history, and reads it; nothing in it is ever rewritten."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session

    def add(self, changes: Iterable[CatalogChange]) -> None:
        """Add changes, in one statement."""
        rows = [fields_of(change) for change in changes]
        if rows:
            self._session.insert_rows(CatalogChangeRow, rows)

    def latest(self, *, slug: str | None, sku: str | None, limit: int) -> Sequence[CatalogChange]:
        """Return the newest changes first: of a product or a SKU, or of the whole catalog."""
        found = select(CatalogChangeRow).order_by(CatalogChangeRow.id.desc()).limit(limit)
        named = [CatalogChangeRow.slug == slug] if slug is not None else []
        named += [CatalogChangeRow.sku == sku] if sku is not None else []
        if named:
            found = found.where(or_(*named))
        return [
            CatalogChange(
                row.at, row.actor, ChangeKind(row.kind), row.slug, row.sku, row.before, row.after
            )
            for row in self._session.scalars(found)
        ]
