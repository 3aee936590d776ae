"""Prices as merchants' files write them: read exactly, or refused with what to write instead."""

import re
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache

from plantly.domain.money import EXPONENTS, MAX_MINOR, Currency, minor_from_major
from plantly.services.formats.findings import Refused

_PLAIN = re.compile(r"([0-9]{1,16})(?:\.([0-9]{1,16}))?")
# Thousands by comma, space or apostrophe, and a decimal point.
_POINT = re.compile(r"([0-9]{1,3}(?:([, '\u2019])[0-9]{3})(?:\2[0-9]{3})*)(?:\.([0-9]{1,16}))?")
# Thousands by point, space or apostrophe, and a decimal comma. One point is a decimal point.
_COMMA = re.compile(
    r"([0-9]{1,16}|[0-9]{1,3}(?:[. '\u2019][0-9]{3})+)(?:,([0-9]{1,16}))|"
    r"([0-9]{1,3}(?:\.[0-9]{3}){2,})"
)
_MONEY = re.compile(r"([^0-9\s.,+-]*)\s*([+-]?)\s*([^0-9\s.,+-]*)\s*([0-9][0-9., '\u2019]*)(\D*)")
_NOT_DIGITS = re.compile(r"[^0-9]")
_MILLS = 3

_DOLLAR_CODES = (
    "ARS AUD BBD BMD BND BSD BZD CAD CLP COP CVE DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD "
    "SRD TTD TWD USD UYU XCD"
)
_SYMBOLS: dict[str, frozenset[str]] = {
    "$": frozenset(_DOLLAR_CODES.split()),
    "US$": frozenset({"USD"}),
    "R$": frozenset({"BRL"}),
    "\u20ac": frozenset({"EUR"}),
    "\u00a3": frozenset({"EGP", "FKP", "GBP", "GIP", "LBP", "SHP", "SYP"}),
    "\u00a5": frozenset({"CNY", "JPY"}),
    "\uffe5": frozenset({"CNY", "JPY"}),
    "\u5186": frozenset({"JPY"}),
    "\u20a9": frozenset({"KPW", "KRW"}),
    "\u20b9": frozenset({"INR"}),
    "\u20ab": frozenset({"VND"}),
    "\u20ba": frozenset({"TRY"}),
    "\u20aa": frozenset({"ILS"}),
    "\u20b1": frozenset({"PHP"}),
    "\u20b4": frozenset({"UAH"}),
    "\u0e3f": frozenset({"THB"}),
    "z\u0142": frozenset({"PLN"}),
    "K\u010d": frozenset({"CZK"}),
    "Ft": frozenset({"HUF"}),
    "kr": frozenset({"DKK", "ISK", "NOK", "SEK"}),
}


@lru_cache(maxsize=4096)
def minor(text: str, code: Currency, field: str) -> int:
    """Return an amount in the shop's currency in its minor units.

    Raises:
        Refused: It is not an exact amount in that currency.
    """
    text = text.strip()
    plain = _PLAIN.fullmatch(text)
    whole, fraction = plain.groups(default="") if plain else _taken_apart(text, code, field)
    exponent = EXPONENTS[code]
    if len(fraction) > exponent:
        return _with_more_decimals(text, Decimal(f"{whole}.{fraction}"), code, field)
    amount = int(whole + fraction.ljust(exponent, "0"))
    if amount > MAX_MINOR:
        raise Refused(field, f"{cited(text)} is more than any price can be: write a lower one.")
    return amount


def minor_with_code(text: str, code: Currency, field: str) -> int:
    """Return an amount that has to name its currency, such as `14.99 USD`.

    Raises:
        Refused: It is not an exact amount in the shop's currency, or names none.
    """
    if _PLAIN.fullmatch(text.strip()):
        raise Refused(field, f"{cited(text)} names no currency: write {text.strip()} {code}.")
    return minor(text, code, field)


def cited(text: str) -> str:
    """Return what a file says as a sentence can cite it."""
    text = " ".join(text.split())
    return f'"{text}"' if len(text) <= 40 else f'"{text[:40]}..."'  # noqa: PLR2004 - a glance


def _with_more_decimals(text: str, amount: Decimal, code: Currency, field: str) -> int:
    found = minor_from_major(amount, code)
    if found is None:
        step = Decimal(1).scaleb(-EXPONENTS[code])
        low = amount.quantize(step, ROUND_FLOOR)
        remedy = f"write {low:f} or {low + step:f}"
        raise Refused(field, f"{cited(text)} has more decimals than {code} has: {remedy}.")
    return found


def _taken_apart(text: str, code: Currency, field: str) -> tuple[str, str]:
    """Return the digits before and after the decimal mark of a price that is no plain number."""
    found = _MONEY.fullmatch(" ".join(text.split()))
    if found is None:
        raise _no_price(text, code, field)
    before, sign, between, number, after = found.groups()
    for name in (before, between, after.strip()):
        if name:
            _check_currency(name, text, code, field)
    if sign == "-":
        raise Refused(field, f"{cited(text)} is below zero: write 0 or more.")
    return _digits(number.strip(), text, code, field)


def _digits(number: str, text: str, code: Currency, field: str) -> tuple[str, str]:
    plain = _PLAIN.fullmatch(number)
    if plain:
        whole, fraction = plain.groups(default="")
        return whole, fraction
    point, comma = _POINT.fullmatch(number), _COMMA.fullmatch(number)
    if point and comma and EXPONENTS[code] >= _MILLS:
        either = f"write {number.replace(',', '.')} or {number.replace(',', '')}"
        raise Refused(field, f"{cited(text)} can be read in two ways: {either}.")
    if point:
        return _NOT_DIGITS.sub("", point[1]), point[3] or ""
    if comma:
        return _NOT_DIGITS.sub("", comma[1] or comma[3]), comma[2] or ""
    raise _no_price(text, code, field)


def _check_currency(name: str, text: str, code: Currency, field: str) -> None:
    if name.upper() == code or code in _SYMBOLS.get(name, ()):
        return
    if name.upper() in EXPONENTS or name in _SYMBOLS:
        told = f"is not in {code}, the currency of the shop: write the price in {code}"
        raise Refused(field, f"{cited(text)} {told}.")
    raise _no_price(text, code, field)


def _no_price(text: str, code: Currency, field: str) -> Refused:
    example = ("1499", "14.9", "14.99", "14.990", "14.9900")[EXPONENTS[code]]
    return Refused(field, f"{cited(text)} is not a price: write it like {example}.")
