"""A catalog query as the search sees it: its words, its filters, and how common each of them is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection

from plantly.db.search import signs, terms
from plantly.db.search.spread import Spread
from plantly.db.search.statements import Tests
from plantly.db.search.statistics import EVERY_PRODUCT, Statistics, look_up
from plantly.db.search.terms import FILTER, Condition, Term, all_of, any_of
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.search import SearchText, Synonyms, parse_search
from plantly.domain.words import filter_token

CATEGORY = "category"
_THOUSANDTHS = 1000
_FARTHEST = Decimal(2**62)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category of the shop."""

    id: int
    slug: str
    name: str


class Question:
    """What is asked, taken apart once for the page and for every count."""

    def __init__(self, connection: Connection, query: CatalogQuery, known: "Known") -> None:
        self.sqlite = connection.dialect.name == "sqlite"
        self.query = query
        search = query.search
        self.text = None if search is None else parse_search(search, known.synonyms)
        self.shelves = known.find(query.category)
        self.spread = known.spread
        self.groups = {key: _tokens(key, values) for key, values in query.facets.items()}
        if query.category:
            self.groups[CATEGORY] = _tokens(CATEGORY, [shelf.slug for shelf in self.shelves])
        self.ranges = [(key, *_bounds(*limits)) for key, limits in query.ranges.items()]
        words = self.text.words() if self.text else ()
        tokens = [token for group in self.groups.values() for token in group]
        prefix = self.text.prefix if self.text else ""
        kept = None if words else known.statistics(tokens)
        self.statistics: Statistics = kept or look_up(connection, words, prefix, tokens)

    @property
    def finds_nothing(self) -> bool:
        """Say whether no product can match: a search without words, or an unknown shelf."""
        return (self.text is not None and not self.text.units) or () in self.groups.values()

    def is_everything(self, without: str = "") -> bool:
        """Say whether all products match, when one filter is left out."""
        query = self.query
        tested = self.has_price or query.in_stock is not None or bool(self.ranges)
        return self.text is None and not tested and not (self.groups.keys() - {without})

    @property
    def sort(self) -> Sort:
        """Return the order: relevance needs words."""
        sort = self.query.sort
        return Sort.FEATURED if sort is Sort.RELEVANCE and self.text is None else sort

    @property
    def has_price(self) -> bool:
        """Say whether there is a least or a greatest price."""
        return self.query.min_price_minor is not None or self.query.max_price_minor is not None

    @cached_property
    def tiers(self) -> tuple[Condition, ...]:
        """Return the condition of each tier of the words, each with those before it."""
        text = self.text or SearchText("", ())
        return terms.tiers(text, self.statistics.beginnings)

    def filters(self, *without: str) -> list[Condition]:
        """Return the condition of each filter that has tokens, but for some."""
        return [
            any_of(Term(FILTER, token) for token in group)
            for key, group in self.groups.items()
            if key not in without
        ]

    def only(self, key: str) -> Condition:
        """Return the condition of one filter."""
        return any_of(Term(FILTER, token) for token in self.groups[key])

    def condition(self, *without: str) -> Condition | None:
        """Return what the index of words and filters is asked for, if anything."""
        parts = self.filters(*without)
        if self.text is not None and "search" not in without:
            parts.append(self.tiers[-1])
        return all_of(parts) if parts else None

    def closed(self, without: str) -> Condition | None:
        """Return what finds fewer with less: no word as a beginning. None if none is one anyway."""
        if self.text is None or len(self.tiers) <= terms.CLOSED:
            return None
        return all_of([*self.filters(without), self.tiers[terms.CLOSED - 1]])

    def tests(self, values: dict[str, Any], looked: Collection[str] | None = None) -> Tests:
        """Return the tests of all that is asked; what they bind is added to `values`.

        With `looked`, words and filters are looked up candidate by candidate, but for the filters
        that it names.
        """
        query = self.query
        values["min_price"], values["max_price"] = query.min_price_minor, query.max_price_minor
        for i, (key, low, high) in enumerate(self.ranges):
            values |= {f"range_{i}": key, f"low_{i}": low, f"high_{i}": high}
        words = self.text is not None and looked is not None
        return Tests(
            marks="" if looked is None else self.marks(values, looked),
            look=self.look(self.tiers[-1], "look", values) if words else "",
            min_price=query.min_price_minor is not None,
            max_price=query.max_price_minor is not None,
            ranges=tuple((low is not None, high is not None) for _, low, high in self.ranges),
            in_stock=query.in_stock,
        )

    def marks(self, values: dict[str, Any], without: Collection[str] = ()) -> str:
        """Return the filters as an expression over the signs of one product, but for some."""
        place = "instr" if self.sqlite else "strpos"
        groups: list[str] = []
        for key, tokens in self.groups.items():
            if key in without:
                continue
            names = [f"mark_{len(groups)}_{i}" for i in range(len(tokens))]
            values |= {name: self._sign(token) for name, token in zip(names, tokens, strict=True)}
            groups.append(" OR ".join(f"{place}(filters, :{name}) > 0" for name in names))
        return " AND ".join(f"({group})" for group in groups)

    def _sign(self, token: str) -> str:
        number = self.statistics.numbers.get(token)
        return signs.BETWEEN if number is None else signs.sign(number)

    def look(self, condition: Condition, name: str, values: dict[str, Any]) -> str:
        """Return a condition on words as an expression over the kept row of one product."""
        if not self.sqlite:
            values[name] = terms.tsquery(condition)
            return f"s.terms @@ CAST(CAST(:{name} AS text) AS tsquery)"
        words: list[str] = []
        expression = terms.instr(condition, words, name)
        values |= {f"{name}_{i}": word for i, word in enumerate(words)}
        return expression

    def match(self, condition: Condition | None) -> str:
        """Return a condition in the engine's own language."""
        wanted = condition or Term(FILTER, EVERY_PRODUCT)
        return terms.fts5(wanted) if self.sqlite else terms.tsquery(wanted)

    def most(self, condition: Condition | None) -> int:
        """Return how many products meet a condition at most."""
        statistics = self.statistics
        return statistics.products if condition is None else statistics.most(condition)

    def size(self, condition: Condition | None) -> float:
        """Estimate how many products meet a condition."""
        statistics = self.statistics
        if condition is None:
            return statistics.products
        return min(statistics.share(condition) * statistics.products, statistics.most(condition))


