"""What the index of each engine keeps of a product."""

from collections.abc import Iterable, Iterator, Sequence

from plantly.domain.word_counts import Columns, Indexed

_SHORTEST, _LONGEST = 4, 20


def from_columns(row: Sequence[str]) -> Indexed:
    """Read back what `columns` wrote."""
    title, labels, body, filters = (part.split() for part in row[1:])
    return Indexed(
        titles=frozenset(title),
        labels=frozenset(title + labels),
        products=frozenset(title + labels + body),
        filters=frozenset(filters),
    )


def lexemes(kept: Columns) -> list[str]:
    """Return the lexemes of the `tsvector`. The first letter says what kind a lexeme is.

    `e` the whole title, `t` in the title, `l` in title or labels, `a` anywhere, `f` a filter.
    """
    exact, title, labels, body, filters = (part.split() for part in kept)
    near = (*title, *labels)
    return [
        *[f"e{word}" for word in exact],
        *[f"t{word}" for word in title],
        *[f"l{word}" for word in near],
        *[f"a{word}" for word in near],
        *[f"a{word}" for word in body],
        *filters,
    ]


def from_lexemes(terms: Iterable[str]) -> Indexed:
    """Read back what `lexemes` wrote."""
    kinds: dict[str, list[str]] = {kind: [] for kind in "etlaf"}
    for term in terms:
        kinds[term[0]].append(term)
    t, n, a = ((term[1:] for term in kinds[kind]) for kind in "tla")
    return Indexed(frozenset(t), frozenset(n), frozenset(a), frozenset(kinds["f"]))


def fragments(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pair each word that can be misspelled with what is left of it without one letter."""
    for word in words:
        if _SHORTEST <= len(word) <= _LONGEST and word.isalpha():
            yield from ((part, word) for part in sorted(without_a_letter(word)))


def without_a_letter(word: str) -> set[str]:
    """Return what is left of a word without each of its letters."""
    return {word[:i] + word[i + 1 :] for i in range(len(word))}
