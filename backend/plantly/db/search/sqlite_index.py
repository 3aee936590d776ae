"""The index on SQLite: one FTS5 table whose rowid is the product's id.

Everything goes straight to the driver, because these are the most rows that an import writes.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from plantly.db.search.entries import from_columns
from plantly.domain.word_counts import Columns, Indexed

Packed = tuple[str, ...]

# FTS5's own table of what was written: a look at it does not touch the index.
_READ = (
    "SELECT id, c0, c1, c2, c3, c4 FROM product_search_content"
    " WHERE id IN (SELECT value FROM json_each(?))"
)
_WRITE = (
    "INSERT OR REPLACE INTO product_search(rowid, exact, title, labels, body, filters)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
# A tenth less: FTS5 does not look for what it would replace.
_ADD = _WRITE.replace(" OR REPLACE", "")
_DELETE = "DELETE FROM product_search WHERE rowid = ?"
_UNKNOWN = (
    "SELECT value FROM json_each(?)"
    " WHERE NOT EXISTS (SELECT 1 FROM search_words WHERE word = value)"
)
_COUNT_WORDS = (
    "INSERT INTO search_words(word, titles, labels, products) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (word) DO UPDATE SET titles = titles + excluded.titles,"
    " labels = labels + excluded.labels, products = products + excluded.products"
)
_ADD_FRAGMENTS = "INSERT OR IGNORE INTO search_fragments(fragment, word) VALUES (?, ?)"
_COUNT_FILTERS = (
    "INSERT INTO catalog_counts(token, facet_key, value, products, number)"
    " VALUES (?, ?, ?, ?, (SELECT coalesce(max(number), 0) + 1 FROM catalog_counts))"
    " ON CONFLICT (token) DO UPDATE SET products = products + excluded.products"
)
_NUMBERS = (
    "SELECT token, number FROM catalog_counts WHERE token IN (SELECT value FROM json_each(?))"
)
_WRITE_FILTERS = (
    "INSERT OR REPLACE INTO product_filters(product_id, filters, list_price_minor)"
    " VALUES (?1, ?2, coalesce((SELECT list_price_minor FROM products WHERE id = ?1), 0))"
)
_LIST_AT = "UPDATE product_filters SET list_price_minor = ?2 WHERE product_id = ?1"
_DELETE_FILTERS = "DELETE FROM product_filters WHERE product_id = ?"
_NEWEST = "SELECT id FROM products WHERE state = 'active' ORDER BY id DESC LIMIT 1"
_HAS = "SELECT 1 FROM product_search_content WHERE id = ?"


class SqliteIndex:
    """Reads and writes the FTS5 table and the tables beside it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def _driver(self) -> Any:
        return self._connection.connection.driver_connection

    def pack(self, entry: Columns) -> Packed:
        """Return an entry as it is kept: as it is."""
        return entry

    def unpack(self, packed: Packed) -> Indexed:
        """Return what a kept entry was counted as."""
        return from_columns(packed)

    def read(self, product_ids: Iterable[int]) -> dict[int, Packed]:
        """Return the entries that are there."""
        rows = self._driver.execute(_READ, (json.dumps(list(product_ids)),))
        return {row[0]: tuple(row[1:]) for row in rows}

    def write(
        self, entries: Mapping[int, Packed], filters: Mapping[int, str], *, are_new: bool
    ) -> None:
        """Insert or replace entries, and the signs of what each can be filtered by."""
        rows = [(i, *entries[i]) for i in sorted(entries)]
        self._driver.executemany(_ADD if are_new else _WRITE, rows)
        self._driver.executemany(_WRITE_FILTERS, sorted(filters.items()))

    def list_at(self, prices: Sequence[tuple[int, int]]) -> None:
        """Keep the prices of those that are there; each follows the id of its product."""
        self._driver.executemany(_LIST_AT, prices)

    def delete(self, product_ids: Iterable[int]) -> None:
        """Take entries away."""
        gone = [(i,) for i in product_ids]
        self._driver.executemany(_DELETE, gone)
        self._driver.executemany(_DELETE_FILTERS, gone)

    def count_words(self, changes: Sequence[tuple[str, int, int, int]]) -> list[str]:
        """Add to the counts of words; return the words that were not known before."""
        driver, words = self._driver, [change[0] for change in changes]
        unknown = [row[0] for row in driver.execute(_UNKNOWN, (json.dumps(words),))]
        driver.executemany(_COUNT_WORDS, changes)
        return unknown

    def add_fragments(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Remember what misspelled words may look like."""
        self._driver.executemany(_ADD_FRAGMENTS, pairs)

    def count_filters(self, changes: Sequence[tuple[str, str, str, int]]) -> None:
        """Add to the counts of filters; a new one gets the next number."""
        self._driver.executemany(_COUNT_FILTERS, changes)

    def filter_numbers(self, tokens: Collection[str]) -> dict[str, int]:
        """Return the numbers of filters by their tokens."""
        return dict(self._driver.execute(_NUMBERS, (json.dumps(list(tokens)),)).fetchall())

    def tidy(self) -> None:
        """Merge the index into one segment, and tell the planner what the tables look like."""
        self._driver.execute("INSERT INTO product_search(product_search) VALUES ('optimize')")
        self._driver.execute("PRAGMA analysis_limit = 1000")
        self._driver.execute("ANALYZE")

    def lacks_newest(self) -> bool:
        """Say whether the newest published product is missing."""
        newest = self._driver.execute(_NEWEST).fetchone()
        return newest is not None and self._driver.execute(_HAS, newest).fetchone() is None
