"""What the index of each engine keeps of a product, and what that adds to the counts."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from plantly.domain.words import SearchEntry, filter_token

EVERYTHING = ("", "")
"""The filter that every product passes."""

_SHORTEST, _LONGEST = 4, 20


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is found of one product: words by where they stand, and tokens of its filters."""

    titles: frozenset[str]
    labels: frozenset[str]
    """In the title or the labels."""
    products: frozenset[str]
    """Anywhere."""
    filters: frozenset[str]


def columns(entry: SearchEntry) -> tuple[str, ...]:
    """Return the columns of the FTS5 table; each word stands between spaces, the last one too."""
    tokens = (filter_token(*pair) for pair in (EVERYTHING, *entry.filters))
    parts = ((entry.exact,), entry.title, entry.labels, entry.body, tokens)
    return tuple(f" {' '.join(part)} " for part in parts)


def from_columns(row: Sequence[str]) -> Indexed:
    """Read back what `columns` wrote."""
    title, labels, body, filters = (part.split() for part in row[1:])
    return Indexed(
        titles=frozenset(title),
        labels=frozenset(title + labels),
        products=frozenset(title + labels + body),
        filters=frozenset(filters),
    )


def lexemes(entry: SearchEntry) -> list[str]:
    """Return the lexemes of the `tsvector`. The first letter says what kind a lexeme is.

    `e` the whole title, `t` in the title, `l` in title or labels, `a` anywhere, `f` a filter.
    """
    near = (*entry.title, *entry.labels)
    return [
        f"e{entry.exact}",
        *(f"t{word}" for word in entry.title),
        *(f"l{word}" for word in near),
        *(f"a{word}" for word in (*near, *entry.body)),
        *(filter_token(*pair) for pair in (EVERYTHING, *entry.filters)),
    ]


def from_lexemes(terms: Iterable[str]) -> Indexed:
    """Read back what `lexemes` wrote."""
    kinds: dict[str, list[str]] = {kind: [] for kind in "etlaf"}
    for term in terms:
        kinds[term[0]].append(term)
    t, n, a = ((term[1:] for term in kinds[kind]) for kind in "tla")
    return Indexed(frozenset(t), frozenset(n), frozenset(a), frozenset(kinds["f"]))


@dataclass(slots=True)
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


def fragments(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pair each word that can be misspelled with what is left of it without one letter."""
    for word in words:
        if _SHORTEST <= len(word) <= _LONGEST and word.isalpha():
            yield from ((part, word) for part in sorted(without_a_letter(word)))


def without_a_letter(word: str) -> set[str]:
    """Return what is left of a word without each of its letters."""
    return {word[:i] + word[i + 1 :] for i in range(len(word))}
