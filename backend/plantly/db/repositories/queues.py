"""The inbox of webhook events and the outbox of what must follow a change."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from plantly.db.direct import Sql, change, change_many, fetch
from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import InboxRow, OutboxRow, PaymentFactRow, PaymentRow

_KNOWN = Sql("SELECT id FROM webhook_inbox WHERE provider = :provider AND event_id = :event")
_PUT = Sql(
    "INSERT INTO outbox (topic, dedupe_key, payload, created_at, available_at, attempts)"
    " VALUES (:topic, :key, :payload, :now, :now, 0) ON CONFLICT (dedupe_key) DO NOTHING"
)
_CLAIM = Sql(
    "UPDATE outbox SET leased_until = :until WHERE id = :id AND done_at IS NULL"
    " AND dead_at IS NULL AND available_at <= :now"
    " AND (leased_until IS NULL OR leased_until <= :now)"
)
_END_DUE = Sql(
    "UPDATE outbox SET done_at = :now, leased_until = NULL WHERE topic = :topic"
    " AND done_at IS NULL AND dead_at IS NULL AND available_at <= :now"
    " AND (leased_until IS NULL OR leased_until <= :now)"
)
_MESSAGE = Reading("SELECT {o} FROM outbox o WHERE o.id = ?", o=OutboxRow)
_CLAIMED = Reading(
    "SELECT {o} FROM outbox o WHERE o.id = ? AND o.leased_until = ? AND o.done_at IS NULL",
    o=OutboxRow,
    lock="o",
)
_DUE = Sql(
    "SELECT id FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= :now"
    " AND (leased_until IS NULL OR leased_until <= :now)"
    " AND (:only = '' OR topic = :only) AND topic <> :but ORDER BY available_at, id LIMIT :limit"
)


class InboxRepository:
    """Keeps each webhook event once."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session

    def knows(self, provider: str, event_id: str) -> bool:
        """Say whether an event was received before."""
        values = {"provider": provider, "event": event_id}
        return bool(fetch(self._session.our_connection, _KNOWN, values))

    def add(self, **columns: Any) -> None:
        """Keep an event. A rival delivery that was quicker makes the unit run again."""
        self._session.insert_rows(InboxRow, [columns])

    def linkable(self, provider: str, limit: int) -> Sequence[InboxRow]:
        """Return events that came before the payment they speak of was known, oldest first."""
        return self._session.scalars(
            select(InboxRow)
            .where(InboxRow.provider == provider, InboxRow.handled_at.is_(None), _PAYMENT_IS_KNOWN)
            .order_by(InboxRow.id)
            .limit(limit)
        ).all()

    def count_stuck(self, before: datetime) -> int:
        """Count events from before a moment that wait although their payment is known."""
        return self._session.scalars(
            select(func.count())
            .select_from(InboxRow)
            .where(*_waiting_since(before), _PAYMENT_IS_KNOWN)
        ).one()

    def count_parked(self, before: datetime) -> int:
        """Count events from before a moment that speak of a payment that nobody here knows."""
        return self._session.scalars(
            select(func.count())
            .select_from(InboxRow)
            .where(*_waiting_since(before), ~_PAYMENT_IS_KNOWN)
        ).one()

    def latest(self, limit: int, *, unhandled: bool = False) -> Sequence[InboxRow]:
        """Return the newest events, or the newest of those that still wait."""
        statement = select(InboxRow).order_by(InboxRow.id.desc()).limit(limit)
        if unhandled:
            statement = statement.where(InboxRow.handled_at.is_(None))
        return self._session.scalars(statement).all()

    def ids_of(self, event_id: str) -> Sequence[int]:
        """Return the rows of an event: one, unless two providers use the same id."""
        found = select(InboxRow.id).where(InboxRow.event_id == event_id).order_by(InboxRow.id)
        return self._session.scalars(found).all()

    def ids_after(self, after: int, since: datetime | None, limit: int) -> Sequence[int]:
        """Return rows in their order: those since a moment, or without one those that wait."""
        wanted = InboxRow.handled_at.is_(None) if since is None else InboxRow.received_at >= since
        return self._session.scalars(
            select(InboxRow.id)
            .where(InboxRow.id > after, wanted)
            .order_by(InboxRow.id)
            .limit(limit)
        ).all()

    def get(self, row_id: int) -> InboxRow:
        """Return one event, locked."""
        return self._session.get_one(InboxRow, row_id, with_for_update=True)


