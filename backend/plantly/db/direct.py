"""Run a prebuilt statement with as little between it and the database as can be."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.util import await_only


class Sql:
    """A statement of our own writing, kept and run with bound values: `:name` stands for one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names = tuple(dict.fromkeys(_NAME.findall(text)))
        self._limits = tuple(name for name in self.names if name.startswith(_LIMITS))
        self._bound = tuple(name for name in self.names if name not in self._limits)
        self._numbered: dict[tuple[int, ...], str] = {}

    def placed(self, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """Return the statement for PostgreSQL, and its values by place.

        Limits are written out. There are few different ones, and without knowing them PostgreSQL
        expects a tenth of all rows, and plans the same statement again and again.
        """
        limits = tuple([int(values[name]) for name in self._limits])
        text = self._numbered.get(limits)
        if text is None:
            places = {name: f"${place}" for place, name in enumerate(self._bound, 1)}
            places |= {name: str(n) for name, n in zip(self._limits, limits, strict=True)}
            text = self._numbered[limits] = _NAME.sub(lambda found: places[found[1]], self.text)
        return text, tuple([values[name] for name in self._bound])

    def with_names(self, ending: str) -> str:
        """Return the text with an ending for every name."""
        return _NAME.sub(lambda found: f":{found[1]}{ending}", self.text)


_NAME = re.compile(r":([a-z][a-z0-9_]*)")
_LIMITS = ("limit", "window", "scanned", "walked", "looked_at")


def fetch(
    connection: Connection, statement: Sql, values: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """Return every row of a statement of plain values, straight from the driver.

    A list is an array to PostgreSQL and JSON to SQLite. Values without a place are left out.
    PostgreSQL's driver alone takes a third of the time that it takes behind SQLAlchemy.
    """
    if connection.dialect.name == "sqlite":
        named = {name: plain(values[name]) for name in statement.names}
        return run(connection, statement.text, named)
    return run(connection, *statement.placed(values))


def change(connection: Connection, statement: Sql, values: Mapping[str, Any]) -> int:
    """Run a statement that gives no rows; return how many it has changed."""
    if connection.dialect.name == "sqlite":
        named = {name: plain(values[name]) for name in statement.names}
        return run_change(connection, statement.text, named)
    return run_change(connection, *statement.placed(values))


def change_many(connection: Connection, statement: Sql, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement that gives no rows, once for each of these values, in their order."""
    if connection.dialect.name == "sqlite":
        named = [{name: plain(row[name]) for name in statement.names} for row in rows]
        run_many(connection, statement.text, named)
        return
    placed = [statement.placed(row) for row in rows]
    # Limits stand in the text, so that there can be more than one.
    for text, same in groupby(placed, key=itemgetter(0)):
        run_many(connection, text, [values for _, values in same])


def run(connection: Connection, text: str, values: Any) -> Sequence[Sequence[Any]]:
    """Return every row of a statement in the driver's own words."""
    _tell(connection, text, values, many=False)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        try:
            rows: list[tuple[Any, ...]] = driver.execute(text, values).fetchall()
        except Exception as error:
            raise _wrapped(connection, text, error) from error
        return rows
    if not driver.is_in_transaction():
        # SQLAlchemy begins one with the first statement that it sees.
        return connection.exec_driver_sql(text, tuple(values)).all()
    try:
        found: list[Sequence[Any]] = await_only(driver.fetch(text, *values))
    except Exception as error:
        raise _wrapped(connection, text, error) from error
    return found


def run_change(connection: Connection, text: str, values: Any) -> int:
    """Run a statement in the driver's own words; return how many rows it has changed."""
    _tell(connection, text, values, many=False)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        try:
            changed: int = driver.execute(text, values).rowcount
        except Exception as error:
            raise _wrapped(connection, text, error) from error
        return changed
    if not driver.is_in_transaction():
        return connection.exec_driver_sql(text, tuple(values)).rowcount
    try:
        # It answers with the command and the number of rows, as in `UPDATE 1`.
        return int(await_only(driver.execute(text, *values)).rpartition(" ")[2])
    except Exception as error:
        raise _wrapped(connection, text, error) from error


def run_alone(connection: Connection, text: str) -> None:
    """Run a statement without values on PostgreSQL, such as one that begins a transaction."""
    driver: Any = connection.connection.driver_connection
    try:
        await_only(driver.execute(text))
    except Exception as error:
        raise _wrapped(connection, text, error) from error


def run_many(connection: Connection, text: str, values: Sequence[Any]) -> None:
    """Run a statement in the driver's own words, once for each of these values."""
    _tell(connection, text, values, many=True)
    driver: Any = connection.connection.driver_connection
    try:
        if connection.dialect.name == "sqlite":
            driver.executemany(text, values)
        elif driver.is_in_transaction():
            await_only(driver.executemany(text, values))
        else:
            connection.exec_driver_sql(text, list(map(tuple, values)))
    except DBAPIError:
        raise
    except Exception as error:
        raise _wrapped(connection, text, error) from error


def _tell(connection: Connection, text: str, values: Any, *, many: bool) -> None:
    """Let those know who listen for SQLAlchemy's statements."""
    # As SQLAlchemy itself asks: it is quicker than to look whether there are any.
    if connection._has_events or connection.engine._has_events:  # noqa: SLF001
        connection.dispatch.before_cursor_execute(connection, None, text, values, None, many)


def _wrapped(connection: Connection, text: str, error: Exception) -> Exception:
    """Return the driver's error as SQLAlchemy would raise it."""
    if connection.dialect.name == "sqlite":
        return DBAPIError.instance(
            text,
            None,
            error,
            connection.dialect.loaded_dbapi.Error,
            hide_parameters=True,
            dialect=connection.dialect,
        )
    state = getattr(error, "sqlstate", None) or ""
    kind = IntegrityError if state.startswith(_INTEGRITY) else DBAPIError
    return kind(text, None, error, hide_parameters=True)


_INTEGRITY = "23"
"""The class of SQLSTATEs of constraints that would be violated."""


def plain(value: Any) -> Any:
    """Return a value as SQLite keeps it."""
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}"
    return value
