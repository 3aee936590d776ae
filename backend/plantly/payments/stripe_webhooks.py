"""Webhooks of Stripe: who signed them, and what they say.

The signature is HMAC-SHA256 over `{time}.{raw body}`; the header carries the time and one signature
for each secret that is active, so that a secret can be changed without losing an event. Whatever is
accepted here is accepted by Stripe's own library too; that one also takes times from the future.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from plantly.domain.errors import InvalidWebhook
from plantly.domain.payment import Fact
from plantly.payments.gateway import NormalizedEvent, VerifiedEvent
from plantly.payments.stripe_facts import (
    Resource,
    dispute_facts,
    failed_later,
    id_of,
    intent_facts,
    name_of,
    reference_in,
    refund_facts,
    session_facts,
)

HEADER = "stripe-signature"
TOLERANCE = timedelta(seconds=300)

_MOST_PARTS = 32
_PART = re.compile(r"[a-z0-9]{1,16}=[^,= ]{0,200}", re.ASCII)
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_EVENT_NAME = re.compile(r"[!-~]{1,100}", re.ASCII)
_SAYS_NOTHING = NormalizedEvent(None, None, ())


class StripeWebhooks:
    """Knows the secrets that count at the moment, and whether real money is at stake.

    `live` is None when the API key does not tell.
    """

    def __init__(self, secrets: Sequence[str], *, live: bool | None) -> None:
        # An empty secret is one that everybody knows.
        if not secrets or not all(secret.strip() for secret in secrets):
            raise ValueError("a webhook needs a secret, and an empty one would let anybody sign")
        self._secrets = tuple(secrets)
        self._live = live

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if Stripe has signed these very bytes just now, for this mode.

        Raises:
            InvalidWebhook: Nothing in it can be trusted.
        """
        timestamp, given = _parts(headers.get(HEADER, ""))
        if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > TOLERANCE:
            raise InvalidWebhook("the webhook is too old, or from the future")
        wanted = [_signature(secret, timestamp, body) for secret in self._secrets]
        # No early end: how long it takes says nothing about which secret or signature was close.
        matches = [hmac.compare_digest(one, other) for one in given for other in wanted]
        if not any(matches):
            raise InvalidWebhook("no signature of the webhook fits")
        event = _event(body)
        if self._live is not None and event.payload.get("livemode") is (not self._live):
            raise InvalidWebhook("the webhook is of the other mode: test and live never mix")
        return event

    def normalize(self, event: VerifiedEvent) -> NormalizedEvent:
        """Return what an event says; unknown types and states say nothing and never raise."""
        data = event.payload.get("data")
        resource = data.get("object") if isinstance(data, Mapping) else None
        read = _READERS.get(event.type)
        if read is None or not isinstance(resource, Mapping):
            return _SAYS_NOTHING
        return read(resource)


def _of_session(facts: Callable[[Resource], tuple[Fact, ...]]) -> Callable[[Resource], Any]:
    def read(session: Resource) -> NormalizedEvent:
        intent = id_of(session.get("payment_intent"))
        return NormalizedEvent(reference_in(session), id_of(session), facts(session), intent)

    return read


def _of_intent(intent: Resource) -> NormalizedEvent:
    return NormalizedEvent(reference_in(intent), None, intent_facts(intent), id_of(intent))


def _of_charge(charge: Resource) -> NormalizedEvent:
    """Read a charge, whose refunds come along in older versions of the API only."""
    intent = id_of(charge.get("payment_intent"))
    facts = refund_facts(charge.get("refunds"))
    return NormalizedEvent(reference_in(charge), None, facts, intent)


def _of_refund(refund: Resource) -> NormalizedEvent:
    intent = id_of(refund.get("payment_intent"))
    return NormalizedEvent(reference_in(refund), None, refund_facts([refund]), intent)


def _of_dispute(dispute: Resource) -> NormalizedEvent:
    intent = id_of(dispute.get("payment_intent"))
    return NormalizedEvent(reference_in(dispute), None, dispute_facts([dispute]), intent)


_READERS: Mapping[str, Callable[[Resource], NormalizedEvent]] = {
    "checkout.session.completed": _of_session(session_facts),
    "checkout.session.async_payment_succeeded": _of_session(session_facts),
    "checkout.session.async_payment_failed": _of_session(failed_later),
    "checkout.session.expired": _of_session(session_facts),
    "payment_intent.succeeded": _of_intent,
    "payment_intent.processing": _of_intent,
    "payment_intent.amount_capturable_updated": _of_intent,
    # A card that was declined: it says nothing, because the page lets the buyer try another one.
    "payment_intent.payment_failed": _of_intent,
    "payment_intent.canceled": _of_intent,
    "charge.refunded": _of_charge,
    "refund.created": _of_refund,
    "refund.updated": _of_refund,
    "refund.failed": _of_refund,
    "charge.refund.updated": _of_refund,
    "charge.dispute.created": _of_dispute,
    "charge.dispute.updated": _of_dispute,
    "charge.dispute.closed": _of_dispute,
    "charge.dispute.funds_withdrawn": _of_dispute,
    "charge.dispute.funds_reinstated": _of_dispute,
}

EVENT_TYPES = tuple(_READERS)
"""What a webhook endpoint should be told of."""


def _parts(header: str) -> tuple[str, list[str]]:
    """Return the time and the signatures of a header."""
    parts = header.split(",", _MOST_PARTS)
    if len(parts) > _MOST_PARTS or not all(_PART.fullmatch(part) for part in parts):
        raise InvalidWebhook("the webhook has no readable signature")
    pairs = [tuple(part.split("=", 1)) for part in parts]
    times = [value for name, value in pairs if name == "t"]
    if len(times) != 1 or not _TIMESTAMP.fullmatch(times[0]):
        raise InvalidWebhook("the webhook has no timestamp")
    given = [value for name, value in pairs if name == "v1" and _SIGNATURE.fullmatch(value)]
    return times[0], given


def _signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _event(body: bytes) -> VerifiedEvent:
    try:
        payload = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidWebhook("the webhook is not JSON") from error
    if not isinstance(payload, dict) or payload.get("object") != "event":
        raise InvalidWebhook("the webhook is not an event")
    event_id, kind = name_of(payload.get("id")), payload.get("type")
    if event_id is None or not isinstance(kind, str) or not _EVENT_NAME.fullmatch(kind):
        raise InvalidWebhook("the webhook is not an event")
    return VerifiedEvent(event_id, kind, payload)
