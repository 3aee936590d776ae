"""What it takes to read and write rows of mapped classes without asking the ORM each time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from sqlalchemy import Column, Dialect, Table, inspect
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty

Processor = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship to rows that name this one: by which of their columns, and of ours."""

    key: str
    is_list: bool
    pairs: tuple[tuple[str, str], ...]
    """Attribute of theirs, attribute of ours."""


class Picked:
    """Some columns of a mapped class, as they are read from a driver's values."""

    def __init__(self, plan: "RowPlan", keys: tuple[str, ...]) -> None:
        self.mapper = plan.mapper
        self.keys = keys
        self.known = frozenset(keys)
        self.unread = frozenset(plan.keys) - self.known
        self.size = len(keys)
        self._columns = tuple(plan.columns[key].name for key in keys)
        self._decoders = tuple(plan.decoders[key] for key in keys)
        self._places = tuple(keys.index(key) for key in plan.primary)

    def selected(self, alias: str) -> str:
        """Return the columns for a SELECT."""
        return ", ".join(f'{alias}."{name}"' for name in self._columns)

    def identity(self, values: Sequence[Any]) -> tuple[Any, ...] | None:
        """Return the primary key in a row's values, None where an outer join found nothing."""
        found = tuple([values[place] for place in self._places])
        return None if found[0] is None else found

    def decoded(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return the attributes of a row."""
        return {
            key: value if decode is None else decode(value)
            for key, decode, value in zip(self.keys, self._decoders, values, strict=True)
        }


class RowPlan:
    """How the rows of one table are read from a driver's values, and written as such."""

    def __init__(self, mapper: Mapper[Any], dialect: Dialect) -> None:
        self.mapper = mapper
        self._table = cast("Table", mapper.local_table)
        self._positional = dialect.name == "sqlite"
        self.columns: dict[str, Column[Any]] = {
            mapper.get_property_by_column(column).key: column for column in mapper.columns
        }
        self.keys = tuple(self.columns)
        self.primary = tuple(mapper.get_property_by_column(c).key for c in mapper.primary_key)
        self.encoders = {key: _encoder(c, dialect) for key, c in self.columns.items()}
        self.decoders = {key: _decoder(c, dialect) for key, c in self.columns.items()}
        self._inserts: dict[tuple[tuple[str, ...], bool], str] = {}
        self._updates: dict[tuple[str, ...], str] = {}

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Return the relationships to rows that name this one."""
        return tuple(
            _link(found)
            for found in self.mapper.relationships
            if found.direction is RelationshipDirection.ONETOMANY
        )

    @cached_property
    def others(self) -> tuple[str, ...]:
        """Return the relationships of any other kind."""
        linked = {link.key for link in self.links}
        return tuple(r.key for r in self.mapper.relationships if r.key not in linked)

    @cached_property
    def rank(self) -> int:
        """Return the place of the table among those that it names, or is named by."""
        return self._table.metadata.sorted_tables.index(self._table)

    @cached_property
    def is_of_a_parent(self) -> bool:
        """Say whether a row is there only as long as its parent has it."""
        return bool(self.mapper._delete_orphans)  # noqa: SLF001 - nothing else says so

    @cached_property
    def counted(self) -> str | None:
        """Return the primary key that the database counts up, if it does."""
        column = self._table.autoincrement_column
        return None if column is None else self.mapper.get_property_by_column(column).key

    @cached_property
    def uncounted(self) -> tuple[str, ...]:
        """Return the columns of a new row, without what the database counts up."""
        return tuple(key for key in self.keys if key != self.counted)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """Return the defaults that are ours to fill in, by column."""
        return {
            key: column.default
            for key, column in self.columns.items()
            if column.default is not None
            and (column.default.is_scalar or column.default.is_callable)
        }

    @cached_property
    def needed(self) -> frozenset[str]:
        """Return the columns whose values have to be there: what they would be else, the ORM knows.

        A default of ours stands for a value that was never set, not for one that is None.
        """
        return frozenset(
            key
            for key, column in self.columns.items()
            if (key in self.primary and key != self.counted)
            or ((column.default or column.server_default) is not None and key not in self.defaults)
        )

    def pick(self, keys: Sequence[str] = ()) -> Picked:
        """Return these columns, or all of them."""
        return Picked(self, tuple(keys) or self.keys)

    def encoded(self, values: Mapping[str, Any], keys: Sequence[str]) -> list[Any]:
        """Return attributes as the driver takes them.

        None that was set is null in a JSON document, what was never set is no document.
        """
        found = []
        for key in keys:
            value = values.get(key)
            encode = self.encoders[key] if key in values else None
            try:
                found.append(value if encode is None else encode(value))
            except Exception as error:
                # As the ORM says it; the value stays out of it.
                text = f"{self._table.name}.{key}: {error}"
                raise StatementError(text, None, None, error, hide_parameters=True) from error
        return found

    def is_complete(self, values: Mapping[str, Any], coming: Collection[str]) -> bool:
        """Say whether all that an INSERT needs is there, or is coming."""
        return all(values.get(key) is not None or key in coming for key in self.needed) and all(
            values.get(key, default) is not None for key, default in self.defaults.items()
        )

    def complete(self, values: dict[str, Any]) -> tuple[str, ...]:
        """Fill in the defaults; return the columns that are inserted."""
        for key, default in self.defaults.items():
            if key not in values:
                # Callables of columns are made to take one argument.
                values[key] = default.arg(None) if default.is_callable else default.arg
        if self.counted is None or values.get(self.counted) is not None:
            return self.keys
        return self.uncounted

    def named(self, columns: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the columns that are named, in their order.

        Raises:
            TypeError: The table has no such column.
        """
        unknown = columns.keys() - self.columns.keys()
        if unknown:
            msg = f"{self._table.name} has no {', '.join(sorted(unknown))}"
            raise TypeError(msg)
        return tuple(key for key in self.keys if key in columns)

    def new_row(self, columns: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
        """Return a row with all of its columns, and what the driver takes of it.

        Raises:
            TypeError: The table has no such column.
        """
        self.named(columns)
        row = dict(columns)
        self.complete(row)
        values = self.encoded(row, self.uncounted)
        return {**dict.fromkeys(self.keys), **row}, values

    def identity(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the primary key of a row."""
        return tuple([row[key] for key in self.primary])

    def insert(self, keys: tuple[str, ...], *, returning: bool = True) -> str:
        """Write an INSERT; it returns the primary key if that is not given."""
        text = self._inserts.get((keys, returning))
        if text is None:
            names = ", ".join(self._name(key) for key in keys)
            places = ", ".join(self._place(n) for n in range(1, len(keys) + 1))
            text = f"INSERT INTO {self._table.name} ({names}) VALUES ({places})"  # noqa: S608 - names of ours
            if returning and len(keys) < len(self.keys):
                text += f" RETURNING {self._name(self.primary[0])}"
            self._inserts[keys, returning] = text
        return text

    def update(self, keys: tuple[str, ...]) -> str:
        """Write an UPDATE of one row."""
        text = self._updates.get(keys)
        if text is None:
            sets = [f"{self._name(key)}={self._place(n)}" for n, key in enumerate(keys, 1)]
            more = range(len(keys) + 1, len(keys) + 1 + len(self.primary))
            which = zip(self.primary, more, strict=True)
            where = " AND ".join(f"{self._name(key)}={self._place(n)}" for key, n in which)
            text = f"UPDATE {self._table.name} SET {', '.join(sets)} WHERE {where}"  # noqa: S608 - names of ours
            self._updates[keys] = text
        return text

    def _name(self, key: str) -> str:
        return f'"{self.columns[key].name}"'

    def _place(self, number: int) -> str:
        return "?" if self._positional else f"${number}"


_plans: dict[tuple[Mapper[Any], str], RowPlan] = {}


def plan_of(mapper: Mapper[Any], dialect: Dialect) -> RowPlan:
    """Return the plan of a mapped class, made once."""
    plan = _plans.get((mapper, dialect.name))
    if plan is None:
        plan = _plans[mapper, dialect.name] = RowPlan(mapper, dialect)
    return plan


class Reading:
    """A SELECT of rows of mapped classes: `{c}` stands for the columns of the one named c.

    `= ANY(?)` takes a list. `lock` names those whose rows are locked, where the database knows how.
    `only` names the columns that are read of some of them; the ORM reads the others when asked.
    """

    def __init__(
        self,
        text: str,
        *,
        lock: str = "",
        only: Mapping[str, Sequence[str]] | None = None,
        **classes: type[Any],
    ) -> None:
        self._text = text
        self._lock = lock
        self._only = only or {}
        self._classes = classes
        self._made: dict[str, tuple[str, tuple[Picked, ...]]] = {}

    def on(self, dialect: Dialect) -> tuple[str, tuple[Picked, ...]]:
        """Return the statement for a database, and what its rows are made of."""
        made = self._made.get(dialect.name)
        if made is None:
            picked = {
                name: plan_of(inspect(cls), dialect).pick(self._only.get(name, ()))
                for name, cls in self._classes.items()
            }
            text = self._text.format(**{name: p.selected(name) for name, p in picked.items()})
            if dialect.name == "sqlite":
                text = text.replace("= ANY(?)", "IN (SELECT value FROM json_each(?))")
            else:
                numbers = iter(range(1, text.count("?") + 1))
                text = "".join(f"${next(numbers)}" if part == "?" else part for part in text)
                text += f" FOR UPDATE OF {self._lock}" if self._lock else ""
            made = self._made[dialect.name] = (text, tuple(picked.values()))
        return made


def _link(found: RelationshipProperty[Any]) -> Link:
    of_theirs, of_ours = found.mapper, found.parent
    pairs = tuple(
        (of_theirs.get_property_by_column(remote).key, of_ours.get_property_by_column(local).key)
        for local, remote in found.local_remote_pairs or ()
    )
    return Link(found.key, bool(found.uselist), pairs)


def _encoder(column: Column[Any], dialect: Dialect) -> Processor:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _decoder(column: Column[Any], dialect: Dialect) -> Processor:
    return column.type.dialect_impl(dialect).result_processor(dialect, None)
