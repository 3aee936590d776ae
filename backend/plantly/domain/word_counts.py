"""What an index keeps of products, and what that adds to the counts of words and filters."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat

from plantly.domain.words import SearchEntry, filter_token

EVERYTHING = ("", "")
"""The filter that every product passes."""

Columns = tuple[str, str, str, str, str]
"""The whole title, then words of title, labels and body, then filters: as `columns` says."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is found of one product: words by where they stand, and tokens of its filters."""

    titles: frozenset[str]
    labels: frozenset[str]
    """In the title or the labels."""
    products: frozenset[str]
    """Anywhere."""
    filters: frozenset[str]


def columns(entry: SearchEntry) -> Columns:
    """Return an entry as plain text; each word stands between spaces, the last one too."""
    tokens = " ".join([filter_token(*pair) for pair in (EVERYTHING, *entry.filters)])
    title, labels, body = " ".join(entry.title), " ".join(entry.labels), " ".join(entry.body)
    return f" {entry.exact} ", f" {title} ", f" {labels} ", f" {body} ", f" {tokens} "


def own_filters(kept: Columns) -> list[str]:
    """Return the tokens of an entry's filters, but for the one that every product has."""
    return kept[4].split()[1:]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a number of writes adds to the counts of words and filters."""

    titles: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    products: Counter[str] = field(default_factory=Counter)
    filters: Counter[str] = field(default_factory=Counter)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Key and value of each filter that was added."""

    def add(self, entries: Collection[SearchEntry]) -> None:
        """Count products that are written."""
        # As few calls as can be: each of them costs more than to count a word.
        titles = Counter(chain.from_iterable([entry.title for entry in entries]))
        labels = Counter(chain.from_iterable([entry.labels for entry in entries]))
        labels.update(titles)
        self.products.update(chain.from_iterable([entry.body for entry in entries]))
        self.products.update(labels)
        self.titles.update(titles)
        self.labels.update(labels)
        pairs = Counter(chain.from_iterable([entry.filters for entry in entries]))
        pairs[EVERYTHING] += len(entries)
        for pair, count in pairs.items():
            token = filter_token(*pair)
            self.names[token] = pair
            self.filters[token] += count

    def put(self, new: Indexed, names: Mapping[str, tuple[str, str]]) -> None:
        """Count a product that is written in the place of another one; `names` has its filters."""
        self.titles.update(new.titles)
        self.labels.update(new.labels)
        self.products.update(new.products)
        self.filters.update(new.filters)
        self.names.update((token, names[token]) for token in new.filters)

    def take(self, gone: Indexed) -> None:
        """Count off a product that is replaced or removed."""
        self.titles.subtract(gone.titles)
        self.labels.subtract(gone.labels)
        self.products.subtract(gone.products)
        self.filters.subtract(gone.filters)

    def words(self) -> list[tuple[str, int, int, int]]:
        """Return each word whose counts change: in titles, in titles and labels, anywhere."""
        words = sorted(self.products)
        # Not by index: a counter answers for what it lacks in Python.
        counts = [
            map(counter.get, words, repeat(0))
            for counter in (self.titles, self.labels, self.products)
        ]
        return [
            change
            for change in zip(words, *counts, strict=True)
            if change[3] or change[1] or change[2]
        ]

    def counts(self) -> list[tuple[str, str, str, int]]:
        """Return token, key, value and change of each filter whose count changes."""
        return sorted(
            (token, *self.names.get(token, EVERYTHING), count)
            for token, count in self.filters.items()
            if count
        )
