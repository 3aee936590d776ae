"""What the sandbox tells a shop: a payment as the API shows it, and webhooks to be delivered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from plantly.db import UnitOfWork
from plantly.db.tables import SandboxEventRow, SandboxPaymentRow
from plantly.domain.sandbox_chaos import Chaos

_FIRST_RETRY: Final = timedelta(seconds=1)
_LAST_RETRY: Final = timedelta(hours=1)
_ONCE_MORE: Final = timedelta(minutes=1)
_NOW: Final = timedelta(0)
_SHOWN_OF_A_REFUND: Final = ("id", "amount_minor", "status")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook to be sent: so many copies of it at the same time."""

    event_id: str
    payment_id: int
    url: str | None
    body: bytes
    sent_at: datetime
    copies: int


def tell(uow: UnitOfWork, chaos: Chaos, row: SandboxPaymentRow, kind: str) -> None:
    """Write a webhook about a payment as it is now, in the transaction that changed it."""
    event_id = uow.ids.token("evt_")
    event = {
        "id": event_id,
        "type": kind,
        "created_at": uow.now.isoformat(),
        "payment": resource(row),
    }
    held = chaos.hits("reorder", event_id)
    late = max(held or _NOW, chaos.hits("delay", event_id) or _NOW)
    dropped = chaos.hits("drop", event_id) is not None
    uow.sandbox.add_event(
        {
            "payment_id": row.id,
            "public_id": event_id,
            "body": json.dumps(event),
            "attempts": 0,
            "next_at": uow.now + late,
            # What chaos drops counts as delivered, without an attempt.
            "delivered_at": uow.now if dropped else None,
            "repeats": 0 if chaos.hits("duplicate", event_id) is None else 1,
            "held": held is not None,
        }
    )


def resource(row: SandboxPaymentRow) -> dict[str, Any]:
    """Return a payment as the API and the webhooks show it."""
    return {
        "id": row.public_id,
        "reference": row.reference,
        "status": row.status,
        "amount_minor": row.amount_minor,
        "currency": row.captured_currency or row.currency,
        "authorized_minor": row.amount_minor if row.status == "authorized" else 0,
        "captured_minor": row.captured_minor,
        "refunds": [{name: refund[name] for name in _SHOWN_OF_A_REFUND} for refund in row.refunds],
        "expires_at": row.expires_at.isoformat(),
    }


def due_deliveries(uow: UnitOfWork, limit: int) -> list[Delivery]:
    """Return the webhooks that are to be sent now, oldest first."""
    return [
        Delivery(
            event_id=event.public_id,
            payment_id=event.payment_id,
            url=url,
            body=event.body.encode(),
            sent_at=uow.now,
            copies=1 + event.repeats,
        )
        for event, url in uow.sandbox.undelivered(uow.now, limit)
    ]


def note_deliveries(uow: UnitOfWork, chaos: Chaos, accepted: Mapping[str, bool]) -> None:
    """Keep what became of deliveries; a refused one is tried again, later each time."""
    for event in uow.sandbox.events(accepted):
        event.attempts += 1
        if not accepted[event.public_id]:
            wait = _FIRST_RETRY * 2 ** min(event.attempts, 12)
            event.next_at = uow.now + min(_LAST_RETRY, wait)
        elif event.repeats:
            event.repeats -= 1
            again = chaos.hits("duplicate", event.public_id) or _ONCE_MORE
            event.next_at = uow.now + again
        else:
            event.delivered_at = uow.now
        if accepted[event.public_id]:
            _let_go_of_what_was_overtaken(uow, event)


def _let_go_of_what_was_overtaken(uow: UnitOfWork, event: SandboxEventRow) -> None:
    for earlier in uow.sandbox.held_before(event):
        earlier.held = False
        earlier.next_at = uow.now
