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
_BY_NAME = _ALL.where(CategoryRow.name.in_(_WANTED)).order_by(CategoryRow.position)
_BY_ID = _ALL.where(CategoryRow.id.in_(_WANTED))
_LAST = select(func.max(CategoryRow.position))
_COLUMNS = ("id", "slug", "name", "position")


class Categories:
    """Finds categories, and makes those that are not there yet, behind the others.

    Most sources know a category by its name alone: the slug that they make of it may not be its
    own. So its name finds a category before its slug does.
    """

    def __init__(self, connection: Connection, bulk: Bulk) -> None:
        self._connection = connection
        self._bulk = bulk
        self._ids: dict[str, int] = {}
        self._named: dict[str, int | None] = {}
        """None: there is none of that name."""
        self.by_id: dict[int, CategoryDocument] = {}

    def load(self, categories: Iterable[CategoryDocument], ids: Iterable[int]) -> None:
        """Read these categories, and those of these row ids."""
        wanted = set(categories)
        names = sorted({category.name for category in wanted} - self._named.keys())
        if names:
            found = self._connection.execute(_BY_NAME, {"wanted": names}).all()
            self._keep(found)
            self._named |= dict.fromkeys(names)
            # The first one of a name in the shop's order is the one that is meant.
            self._named |= {name: category_id for category_id, _, name in reversed(found)}
        for statement, keys in (
            (_BY_SLUG, sorted({category.slug for category in wanted} - self._ids.keys())),
            (_BY_ID, sorted(set(ids) - self.by_id.keys())),
        ):
            if keys:
                self._keep(self._connection.execute(statement, {"wanted": keys}))

    def id_of(self, category: CategoryDocument) -> int:
        """Return the row of a category that was loaded; it is made if there is none."""
        found = self._ids.get(category.slug)
        if found is None or self.by_id[found].name != category.name:
            named = self._named.get(category.name)
            found = found if named is None else named
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
        self._named = {}
        for category_id, name, _ in rows:
            self._named.setdefault(name, category_id)
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
        for category_id, _, name, _ in rows:
            if self._named.get(name) is None:
                self._named[name] = category_id
        return ids
