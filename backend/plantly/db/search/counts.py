"""How many products match, and how many each value of each filter would leave."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from plantly.db.search import bounds
from plantly.db.search.pages import Pages
from plantly.db.search.question import CATEGORY, Known, Question, Shelf, Values
from plantly.db.search.signs import sign
from plantly.db.search.spread import look_up_spread
from plantly.db.search.statistics import EVERY_PRODUCT, counts_of
from plantly.domain.catalog import Facet, FacetKind, ProductCard
from plantly.domain.search import Synonyms
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


def look_up_known(
    connection: Connection, shelves: Sequence[Shelf], facets: Iterable[Facet], synonyms: Synonyms
) -> Known:
    """Return what a shop knows of its catalog, with the values of each filter that are counted."""
    tokens = {CATEGORY: [(shelf.name, filter_token(CATEGORY, shelf.slug)) for shelf in shelves]}
    tokens |= {
        facet.key: [(value, filter_token(facet.key, value)) for value in listed_values(facet)]
        for facet in facets
        if facet.kind is not FacetKind.RANGE
    }
    every = [token for pairs in tokens.values() for _, token in pairs]
    found = counts_of(connection, [EVERY_PRODUCT, *every])
    values = {
        key: Values(
            names=[name for name, _ in pairs],
            products=[found[token][0] if token in found else 0 for _, token in pairs],
            signs=[sign(found[token][1]) if token in found else "" for _, token in pairs],
            places={name: place for place, (name, _) in enumerate(pairs)},
        )
        for key, pairs in tokens.items()
    }
    return Known(tuple(shelves), synonyms, values, found, look_up_spread(connection))


def count(
    question: Question,
    pages: Pages,
    values: Mapping[str, Values],
    matches: Sequence[ProductCard] | None = None,
) -> Counts:
    """Count the matches of a question, and every value of some filters over them.

    Where all matches are at hand, the database is asked only for what chosen filters leave out.
    """
    total, capped, values_capped = 0, False, False
    counted: dict[str, Mapping[str, int]] = {}
    # What is not chosen counts over the matches, what is chosen over those without its own filter.
    chosen = [key for key in values if key in question.groups]
    # The more is chosen, the fewer each counts: together they cost half of what matches do.
    each = max(1, bounds.COUNTED // 2 // max(1, len(chosen)))
    wanted = dict.fromkeys(chosen, each)
    if matches is None:
        wanted = {"": bounds.COUNTED, **wanted}
    else:
        total = len(matches)
        counted |= {key: _of(values[key], key, matches) for key in values if key not in chosen}
    samples = pages.samples(
        {key: most for key, most in wanted.items() if not question.is_everything(without=key)}
    )
    for key in wanted:
        sample = samples.get(key)
        of = _of_all if sample is None else partial(_of_sample, signs=sample.signs)
        keys = [key] if key else [name for name in values if name not in chosen]
        counted |= {name: of(values[name]) for name in keys}
        values_capped |= sample is not None and sample.capped
        if sample is not None and not key:
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
        return sum(question.statistics.with_filter(token) for token in tokens)
    return None


def _of_all(values: Values) -> Mapping[str, int]:
    return {name: count for name, count in zip(values.names, values.products, strict=True) if count}


def _of(values: Values, key: str, matches: Sequence[ProductCard]) -> Mapping[str, int]:
    """Count the values of one filter over products."""
    if not matches:
        return {}
    if key == CATEGORY:
        found = Counter([card.category for card in matches])
    else:
        found = Counter([value for card in matches for value in set(card.facets.get(key, ()))])
    listed = found.keys() & values.places.keys()
    return {name: found[name] for name in sorted(listed, key=values.places.__getitem__)}


def _of_sample(values: Values, signs: Mapping[str, int]) -> Mapping[str, int]:
    counts = map(signs.get, values.signs)
    return {name: count for name, count in zip(values.names, counts, strict=True) if count}
