"""From where candidates can come, how many they are, and what they still have to be tested for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from plantly.db.direct import fetch
from plantly.db.search.question import CATEGORY, Question
from plantly.db.search.spread import PRICES
from plantly.db.search.statements import BY_CATEGORY, Source, Tests, counted
from plantly.domain.catalog import Sort

_RANGE_COUNTED = 1_000
"""Rows of an index that are counted to learn how common a range of prices or numbers is."""
_IN_STOCK, _SOLD_OUT = 0.7, 0.1
_LEAST = 1e-9

_Range = tuple[str, int | None, int | None]


class Way(NamedTuple):
    """A source of candidates with what it binds, and the tests that are left."""

    source: Source
    values: Mapping[str, Any]
    tests: Tests
    size: float
    """Candidates, as estimated."""
    most: int
    """Candidates at most."""
    share: float
    """Of the candidates, those that are thought to pass."""

    def work(self, wanted: int) -> float:
        """Estimate how many candidates are looked at until so many have passed."""
        return min(self.size, wanted / max(self.share, _LEAST))

    def cost(self, wanted: int) -> float:
        """Estimate what that costs beside taking a candidate without any test."""
        tests = self.tests
        looks = 2 * bool(tests.look) + len(tests.ranges) + 3 * (tests.in_stock is not None)
        looks += bool(tests.marks)
        prices = tests.published or (tests.has_price and not self.source.priced)
        return self.work(wanted) * (1 + looks + prices)


class Ways:
    """The ways to answer one question."""

    def __init__(self, connection: Connection, question: Question) -> None:
        self._connection = connection
        self._question = question
        self._every: dict[str, list[Way]] = {}
        self._shares: dict[_Range, float] = {}

    def every(self, without: str = "") -> list[Way]:
        """Return every way to find candidates in any order, when one filter is left out.

        The first is that through the index of words and filters.
        """
        ways = self._every.get(without)
        if ways is None:
            ways = self._every[without] = self._looked_for(without)
        return ways

    def _looked_for(self, without: str) -> list[Way]:
        question = self._question
        ways = [self.match(without)]
        if question.has_price:
            ways.append(self.walk(Sort.PRICE_ASC, without=without, paged=False))
        ways += [self._by_range(i, without) for i in range(len(question.ranges))]
        if question.text is None and without != CATEGORY and len(question.shelves) == 1:
            ways.append(self.walk(Sort.FEATURED, without=without, paged=False))
        return ways

    def match(self, without: str = "", sort: Sort = Sort.RELEVANCE, *, paged: bool = False) -> Way:
        """Return the way through the index of words and filters."""
        question = self._question
        condition = question.condition(without)
        values = {"match": question.match(condition)}
        return Way(
            source=Source("match", question.sqlite, sort=sort, paged=paged),
            values=values,
            tests=question.tests(values),
            size=question.size(condition),
            most=question.most(condition),
            share=self.tested_share(),
        )

    def walk(self, sort: Sort, *, without: str = "", paged: bool) -> Way:
        """Return the way along the index of a sort."""
        question, query = self._question, self._question.query
        category = sort in BY_CATEGORY and without != CATEGORY and len(question.shelves) == 1
        by_price = sort in {Sort.PRICE_ASC, Sort.PRICE_DESC}
        left = {CATEGORY, without} if category else {without}
        condition = question.condition(*left)
        values: dict[str, Any] = {}
        tests = question.tests(values, left)
        source = Source("walk", question.sqlite, sort=sort, category=category, paged=paged)
        most = question.statistics.products
        if category:
            values["category_id"] = question.shelves[0].id
            most = question.most(question.only(CATEGORY))
        size: float = most
        share = self.tested_share()
        if by_price and question.has_price:
            source = source._replace(min_price=tests.min_price, max_price=tests.max_price)
            tests = tests._replace(min_price=False, max_price=False)
            price = self._price_share()
            size, share = size * price, share / max(price, _LEAST)
        elif question.has_price:
            source = source._replace(priced=True)
        if condition is not None:
            share *= question.size(condition) / max(1, question.statistics.products)
        values |= {"min_price": query.min_price_minor, "max_price": query.max_price_minor}
        return Way(source, values, tests, size, most, share)

    def tested_share(self) -> float:
        """Estimate the share of products that pass the tests of price, ranges and stock."""
        question = self._question
        share = self._price_share() if question.has_price else 1.0
        for i in range(len(question.ranges)):
            share *= self._range_share(i)
        if question.query.in_stock is not None:
            share *= _IN_STOCK if question.query.in_stock else _SOLD_OUT
        return share

    def _by_range(self, i: int, without: str) -> Way:
        question = self._question
        condition = question.condition(without)
        values = self._range_values(i)
        tests = question.tests(values, {without})
        kept = tests.ranges[:i] + tests.ranges[i + 1 :]
        for j, (key, low, high) in enumerate(r for n, r in enumerate(question.ranges) if n != i):
            values |= {f"range_{j}": key, f"low_{j}": low, f"high_{j}": high}
        share = self._range_share(i)
        everything = max(1, question.statistics.products)
        return Way(
            source=self._range_source(i),
            values=values,
            tests=tests._replace(ranges=kept, published=True),
            size=share * everything,
            most=question.statistics.products,
            share=self.tested_share() / max(share, _LEAST) * question.size(condition) / everything,
        )

    def _range_source(self, i: int) -> Source:
        _, low, high = self._question.ranges[i]
        bounds = (low is not None, high is not None)
        return Source("range", self._question.sqlite, bounds=bounds)

    def _range_values(self, i: int) -> dict[str, Any]:
        key, low, high = self._question.ranges[i]
        return {"source_key": key, "source_low": low, "source_high": high}

    def _range_share(self, i: int) -> float:
        return self._share(self._question.ranges[i], self._range_source(i), self._range_values(i))

    def _price_share(self) -> float:
        query, question = self._question.query, self._question
        low, high = query.min_price_minor, query.max_price_minor
        source = Source(
            "walk",
            question.sqlite,
            sort=Sort.PRICE_ASC,
            min_price=low is not None,
            max_price=high is not None,
        )
        return self._share((PRICES, low, high), source, {"min_price": low, "max_price": high})

    def _share(self, limits: _Range, source: Source, values: Mapping[str, Any]) -> float:
        """Return the share of products in a range: of a rare one, counted as far as is cheap."""
        known = self._shares.get(limits)
        if known is None:
            told = self._question.spread.share(*limits)
            known = self._shares[limits] = told or self._counted_share(source, values)
        return known

    def _counted_share(self, source: Source, values: Mapping[str, Any]) -> float:
        bound = {**values, "window": _RANGE_COUNTED}
        rows = int(fetch(self._connection, counted(source), bound)[0][0])
        share = rows / max(1, self._question.statistics.products)
        return share if rows < _RANGE_COUNTED else max(share, self._question.spread.untold)
