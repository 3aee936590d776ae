"""Amounts as people read them."""

from functools import lru_cache

from plantly.domain.money import EXPONENTS, Money, currency

_KEPT = 4096
_SIGNS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN\u00a5",
    "EUR": "\u20ac",
    "GBP": "\u00a3",
    "HKD": "HK$",
    "ILS": "\u20aa",
    "INR": "\u20b9",
    "JPY": "\u00a5",
    "KRW": "\u20a9",
    "MXN": "MX$",
    "NZD": "NZ$",
    "PHP": "\u20b1",
    "TWD": "NT$",
    "USD": "$",
    "VND": "\u20ab",
}
"""The signs that English readers know; other currencies are written by their code."""


@lru_cache(_KEPT)
def format_money(amount_minor: int, code: str) -> str:
    """Write an amount with all its digits: 1499 US cents are `$14.99`, 1499 fils `KWD 1.499`.

    The digits are those of ISO 4217, as everywhere: tables of customs leave some out.
    """
    sign = _SIGNS.get(code, f"{code} ")
    amount = Money(abs(amount_minor), currency(code)).major()
    return f"{'-' if amount_minor < 0 else ''}{sign}{amount:,.{EXPONENTS[code]}f}"
