"""Webhooks of Gr4vy: who signed them, and what they say.

Whatever is accepted here is accepted by Gr4vy's own library too; that one also takes times from the
future, and empty secrets.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plantly.domain.errors import InvalidWebhook
from plantly.payments.gateway import NormalizedEvent, VerifiedEvent
from plantly.payments.gr4vy_facts import (
    capture_facts,
    reference_in,
    refund_facts,
    transaction_facts,
)
from plantly.payments.reading import name_of, webhook_body, webhook_event
from plantly.payments.signatures import MOST_SIGNATURES, SignatureChecker
from plantly.settings import Gr4vySettings

SPELLINGS = (
    ("x-gr4vy-webhook-timestamp", "x-gr4vy-webhook-signatures"),
    # The library's own example has these.
    ("x-gr4vy-timestamp", "x-gr4vy-signature"),
)

_SAYS_NOTHING = NormalizedEvent(None, None, ())


class Gr4vyWebhooks:
    """Knows the secrets that count at the moment, and whose events are ours."""

    def __init__(self, settings: Gr4vySettings) -> None:
        self._signatures = SignatureChecker(settings.webhook_secrets)
        self._account = settings.merchant_account_id
        self._ours = {"gr4vy_id": settings.id, "environment": settings.environment}

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if Gr4vy has signed these very bytes just now, for this instance.

        Raises:
            InvalidWebhook: Nothing in it can be trusted, or it is somebody else's.
        """
        self._check_signature(headers, body, now)
        payload = webhook_body(body)
        if payload.get("type") != "event":
            raise InvalidWebhook("the webhook is not an event")
        # The id in the headers is not signed: only the one in the body tells a repeat.
        event = webhook_event(payload, payload.get("name"))
        foreign = any(payload.get(name) != ours for name, ours in self._ours.items())
        if foreign or payload.get("merchant_account_id") not in {self._account, None}:
            raise InvalidWebhook("the webhook is of another instance, environment or account")
        return event

    def normalize(self, event: VerifiedEvent) -> NormalizedEvent:
        """Return what an event says; unknown types and states say nothing and never raise."""
        target = event.payload.get("target")
        if not isinstance(target, dict) or event.payload.get("merchant_account_id") is None:
            return _SAYS_NOTHING
        read = _READERS.get(str(target.get("type")))
        return _SAYS_NOTHING if read is None else read(target)

    def _check_signature(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        spelled = (pair for pair in SPELLINGS if any(name in headers for name in pair))
        time_header, signatures_header = next(spelled, SPELLINGS[0])
        given = headers.get(signatures_header, "").split(",", MOST_SIGNATURES)[:MOST_SIGNATURES]
        self._signatures.check_parts(headers.get(time_header, ""), given, body, now)


def _of_transaction(target: Mapping[str, Any]) -> NormalizedEvent:
    facts = transaction_facts(target)
    # Refunds and captures name their transaction only. One without money has neither.
    has_money = any(fact.amount_minor for fact in facts)
    return NormalizedEvent(
        reference_in(target),
        name_of(target.get("checkout_session_id")),
        facts,
        name_of(target.get("id")) if has_money else None,
    )


def _of_refund(target: Mapping[str, Any]) -> NormalizedEvent:
    transaction = name_of(target.get("transaction_id"))
    return NormalizedEvent(None, None, refund_facts([target]), transaction)


def _of_capture(target: Mapping[str, Any]) -> NormalizedEvent:
    transaction = name_of(target.get("transaction_id"))
    return NormalizedEvent(None, None, capture_facts(target), transaction)


_READERS = {
    "transaction": _of_transaction,
    "refund": _of_refund,
    "capture": _of_capture,
}
