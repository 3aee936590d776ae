"""A session that reads whole rows and writes simple changes straight through the driver.

The ORM decides for every statement anew what it depends on; for a purchase that is most of the
work. What is read and written here is what it would be: the same rows, the same objects, one
identity map. Whatever is not simple (rows that go, rows that change their parents) is the ORM's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection, inspect
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.orm.base import NEVER_SET, NO_VALUE
from sqlalchemy.orm.exc import StaleDataError

from plantly.db.direct import plain, run, run_change, run_many
from plantly.db.rows import Link, Picked, Reading, RowPlan, plan_of

T = TypeVar("T")

_UNKNOWN = (NO_VALUE, NEVER_SET, None)

State = InstanceState[Any]


@dataclass(slots=True)
class _Work:
    """What a flush has to do, in the order in which the ORM would do it."""

    added: list[tuple[RowPlan, State]] = field(default_factory=list)
    changed: list[tuple[RowPlan, State, tuple[str, ...]]] = field(default_factory=list)
    parents: dict[State, tuple[State, Link]] = field(default_factory=dict)


class DirectSession(Session):
    """Knows a short way for what is simple."""

    def read_rows(
        self, reading: Reading, *values: Any, anew: bool = False
    ) -> list[tuple[Any, ...]]:
        """Return the objects of every row, None for what an outer join did not find.

        What is here already stays as it is, unless it is to be read `anew`.
        """
        connection = self.our_connection
        text, picked = reading.on(connection.dialect)
        if self.autoflush:
            self.flush()
        if connection.dialect.name == "sqlite":
            values = tuple([plain(value) for value in values])
        found = []
        for row in run(connection, text, values):
            objects, start = [], 0
            for each in picked:
                end = start + each.size
                objects.append(self._object(each, row[start:end], anew=anew))
                start = end
            found.append(tuple(objects))
        return found

    def relate(self, instance: Any, key: str, value: Any, *, anew: bool = False) -> None:
        """Say what was read for a relationship, unless it is known."""
        if anew or key not in instance.__dict__:
            set_committed_value(instance, key, value)

    def store(self, cls: type[T], **columns: Any) -> T:
        """Store a row at once, after what waits, and return it as if it had been read.

        A column that is left out is NULL, or what its default says.
        """
        return self.store_all(cls, [columns])[0]

    def store_all(self, cls: type[T], rows: Sequence[Mapping[str, Any]]) -> list[T]:
        """Store rows at once, all with the same columns, and return them as if they were read."""
        self.flush()
        connection = self.our_connection
        plan = plan_of(inspect(cls), connection.dialect)
        made = [plan.new_row(columns) for columns in rows]
        text = plan.insert(plan.uncounted)
        if plan.counted is None:
            run_many(connection, text, [values for _, values in made])
        else:
            for row, values in made:
                row[plan.counted] = run(connection, text, values)[0][0]
        return [self._persistent(plan.mapper, plan.identity(row), row) for row, _ in made]

    def insert_rows(self, cls: type[Any], rows: Sequence[dict[str, Any]]) -> None:
        """Store rows that nobody needs as objects, all with the same columns, after what waits."""
        self.flush()
        plan = plan_of(inspect(cls), self.our_connection.dialect)
        keys = plan.named(rows[0])
        text = plan.insert(keys, returning=False)
        run_many(self.our_connection, text, [plan.encoded(row, keys) for row in rows])

    @property
    def our_connection(self) -> Connection:
        """Return the connection of the unit of work."""
        bind = self.bind
        if not isinstance(bind, Connection):  # pragma: no cover - a unit of work has one
            raise TypeError
        return bind

    def _object(self, picked: Picked, values: Sequence[Any], *, anew: bool) -> Any:
        primary = picked.identity(values)
        if primary is None:
            return None
        # As in sqlalchemy.orm.loading.
        key = (picked.mapper.class_, primary, None)
        instance = self.identity_map.get(key)
        if instance is None:
            instance = self._persistent(picked.mapper, primary, picked.decoded(values))
            # The ORM reads these when they are asked for.
            instance_state(instance).expired_attributes.update(picked.unread)
            return instance
        known: dict[str, Any] = instance.__dict__
        if anew or not picked.known <= known.keys():
            read = picked.decoded(values)
            news = read if anew else {key: read[key] for key in picked.known - known.keys()}
            known.update(news)
            state = instance_state(instance)
            state._commit(known, news)  # noqa: SLF001 - as the ORM's loading does
        return instance

    def _persistent(
        self, mapper: Mapper[Any], primary: tuple[Any, ...], values: Mapping[str, Any]
    ) -> Any:
        """Return the object of a row that is not here yet, as sqlalchemy.orm.loading makes it."""
        instance = mapper.class_manager.new_instance()
        state = instance_state(instance)
        state.key, state.session_id = (mapper.class_, primary, None), self.hash_key
        self.identity_map.add(state)
        state.dict.update(values)
        return instance

    def _flush(self, objects: Sequence[object] | None = None) -> None:
        work = None if objects or self._deleted else self._simple_work()
        if work is None:
            super()._flush(objects)
            return
        connection = self.our_connection
        self._add(connection, work)
        for (plan, keys), those in groupby(work.changed, key=lambda each: (each[0], each[2])):
            rows = [plan.encoded(state.dict, (*keys, *plan.primary)) for _, state, _ in those]
            _change(connection, plan, keys, rows)
        changed = set(self._dirty_states)
        if work.added:
            self._register_persistent({state for _, state in work.added} | changed)
        else:
            # What is there already keeps its place.
            done = ((state, state.dict) for state in changed)
            InstanceState._commit_all_states(done, self.identity_map)  # noqa: SLF001 - as above

    def _add(self, connection: Connection, work: _Work) -> None:
        waiting: list[list[Any]] = []
        waits_for = ""
        for plan, state in work.added:
            parent, link = work.parents.get(state, (None, None))
            if parent is not None and link is not None:
                for theirs, ours in link.pairs:
                    state.dict[theirs] = parent.dict[ours]
            keys = plan.complete(state.dict)
            text, values = plan.insert(keys), plan.encoded(state.dict, keys)
            if waiting and text != waits_for:
                run_many(connection, waits_for, waiting)
                waiting = []
            if len(keys) < len(plan.keys):
                state.dict[plan.primary[0]] = run(connection, text, values)[0][0]
            else:
                waits_for = text
                waiting.append(values)
        if waiting:
            run_many(connection, waits_for, waiting)

    def _simple_work(self) -> _Work | None:
        """Return what is to be done; None if only the ORM knows how."""
        work = _Work()
        dialect = self.our_connection.dialect
        dirty = list(self._dirty_states)
        for state in (*self._new, *dirty):
            plan = plan_of(state.mapper, dialect)
            if not self._links_are_simple(plan, state, work):
                return None
        for state in self._new:
            plan = plan_of(state.mapper, dialect)
            if not _is_complete(plan, state, work):
                return None
            work.added.append((plan, state))
        for state in dirty:
            plan = plan_of(state.mapper, dialect)
            keys = _changed(plan, state)
            if keys is None:
                return None
            if keys:
                work.changed.append((plan, state, keys))
        work.added.sort(key=lambda each: (each[0].rank, each[1].insert_order))
        work.changed.sort(key=lambda each: (each[0].rank, each[1].key[1]))  # type: ignore[index]
        return work

    def _links_are_simple(self, plan: RowPlan, state: State, work: _Work) -> bool:
        """Note whose child is new; say no if one of them went, or came from somewhere else."""
        is_new = state.key is None
        for link in plan.links:
            current = state.dict.get(link.key)
            if not is_new and link.key not in state.committed_state:
                continue
            before = state.committed_state.get(link.key)
            were = [] if before in _UNKNOWN else before if link.is_list else [before]
            are = [] if current is None else list(current) if link.is_list else [current]
            if any(not any(one is other for other in are) for one in were):
                return False
            for child in are:
                found = instance_state(child)
                if found in self._new:
                    work.parents[found] = (state, link)
                elif not any(child is one for one in were):
                    return False
        return all(
            state.dict.get(key) is None
            for key in plan.others
            if is_new or key in state.committed_state
        )


def _change(
    connection: Connection, plan: RowPlan, keys: tuple[str, ...], rows: list[list[Any]]
) -> None:
    """Change the same columns of rows. Of several at once PostgreSQL's driver counts none."""
    text = plan.update(keys)
    if len(rows) > 1:
        run_many(connection, text, rows)
    elif run_change(connection, text, rows[0]) != 1:
        msg = f"The row of {plan.mapper.class_.__name__} to be changed is gone."
        raise StaleDataError(msg)


def _is_complete(plan: RowPlan, state: State, work: _Work) -> bool:
    """Say whether all that an INSERT needs is known, or will be when its parent is stored."""
    if plan.is_of_a_parent and state not in work.parents:
        return False
    _, link = work.parents.get(state, (None, None))
    return plan.is_complete(state.dict, [theirs for theirs, _ in link.pairs] if link else ())


def _changed(plan: RowPlan, state: State) -> tuple[str, ...] | None:
    """Return the columns of a row that are different now; None if its primary key is."""
    before = state.committed_state
    keys = tuple(
        key
        for key in plan.keys
        if key in before and key in state.dict and before[key] != state.dict[key]
    )
    return None if any(key in keys for key in plan.primary) else keys
