"""From where candidates can come, how many they are, and what they still have to be tested for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from plantly.db.direct import fetch
from plantly.db.search.question import CATEGORY, Question
from plantly.db.search.shapes import Source, Tests
from plantly.db.search.spread import PRICES
from plantly.db.search.statements import BY_CATEGORY, counted
from plantly.domain.catalog import Sort

_RANGE_COUNTED = 1_000
"""Rows of an index that are counted to learn how common a range of prices or numbers is."""
_IN_STOCK, _SOLD_OUT = 0.7, 0.1
_LEAST = 1e-9
_BY_PRICE = frozenset({Sort.PRICE_ASC, Sort.PRICE_DESC})

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
        prices = tests.has_price and not self.source.priced
        looks += bool(tests.marks or tests.published or prices)
        return self.work(wanted) * (1 + looks)


class Ways:
    """The ways to answer one question."""

    def __init__(self, connection: Connection, question: Question) -> None:
        self._connection = connection
        self._question = question
        self._every: dict[str, list[Way]] = {}
        self._shares: dict[_Range, float] = {}
        self._tested: float | None = None

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
        condition, size, most = question.expected(without)
        values = {"match": question.match(condition)}
        return Way(
            source=Source("match", question.sqlite, sort=sort, paged=paged),
            values=values,
            tests=question.tests(values),
            size=size,
            most=most,
            share=self.tested_share(),
        )

    def walk(self, sort: Sort, *, without: str = "", paged: bool) -> Way:
        """Return the way along the index of a sort."""
        question, query = self._question, self._question.query
        category = sort in BY_CATEGORY and without != CATEGORY and len(question.shelves) == 1
        left = (CATEGORY, without) if category else (without,)
        # Along the index of prices, none lies outside of the bounds.
        by_price = question.has_price and sort in _BY_PRICE
        values: dict[str, Any] = {}
        tests = question.tests(values, left, priced=not by_price)
        source = Source(
            "walk",
            question.sqlite,
            sort=sort,
            category=category,
            min_price=by_price and query.min_price_minor is not None,
            max_price=by_price and query.max_price_minor is not None,
            paged=paged,
            priced=question.has_price and not by_price,
        )
        most = question.statistics.products
        if category:
            values["category_id"] = question.shelves[0].id
            most = question.most(question.only(CATEGORY))
        size, share = float(most), self.tested_share()
        if by_price:
            price = self._price_share()
            size, share = size * price, share / max(price, _LEAST)
        found = question.expected(*left)
        if found.condition is not None:
            share *= found.size / max(1, question.statistics.products)
        return Way(source, values, tests, size, most, share)

    def tested_share(self) -> float:
        """Estimate the share of products that pass the tests of price, ranges and stock."""
        if self._tested is not None:
            return self._tested
        question = self._question
        share = self._price_share() if question.has_price else 1.0
        for limits in question.ranges:
            share *= self._share(limits)
        if question.query.in_stock is not None:
            share *= _IN_STOCK if question.query.in_stock else _SOLD_OUT
        self._tested = share
        return share

    def _by_range(self, i: int, without: str) -> Way:
        question = self._question
        source, values = self._within(question.ranges[i])
        tests = question.tests(values, (without,))
        kept = tests.ranges[:i] + tests.ranges[i + 1 :]
        for j, (key, low, high) in enumerate(r for n, r in enumerate(question.ranges) if n != i):
            values |= {f"range_{j}": key, f"low_{j}": low, f"high_{j}": high}
        share = self._share(question.ranges[i])
        everything = max(1, question.statistics.products)
        found = question.expected(without).size
        return Way(
            source=source,
            values=values,
            tests=tests._replace(ranges=kept, published=True),
            size=share * everything,
            most=question.statistics.products,
            share=self.tested_share() / max(share, _LEAST) * found / everything,
        )

    def _price_share(self) -> float:
        query = self._question.query
        return self._share((PRICES, query.min_price_minor, query.max_price_minor))

    def _share(self, limits: _Range) -> float:
        """Return the share of products in a range: of a rare one, counted as far as is cheap."""
        known = self._shares.get(limits)
        if known is None:
            told = self._question.spread.share(*limits)
            known = self._shares[limits] = told or self._counted_share(limits)
        return known

    def _counted_share(self, limits: _Range) -> float:
        source, values = self._within(limits)
        bound = {**values, "window": _RANGE_COUNTED}
        rows = int(fetch(self._connection, counted(source), bound)[0][0])
        share = rows / max(1, self._question.statistics.products)
        return share if rows < _RANGE_COUNTED else max(share, self._question.spread.untold)

    def _within(self, limits: _Range) -> tuple[Source, dict[str, Any]]:
        """Return the source of all that lies in a range, in no order, with what it binds."""
        (key, low, high), sqlite = limits, self._question.sqlite
        least, greatest = low is not None, high is not None
        if key == PRICES:
            by_price = Source("walk", sqlite, Sort.PRICE_ASC, min_price=least, max_price=greatest)
            return by_price, {"min_price": low, "max_price": high}
        values = {"source_key": key, "source_low": low, "source_high": high}
        return Source("range", sqlite, bounds=(least, greatest)), values
