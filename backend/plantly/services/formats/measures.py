"""Weights, units, product numbers, times and yes or no, as merchants' files write them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from plantly.services.formats.findings import Problem, Refused
from plantly.services.formats.prices import cited

MAX_UNITS = 10**9
MAX_GRAMS = 10**9

_GRAMS = {
    **dict.fromkeys(("", "g", "gr", "gram", "grams"), Decimal(1)),
    **dict.fromkeys(("kg", "kgs", "kilogram", "kilograms"), Decimal(1000)),
    "mg": Decimal("0.001"),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), Decimal("453.59237")),
    **dict.fromkeys(("oz", "ounce", "ounces"), Decimal("28.349523125")),
}
_WEIGHT = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*([a-zA-Z]*)")
_WHOLE = re.compile(r"([+-]?[0-9]{1,12})(?:[.,]0{1,6})?")
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_NUMBER = re.compile(r"([+-]?[0-9]{1,12})(?:[.,]([0-9]{1,12}))?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHORT_OFFSET = re.compile(r"([+-][0-9]{2})([0-9]{2})$")
_YES = frozenset({"true", "yes", "y", "1", "on", "wahr"})
_NO = frozenset({"false", "no", "n", "0", "off", "falsch"})
_THOUSANDTHS = 3


@lru_cache(maxsize=1024)
def grams(text: str, field: str, unit: str = "") -> int:
    """Return a weight in whole grams; `unit` is that of a bare number.

    Raises:
        Refused: It is no weight in a unit that is known.
    """
    found = _WEIGHT.fullmatch(text.strip())
    factor = _GRAMS.get((found[2] or unit).lower()) if found else None
    if found is None or factor is None:
        raise Refused(field, f"{cited(text)} is not a weight: write it like 1.2 kg or 850 g.")
    exact = Decimal(found[1].replace(",", ".")) * factor
    return min(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), MAX_GRAMS)


def units(text: str, field: str) -> int:
    """Return a whole number of units, below zero for what is owed.

    Raises:
        Refused: It is no whole number, or too high.
    """
    found = _WHOLE.fullmatch(text.strip())
    number = int(found[1]) if found else MAX_UNITS + 1
    if abs(number) > MAX_UNITS:
        raise Refused(field, f"{cited(text)} is not a number of units: write it like 12.")
    return number


def gtin(text: str) -> str | None:
    """Return a GTIN of 8, 12, 13 or 14 digits, or None when the text is none."""
    digits = text.strip().lstrip("'").replace(" ", "").replace("-", "")
    return digits if _GTIN.fullmatch(digits) else None


def gtin_or_note(text: str, line: int, field: str, notes: list[Problem]) -> str | None:
    """Return a GTIN; what is none, such as a number of the merchant's own, is noted."""
    found = gtin(text)
    if found is None and text.strip(" '"):
        told = f"{cited(text)} was left out: a GTIN has 8, 12, 13 or 14 digits."
        notes.append(Problem(line, field, told, drops_row=False))
    return found


def number_text(text: str) -> str | None:
    """Return an exact number with at most three decimals in its shortest form, or None."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    fraction = (found[2] or "").rstrip("0")
    if len(fraction) > _THOUSANDTHS:
        return None
    sign = "-" if found[1].startswith("-") else ""
    whole = found[1].lstrip("+-").lstrip("0") or "0"
    plain = f"{whole}.{fraction}" if fraction else whole
    return f"{sign}{plain}" if plain != "0" else "0"


def truth(text: str) -> bool | None:
    """Return what a yes or no says, or None when it says neither."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def instant(text: str, field: str, *, ends: bool = False) -> datetime:
    """Return a time in UTC; one without an offset is taken as UTC.

    A bare day means its first moment or, with `ends`, the first moment after it.

    Raises:
        Refused: It is no time of ISO 8601.
    """
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=1 if ends else 0)
            return datetime.combine(day, time(), UTC)
        found = datetime.fromisoformat(_SHORT_OFFSET.sub(r"\1:\2", text))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        told = f"{cited(text)} is not a time: write it like 2026-11-27T08:00:00Z."
        raise Refused(field, told) from error


def interval(text: str, field: str) -> tuple[datetime, datetime]:
    """Return the beginning and the end of `from/to` in UTC.

    Raises:
        Refused: It is no interval of ISO 8601, or ends before it begins.
    """
    first, slash, last = text.partition("/")
    if not slash:
        told = "write it like 2026-11-27T08:00:00Z/2026-11-30T23:59:00Z"
        raise Refused(field, f"{cited(text)} is not a span of time: {told}.")
    starts_at, ends_at = instant(first, field), instant(last, field, ends=True)
    if starts_at >= ends_at:
        raise Refused(field, f"{cited(text)} ends before it begins: write the earlier time first.")
    return starts_at, ends_at
