"""How many products match, and how many each value of each filter would leave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from plantly.db.search import bounds
from plantly.db.search.pages import Pages
from plantly.db.search.question import CATEGORY, Question, Shelf, Value
from plantly.db.search.signs import sign
from plantly.db.search.statistics import counts_of
from plantly.db.search.terms import FILTER
from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.words import filter_token

BOOLEANS = ("true", "false")


@dataclass(frozen=True, slots=True)
class Counts:
    """Matches, and matches by filter; each chosen filter is counted as if it were not chosen."""

    total: int
    total_capped: bool
    values: Mapping[str, Mapping[str, int]]
    values_capped: bool


def listed_values(facet: Facet) -> tuple[str, ...]:
    """Return the values of a facet that are counted."""
    return BOOLEANS if facet.kind is FacetKind.BOOL else facet.values or facet.examples


def counted_values(
    connection: Connection, shelves: Iterable[Shelf], facets: Iterable[Facet]
) -> Mapping[str, Sequence[Value]]:
    """Return the values of each filter that are counted, with what is known of them."""
    tokens = {CATEGORY: [(shelf.name, filter_token(CATEGORY, shelf.slug)) for shelf in shelves]}
    tokens |= {
        facet.key: [(value, filter_token(facet.key, value)) for value in listed_values(facet)]
        for facet in facets
        if facet.kind is not FacetKind.RANGE
    }
    found = counts_of(connection, [token for pairs in tokens.values() for _, token in pairs])
    return {key: [_value(name, found.get(token)) for name, token in tokens[key]] for key in tokens}


def _value(name: str, found: tuple[int, int] | None) -> Value:
    return Value(name, found[0], sign(found[1])) if found else Value(name, 0, None)


def count(question: Question, pages: Pages, values: Mapping[str, Sequence[Value]]) -> Counts:
    """Count the matches of a question, and every value of some filters over them."""
    total, capped, values_capped = 0, False, False
    counted: dict[str, Mapping[str, int]] = {}
    # What is not chosen counts over the matches, what is chosen over those without its own filter.
    chosen = [key for key in values if key in question.groups]
    for key in ("", *chosen):
        keys = [key] if key else [each for each in values if each not in chosen]
        if question.is_everything(without=key):
            counted |= {each: _of_all(values[each]) for each in keys}
            continue
        # The more is chosen, the fewer each counts: together they cost what one does.
        sample = pages.sample(key, bounds.COUNTED // len(chosen) if key else bounds.COUNTED)
        values_capped |= sample.capped
        counted |= {each: _of_sample(values[each], sample.signs) for each in keys}
        if not key:
            total, capped = sample.total, sample.capped
    exact = _exact(question)
    if exact is not None:
        total, capped = exact, False
    return Counts(total, capped, {key: counted[key] for key in values}, values_capped)


def _exact(question: Question) -> int | None:
    """Return the number of matches if it is kept: of everything, or of one filter alone."""
    if question.is_everything():
        return question.statistics.products
    if len(question.groups) != 1:
        return None
    (key,) = question.groups
    tokens = question.groups[key]
    # A product stands on one shelf, but may have several values of a facet.
    if question.is_everything(without=key) and (key == CATEGORY or len(tokens) == 1):
        return sum(question.statistics.counts.get((FILTER, token), 0) for token in tokens)
    return None


def _of_all(values: Iterable[Value]) -> Mapping[str, int]:
    return {value.name: value.products for value in values if value.products}


def _of_sample(values: Iterable[Value], signs: Mapping[str, int]) -> Mapping[str, int]:
    return {name: signs[sign] for name, _, sign in values if sign and signs.get(sign)}
