"""Webhooks of Gr4vy: who signed them, and what they say.

The signature is HMAC-SHA256 over `{timestamp}.{raw body}`, one for each active secret
(docs.gr4vy.com, webhook signatures). Whatever is accepted here is accepted by Gr4vy's own library
too; that one also takes times from the future, and empty secrets.
"""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from plantly.domain.errors import InvalidWebhook
from plantly.payments.gateway import NormalizedEvent, VerifiedEvent
from plantly.payments.gr4vy_facts import (
    capture_facts,
    name_of,
    reference_in,
    refund_facts,
    transaction_facts,
)
from plantly.payments.signatures import signature
from plantly.settings import Gr4vySettings

TOLERANCE = timedelta(seconds=300)
SPELLINGS = (
    ("x-gr4vy-webhook-timestamp", "x-gr4vy-webhook-signatures"),
    # The library's own example has these.
    ("x-gr4vy-timestamp", "x-gr4vy-signature"),
)

_TIMESTAMP = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_EVENT_NAME = re.compile(r"[!-~]{1,100}", re.ASCII)
_MOST_SIGNATURES = 16
_SAYS_NOTHING = NormalizedEvent(None, None, ())


class Gr4vyWebhooks:
    """Knows the secrets that count at the moment, and whose events are ours."""

    def __init__(self, settings: Gr4vySettings) -> None:
        # An empty secret is one that everybody knows.
        if not settings.webhook_secrets or not all(map(str.strip, settings.webhook_secrets)):
            raise ValueError("a webhook needs a secret, and an empty one would let anybody sign")
        self._secrets = settings.webhook_secrets
        self._account = settings.merchant_account_id
        self._ours = {"gr4vy_id": settings.id, "environment": settings.environment}

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if Gr4vy has signed these very bytes just now, for this instance.

        Raises:
            InvalidWebhook: Nothing in it can be trusted, or it is somebody else's.
        """
        self._check_signature(headers, body, now)
        try:
            payload = json.loads(body.decode())
        except (ValueError, RecursionError) as error:
            raise InvalidWebhook("the webhook is not JSON") from error
        if not isinstance(payload, dict) or payload.get("type") != "event":
            raise InvalidWebhook("the webhook is not an event")
        # The id in the headers is not signed: only the one in the body tells a repeat.
        event_id, kind = name_of(payload.get("id")), payload.get("name")
        if event_id is None or not isinstance(kind, str) or not _EVENT_NAME.fullmatch(kind):
            raise InvalidWebhook("the webhook is not an event")
        foreign = any(payload.get(name) != ours for name, ours in self._ours.items())
        if foreign or payload.get("merchant_account_id") not in {self._account, None}:
            raise InvalidWebhook("the webhook is of another instance, environment or account")
        return VerifiedEvent(event_id, kind, payload)

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
        timestamp = headers.get(time_header, "")
        if not _TIMESTAMP.fullmatch(timestamp):
            raise InvalidWebhook("the webhook has no timestamp")
        if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > TOLERANCE:
            raise InvalidWebhook("the webhook is too old, or from the future")
        given = headers.get(signatures_header, "").split(",", _MOST_SIGNATURES)
        wanted = [signature(secret, timestamp, body) for secret in self._secrets]
        # No early end: how long it takes says nothing about which secret or signature was close.
        matches = [
            hmac.compare_digest(one, other)
            for one in given[:_MOST_SIGNATURES]
            if _SIGNATURE.fullmatch(one)
            for other in wanted
        ]
        if not any(matches):
            raise InvalidWebhook("no signature of the webhook fits")


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
