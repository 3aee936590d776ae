"""Webhook events for the merchant: which came, and what they say, applied once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plantly.db import UnitOfWork
from plantly.db.tables import InboxRow
from plantly.domain.errors import NotFound
from plantly.services.payment_changes import changes, picture
from plantly.services.payment_events import apply_event, reference_in


@dataclass(frozen=True, slots=True)
class EventView:
    """A webhook event as it was kept: what it says, and what became of it."""

    event_id: str
    provider: str
    type: str
    reference: str | None
    facts: tuple[str, ...]
    received_at: str
    handled_at: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of applying an event once more."""

    event_id: str
    reference: str | None
    outcome: str
    """`changed`, `nothing_new`, `unknown_payment` or `says_nothing`."""
    changes: tuple[str, ...]


def list_events(uow: UnitOfWork, limit: int, *, unhandled: bool) -> tuple[EventView, ...]:
    """Return the newest events, or the newest of those that still wait."""
    return tuple(_view(event) for event in uow.inbox.latest(limit, unhandled=unhandled))


def events_named(uow: UnitOfWork, event_id: str) -> Sequence[int]:
    """Return the rows of an event.

    Raises:
        NotFound: It was never received, or has been deleted since.
    """
    found = uow.inbox.ids_of(event_id)
    if not found:
        raise NotFound("event_id", f"There is no webhook event {event_id}.")
    return found


def events_to_replay(
    uow: UnitOfWork, after: int, since: datetime | None, limit: int
) -> Sequence[int]:
    """Return rows in the order they came: those since a moment, or without one those that wait."""
    return uow.inbox.ids_after(after, since, limit)


def replay(uow: UnitOfWork, row_id: int) -> Replayed:
    """Apply what an event says once more; nothing changes when all of it is known."""
    event = uow.inbox.get(row_id)
    reference = reference_in(uow, event)
    if not event.facts:
        return Replayed(event.event_id, reference or None, "says_nothing", ())
    if not uow.payments.knows(event.provider, reference):
        return Replayed(event.event_id, reference or None, "unknown_payment", ())
    before = picture(uow, reference)
    apply_event(uow, event, reference)
    said = changes(before, picture(uow, reference))
    return Replayed(event.event_id, reference, "changed" if said else "nothing_new", said)


def _view(event: InboxRow) -> EventView:
    return EventView(
        event_id=event.event_id,
        provider=event.provider,
        type=event.type,
        reference=event.reference,
        facts=tuple(str(fact["kind"]) for fact in event.facts),
        received_at=event.received_at.isoformat(),
        handled_at=event.handled_at.isoformat() if event.handled_at else None,
        outcome=event.outcome,
    )
