"""Find the products of a page, and the first matches that are counted.

Every way that a question can be answered gives the same products. Which one is taken depends on how
many candidates have to be looked at, and no way looks at more than is said here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.db.search import bounds
from plantly.db.search.bounds import EVERY, Found, Row
from plantly.db.search.question import Question
from plantly.db.search.relevance import Relevance
from plantly.db.search.signs import BETWEEN
from plantly.db.search.statements import Tests, collected, last_of, sampled, walked
from plantly.db.search.ways import Way, Ways
from plantly.domain.catalog import Position, Sort

_LOOK = 5
"""What a look at a product costs beside an entry of PostgreSQL's index."""
_STEP = 1.5
"""What a step of a walk costs beside a candidate that is collected."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The first matches: how many they are, and how many of them have each filter, by its sign."""

    total: int
    signs: Mapping[str, int]
    capped: bool
    """There are more matches."""


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

    def sample(self, without: str, most: int) -> Sample:
        """Return the filters of the first matches, when one filter is left out."""
        way = min(self._ways.every(without), key=lambda way: way.cost(most))
        window = most + 1 if way.tests == Tests() else bounds.TESTED
        limits = {"window": window, "counted": most + 1, "scanned": bounds.WALKED}
        if self._scans(way, most):
            values = dict(way.values)
            text = self._question.text
            marks = "" if text else self._question.marks(values, {without}) or "true"
            source = replace(way.source, kind="scan", marks=marks)
            found = _sample(self._fetch(sampled(source, way.tests), values, **limits), most)
            if found.capped:
                return found
        found = _sample(self._fetch(sampled(way.source, way.tests), way.values, **limits), most)
        if not found.capped and window == bounds.TESTED <= way.most:
            more = bool(self._fetch(last_of(way.source), way.values, window=bounds.TESTED))
            return replace(found, capped=more)
        return found

    def _scans(self, way: Way, most: int) -> bool:
        """Say whether PostgreSQL finds enough among the first products, without the index.

        The index gives all matches or none, and a look at a product costs ten times one of them.
        """
        if self._question.sqlite or way.source.kind != "match":
            return False
        steps = most * self._question.statistics.products / max(1.0, way.size * way.share)
        return steps < bounds.WALKED / 2 and steps * _LOOK < way.size

    def _by_sort(self, sort: Sort) -> Found:
        question, paged = self._question, self._after is not None
        if sort is Sort.NEWEST and question.sqlite:
            walk = self._ways.match(sort=sort, paged=paged)
        else:
            walk = self._ways.walk(sort, paged=paged)
        best = min(self._ways.every(), key=lambda way: way.size)
        few = best.size <= bounds.COLLECTED
        if few and best.size < _STEP * walk.work(self._wanted) and walk.tests != Tests():
            return Found(self._collect(best, sort))
        window = EVERY if walk.tests == Tests() else bounds.WALKED
        rows = self._fetch(walked(walk.source, walk.tests), walk.values, window=window)
        if len(rows) == self._wanted or not self._ends_early(walk):
            return Found(rows)
        return Found(self._collect(best, sort)) if few else self._walk_on(walk, rows)

    def _ends_early(self, walk: Way) -> Row | None:
        """Return the last row that was walked to, if there are more after it."""
        if walk.most < bounds.WALKED or walk.tests == Tests():
            return None
        rows = self._fetch(last_of(walk.source), walk.values, window=bounds.WALKED)
        return rows[0] if rows else None

    def _walk_on(self, walk: Way, rows: Sequence[Row]) -> Found:
        found, values = list(rows), dict(walk.values)
        source = replace(walk.source, paged=True)
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


def _sample(rows: Sequence[Row], most: int) -> Sample:
    text: str | None = rows[0][0]
    if text is None:
        return Sample(0, {}, capped=False)
    found = Counter(text)
    total = found[BETWEEN] + 1
    if total <= most:
        return Sample(total, found, capped=False)
    # One more was asked for, to learn that there is one.
    found.subtract(text[text.rindex(BETWEEN) :])
    return Sample(most, found, capped=True)
