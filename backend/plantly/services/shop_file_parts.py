"""The kinds of values that a `shop.toml` is made of, and what is said when one is none of them."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field

from plantly.domain.money import MAX_MINOR, Currency, currency

_PERCENT = re.compile(r"(\d{1,2}(\.\d{1,6})?|100(\.0{1,6})?)", re.ASCII)
_MOST = 2 * 10**9
_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is not known here (check how it is spelled, and where it stands)",
    "string_type": "must be text, in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list, in [brackets]",
    "tuple_type": "must be a list, in [brackets]",
    "dict_type": "must name currencies, such as {{ EUR = 549 }}",
    "datetime_type": "must be a moment, such as 2026-03-01T00:00:00Z",
    "datetime_from_date_parsing": "must be a moment, such as 2026-03-01T00:00:00Z",
    "timezone_aware": "needs a time zone, such as 2026-03-01T00:00:00Z",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_short": "must not be empty",
    "string_too_long": "must have {max_length} characters at most",
    "too_short": "must not be empty",
    "literal_error": "must be {expected}",
    "value_error": "{error}",
}
_FORMS = {
    "^[A-Z]{2}$": "must be the two capital letters of a country, such as US",
    "^#[0-9A-Fa-f]{6}$": "must be a color such as #1F6F43",
    "^[A-Z]{2,6}$": "must be 2 to 6 capital letters",
    "^[a-z_]{2,40}$": "must be 2 to 40 small letters or underscores",
    "^[a-z0-9-]{1,60}$": "must be 1 to 60 small letters, digits or dashes",
    "^[A-Za-z0-9_-]{2,40}$": "must be 2 to 40 letters, digits, dashes or underscores",
    "^[a-z][a-z0-9_]{0,40}$": "must be a small letter, then 40 more, digits or underscores at most",
}


def _percent(value: str) -> str:
    if _PERCENT.fullmatch(value) is None:
        msg = 'must be a percentage from 0 to 100 as text, such as "7.25"'
        raise ValueError(msg)
    return value


Percent = Annotated[str, AfterValidator(_percent)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Color = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Title = Annotated[str, Field(min_length=1, max_length=120)]
Label = Annotated[str, Field(min_length=1, max_length=60)]
Entry = Annotated[str, Field(min_length=1, max_length=100)]
Minor = Annotated[int, Field(ge=0, le=MAX_MINOR, strict=True)]
Count = Annotated[int, Field(ge=1, le=_MOST, strict=True)]
Grams = Annotated[int, Field(ge=0, le=_MOST, strict=True)]
Moment = Annotated[AwareDatetime, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Code = Annotated[str, AfterValidator(currency)]
Prices = dict[Code, Minor]
"""Amounts in other currencies than the shop's own."""


def sentence(error: Mapping[str, Any]) -> str:
    """Return what is wrong with one value of the file, after the place where it stands."""
    place = ".".join(str(part) for part in error["loc"] if part != "[key]")
    context = {name: str(value) for name, value in error.get("ctx", {}).items()}
    said = _SENTENCES.get(error["type"]) or _FORMS.get(context.get("pattern", ""))
    return f"{place}: {said.format(**context) if said is not None else error['msg']}"


def amounts(prices: Mapping[str, int]) -> tuple[tuple[Currency, int], ...]:
    """Return amounts as the domain has them, the same for the same whatever their order."""
    return tuple((currency(code), amount) for code, amount in sorted(prices.items()))


def twice(names: Iterable[str]) -> list[str]:
    """Return what stands there more than once, whatever its case."""
    seen: set[str] = set()
    found: list[str] = []
    for name in names:
        if name.casefold() in seen:
            found.append(name)
        seen.add(name.casefold())
    return found
