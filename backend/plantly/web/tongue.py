"""Words, money and days as one reader writes them."""

import unicodedata
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol

from plantly.domain.messages import Message
from plantly.domain.money import EXPONENTS, Money, currency
from plantly.domain.money_text import format_money
from plantly.domain.said import Said
from plantly.words import FIRST, Words, words_for

_KEPT: Final = 8192
_PLAIN: Final = frozenset({"en", "en-US"})
_MINUS: Final = "\N{MINUS SIGN}"
# Else the dollar of `US$` goes to the other side of its letters.
_LEFT_TO_RIGHT: Final = "\N{LEFT-TO-RIGHT MARK}"
_WAITS: Final = (("days", 86_400), ("hours", 3600), ("minutes", 60))


@dataclass(frozen=True, slots=True, eq=False)
class Tongue:
    """Speaks to one reader; there is one for every variant of a language."""

    words: Words
    locale: Locale

    def t(self, key: str, **values: object) -> str:
        """Give a text with its values."""
        return self.words.t(key, **values)

    def say(self, sentence: str) -> str:
        """Say what a sentence of the shop says; text that means nothing to us stays as it is."""
        if self.is_first or not isinstance(sentence, Said) or sentence.key not in self.words.texts:
            return sentence
        values = {name: self._value(value) for name, value in sentence.values.items()}
        return self.words.t(sentence.key, **values)

    def message(self, message: Message) -> str:
        """Say what a message says, at least what its code stands for."""
        if self.is_first or isinstance(message.content, Said):
            return self.say(message.content)
        return self.words.t_one("message.", message.code) or message.content

    @property
    def is_first(self) -> bool:
        """Say whether it is the language that the shop's own sentences are in."""
        return self.words.language == FIRST

    def _value(self, value: object) -> object:
        match value:
            case str():
                return self.say(value)
            case Money():
                return self.money(value.amount_minor, value.currency)
            case date():
                return self.day(value)
            case tuple():
                return self.listed([str(self._value(one)) for one in value])
        return value

    def listed(self, names: Sequence[str]) -> str:
        """Write names one after another."""
        return str(format_list(names, locale=self.locale))

    def wait(self, seconds: int) -> str:
        """Write how long to wait."""
        for unit, length in _WAITS:
            if seconds > length or seconds == length == 60:  # noqa: PLR2004 - one minute
                return self.words.t(f"trouble.wait_{unit}", count=-(-seconds // length))
        return self.words.t("trouble.wait_seconds", count=seconds)

    def money(self, amount_minor: int, code: str) -> str:
        """Write an amount with all digits that ISO 4217 gives to its currency."""
        return _money(self.words.locale, amount_minor, code)

    def signed(self, amount_minor: int, code: str) -> str:
        """Write an amount of a column to be added up."""
        text = self.money(abs(amount_minor), code)
        return f"{_MINUS}{text}" if amount_minor < 0 else text

    def day(self, moment: date) -> str:
        """Write a day in full."""
        return str(format_date(moment, "long", locale=self.locale))

    def short_day(self, moment: date) -> str:
        """Write month and day."""
        return str(format_skeleton("MMMd", moment, locale=self.locale))

    def percent(self, text: str) -> str:
        """Write the number of a percentage, which comes as the shop file has it."""
        if self.words.locale in _PLAIN:
            return f"{text} %"
        number = format_decimal(text, locale=self.locale)
        return f"{number}\N{NO-BREAK SPACE}%"

    def country(self, code: str) -> str:
        """Name a country."""
        return str(self.locale.territories.get(code, code))

    def countries(self, codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Return code and name of countries, in the order of their names."""
        return _countries(self, codes)

    def currency_name(self, code: str) -> str:
        """Name a currency."""
        return str(self.locale.currencies.get(code, code))


def tongue_of(tag: str | None) -> Tongue:
    """Return what speaks the language of a tag, English where nobody speaks it."""
    return _tongue(words_for(tag).locale)


@lru_cache(maxsize=256)
def _tongue(tag: str) -> Tongue:
    words = words_for(tag)
    return Tongue(words, Locale.parse(words.locale, sep="-"))


@lru_cache(maxsize=_KEPT)
def _money(tag: str, amount_minor: int, code: str) -> str:
    if tag in _PLAIN:
        return format_money(amount_minor, code)
    locale = Locale.parse(tag, sep="-")
    # A copy: the locale's own pattern serves every currency.
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    digits = EXPONENTS[currency(code)]
    pattern.frac_prec = (digits, digits)
    amount = Money(amount_minor, currency(code)).major()
    text: str = pattern.apply(amount, locale, currency=code, currency_digits=False)
    if locale.text_direction != "rtl":
        return text
    sign = get_currency_symbol(code, locale)
    return text.replace(sign, f"{_LEFT_TO_RIGHT}{sign}{_LEFT_TO_RIGHT}") if sign.isascii() else text


@lru_cache(maxsize=256)
def _countries(tongue: Tongue, codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    named = ((code, tongue.country(code)) for code in codes)
    return tuple(sorted(named, key=lambda pair: _sorted_as(pair[1])))


def _sorted_as(name: str) -> str:
    """Return a name as it stands in a list: letters with marks are beside those without."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in letters if not unicodedata.combining(char))
