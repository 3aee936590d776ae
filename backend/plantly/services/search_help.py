"""Help somebody whose search found nothing: a word spelt otherwise, or one filter less."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from typing import TypeVar

from plantly.db import UnitOfWork
from plantly.domain.catalog import CatalogQuery
from plantly.domain.words import MAX_WORDS, folded_words, singular

T = TypeVar("T")

_SHOWN = 3
_TRIED = 5
"""Spellings that are tried out before it is left at that."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What leaving one filter out would give."""

    argument: str
    """The filter, as the argument of a listing: `search`, `max_price_minor`, or a facet."""
    count: int
    capped: bool
    """There are more; counting stopped."""


@dataclass(frozen=True, slots=True)
class SearchHelp:
    """What to try instead of a query that found nothing."""

    did_you_mean: str | None
    """The search in words that do find something, all filters kept."""
    drop: tuple[Dropped, ...]
    """At most three, what gives most first."""


def help_for(
    uow: UnitOfWork, query: CatalogQuery, count: Callable[[CatalogQuery], tuple[int, bool]]
) -> SearchHelp:
    """Return what would find something.

    `count` says how many products a query finds, and whether there are more than it counted.
    """
    better = None
    for text in islice(_spellings(uow, query.search or ""), _TRIED):
        if count(replace(query, search=text))[0]:
            better = text
            break
    if better is None:
        better = _one_word_less(query, count)
    counts = [Dropped(name, *count(less)) for name, less in _one_filter_less(query)]
    found = sorted((d for d in counts if d.count), key=lambda d: (-d.count, not d.capped))
    return SearchHelp(better, tuple(found[:_SHOWN]))


def _spellings(uow: UnitOfWork, search: str) -> Iterator[str]:
    """Yield the search with one word after the other spelt otherwise, the likeliest first.

    Words that the catalog does not have are all spelt anew together.
    """
    words = folded_words(search)[:MAX_WORDS]
    known = uow.listing.known_words([singular(word) for word in words])
    strange = [i for i, word in enumerate(words) if singular(word) not in known]
    near = {i: uow.listing.corrections(singular(words[i])) for i in strange or range(len(words))}
    if strange:
        best = {i: near[i][0] for i in strange if near[i]}
        if len(best) == len(strange):
            yield from _respelt(words, best, near)
        return
    for i, others in near.items():
        for other in others[:2]:
            yield " ".join([*words[:i], other, *words[i + 1 :]])


def _one_word_less(
    query: CatalogQuery, count: Callable[[CatalogQuery], tuple[int, bool]]
) -> str | None:
    """Return the search without the word that stands in its way most, if one alone does."""
    words = folded_words(query.search or "")[:_TRIED]
    shorter = [" ".join([*words[:i], *words[i + 1 :]]) for i in range(len(words))]
    found = [(count(replace(query, search=text))[0], text) for text in shorter if text]
    most, text = max(found, key=itemgetter(0), default=(0, ""))
    return text if most else None


def _respelt(words: list[str], best: dict[int, str], near: dict[int, list[str]]) -> Iterator[str]:
    yield " ".join(best.get(i, word) for i, word in enumerate(words))
    for i, others in near.items():
        for other in others[1:]:
            yield " ".join({**best, i: other}.get(j, word) for j, word in enumerate(words))


def _one_filter_less(query: CatalogQuery) -> Iterator[tuple[str, CatalogQuery]]:
    """Yield the query without each of its filters, if anything is left to ask."""
    less: list[tuple[str, CatalogQuery]] = []
    if query.search is not None:
        less.append(("search", replace(query, search=None)))
    if query.category:
        less.append(("category", replace(query, category=())))
    less += [(k, replace(query, facets=_without(query.facets, k))) for k in query.facets]
    less += [(k, replace(query, ranges=_without(query.ranges, k))) for k in query.ranges]
    if query.min_price_minor is not None:
        less.append(("min_price_minor", replace(query, min_price_minor=None)))
    if query.max_price_minor is not None:
        less.append(("max_price_minor", replace(query, max_price_minor=None)))
    if query.in_stock is not None:
        less.append(("in_stock", replace(query, in_stock=None)))
    # Without the words that are all there is, the whole shop is left, which answers nobody.
    if len(less) > 1 or query.search is None:
        yield from less


def _without(chosen: Mapping[str, T], key: str) -> dict[str, T]:
    return {name: value for name, value in chosen.items() if name != key}
