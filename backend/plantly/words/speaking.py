"""Speak to one person: choose the language, then the words with their values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Literal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from plantly.words.texts import FIRST, PLACEHOLDER, Text, load_words

Direction = Literal["ltr", "rtl"]

_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_WEIGHT: Final = re.compile(r"\s*q\s*=\s*(\d(?:\.\d{1,3})?)\s*", re.IGNORECASE)
_LONGEST_HEADER: Final = 500
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff]")
# First strong isolate, and its end: a name keeps its own direction and moves nothing beside it.
_ISOLATED: Final = "\u2068{}\u2069"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, for one person's variant of it."""

    language: str
    locale: str
    direction: Direction
    texts: Mapping[str, Text]

    def t(self, key: str, **values: object) -> str:
        """Give a text with its values; `count` chooses the plural form, HTML values stay HTML.

        Raises: KeyError for a word that does not exist, or a value that was not given.
        """
        text = self.texts[key]
        if not isinstance(text, str):
            text = text.get(self._form(values["count"]), text["other"])
        if any(hasattr(value, "__html__") for value in values.values()):
            parts = PLACEHOLDER.split(text)
            return Markup("").join(
                escape(self._written(values[part]) if at % 2 else part)
                for at, part in enumerate(parts)
            )
        return PLACEHOLDER.sub(lambda match: self._written(values[match[1]]), text)

    def t_one(self, prefix: str, value: str, **values: object) -> str:
        """Give the text that a value chooses: `t_one("message.", code)`; "" for an unknown one."""
        key = f"{prefix}{value}"
        return self.t(key, **values) if key in self.texts else ""

    def number(self, value: int) -> str:
        """Write a count as this person writes it."""
        return _number(self.locale, value)

    def _form(self, count: object) -> str:
        if not isinstance(count, int):
            raise TypeError(f"count must be a whole number, not {count!r}.")
        return _locale(self.language).plural_form(count)

    def _written(self, value: object) -> str:
        if hasattr(value, "__html__"):
            return value if isinstance(value, Markup) else Markup(value)  # noqa: S704 - said to be HTML
        if isinstance(value, int) and not isinstance(value, bool):
            return self.number(value)
        text = str(value)
        alien = bool(_RIGHT_TO_LEFT.search(text)) != (self.direction == "rtl")
        return _ISOLATED.format(text) if alien else text


def words_for(tag: str | None) -> Words:
    """Give the words for a language tag such as `de-AT`; English where it is not spoken."""
    found = _spoken(tag or "") or (FIRST, FIRST)
    return _words(*found)


def best_language(wanted: str | None, default: str = FIRST) -> str:
    """Choose from an `Accept-Language` header, or from one tag, the first that is spoken.

    The whole tag comes back (`de-AT`), so that numbers and dates follow it too.
    """
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate((wanted or "")[:_LONGEST_HEADER].split(",")):
        tag, _, rest = part.strip().partition(";")
        weight = _WEIGHT.fullmatch(rest) if rest else None
        value = float(weight[1]) if weight else 1.0
        if value > 0 and (found := _spoken(tag.strip())):
            weighed.append((-value, place, found[1]))
    return min(weighed)[2] if weighed else default


def spoken_languages() -> dict[str, str]:
    """Name every language that the shop speaks, each in its own words: `{"de": "Deutsch"}`."""
    return {tag: str(_locale(tag).get_language_name(tag) or tag).capitalize() for tag in _all()}


@cache
def _all() -> dict[str, dict[str, Text]]:
    return load_words()


@lru_cache(maxsize=256)
def _words(language: str, locale: str) -> Words:
    direction: Direction = "rtl" if _locale(language).text_direction == "rtl" else "ltr"
    return Words(language, locale, direction, _all()[language])


@lru_cache(maxsize=1024)
def _number(locale: str, value: int) -> str:
    return str(format_decimal(value, locale=_locale(locale), numbering_system="default"))


@lru_cache(maxsize=1024)
def _spoken(tag: str) -> tuple[str, str] | None:
    """Find the language of a tag and the variant of it that is known: `de-AT-1996`, `de-AT`."""
    if not _TAG.fullmatch(tag) or len(tag) > 35:  # noqa: PLR2004 - RFC 5646, 4.4.1
        return None
    parts = tag.split("-")
    names = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    spoken = {language.lower(): language for language in _all()}
    language = next((spoken[name.lower()] for name in names if name.lower() in spoken), None)
    if language is None:
        return None
    known = next((locale for name in names if (locale := _known(name))), language)
    return language, known


def _known(name: str) -> str | None:
    try:
        return str(Locale.parse(name, sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError):
        return None


@cache
def _locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")
