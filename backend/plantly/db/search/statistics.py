"""What is known about a question before it is asked: how common its words and filters are.

Everything here is a look-up or counts a few thousand rows of an index at most.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.db.search.terms import (
    ANYWHERE,
    EXACT,
    LABELS,
    TITLE,
    AllOf,
    AnyOf,
    Beginning,
    But,
    Condition,
    Term,
    Units,
    Words,
)
from plantly.domain.words import filter_token

FEW_BEGINNINGS = 64
"""Words that one beginning may have and still be searched word by word."""
_MANY_LETTERS = 4
"""SQLite keeps an index of shorter beginnings, which are searched as such."""
_LOOKED_AT = 2000
"""Words that are looked at to learn how common a short beginning is."""
EVERY_PRODUCT = filter_token("", "")

_WORDS = """
SELECT 'word', word, titles, labels, products FROM search_words WHERE word IN ({words})
UNION ALL
SELECT 'filter', token, number, 0, products FROM catalog_counts WHERE token IN ({tokens})
UNION ALL
"""
_BEGINS = """
SELECT 'begins', word, titles, labels, products FROM (
    SELECT word, titles, labels, products FROM search_words
    WHERE word >= :prefix AND word < :after_prefix ORDER BY word LIMIT :looked_at) AS beginnings
"""
_SHORT_BEGINS = """
SELECT 'begins', '', 0, 0, CAST(coalesce(sum(products), 0) AS bigint) FROM (
    SELECT products FROM search_words
    WHERE word >= :prefix AND word < :after_prefix ORDER BY word LIMIT :looked_at) AS beginnings
"""
_LISTS = {
    True: "SELECT value FROM json_each(:{0})",
    False: "SELECT unnest(CAST(:{0} AS text[]))",
}
# By engine, and by whether the beginning is short.
_LOOK_UP = {
    (sqlite, short): Sql(
        _WORDS.format(words=values.format("words"), tokens=values.format("tokens"))
        + (_SHORT_BEGINS if short else _BEGINS)
    )
    for sqlite, values in _LISTS.items()
    for short in (True, False)
}
_COUNTS = "SELECT token, products, number FROM catalog_counts WHERE token IN ({})"
_COUNTS_OF = {sqlite: Sql(_COUNTS.format(v.format("tokens"))) for sqlite, v in _LISTS.items()}
_LAST_SIGN = "\U0010ffff"


Frequency = tuple[int, int, int]
"""Products that have a word in the title, in title and labels, anywhere."""
_NOWHERE: Frequency = (0, 0, 0)
_PLACES = {TITLE: 0, LABELS: 1, ANYWHERE: 2}


class Statistics(NamedTuple):
    """How many products have each word and each filter, out of how many."""

    products: int
    """All that are published."""
    words: Mapping[str, Frequency]
    """Of every word that plays a part."""
    filters: Mapping[str, tuple[int, int]]
    """Products and number of each of them, by token."""
    beginnings: tuple[str, ...] | None = ()
    """All words that begin with the last one of the search; None if they are many."""
    begun: int = 0
    """Products that have one of them at most."""

    def with_filter(self, token: str) -> int:
        """Return the number of products that have a filter."""
        known = self.filters.get(token)
        return known[0] if known else 0

    def share(self, condition: Condition) -> float:
        """Estimate the share of all products that meet a condition, as if words were unrelated."""
        match condition:
            case Term(place, word):
                known = 1 if place == EXACT else self.with_filter(word)
                return known / max(1, self.products)
            case Words(place, units):
                share, at = 1.0, _PLACES[place]
                for unit in units:
                    share *= min(1.0, sum([self._share(words, at) for words in unit]))
                return share
            case Beginning():
                return min(1.0, self.begun / max(1, self.products))
            case AllOf(parts):
                share = 1.0
                for part in parts:
                    share *= self.share(part)
                return share
            case AnyOf(parts):
                return min(1.0, sum(self.share(part) for part in parts))
            case But(wanted, excluded):
                return max(0.0, self.share(wanted) - self.share(excluded))

    def most(self, condition: Condition) -> int:
        """Return a number of products that meet a condition at most."""
        match condition:
            case Term(place, word):
                return self.products if place == EXACT else self.with_filter(word)
            case Words(place, units):
                return self.most_of_words(units)[_PLACES[place]]
            case Beginning():
                # Of many words, not all were counted.
                return self.products if self.beginnings is None else min(self.begun, self.products)
            case AllOf(parts):
                return min(self.most(part) for part in parts)
            case AnyOf(parts):
                return min(self.products, sum(self.most(part) for part in parts))
            case But(wanted, _):
                return self.most(wanted)

    def most_of_words(self, units: Units) -> Frequency:
        """Return numbers of products that have words in each kind of place at most."""
        everything = (self.products, self.products, self.products)
        found = [everything]
        for unit in units:
            ways = [_least([self.words[word] for word in words]) for words in unit]
            found.append(ways[0] if len(ways) == 1 else _sums(ways))
        return _least(found)

    def _share(self, words: Sequence[str], at: int) -> float:
        """Estimate the share of products that have all of some words."""
        share = 1.0
        for word in words:
            share *= self.words[word][at] / max(1, self.products)
        return share


def _least(every: Sequence[Frequency]) -> Frequency:
    """Return the least for each kind of place."""
    title, labels, anywhere = map(min, zip(*every, strict=True))
    return title, labels, anywhere


def _sums(every: Sequence[Frequency]) -> Frequency:
    title, labels, anywhere = map(sum, zip(*every, strict=True))
    return title, labels, anywhere


def look_up(
    connection: Connection, words: Collection[str], prefix: str, tokens: Collection[str]
) -> Statistics:
    """Return the statistics of words and filters, and what begins with a prefix."""
    short = len(prefix) < _MANY_LETTERS
    values = {
        "words": sorted(words),
        "tokens": [EVERY_PRODUCT, *tokens],
        # No word lies between two equal bounds.
        "prefix": prefix,
        "after_prefix": prefix and prefix + _LAST_SIGN,
        "looked_at": _LOOKED_AT if short else FEW_BEGINNINGS + 1,
    }
    frequencies = dict.fromkeys(words, _NOWHERE)
    filters: dict[str, tuple[int, int]] = {}
    beginnings: list[str] = []
    begun = 0
    statement = _LOOK_UP[connection.dialect.name == "sqlite", short]
    for kind, word, titles, labels, products in fetch(connection, statement, values):
        if kind == "begins":
            beginnings.append(word)
            begun += int(products)
        elif kind == "filter":
            filters[word] = (products, titles)
        else:
            frequencies[word] = (titles, labels, products)
    everything, _ = filters.get(EVERY_PRODUCT, (0, 0))
    few = tuple(beginnings) if not short and len(beginnings) <= FEW_BEGINNINGS else None
    return Statistics(everything, frequencies, filters, few, begun)


def counts_of(connection: Connection, tokens: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return how many products each filter has, and its number."""
    statement = _COUNTS_OF[connection.dialect.name == "sqlite"]
    rows = fetch(connection, statement, {"tokens": list(tokens)})
    return {row[0]: (row[1], row[2]) for row in rows}
