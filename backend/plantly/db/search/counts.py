"""How many products match, and how many each value of each filter would leave."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plantly.db.search import bounds
from plantly.db.search.pages import Pages
from plantly.db.search.question import CATEGORY, Known, Question
from plantly.db.search.statistics import EVERY_PRODUCT
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


def tokens_of(facets: Iterable[Facet], known: Known) -> list[str]:
    """Return the tokens of everything that is counted."""
    tokens = [filter_token(CATEGORY, shelf.slug) for shelf in known.shelves]
    tokens += [filter_token(f.key, value) for f in facets for value in listed_values(f)]
    return [EVERY_PRODUCT, *tokens]


def count(question: Question, pages: Pages, facets: Sequence[Facet], known: Known) -> Counts:
    """Count the matches of a question, and every filter over them."""
    whole = known.counts
    total, capped = 0, False
    samples: dict[str, tuple[Mapping[str, int], bool]] = {}
    keys = [CATEGORY, *(facet.key for facet in facets if facet.kind is not FacetKind.RANGE)]
    # What is not chosen counts over the matches, what is chosen over those without its own filter.
    chosen = [key for key in keys if key in question.groups]
    for key in ("", *chosen):
        if question.is_everything(without=key):
            samples[key] = (whole, False)
            continue
        # The more is chosen, the fewer each counts: together they cost what one does.
        sample = pages.sample(key, bounds.COUNTED // len(chosen) if key else bounds.COUNTED)
        samples[key] = (Counter(" ".join(sample.filters).split()), sample.capped)
        if not key:
            total, capped = len(sample.filters), sample.capped
    exact = _exact(question)
    if exact is not None:
        total, capped = exact, False
    titles = {
        CATEGORY: [(shelf.name, shelf.slug) for shelf in known.shelves],
        **{f.key: [(value, value) for value in listed_values(f)] for f in facets},
    }
    values = {
        key: _counted(key, titles[key], samples.get(key, samples[""])[0])
        for key in titles
        if key in keys
    }
    return Counts(total, capped, values, any(sample[1] for sample in samples.values()))


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


def _counted(
    key: str, values: Iterable[tuple[str, str]], found: Mapping[str, int]
) -> Mapping[str, int]:
    counts = {name: found.get(filter_token(key, value), 0) for name, value in values}
    return {name: number for name, number in counts.items() if number}
