"""Say to a reader why something was refused."""

from typing import Final

from plantly.domain.errors import (
    IdempotencyConflict,
    OutOfStock,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    ShopError,
)
from plantly.web.tongue import Tongue

_KNOWN: Final = (IdempotencyConflict, ProviderRejected, ProviderUnavailable)
"""Their code says it all."""


def refusal(tongue: Tongue, error: ShopError) -> str:
    """Return why something was refused, in the reader's language as far as we know the words."""
    if isinstance(error, _KNOWN):
        return tongue.t(f"trouble.{error.code}")
    if tongue.is_first:
        return error.message
    if isinstance(error, RateLimited):
        return _too_often(tongue, error)
    if isinstance(error, OutOfStock):
        return _lacking(tongue, error)
    said = tongue.say(error.message)
    return said if said is not error.message else tongue.words.t_one("message.", error.code) or said


def _too_often(tongue: Tongue, error: RateLimited) -> str:
    key = f"trouble.limit.{error.limit}"
    if key not in tongue.words.texts:
        key = "trouble.limit.other"
    return tongue.t(key, wait=tongue.wait(error.retry_after))


def _lacking(tongue: Tongue, error: OutOfStock) -> str:
    if error.available <= 0:
        return tongue.t("trouble.none_left", name=error.name, requested=error.requested)
    return tongue.t(
        "trouble.some_left",
        name=error.name,
        requested=error.requested,
        available=error.available,
    )
