"""Find the products of a page, and the first matches that are counted.

Every way that a question can be answered gives the same products. Which one is taken depends on how
many candidates have to be looked at, and no way looks at more than is said here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.db.search import bounds
from plantly.db.search.bounds import EVERY, Found, Row
from plantly.db.search.question import Question
from plantly.db.search.relevance import Relevance
from plantly.db.search.shapes import Source, Tests
from plantly.db.search.signs import BETWEEN
from plantly.db.search.statements import (
    collected,
    last_of,
    sampled,
    together,
    walked,
)
from plantly.db.search.terms import Condition
from plantly.db.search.ways import Way, Ways
from plantly.domain.catalog import Position, Sort

_SCAN_STEP = {True: 0.4, False: 0.5}
"""What a look at the filters of the next product costs: on SQLite beside a candidate of another
way, on PostgreSQL beside an entry of the shortest list of the index of words and filters."""
_SEVERAL = 2
_STEP = 0.3
"""What a step of a walk costs beside a candidate that is collected and stands on its own page."""
_STEP_BY_WORDS = {True: 2.0, False: 1.0}
"""What looking at the words of a product adds to that, on SQLite and on PostgreSQL."""
_ENTRIES = 40
"""Entries of the shortest list of the index that are read in the time of such a candidate."""
_PLENTY = 2
"""So many times more matches than are counted, as estimated, will be enough."""


class Sample(NamedTuple):
    """The first matches: how many they are, and how many of them have each filter, by its sign."""

    total: int
    signs: Mapping[str, int]
    capped: bool
    """There are more matches."""


class _Asked(NamedTuple):
    """How a sample is taken: of so many candidates of a source."""

    source: Source
    tests: Tests
    values: Mapping[str, Any]
    most: int
    window: int
    later: Way | None = None
    """What is asked in the end, where the source has some products only."""
    whole: Condition | None = None
    """The same, where words are asked for first that are not taken as beginnings."""

    @property
    def may_do(self) -> bool:
        """Say whether there may be more than this finds."""
        return self.later is not None or self.whole is not None

    def sample(self, row: Row) -> Sample:
        """Return the sample that one row says: the signs of matches, and the candidates."""
        text, candidates = row
        if text is None:
            return Sample(0, {}, candidates >= self.window)
        found: Counter[str] = Counter(text)
        total = found[BETWEEN] + 1
        if total > self.most:
            found.subtract(text[text.rindex(BETWEEN) :])
        return Sample(min(total, self.most), found, candidates >= self.window)


class Pages:
    """Answers one question on one connection."""

    def __init__(self, connection: Connection, question: Question) -> None:
        self._connection = connection
        self._question = question
        self._ways = Ways(connection, question)
        self._after = question.query.after
        self._wanted = question.query.limit + 1

    def page(self) -> Found:
        """Return the rows of the page and one more, if there is one."""
        question = self._question
        if question.sort is Sort.RELEVANCE:
            return Relevance(self._connection, question, self._ways).page()
        return self._by_sort(question.sort)

    def samples(self, wanted: Mapping[str, int]) -> Mapping[str, Sample]:
        """Return the filters of so many first matches, for each filter that is left out."""
        asked = {without: self._planned(without, most) for without, most in wanted.items()}
        found = self._ask(asked)
        # Not so many were found as are counted.
        again = {
            without: self._in_the_end(asked[without])
            for without, sample in found.items()
            if asked[without].may_do and not sample.capped
        }
        return {**found, **self._ask(again)}

    def _in_the_end(self, asked: _Asked) -> _Asked:
        way = asked.later
        if way is not None:
            return _Asked(way.source, way.tests, way.values, asked.most, asked.window)
        values = {**asked.values, "match": self._question.match(asked.whole)}
        return asked._replace(values=values, whole=None)

    def _planned(self, without: str, most: int) -> _Asked:
        way = min(self._ways.every(without), key=lambda way: way.cost(most))
        tested = most * bounds.TESTED // bounds.COUNTED // max(1, way.tests.looks)
        tested = max(bounds.LEAST, tested)
        # One more than is counted, to learn that there is one.
        window = max(1, min(most + 1, tested))
        question = self._question
        if question.text is None and self._scans(way, most):
            return self._scanning(way, without, most, window)
        whole, values = None, dict(way.values)
        closed = question.closed(without) if way.source.kind == "match" else None
        if closed is not None and question.size(closed) * way.share > _PLENTY * window:
            # Whatever begins so is merged first: that costs more than finding the words.
            values["match"], whole = question.match(closed), question.condition(without)
        return _Asked(way.source, way.tests, values, most, window, whole=whole)

    def _scanning(self, way: Way, without: str, most: int, window: int) -> _Asked:
        question, values = self._question, dict[str, Any]()
        tests = question.tests(values, priced=False)
        source = Source(
            "scan",
            question.sqlite,
            marks=question.marks(values, {without}) or "true",
            min_price=question.query.min_price_minor is not None,
            max_price=question.query.max_price_minor is not None,
        )
        finds_all = question.statistics.products <= bounds.WALKED
        return _Asked(source, tests, values, most, window, later=None if finds_all else way)

    def _ask(self, asked: Mapping[str, _Asked]) -> Mapping[str, Sample]:
        statements = [sampled(each.source, each.tests) for each in asked.values()]
        limits = [
            {**each.values, "window": each.window, "scanned": bounds.WALKED}
            for each in asked.values()
        ]
        if self._question.sqlite or len(asked) < _SEVERAL:
            rows = [self._fetch(*pair)[0] for pair in zip(statements, limits, strict=True)]
        else:
            # To ask PostgreSQL once more is another trip.
            names = {f"{n}_of_{i}": v for i, each in enumerate(limits) for n, v in each.items()}
            rows = list(self._fetch(together(tuple(statements)), names))
        pairs = zip(asked.items(), rows, strict=True)
        return {without: each.sample(row) for (without, each), row in pairs}

    def _scans(self, way: Way, most: int) -> bool:
        """Say whether enough is found sooner among the first products, one after the other.

        Their filters and prices lie side by side. PostgreSQL's index of words and filters gives all
        matches of a slice or none.
        """
        question = self._question
        found = max(1.0, way.size * way.share)
        steps = question.statistics.products * min(1.0, most / found)
        all_or_none = not question.sqlite and way.source.kind == "match"
        dear = way.most + most if all_or_none else way.cost(most)
        return steps < bounds.WALKED / 2 and steps * _SCAN_STEP[question.sqlite] < dear

    def _by_sort(self, sort: Sort) -> Found:
        question, paged = self._question, self._after is not None
        if sort is Sort.NEWEST and question.sqlite:
            walk = self._ways.match(sort=sort, paged=paged)
        else:
            walk = self._ways.walk(sort, paged=paged)
        if walk.tests == Tests():
            return Found(self._fetch(walked(walk.source, Tests()), walk.values, window=EVERY))
        best = min(self._ways.every(), key=lambda way: way.size)
        few = best.size <= bounds.COLLECTED
        collecting = best.size + (best.most / _ENTRIES if best.source.kind == "match" else 0)
        step = _STEP + _STEP_BY_WORDS[question.sqlite] * bool(walk.tests.look)
        if few and collecting < step * walk.work(self._wanted):
            return Found(self._collect(best, sort))
        # A walk that has cost more than collecting would have is given up for that.
        short = few and collecting < step * bounds.WALKED_FIRST / 2
        window = bounds.WALKED_FIRST if short else bounds.WALKED
        rows = self._fetch(walked(walk.source, walk.tests), walk.values, window=window)
        if len(rows) == self._wanted or walk.most < window:
            return Found(rows)
        if few:
            return Found(self._collect(best, sort))
        return self._walk_on(walk, rows) if self._ends_early(walk) else Found(rows)

    def _ends_early(self, walk: Way) -> Row | None:
        """Return the last row that was walked to, if there are more after it."""
        if walk.most < bounds.WALKED or walk.tests == Tests():
            return None
        rows = self._fetch(last_of(walk.source), walk.values, window=bounds.WALKED)
        return rows[0] if rows else None

    def _walk_on(self, walk: Way, rows: Sequence[Row]) -> Found:
        found, values = list(rows), dict(walk.values)
        source = walk.source._replace(paged=True)
        last: Row | None = self._ends_early(walk)
        for _ in range(bounds.WALKS):
            if last is None or len(found) >= self._wanted:
                break
            values |= {"after_key": last[0], "after_id": last[1]}
            left = self._wanted - len(found)
            found += self._fetch(
                walked(source, walk.tests), values, limit=left, window=bounds.WALKED
            )
            ends = self._fetch(last_of(source), values, window=bounds.WALKED)
            last = ends[0] if ends else None
        full = len(found) >= self._wanted or last is None
        return Found(found, None if full or last is None else Position(last[0], last[1]))

    def _collect(self, way: Way, sort: Sort) -> Sequence[Row]:
        paged = self._after is not None
        statement = collected(way.source, way.tests, sort, paged=paged)
        return self._fetch(statement, way.values, window=EVERY)

    def _fetch(self, statement: Sql, values: Mapping[str, Any], **limits: int) -> Sequence[Row]:
        bound = {"limit": self._wanted, **values, **limits}
        if self._after is not None:
            bound.setdefault("after_key", self._after.key)
            bound.setdefault("after_id", self._after.product_id)
        return fetch(self._connection, statement, bound)
