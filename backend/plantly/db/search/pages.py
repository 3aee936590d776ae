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

_LOOK_AT_SIGNS = 0.5
"""What a look at the signs of a product costs beside an entry of the shortest list of the index."""
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
    """How a sample is taken: of so many candidates, and first in a quicker way that may do."""

    way: Way
    values: Mapping[str, Any]
    most: int
    window: int
    first: Source | None = None
    """A source that may have enough of them: some products, one by one."""
    whole: Condition | None = None
    """What is asked in the end, if words are asked for first that are not taken as beginnings."""

    @property
    def may_do(self) -> bool:
        """Say whether there may be more than this finds."""
        return self.first is not None or self.whole is not None

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
        values = dict(asked.values)
        if asked.whole is not None:
            values["match"] = self._question.match(asked.whole)
        return asked._replace(values=values, first=None, whole=None)

    def _planned(self, without: str, most: int) -> _Asked:
        way = min(self._ways.every(without), key=lambda way: way.cost(most))
        tested = most * bounds.TESTED // bounds.COUNTED // max(1, way.tests.looks)
        tested = max(bounds.LEAST, tested)
        # One more than is counted, to learn that there is one.
        window = max(1, min(most + 1, tested))
        values, question = dict(way.values), self._question
        if question.text is None and self._scans(way, most):
            marks = question.marks(values, {without}) or "true"
            return _Asked(way, values, most, window, way.source._replace(kind="scan", marks=marks))
        whole = None
        closed = question.closed(without) if way.source.kind == "match" else None
        if closed is not None and question.size(closed) * way.share > _PLENTY * window:
            # Whatever begins so is merged first: that costs more than finding the words.
            values["match"], whole = question.match(closed), question.condition(without)
        return _Asked(way, values, most, window, whole=whole)

    def _ask(self, asked: Mapping[str, _Asked]) -> Mapping[str, Sample]:
        statements = [
            sampled(each.first or each.way.source, each.way.tests) for each in asked.values()
        ]
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
        """Say whether PostgreSQL finds enough among the first products, without the index.

        The index gives all matches of a slice or none.
        """
        if self._question.sqlite or way.source.kind != "match":
            return False
        steps = most * self._question.statistics.products / max(1.0, way.size * way.share)
        return steps < bounds.WALKED / 2 and steps * _LOOK_AT_SIGNS < way.most + most

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
