"""The categories that products of a batch stand in."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from plantly.db.repositories.catalog_writing.bulk import Bulk
from plantly.db.tables import CategoryRow
from plantly.domain.catalog_document import CategoryDocument

_WANTED: Any = bindparam("wanted", expanding=True)
_ALL = select(CategoryRow.id, CategoryRow.slug, CategoryRow.name)
_IN_ORDER = _ALL.order_by(CategoryRow.position, CategoryRow.id)
_BY_SLUG = _ALL.where(CategoryRow.slug.in_(_WANTED))
_BY_ID = _ALL.where(CategoryRow.id.in_(_WANTED))
_LAST = select(func.max(CategoryRow.position))
_COLUMNS = ("id", "slug", "name", "position")


class Categories:
    """Finds categories, and makes those that are not there yet, behind the others."""

    def __init__(self, connection: Connection, bulk: Bulk) -> None:
        self._connection = connection
        self._bulk = bulk
        self._ids: dict[str, int] = {}
        self.by_id: dict[int, CategoryDocument] = {}

    def load(self, slugs: Iterable[str], ids: Iterable[int]) -> None:
        """Read the categories of these slugs and row ids."""
        for statement, wanted in (
            (_BY_SLUG, sorted(set(slugs) - self._ids.keys())),
            (_BY_ID, sorted(set(ids) - self.by_id.keys())),
        ):
            if wanted:
                self._keep(self._connection.execute(statement, {"wanted": wanted}))

    def id_of(self, category: CategoryDocument) -> int:
        """Return the row of a category whose slug was loaded; it is made if there is none."""
        found = self._ids.get(category.slug)
        return self._make([category])[0] if found is None else found

    def write(self, categories: Iterable[CategoryDocument]) -> list[int]:
        """Put categories in this order, first of all; return the rows that changed their name."""
        wanted = {category.slug: category for category in categories}
        self._ids.clear()
        self._keep(self._connection.execute(_IN_ORDER))
        self._make([category for slug, category in wanted.items() if slug not in self._ids])
        others = [slug for slug in self._ids if slug not in wanted]
        renamed = [
            self._ids[slug]
            for slug, category in wanted.items()
            if self.by_id[self._ids[slug]].name != category.name
        ]
        for slug, category in wanted.items():
            self.by_id[self._ids[slug]] = category
        rows = [
            (self._ids[slug], self.by_id[self._ids[slug]].name, position)
            for position, slug in enumerate((*wanted, *others))
        ]
        self._bulk.update(CategoryRow, ("id", "name", "position"), rows)
        return renamed

    def _keep(self, rows: Iterable[Any]) -> None:
        for category_id, slug, name in rows:
            self._ids[slug] = category_id
            self.by_id[category_id] = CategoryDocument(slug, name)

    def _make(self, categories: list[CategoryDocument]) -> list[int]:
        if not categories:
            return []
        last = self._connection.execute(_LAST).scalar()
        start = 0 if last is None else last + 1
        ids = self._bulk.fresh_ids(CategoryRow, len(categories))
        rows = [
            (category_id, category.slug, category.name, position)
            for position, (category_id, category) in enumerate(
                zip(ids, categories, strict=True), start
            )
        ]
        self._bulk.insert(CategoryRow, _COLUMNS, rows)
        self._keep(row[:3] for row in rows)
        return ids
