"""Sentences of the shop that know what they say, so that they can be said in other languages."""

from collections.abc import Mapping
from typing import Self

from plantly.domain.money import Money


class Said(str):
    """An English sentence, the key of what it says, and the values in it.

    It is text everywhere. Whoever speaks to people in their language looks up the key instead.
    """

    __slots__ = ("key", "values")

    key: str
    values: Mapping[str, object]

    def __new__(cls, text: str, key: str, **values: object) -> Self:
        """Say `text`, which stands for the word `key` with these values."""
        made = super().__new__(cls, text)
        made.key, made.values = key, values
        return made

    def numbers(self) -> dict[str, int]:
        """Return the whole numbers in it; an amount is called after its minor units."""
        found: dict[str, int] = {}
        for name, value in self.values.items():
            if isinstance(value, Money):
                found[f"{name}_minor"] = value.amount_minor
            elif isinstance(value, int):
                found[name] = value
        return found

    def __deepcopy__(self, _: dict[int, object]) -> Self:
        """Return itself: it never changes."""
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Leave this process as plain text."""
        return str, (str(self),)