class Values(NamedTuple):
    """The values of a filter that are counted, in their order."""

    names: Sequence[str]
    products: Sequence[int]
    """Of the whole catalog."""
    signs: Sequence[str]
    """What stands for them in the filters of a product; nothing for one that none ever had."""
    places: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What a shop and its catalog know, until one of them changes."""

    shelves: tuple[Shelf, ...]
    synonyms: Synonyms

    values: Mapping[str, Values] = field(default_factory=dict)
    """Of each filter whose values are counted."""
    filters: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Products and number of each of them, by token."""
    spread: Spread = field(default_factory=Spread)

    def find(self, names: Sequence[str]) -> tuple[Shelf, ...]:
        """Return the shelves of these names or slugs, each once."""
        if not names:
            return ()
        return tuple(s for s in self.shelves if s.name in names or s.slug in names)

    def statistics(self, tokens: Iterable[str]) -> Statistics | None:
        """Return the statistics of some filters, if they are known; words are not."""
        known = {token: self.filters.get(token) for token in (EVERY_PRODUCT, *tokens)}
        if None in known.values():
            return None
        found = {token: each for token, each in known.items() if each is not None}
        return Statistics(
            counts={(FILTER, token): products for token, (products, _) in found.items()},
            numbers={token: number for token, (_, number) in found.items()},
        )


def _tokens(key: str, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(filter_token(key, value) for value in dict.fromkeys(values))


def _bounds(least: Decimal | None, greatest: Decimal | None) -> tuple[int | None, int | None]:
    """Return the bounds in thousandths; what lies between two of them is rounded inwards."""
    low = None if least is None else (least * _THOUSANDTHS).to_integral_value(ROUND_CEILING)
    high = None if greatest is None else (greatest * _THOUSANDTHS).to_integral_value(ROUND_FLOOR)
    return _clamped(low), _clamped(high)


def _clamped(bound: Decimal | None) -> int | None:
    return None if bound is None else int(max(-_FARTHEST, min(_FARTHEST, bound)))
