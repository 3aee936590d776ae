"""Amounts as Stripe writes them: not every currency has the minor unit there that ISO 4217 gives.

The differences are those of docs.stripe.com/currencies. What Stripe's own pages leave in doubt is
refused: an amount that is wrong by a hundred is worse than a payment that cannot be made.
"""

from plantly.domain.errors import ProviderRejected
from plantly.domain.money import EXPONENTS

_WHOLE = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905 - a table
)
"""Amounts are whole units at Stripe."""

_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Amounts have three digits at Stripe, of which the last one has to be a zero."""

_HUNDREDTHS_IN_NAME = frozenset({"ISK"})
"""Whole units that Stripe wants with two zeros."""

# The page lists the shilling among the whole units, and asks for two zeros further down.
_IN_DOUBT = frozenset({"UGX"})
# Stripe takes none of these, so nobody knows what a number would mean.
_NOT_TAKEN = frozenset({"CLF", "IQD", "LYD", "UYI", "UYW"})


def can_take(currency: str) -> bool:
    """Say whether it is certain how Stripe writes amounts of a currency."""
    return currency in EXPONENTS and currency not in _IN_DOUBT | _NOT_TAKEN


def to_stripe(amount_minor: int, currency: str) -> int:
    """Return an amount as Stripe writes it.

    Raises:
        ProviderRejected: Stripe cannot take exactly this amount of this currency.
    """
    if not can_take(currency):
        raise ProviderRejected(f"Stripe cannot take amounts in {currency}.")
    numerator, denominator = _ratio(currency)
    amount, rest = divmod(amount_minor * numerator, denominator)
    if rest or amount % _step(currency):
        raise ProviderRejected(f"Stripe cannot take exactly this amount in {currency}.")
    return amount


def from_stripe(amount: int, currency: str) -> int | None:
    """Return an amount of Stripe's in minor units, None if it is none of that currency."""
    if not can_take(currency):
        return None
    numerator, denominator = _ratio(currency)
    amount_minor, rest = divmod(amount * denominator, numerator)
    return None if rest else amount_minor


def _ratio(currency: str) -> tuple[int, int]:
    """Return what to multiply a minor amount with, and to divide it by, for Stripe."""
    ours, theirs = 10 ** EXPONENTS[currency], 10 ** _digits(currency)
    return (theirs // ours, 1) if theirs >= ours else (1, ours // theirs)


def _digits(currency: str) -> int:
    if currency in _WHOLE:
        return 0
    return 3 if currency in _THOUSANDTHS else 2


def _step(currency: str) -> int:
    """Return what every amount has to be a multiple of."""
    if currency in _THOUSANDTHS:
        return 10
    return 100 if currency in _HUNDREDTHS_IN_NAME else 1
