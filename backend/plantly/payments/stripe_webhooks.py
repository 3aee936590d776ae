"""Webhooks of Stripe: who signed them, and what they say.

One header carries the time and all signatures. Whatever is accepted here is accepted by Stripe's
own library too; that one also takes times from the future.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from plantly.domain.errors import InvalidWebhook
from plantly.domain.payment import Fact
from plantly.payments.gateway import NormalizedEvent, VerifiedEvent
from plantly.payments.reading import webhook_body, webhook_event
from plantly.payments.signatures import SignatureChecker
from plantly.payments.stripe_facts import (
    Resource,
    dispute_facts,
    failed_later,
    id_of,
    intent_facts,
    reference_in,
    refund_facts,
    session_facts,
)

HEADER = "stripe-signature"

_MOST_PARTS = 32
_PART = re.compile(r"[a-z0-9]{1,16}=[^,= ]{0,200}", re.ASCII)
_SAYS_NOTHING = NormalizedEvent(None, None, ())


class StripeWebhooks:
    """Knows the secrets that count at the moment, and whether real money is at stake.

    `live` is None when the API key does not tell.
    """

    def __init__(self, secrets: Sequence[str], *, live: bool | None) -> None:
        self._signatures = SignatureChecker(secrets)
        self._live = live

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if Stripe has signed these very bytes just now, for this mode.

        Raises:
            InvalidWebhook: Nothing in it can be trusted.
        """
        timestamp, given = _parts(headers.get(HEADER, ""))
        self._signatures.check_parts(timestamp, given, body, now)
        payload = webhook_body(body)
        if payload.get("object") != "event":
            raise InvalidWebhook("the webhook is not an event")
        if self._live is not None and payload.get("livemode") is (not self._live):
            raise InvalidWebhook("the webhook is of the other mode: test and live never mix")
        return webhook_event(payload, payload.get("type"))

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
    if len(times) != 1:
        raise InvalidWebhook("the webhook has no timestamp")
    return times[0], [value for name, value in pairs if name == "v1"]
