"""What the merchant's own systems can be told, and how often it is tried."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from plantly.domain.errors import InvalidInput
from plantly.domain.order_history import OrderEventKind

EVERYTHING = "*"
PAYLOAD_VERSION = 1
"""Changes when a receiver that was written for the one before would not understand it."""

TEST_EVENT = "webhook.test"
"""What is sent by hand, to see whether it arrives."""

JITTER_BITS = 16
MOST_ENDPOINTS = 20
OVERLAP = timedelta(hours=24)
"""How long the secret before the newest one signs as well."""

SILENT_FOR = timedelta(days=3)
"""An endpoint that took nothing for so long is switched off when a delivery is given up on."""

_WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)
_JITTER_PART = 10


class PaymentEvent(StrEnum):
    """What is told of payments; whatever becomes of an order is told of the order."""

    CAPTURED = "payment.captured"
    REFUNDED = "payment.refunded"
    NEEDS_ATTENTION = "payment.needs_attention"


EVENT_TYPES = tuple(kind.value for kind in (*OrderEventKind, *PaymentEvent))


class Disabled(StrEnum):
    """Why an endpoint gets nothing any more."""

    GONE = "gone"
    """It answered 410: whoever listened there wants no more."""
    SILENT = "silent"
    """Nothing arrived there for days."""


def wants(chosen: Iterable[str], event_type: str) -> bool:
    """Say whether an event is among those that were chosen, by name or as `order.*`."""
    family = f"{event_type.partition('.')[0]}.*"
    return any(pattern in {EVERYTHING, family, event_type} for pattern in chosen)


def read_events(typed: str) -> tuple[str, ...]:
    """Return the events that somebody chose: names separated by commas, `order.*`, or `*`.

    Raises:
        InvalidInput: There is no such event, or none was named.
    """
    families = sorted({f"{name.partition('.')[0]}.*" for name in EVENT_TYPES})
    named = tuple(dict.fromkeys(part.strip() for part in typed.split(",") if part.strip()))
    for name in named:
        if name not in {EVERYTHING, *families, *EVENT_TYPES}:
            known = ", ".join((*families, *EVENT_TYPES))
            raise InvalidInput("events", f"There is no event {name}: choose * or of {known}.")
    if not named:
        raise InvalidInput("events", "Name at least one event, or * for all of them.")
    return (EVERYTHING,) if EVERYTHING in named else named


def wait_after(attempts: int, random_bits: int) -> timedelta | None:
    """Return how long to wait after so many attempts that failed; None when it was the last.

    Up to a tenth is added by chance, so that what failed together does not come back together.
    """
    if attempts > len(_WAITS):
        return None
    wait = _WAITS[attempts - 1]
    return wait + wait / _JITTER_PART * random_bits / (1 << JITTER_BITS)
