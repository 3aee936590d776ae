"""Read what providers write: nothing in it is taken to have the shape that it should have."""

import json
import re
from collections.abc import Mapping
from typing import Any

from plantly.domain.errors import InvalidWebhook
from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import VerifiedEvent

NOT_FOUND = 404

_NAME = re.compile(r"[!-~]{1,64}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_EVENT_TYPE = re.compile(r"[!-~]{1,100}", re.ASCII)
_MOST_MINOR = 2**53
_REFUSALS = range(400, 500)
# Like a provider that is busy, one that does not know our key says nothing about the payment.
# One that is at work on the same idempotency key, or has used it, did something unknown.
_SAYS_NOTHING = frozenset({401, 403, 408, 409, 425, 429})


def is_refusal(status: int) -> bool:
    """Say whether an HTTP status means that nothing was done, however often it is asked for."""
    return status in _REFUSALS and status not in _SAYS_NOTHING


def name_of(value: object) -> str | None:
    """Return an id or a name as it may be stored, None for anything else."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def amount_of(value: object) -> int | None:
    """Return a positive amount in minor units, None for anything else."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and isinstance(value, int) and 0 < value < _MOST_MINOR else None


def currency_of(resource: Mapping[str, Any]) -> str | None:
    """Return the currency of a resource, None unless it can be one."""
    value = resource.get("currency")
    return value if isinstance(value, str) and _CURRENCY.fullmatch(value) else None


def money_fact(
    kind: FactKind, charge: str | None, amount: int | None, currency: str
) -> tuple[Fact, ...]:
    """Return that a charge has captured or authorized so much in all; nothing without an amount."""
    if not amount or charge is None:
        return ()
    return (Fact(f"{kind.value}:{charge}:{amount}:{currency}", kind, amount, currency),)


def refund_fact(
    kind: FactKind | None, ref: str | None, amount: int | None, currency: str | None
) -> tuple[Fact, ...]:
    """Return what is said of one refund; nothing unless all of it could be read."""
    if kind is None or ref is None or not amount or currency is None:
        return ()
    return (Fact(f"{kind.value}:{ref}:{amount}", kind, amount, currency, ref),)


def webhook_body(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a webhook is.

    Raises:
        InvalidWebhook: It is none.
    """
    try:
        payload = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidWebhook("the webhook is not JSON") from error
    if not isinstance(payload, dict):
        raise InvalidWebhook("the webhook is not an event")
    return payload


def webhook_event(payload: Mapping[str, Any], kind: object) -> VerifiedEvent:
    """Return the event of a webhook by the id that stands in it.

    Raises:
        InvalidWebhook: Its id or its type cannot be stored.
    """
    event_id = name_of(payload.get("id"))
    if event_id is None or not isinstance(kind, str) or not _EVENT_TYPE.fullmatch(kind):
        raise InvalidWebhook("the webhook is not an event")
    return VerifiedEvent(event_id, kind, payload)