class OutboxRepository:
    """Keeps what must still happen, each thing once."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session

    def put(self, topic: str, dedupe_key: str, payload: dict[str, Any], now: datetime) -> None:
        """Ask for something to happen after this transaction; the same key asks only once."""
        self.put_all(topic, {dedupe_key: payload}, now)

    def put_all(self, topic: str, payloads: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
        """Ask for several things at once, by their keys."""
        rows = [
            {"topic": topic, "key": key, "payload": json.dumps(payload), "now": now}
            for key, payload in payloads.items()
        ]
        change_many(self._session.our_connection, _PUT, rows)

    def due(
        self, now: datetime, limit: int, *, only: str | None = None, but: str | None = None
    ) -> Sequence[int]:
        """Return the messages that may be worked on now, longest due first.

        One that fails again and again goes to the end of the line each time. Here and below, `only`
        and `but` are topics: one is looked for, or left to somebody else.
        """
        values = {"now": now, "limit": limit, "only": only or "", "but": but or ""}
        rows = fetch(self._session.our_connection, _DUE, values)
        return [row[0] for row in rows]

    def claim(self, row_id: int, now: datetime, until: datetime) -> OutboxRow | None:
        """Have a message for oneself until then, unless a rival was quicker."""
        values = {"id": row_id, "now": now, "until": until}
        if not change(self._session.our_connection, _CLAIM, values):
            return None
        row: OutboxRow = self._session.read_rows(_MESSAGE, row_id, anew=True)[0][0]
        return row

    def end_due(self, now: datetime, topic: str) -> None:
        """Be done with all messages of a topic that may be worked on now."""
        change(self._session.our_connection, _END_DUE, {"now": now, "topic": topic})

    def claimed(self, row_id: int, until: datetime) -> OutboxRow | None:
        """Return the message that was claimed until then, locked; None once a rival has it.

        No two claims end at the same time, because the second begins when the first is over.
        """
        rows = self._session.read_rows(_CLAIMED, row_id, until)
        return rows[0][0] if rows else None

    def named(self, keys: Iterable[str]) -> Sequence[OutboxRow]:
        """Return the messages that were put under these keys, oldest first."""
        found = select(OutboxRow).where(OutboxRow.dedupe_key.in_(keys)).order_by(OutboxRow.id)
        return self._session.scalars(found).all()

    def count_overdue(
        self, before: datetime, *, only: str | None = None, but: str | None = None
    ) -> int:
        """Count messages that were to be worked on before a moment."""
        return self._session.scalars(
            select(func.count())
            .select_from(OutboxRow)
            .where(
                OutboxRow.done_at.is_(None),
                OutboxRow.dead_at.is_(None),
                OutboxRow.available_at < before,
                *_about(only, but),
            )
        ).one()

    def count_dead(self, *, only: str | None = None, but: str | None = None) -> int:
        """Count messages that were given up on and that nobody has looked after yet."""
        return self._session.scalars(
            select(func.count()).select_from(OutboxRow).where(*_IS_DEAD, *_about(only, but))
        ).one()

    def dead(
        self, limit: int, *, only: str | None = None, but: str | None = None
    ) -> Sequence[OutboxRow]:
        """Return messages that were given up on, oldest first."""
        return self._session.scalars(
            select(OutboxRow)
            .where(*_IS_DEAD, *_about(only, but))
            .order_by(OutboxRow.id)
            .limit(limit)
        ).all()


_IS_DEAD = (OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_not(None))
# What is known is asked as it stands: the payment's row, in the same statement.
_PAYMENT_IS_KNOWN = or_(
    select(PaymentRow.id)
    .where(
        PaymentRow.provider == InboxRow.provider,
        or_(
            PaymentRow.reference == InboxRow.reference,
            PaymentRow.session_ref == InboxRow.session_ref,
            PaymentRow.payment_ref == InboxRow.payment_ref,
        ),
    )
    .exists(),
    select(PaymentFactRow.id)
    .join(PaymentRow, PaymentRow.id == PaymentFactRow.payment_id)
    .where(
        PaymentRow.provider == InboxRow.provider,
        PaymentFactRow.charge_ref == InboxRow.payment_ref,
    )
    .exists(),
)


def _waiting_since(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return InboxRow.handled_at.is_(None), InboxRow.received_at < before


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= now)
    open_ = (OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
    return (*open_, OutboxRow.available_at <= now, free)


def _about(only: str | None, but: str | None) -> tuple[ColumnElement[bool], ...]:
    wanted = () if only is None else (OutboxRow.topic == only,)
    return wanted if but is None else (*wanted, OutboxRow.topic != but)
