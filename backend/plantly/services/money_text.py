"""Amounts as people read them."""

from functools import lru_cache

from babel.numbers import format_currency

from plantly.domain.money import Money, currency

_KEPT = 4096


@lru_cache(_KEPT)
def format_money(amount_minor: int, code: str) -> str:
    """Write an amount with its currency's sign and digits: 1499 US cents are `$14.99`."""
    return format_currency(Money(amount_minor, currency(code)).major(), code, locale="en_US")
