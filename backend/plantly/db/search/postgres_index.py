"""The index on PostgreSQL: one row a product, with a `tsvector` of lexemes that we made.

The server's own parser and dictionaries are not asked: both engines must find the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from plantly.db.search.entries import from_lexemes, lexemes
from plantly.db.search.statements import SLICES
from plantly.domain.word_counts import Columns, Indexed

Packed = frozenset[str]

_READ = (
    "SELECT product_id, tsvector_to_array(terms) FROM product_search"
    " WHERE product_id = ANY ($1::bigint[])"
)
_WRITE = (
    "WITH entry AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])"
    " AS entry(id, terms, filters)), narrow AS ("
    " INSERT INTO product_filters(product_id, filters, list_price_minor)"
    " SELECT id, filters, coalesce("
    "(SELECT list_price_minor FROM products AS p WHERE p.id = entry.id), 0)"
    " FROM entry ON CONFLICT (product_id) DO UPDATE"
    " SET filters = excluded.filters, list_price_minor = excluded.list_price_minor)"
    " INSERT INTO product_search(product_id, terms, filters)"
    " SELECT id, array_to_tsvector(string_to_array(terms, ' ')), filters FROM entry"
    " ON CONFLICT (product_id) DO UPDATE SET terms = excluded.terms, filters = excluded.filters"
)
_LIST_AT = (
    "UPDATE product_filters AS f SET list_price_minor = listed.price"
    " FROM unnest($1::bigint[], $2::bigint[]) AS listed(id, price) WHERE f.product_id = listed.id"
)
_DELETE = (
    "WITH gone AS (DELETE FROM product_search WHERE product_id = ANY ($1::bigint[]))"
    " DELETE FROM product_filters WHERE product_id = ANY ($1::bigint[])"
)
# A row that was just inserted has no other transaction's mark on it.
_COUNT_WORDS = (
    "WITH counted AS ("
    "INSERT INTO search_words AS w (word, titles, labels, products)"
    " SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])"
    " ON CONFLICT (word) DO UPDATE SET titles = w.titles + excluded.titles,"
    " labels = w.labels + excluded.labels, products = w.products + excluded.products"
    " RETURNING word, xmax = 0 AS is_new)"
    " SELECT word FROM counted WHERE is_new"
)
_ADD_FRAGMENTS = (
    "INSERT INTO search_fragments(fragment, word)"
    " SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING"
)
# Numbers go up without gaps. A rival who takes the same one is turned away and tries again.
_COUNT_FILTERS = (
    "INSERT INTO catalog_counts AS c (token, facet_key, value, products, number)"
    " SELECT token, change.key, change.value, change.count, coalesce(known.number,"
    " (SELECT coalesce(max(number), 0) FROM catalog_counts)"
    " + row_number() OVER (PARTITION BY known.number IS NULL ORDER BY token))"
    " FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])"
    " AS change(token, key, value, count)"
    " LEFT JOIN catalog_counts AS known USING (token) ORDER BY token"
    " ON CONFLICT (token) DO UPDATE SET products = c.products + excluded.products"
)
_NUMBERS = "SELECT token, number FROM catalog_counts WHERE token = ANY ($1::text[])"
_LACKS_NEWEST = (
    "SELECT p.id NOT IN (SELECT product_id FROM product_search WHERE product_id = p.id)"
    " FROM products AS p WHERE p.state = 'active' ORDER BY p.id DESC LIMIT 1"
)
_SLICES = len(SLICES) + 1
_TABLES = (
    "products",
    "product_facets",
    "product_search",
    "product_filters",
    "search_words",
    "search_fragments",
    "catalog_counts",
    "categories",
    "variants",
    "stock",
    "prices",
    "media",
)


class PostgresIndex:
    """Reads and writes the `tsvector` table and the tables beside it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pack(self, entry: Columns) -> Packed:
        """Return an entry as it is kept."""
        return frozenset(lexemes(entry))

    def unpack(self, packed: Packed) -> Indexed:
        """Return what a kept entry was counted as."""
        return from_lexemes(packed)

    def read(self, product_ids: Iterable[int]) -> dict[int, Packed]:
        """Return the entries that are there."""
        rows = self._connection.exec_driver_sql(_READ, (list(product_ids),))
        return {row[0]: frozenset(row[1]) for row in rows}

    def write(
        self,
        entries: Mapping[int, Packed],
        filters: Mapping[int, str],
        *,
        are_new: bool,  # noqa: ARG002 - it is all one to PostgreSQL
    ) -> None:
        """Insert or replace entries, and the signs of what each can be filtered by."""
        # In the order of the ids, so that two writers never wait for each other in turn.
        ids = sorted(entries)
        terms = [" ".join(entries[product_id]) for product_id in ids]
        signs = [filters[product_id] for product_id in ids]
        self._connection.exec_driver_sql(_WRITE, (ids, terms, signs))

    def list_at(self, prices: Sequence[tuple[int, int]]) -> None:
        """Keep the prices of those that are there; each follows the id of its product."""
        self._connection.exec_driver_sql(_LIST_AT, _transposed(prices))

    def delete(self, product_ids: Iterable[int]) -> None:
        """Take entries away."""
        self._connection.exec_driver_sql(_DELETE, (sorted(product_ids),))

    def count_words(self, changes: Sequence[tuple[str, int, int, int]]) -> list[str]:
        """Add to the counts of words; return the words that were not known before."""
        rows = self._connection.exec_driver_sql(_COUNT_WORDS, _transposed(changes))
        return [row[0] for row in rows]

    def add_fragments(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Remember what misspelled words may look like."""
        if pairs:
            self._connection.exec_driver_sql(_ADD_FRAGMENTS, _transposed(pairs))

    def count_filters(self, changes: Sequence[tuple[str, str, str, int]]) -> None:
        """Add to the counts of filters; a new one gets the next number."""
        self._connection.exec_driver_sql(_COUNT_FILTERS, _transposed(changes))

    def filter_numbers(self, tokens: Collection[str]) -> dict[str, int]:
        """Return the numbers of filters by their tokens."""
        rows = self._connection.exec_driver_sql(_NUMBERS, (list(tokens),))
        return {row[0]: row[1] for row in rows}

    def tidy(self) -> None:
        """Empty the lists of what waits to be indexed, and tell the planner about the tables."""
        for number in range(1, _SLICES + 1):
            index = f"ix_product_search_slice_{number}"
            self._connection.exec_driver_sql(f"SELECT gin_clean_pending_list('{index}'::regclass)")
        for table in _TABLES:
            self._connection.exec_driver_sql(f"ANALYZE {table}")

    def lacks_newest(self) -> bool:
        """Say whether the newest published product is missing."""
        return bool(self._connection.exec_driver_sql(_LACKS_NEWEST).scalar())


def _transposed(rows: Sequence[Sequence[object]]) -> tuple[list[object], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
