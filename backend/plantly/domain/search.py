"""What somebody typed into a search, as the words that have to be found.

A word matches whole; the last word also as the beginning of a word. A word of a group of synonyms
matches any of the group; several words in a row that are one entry of a group match as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from plantly.domain.words import MAX_WORDS, exact_word, words_of

Synonyms = tuple[tuple[str, ...], ...]
Alternative = tuple[str, ...]

SHORTEST_PREFIX = 2
"""Letters that the beginning of a word must have to find the whole word."""


@dataclass(frozen=True, slots=True)
class SearchText:
    """What a search asks for: of every unit, all words of at least one alternative.

    The first alternative is what was typed. Without units nothing is found.
    """

    exact: str
    """Stands for a title that is exactly this."""
    units: tuple[tuple[Alternative, ...], ...]

    @property
    def prefix(self) -> str:
        """Return the last word when it may be the beginning of one, else nothing."""
        last = self.units[-1][0][-1] if self.units else ""
        return last if len(last) >= SHORTEST_PREFIX else ""

    def words(self) -> frozenset[str]:
        """Return every word that plays a part."""
        return frozenset(
            word for unit in self.units for alternative in unit for word in alternative
        )


def parse_search(text: str, synonyms: Synonyms = ()) -> SearchText:
    """Return what a text asks for; nothing in it is syntax."""
    every = words_of(text)
    words = list(dict.fromkeys(every[:MAX_WORDS]))
    groups = _entries(synonyms)
    if not groups:
        return SearchText(exact_word(every), tuple([((word,),) for word in words]))
    units: list[tuple[Alternative, ...]] = []
    at = 0
    while at < len(words):
        typed, others = _unit(words[at:], groups)
        units.append((typed, *(entry for entry in others if entry != typed)))
        at += len(typed)
    return SearchText(exact_word(every), tuple(units))


def _unit(
    words: Sequence[str], groups: dict[str, list[tuple[Alternative, tuple[Alternative, ...]]]]
) -> tuple[Alternative, tuple[Alternative, ...]]:
    for entry, group in groups.get(words[0], ()):
        if tuple(words[: len(entry)]) == entry:
            return entry, group
    return (words[0],), ()


@lru_cache(16)
def _entries(synonyms: Synonyms) -> dict[str, list[tuple[Alternative, tuple[Alternative, ...]]]]:
    """Return the entries by their first word, the longest first, each with its whole group."""
    found: dict[str, list[tuple[Alternative, tuple[Alternative, ...]]]] = {}
    for group in synonyms:
        entries = tuple(tuple(words_of(entry)) for entry in group)
        for entry in filter(None, entries):
            found.setdefault(entry[0], []).append((entry, tuple(filter(None, entries))))
    for known in found.values():
        known.sort(key=lambda pair: -len(pair[0]))
    return found
