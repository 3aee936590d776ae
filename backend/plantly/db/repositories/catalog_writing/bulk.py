"""Many rows in one statement, with as little as can be between them and the database.

SQLite gets them through the driver's `executemany`, PostgreSQL as one array a column. Values are
plain: documents as lists and dictionaries, times as aware UTC.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import JSON, Boolean, Connection, Integer

from plantly.db.base import Table, UtcDateTime

Columns = tuple[str, ...]
Rows = Sequence[tuple[Any, ...]]
_Converter = Callable[[Any], Any] | None


class Bulk(Protocol):
    """Writes many rows of one table."""

    def fresh_ids(self, table: type[Table], count: int) -> list[int]:
        """Return ids that no row of the table has, in ascending order."""

    def insert(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        """Insert rows."""

    def update(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        """Update the rows whose first column has the first value."""

    def delete(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        """Delete the rows that have these values."""


def bulk_of(connection: Connection) -> Bulk:
    """Return what writes many rows on this connection."""
    sqlite = connection.dialect.name == "sqlite"
    return _SqliteBulk(connection) if sqlite else _PostgresBulk(connection)


class _SqliteBulk:
    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection

    def fresh_ids(self, table: type[Table], count: int) -> list[int]:
        # This transaction is the only one that writes.
        found = self._driver.execute(f"SELECT max(id) FROM {table.__tablename__}").fetchone()  # noqa: S608 - no input
        start = (found[0] or 0) + 1
        return list(range(start, start + count))

    def insert(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        self._run(_sqlite_insert(table, columns), table, columns, rows)

    def update(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        self._run(_sqlite_update(table, columns), table, columns, rows)

    def delete(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        self._run(_sqlite_delete(table, columns), table, columns, rows)

    def _run(self, sql: str, table: type[Table], columns: Columns, rows: Rows) -> None:
        converters = _sqlite_converters(table, columns)
        if rows and any(converters):
            rows = list(zip(*_by_column(rows, converters), strict=True))
        self._driver.executemany(sql, rows)


class _PostgresBulk:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fresh_ids(self, table: type[Table], count: int) -> list[int]:
        found = self._connection.exec_driver_sql(_NEXT_IDS, (table.__tablename__, count))
        return sorted(row[0] for row in found)

    def insert(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        self._run(_postgres_insert(table, columns), table, columns, rows)

    def update(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        self._run(_postgres_update(table, columns), table, columns, rows)

    def delete(self, table: type[Table], columns: Columns, rows: Rows) -> None:
        self._run(_postgres_delete(table, columns), table, columns, rows)

    def _run(self, sql: str, table: type[Table], columns: Columns, rows: Rows) -> None:
        if rows:
            converters = _postgres_converters(table, columns)
            self._connection.exec_driver_sql(sql, tuple(_by_column(rows, converters)))


_NEXT_IDS = (
    "SELECT nextval(pg_get_serial_sequence($1::text, 'id')) FROM generate_series(1, $2::int)"
)


def _by_column(rows: Rows, converters: tuple[_Converter, ...]) -> Iterator[list[Any]]:
    for column, convert in zip(zip(*rows, strict=True), converters, strict=True):
        yield list(column) if convert is None else list(map(convert, column))


_as_json = json.JSONEncoder().encode


def _encode(value: Any) -> str:
    # Most products have no tags, no options or no countries that they cannot be sent to.
    return "[]" if value == [] else _as_json(value)


@lru_cache(1024)
def _naive(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(256)
def _sqlite_converters(table: type[Table], columns: Columns) -> tuple[_Converter, ...]:
    types = [table.__table__.c[name].type for name in columns]
    return tuple(
        _encode if isinstance(t, JSON) else _naive if isinstance(t, UtcDateTime) else None
        for t in types
    )


@lru_cache(256)
def _postgres_converters(table: type[Table], columns: Columns) -> tuple[_Converter, ...]:
    types = [table.__table__.c[name].type for name in columns]
    return tuple(_encode if isinstance(t, JSON) else None for t in types)


@lru_cache(256)
def _sqlite_insert(table: type[Table], columns: Columns) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.__tablename__} ({_names(columns)}) VALUES ({marks})"  # noqa: S608 - no input


@lru_cache(256)
def _sqlite_update(table: type[Table], columns: Columns) -> str:
    # The key stands first in the rows, and last in the statement.
    sets = ", ".join(f'"{name}" = ?{i}' for i, name in enumerate(columns[1:], 2))
    return f'UPDATE {table.__tablename__} SET {sets} WHERE "{columns[0]}" = ?1'  # noqa: S608 - no input


@lru_cache(256)
def _sqlite_delete(table: type[Table], columns: Columns) -> str:
    matches = " AND ".join(f'"{name}" = ?' for name in columns)
    return f"DELETE FROM {table.__tablename__} WHERE {matches}"  # noqa: S608 - no input


@lru_cache(256)
def _postgres_insert(table: type[Table], columns: Columns) -> str:
    return f"INSERT INTO {table.__tablename__} ({_names(columns)}) {_given(table, columns)}"


@lru_cache(256)
def _postgres_update(table: type[Table], columns: Columns) -> str:
    sets = ", ".join(f'"{name}" = given."{name}"' for name in columns[1:])
    source = f"({_given(table, columns)}) AS given"
    match = f'old."{columns[0]}" = given."{columns[0]}"'
    return f"UPDATE {table.__tablename__} AS old SET {sets} FROM {source} WHERE {match}"  # noqa: S608 - no input


@lru_cache(256)
def _postgres_delete(table: type[Table], columns: Columns) -> str:
    matches = " AND ".join(f'old."{name}" = given."{name}"' for name in columns)
    source = f"({_given(table, columns)}) AS given"
    return f"DELETE FROM {table.__tablename__} AS old USING {source} WHERE {matches}"  # noqa: S608 - no input


def _given(table: type[Table], columns: Columns) -> str:
    """Return a query that gives the rows of one array a column."""
    kinds = [_postgres_kind(table.__table__.c[name].type) for name in columns]
    arrays = ", ".join(f"${i}::{kind}[]" for i, (kind, _) in enumerate(kinds, 1))
    casts = zip(columns, kinds, strict=True)
    values = ", ".join(f'"{name}"{cast} AS "{name}"' for name, (_, cast) in casts)
    return f"SELECT {values} FROM unnest({arrays}) AS rows({_names(columns)})"  # noqa: S608 - no input


def _names(columns: Columns) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _postgres_kind(column_type: object) -> tuple[str, str]:
    """Return the type of an array of such values, and the cast of one of them."""
    if isinstance(column_type, JSON):
        return "text", "::jsonb"
    if isinstance(column_type, UtcDateTime):
        return "timestamptz", ""
    if isinstance(column_type, Boolean):
        return "boolean", ""
    return ("bigint" if isinstance(column_type, Integer) else "text"), ""
