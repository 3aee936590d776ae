"""Sign webhooks and check signatures: HMAC-SHA256 over `{timestamp}.{raw body}`.

The scheme is the one of Gr4vy's webhooks (docs.gr4vy.com, webhook signatures), and in other headers
of Stripe's: one signature for each active secret, so that a secret can be changed without losing an
event.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from plantly.domain.errors import InvalidWebhook

TIMESTAMP_HEADER = "x-plantly-webhook-timestamp"
SIGNATURES_HEADER = "x-plantly-webhook-signatures"
TOLERANCE = timedelta(seconds=300)
MOST_SIGNATURES = 16
"""What a header holds beyond these is not looked at."""

_TIMESTAMP = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a body sent at a time, in lower-case hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def signed_headers(secrets: Sequence[str], body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that prove a body, one signature for each secret."""
    timestamp = str(int(now.timestamp()))
    return {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURES_HEADER: ",".join(signature(secret, timestamp, body) for secret in secrets),
    }


class SignatureChecker:
    """Knows the secrets that count at the moment: one, or the old and the new one."""

    def __init__(self, secrets: Sequence[str]) -> None:
        # An empty secret is one that everybody knows.
        if not secrets or not all(secret.strip() for secret in secrets):
            raise ValueError("a webhook needs a secret, and an empty one would let anybody sign")
        self._secrets = tuple(secrets)

    def check(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Accept a body that was signed with one of the secrets, not long ago and not ahead.

        Raises:
            InvalidWebhook: A header is missing or malformed, the time is off, no signature fits.
        """
        signatures = headers.get(SIGNATURES_HEADER, "").split(",", MOST_SIGNATURES)
        given = [part.strip() for part in signatures[:MOST_SIGNATURES]]
        self.check_parts(headers.get(TIMESTAMP_HEADER, ""), given, body, now)

    def check_parts(self, timestamp: str, given: Sequence[str], body: bytes, now: datetime) -> None:
        """Accept a body that was signed at this time, if one of the given signatures fits.

        Raises:
            InvalidWebhook: See `check`.
        """
        if not _TIMESTAMP.fullmatch(timestamp):
            raise InvalidWebhook("the webhook has no timestamp")
        if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > TOLERANCE:
            raise InvalidWebhook("the webhook is too old, or from the future")
        wanted = [signature(secret, timestamp, body) for secret in self._secrets]
        # No early end: how long it takes says nothing about which secret or signature was close.
        matches = [
            hmac.compare_digest(one, other)
            for one in given
            if _SIGNATURE.fullmatch(one)
            for other in wanted
        ]
        if not any(matches):
            raise InvalidWebhook("no signature of the webhook fits")
