"""Where random ids and the current time come from: handed in, so that tests can decide both."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

Clock = Callable[[], datetime]
"""Returns the current moment as an aware UTC time."""


def utc_now() -> datetime:
    """Return the current moment in UTC."""
    return datetime.now(UTC)


class Ids(Protocol):
    """A source of ids that nobody can guess."""

    def token(self, prefix: str) -> str:
        """Return the prefix followed by at least 128 random bits, safe in a URL."""

    def bits(self, count: int) -> int:
        """Return a number of that many random bits."""


class RandomIds:
    """Ids from the operating system's random source."""

    def token(self, prefix: str) -> str:
        """Return the prefix followed by 192 random bits."""
        return prefix + secrets.token_urlsafe(24)

    def bits(self, count: int) -> int:
        """Return a number of that many random bits."""
        return secrets.randbits(count)
