"""Money as integers in a currency's smallest unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NewType

Currency = NewType("Currency", str)
"""An upper-case ISO 4217 code."""

Amounts = tuple[tuple[Currency, int], ...]
"""Minor units in several currencies, each set by the merchant: `(("EUR", 549),)`."""

_EXPONENT_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENT_2 = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN "
    "QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
    "TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_EXPONENT_3 = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENT_4 = "CLF UYW"

MAX_MINOR = 10**15
"""No price is higher, in any currency: amounts stay exact in every program that reads JSON."""

EXPONENTS: dict[str, int] = {
    code: exponent
    for exponent, codes in ((0, _EXPONENT_0), (2, _EXPONENT_2), (3, _EXPONENT_3), (4, _EXPONENT_4))
    for code in codes.split()
}
"""Digits after the decimal point, by ISO 4217 code (list one, 2026)."""


def currency(code: str) -> Currency:
    """Return `code` as a currency.

    Raises:
        ValueError: ISO 4217 does not list the code.
    """
    if code not in EXPONENTS:
        msg = f"{code!r} is not an ISO 4217 currency code such as USD"
        raise ValueError(msg)
    return Currency(code)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit (cents, yen, fils)."""

    amount_minor: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        self._same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract an amount of the same currency."""
        self._same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def times(self, quantity: int) -> "Money":
        """Multiply by a whole number of units."""
        return Money(self.amount_minor * quantity, self.currency)

    def major(self) -> Decimal:
        """Return the exact amount in major units: 1499 US cents are `Decimal('14.99')`."""
        return Decimal(self.amount_minor).scaleb(-EXPONENTS[self.currency])

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            msg = f"cannot combine {self.currency} with {other.currency}"
            raise ValueError(msg)


def minor_from_major(amount: Decimal, code: Currency) -> int | None:
    """Return a major amount in minor units, or None when the currency has no such amount."""
    if not amount.is_finite() or abs(amount.adjusted()) > 30:  # noqa: PLR2004 - beyond any price
        return None
    scaled = amount.scaleb(EXPONENTS[code])
    return int(scaled) if scaled == scaled.to_integral_value() else None


def share(amount_minor: int, percent: Decimal) -> int:
    """Return `percent` of an amount, rounded half up to a whole minor unit."""
    over, under = percent.as_integer_ratio()
    return _half_up(amount_minor * over, 100 * under)


def included_share(amount_minor: int, percent: Decimal) -> int:
    """Return the part of a gross amount that is a tax of `percent`, rounded half up."""
    over, under = percent.as_integer_ratio()
    return _half_up(amount_minor * over, 100 * under + over)


def amount_in(own: int, others: Amounts, foreign: Currency | None) -> int | None:
    """Return an amount in the shop's own currency (`foreign` is None), or in another one.

    Nothing is converted: what the merchant does not say in a currency is None in it, except that
    nothing is nothing everywhere.
    """
    if foreign is None:
        return own
    return dict(others).get(foreign, None if own else 0)


def _half_up(over: int, under: int) -> int:
    # In whole numbers: a Decimal context would round once more beyond 28 digits.
    half_up = (2 * abs(over) + under) // (2 * under)
    return -half_up if over < 0 else half_up


def allocate(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weight so that the parts add up to it exactly (largest remainder).

    Equal remainders go to the earlier part. Without any weight everything goes to the first part.

    Raises:
        ValueError: There is nothing to split over, or a weight is negative.
    """
    if not weights or min(weights) < 0:
        msg = "allocate needs at least one weight, and none below zero"
        raise ValueError(msg)
    whole = sum(weights)
    if whole == 0:
        return [amount_minor, *([0] * (len(weights) - 1))]
    sign = -1 if amount_minor < 0 else 1
    parts = [divmod(abs(amount_minor) * weight, whole) for weight in weights]
    left = abs(amount_minor) - sum(quotient for quotient, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))
    result = [quotient for quotient, _ in parts]
    for i in by_remainder[:left]:
        result[i] += 1
    return [sign * part for part in result]
