"""Run a prebuilt statement with as little between it and the database as can be."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
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
    """Return every row of a statement of plain numbers and text, straight from the driver.

    A list is an array to PostgreSQL and JSON to SQLite. Values without a place are left out.
    PostgreSQL's driver alone takes a third of the time that it takes behind SQLAlchemy.
    """
    if connection.dialect.name == "sqlite":
        plain = {
            name: json.dumps(values[name]) if isinstance(values[name], list) else values[name]
            for name in statement.names
        }
        driver: Any = connection.connection.driver_connection
        rows: list[tuple[Any, ...]] = driver.execute(statement.text, plain).fetchall()
        return rows
    text, placed = statement.placed(values)
    asyncpg: Any = connection.connection.driver_connection
    if not asyncpg.is_in_transaction():
        # SQLAlchemy begins one with the first statement that it sees.
        return connection.exec_driver_sql(text, placed).all()
    try:
        found: list[Sequence[Any]] = await_only(asyncpg.fetch(text, *placed))
    except Exception as error:
        raise DBAPIError(text, None, error, hide_parameters=True) from error
    return found
