"""A catalog query as the search sees it: its words, its filters, and how common each of them is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection

from plantly.db.search import signs, terms
from plantly.db.search.kept import Kept
from plantly.db.search.shapes import Tests
from plantly.db.search.spread import Spread
from plantly.db.search.statements import look_at
from plantly.db.search.statistics import EVERY_PRODUCT, Frequency, Statistics, look_up
from plantly.db.search.terms import FILTER, Condition, Term, all_of, any_of
from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.search import SearchText, Synonyms, parse_search
from plantly.domain.words import filter_token

CATEGORY = "category"
_THOUSANDTHS = 1000
_FARTHEST = Decimal(2**62)
_NO_TEXT = SearchText("", ())


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category of the shop."""

    id: int
    slug: str
    name: str


class Expected(NamedTuple):
    """What the index of words and filters is asked for, if anything, and what it will find."""

    condition: Condition | None
    size: float
    """Products, as estimated."""
    most: int
    """Products at most."""


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
        self.has_price = query.min_price_minor is not None or query.max_price_minor is not None
        """Whether there is a least or a greatest price."""
        words = self.text.words() if self.text else ()
        tokens = [token for group in self.groups.values() for token in group]
        prefix = self.text.prefix if self.text else ""
        found = known.statistics(words, prefix, tokens)
        if found is None:
            found = look_up(connection, words, prefix, tokens)
            known.keep(found, words, prefix)
        self.statistics: Statistics = found
        self.last_tier = terms.CLOSED - 1 + terms.opens(self.text or _NO_TEXT, found.beginnings)
        """The number of the tier that finds all that the words find."""
        self._filters = {
            key: any_of([Term(FILTER, token) for token in group])
            for key, group in self.groups.items()
        }
        self._tiers: dict[int, Condition] = {}
        self._expected: dict[tuple[str, ...], Expected] = {}

    @property
    def finds_nothing(self) -> bool:
        """Say whether no product can match: a search without words, or an unknown shelf."""
        return (self.text is not None and not self.text.units) or () in self.groups.values()

    @property
    def has_no_match(self) -> bool:
        """Say whether it is known, without a look at any product, that none matches."""
        return self.finds_nothing or self.expected("").most == 0

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
    def widest(self) -> Condition:
        """Return the condition of the last tier."""
        return self.tier(self.last_tier)

    def tier(self, number: int) -> Condition:
        """Return the condition of a tier of the words, those of the tiers before it included."""
        found = self._tiers.get(number)
        if found is None:
            found = terms.tier(self.text or _NO_TEXT, number, self.statistics.beginnings)
            self._tiers[number] = found
        return found

    def most_in_tiers(self) -> list[int]:
        """Return how many products each tier of the words finds at most, without the filters."""
        statistics, text = self.statistics, self.text or _NO_TEXT
        found = [statistics.products, *statistics.most_of_words(text.units)]
        return found if self.last_tier < terms.CLOSED else [*found, statistics.most(self.widest)]

    def filters(self, *without: str) -> list[Condition]:
        """Return the condition of each filter that has tokens, but for some."""
        return [condition for key, condition in self._filters.items() if key not in without]

    def only(self, key: str) -> Condition:
        """Return the condition of one filter."""
        return self._filters[key]

    def condition(self, *without: str) -> Condition | None:
        """Return what the index of words and filters is asked for, if anything."""
        parts = self.filters(*without)
        if self.text is not None:
            parts.append(self.widest)
        return all_of(parts) if parts else None

    def expected(self, *without: str) -> Expected:
        """Return what the index is asked for when some filters are left out, if there are such."""
        found = self._expected.get(without)
        if found is None:
            condition = self.condition(*without)
            found = Expected(condition, self.size(condition), self.most(condition))
            self._expected[without] = found
        return found

    def closed(self, without: str) -> Condition | None:
        """Return what finds fewer with less: no word as a beginning. None if none is one anyway."""
        if self.text is None or self.last_tier < terms.CLOSED:
            return None
        return all_of([*self.filters(without), self.tier(terms.CLOSED - 1)])

    def tests(
        self,
        values: dict[str, Any],
        looked: Collection[str] | None = None,
        *,
        priced: bool = True,
    ) -> Tests:
        """Return the tests of all that is asked; what they bind is added to `values`.

        With `looked`, words and filters are looked up candidate by candidate, but for the filters
        that it names. Candidates whose prices lie in the bounds anyway need not be `priced`.
        """
        query = self.query
        values["min_price"], values["max_price"] = query.min_price_minor, query.max_price_minor
        for i, (key, low, high) in enumerate(self.ranges):
            values |= {f"range_{i}": key, f"low_{i}": low, f"high_{i}": high}
        words = self.text is not None and looked is not None
        return Tests(
            marks="" if looked is None else self.marks(values, looked),
            look=self.looks(values)[-1] if words else "",
            min_price=priced and query.min_price_minor is not None,
            max_price=priced and query.max_price_minor is not None,
            ranges=tuple([(low is not None, high is not None) for _, low, high in self.ranges]),
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
        known = self.statistics.filters.get(token)
        return signs.sign(known[1]) if known else signs.BETWEEN

    def looks(self, values: dict[str, Any]) -> tuple[str, ...]:
        """Return each tier as an expression over the kept row of one product."""
        numbers = range(self.last_tier + 1)
        if not self.sqlite:
            values |= {f"tier_{number}": terms.tsquery(self.tier(number)) for number in numbers}
            return tuple([look_at(f"tier_{number}") for number in numbers])
        bound, units = terms.bound_words(self.text or _NO_TEXT)
        values |= bound
        return terms.looks(units, self.last_tier)

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


_KEPT_WORDS = 4096
_KEPT_BEGINNINGS = 1024


@dataclass(frozen=True)
class Known:
    """What a shop and its catalog know, until one of them changes."""

    shelves: tuple[Shelf, ...]
    synonyms: Synonyms

    values: Mapping[str, Values] = field(default_factory=dict)
    """Of each filter whose values are counted."""
    filters: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Products and number of each of them, by token."""
    spread: Spread = field(default_factory=Spread)
    words: Kept[Frequency] = field(default_factory=lambda: Kept(_KEPT_WORDS))
    """Of those that were asked for."""
    beginnings: Kept[tuple[tuple[str, ...] | None, int]] = field(
        default_factory=lambda: Kept(_KEPT_BEGINNINGS)
    )
    """The same: what begins so, if that is few, and the products that have it."""

    @cached_property
    def names(self) -> Mapping[str, Sequence[int]]:
        """Return the places of shelves by their names and slugs."""
        places: dict[str, list[int]] = {}
        for place, shelf in enumerate(self.shelves):
            for name in {shelf.name, shelf.slug}:
                places.setdefault(name, []).append(place)
        return places

    def find(self, names: Sequence[str]) -> tuple[Shelf, ...]:
        """Return the shelves of these names or slugs in their order, each once."""
        places = {place for name in names for place in self.names.get(name, ())}
        return tuple([self.shelves[place] for place in sorted(places)])

    def statistics(
        self, words: Iterable[str], prefix: str, tokens: Iterable[str]
    ) -> Statistics | None:
        """Return the statistics of words and filters, if they are known."""
        if EVERY_PRODUCT not in self.filters or not self.filters.keys() >= set(tokens):
            return None
        found: dict[str, Frequency] = {}
        for word in words:
            frequency = self.words.get(word)
            if frequency is None:
                return None
            found[word] = frequency
        begun = self.beginnings.get(prefix) if prefix else ((), 0)
        if begun is None:
            return None
        everything, _ = self.filters[EVERY_PRODUCT]
        return Statistics(everything, found, self.filters, *begun)

    def keep(self, found: Statistics, words: Iterable[str], prefix: str) -> None:
        """Keep what was looked up of words."""
        for word in words:
            self.words.put(word, found.words[word])
        if prefix:
            self.beginnings.put(prefix, (found.beginnings, found.begun))


def _tokens(key: str, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(filter_token(key, value) for value in dict.fromkeys(values))


def _bounds(least: Decimal | None, greatest: Decimal | None) -> tuple[int | None, int | None]:
    """Return the bounds in thousandths; what lies between two of them is rounded inwards."""
    low = None if least is None else (least * _THOUSANDTHS).to_integral_value(ROUND_CEILING)
    high = None if greatest is None else (greatest * _THOUSANDTHS).to_integral_value(ROUND_FLOOR)
    return _clamped(low), _clamped(high)


def _clamped(bound: Decimal | None) -> int | None:
    return None if bound is None else int(max(-_FARTHEST, min(_FARTHEST, bound)))
