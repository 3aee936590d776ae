"""Conditions on the words and filters of a product, in the language of each engine.

What people typed arrives here as folded words: letters and digits, never quotes or operators.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from plantly.domain.search import SearchText

TITLE, LABELS, ANYWHERE, FILTER, EXACT = "t", "l", "a", "f", "e"
CLOSED = 4
"""Tiers that take every word as a whole; one more takes the last one as a beginning."""
_FEW_WORDS = 4
_KEPT_SHAPES = 1024
_KEPT_UNITS = 16
_START, _TITLE = "start", "exact"

Units = tuple[tuple[tuple[str, ...], ...], ...]

_PLACES = {
    TITLE: "{title}",
    LABELS: "{title labels}",
    ANYWHERE: "{title labels body}",
    FILTER: "{filters}",
    EXACT: "{exact}",
}
_KEPT = {
    TITLE: ("c1",),
    LABELS: ("c1", "c2"),
    ANYWHERE: ("c1", "c2", "c3"),
    EXACT: ("c0",),
}


class Term(NamedTuple):
    """A word in one kind of place."""

    place: str
    word: str


class Words(NamedTuple):
    """Of every unit, all words of at least one alternative, in one kind of place."""

    place: str
    units: Units


class Beginning(NamedTuple):
    """A word that begins so, anywhere. `words` are all that do, if they are few."""

    letters: str
    words: tuple[str, ...] | None


class AllOf(NamedTuple):
    """Every one of several conditions."""

    parts: "tuple[Condition, ...]"


class AnyOf(NamedTuple):
    """At least one of several conditions."""

    parts: "tuple[Condition, ...]"


class But(NamedTuple):
    """One condition, and not another one."""

    condition: "Condition"
    excluded: "Condition"


Condition = Term | Words | Beginning | AllOf | AnyOf | But


def all_of(parts: Sequence[Condition]) -> Condition:
    """Join conditions; one alone stays as it is."""
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def any_of(parts: Sequence[Condition]) -> Condition:
    """Join alternatives; one alone stays as it is."""
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def opens(text: SearchText, beginnings: tuple[str, ...] | None) -> bool:
    """Say whether there is a tier that takes the last word as a beginning.

    `beginnings` are all words that begin with it, if they are few. Where no other word begins so,
    the last tier would be the one before it again.
    """
    only_itself = beginnings is not None and set(beginnings) <= {text.prefix}
    return bool(text.prefix) and not only_itself


def tier(text: SearchText, number: int, beginnings: tuple[str, ...] | None) -> Condition:
    """Return the condition of a tier; each includes those before it.

    The title is exactly this; all words are in the title, in title and labels, anywhere; or so with
    the last word as a beginning.
    """
    if number == 0:
        return Term(EXACT, text.exact)
    if number == CLOSED:
        return _open_ended(text, beginnings)
    return Words((TITLE, LABELS, ANYWHERE)[number - 1], text.units)


def _open_ended(text: SearchText, beginnings: tuple[str, ...] | None) -> Condition:
    *units, (first, *others) = text.units
    *before, typed = first
    whole: list[Condition] = [Words(ANYWHERE, ((tuple(before),),))] if before else []
    whole.append(Beginning(typed, beginnings))
    last = any_of([all_of(whole), *[Words(ANYWHERE, ((words,),)) for words in others]])
    return all_of([Words(ANYWHERE, tuple(units)), last]) if units else last


def fts5(condition: Condition) -> str:
    """Write a condition for FTS5's MATCH."""
    match condition:
        case Term(place, word):
            return f'{_PLACES[place]} : "{word}"'
        case Words(place, units):
            return f"{_PLACES[place]} : {_quoted(units)}"
        case Beginning(letters, words):
            # A few words that are read side by side cost less than all that are merged first.
            few = None if words is None else _any_of_words(words or (letters,))
            return fts5(few) if few else f'{_PLACES[ANYWHERE]} : "{letters}" *'
        case AllOf(parts):
            return f"({' AND '.join([fts5(part) for part in parts])})"
        case AnyOf(parts):
            return f"({' OR '.join([fts5(part) for part in parts])})"
        case But(wanted, excluded):
            return f"({fts5(wanted)} NOT {fts5(excluded)})"


def tsquery(condition: Condition) -> str:
    """Write a condition for `@@`."""
    match condition:
        case Term(place, word):
            return f"'{word}'" if place == FILTER else f"'{place}{word}'"
        case Words(place, units):
            return _joined(units, f"'{place}{{}}'".format, " & ", " | ")
        case Beginning(letters, words):
            # A few words are intersected quicker than what begins so, which is merged first.
            few = _any_of_words(words) if words and len(words) <= _FEW_WORDS else None
            return tsquery(few) if few else f"'{ANYWHERE}{letters}':*"
        case AllOf(parts):
            return f"({' & '.join([tsquery(part) for part in parts])})"
        case AnyOf(parts):
            return f"({' | '.join([tsquery(part) for part in parts])})"
        case But(wanted, excluded):
            return f"({tsquery(wanted)} & !{tsquery(excluded)})"


def _any_of_words(words: Iterable[str]) -> Words:
    return Words(ANYWHERE, (tuple([(word,) for word in words]),))


@lru_cache(_KEPT_UNITS)
def _quoted(units: Units) -> str:
    """Write units for FTS5; the tiers of one search have the same ones."""
    return _joined(units, '"{}"'.format, " AND ", " OR ")


def _joined(units: Units, write: Callable[[str], str], both: str, either: str) -> str:
    """Write units, with the engine's signs for both of two and for either of them."""
    every = []
    for unit in units:
        ways = [_in_brackets([write(word) for word in words], both) for words in unit]
        every.append(_in_brackets(ways, either))
    return _in_brackets(every, both)


def _in_brackets(parts: Sequence[str], sign: str) -> str:
    return parts[0] if len(parts) == 1 else f"({sign.join(parts)})"


def bound_words(text: SearchText) -> tuple[dict[str, str], Units]:
    """Return what `looks` binds for a text, and its units with the names in place of the words."""
    names: dict[str, str] = {}
    units = tuple(
        [
            tuple(
                [
                    tuple([names.setdefault(word, f"word_{len(names)}") for word in words])
                    for words in unit
                ]
            )
            for unit in text.units
        ]
    )
    values = {name: f" {word} " for word, name in names.items()}
    return values | {_START: f" {text.prefix}", _TITLE: f" {text.exact} "}, units


@lru_cache(_KEPT_SHAPES)
def looks(units: Units, last: int) -> tuple[str, ...]:
    """Write each tier up to the last as a look at the kept text of one product, for SQLite.

    It costs a tenth of asking FTS5 about one product. Most searches have one of a few shapes.
    """
    text = SearchText(_TITLE, units)
    return tuple(_instr(tier(text, number, None)) for number in range(last + 1))


def _instr(condition: Condition) -> str:
    match condition:
        case Term(place, name):
            return _in_any(_KEPT[place], name)
        case Words(place, units):
            return _joined(units, partial(_in_any, _KEPT[place]), " AND ", " OR ")
        case Beginning():
            return _in_any(_KEPT[ANYWHERE], _START)
        case AllOf(parts):
            return f"({' AND '.join(map(_instr, parts))})"
        case AnyOf(parts):
            return f"({' OR '.join(map(_instr, parts))})"
        case But(wanted, excluded):
            return f"({_instr(wanted)} AND NOT {_instr(excluded)})"


def _in_any(columns: Iterable[str], name: str) -> str:
    return f"({' OR '.join(f'instr({column}, :{name})' for column in columns)})"
