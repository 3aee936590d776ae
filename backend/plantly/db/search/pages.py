"""Find the products of a page, and the first matches that are counted.

Every way that a question can be answered gives the same products. Which one is taken depends on how
many candidates have to be looked at, and no way looks at more than is said here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from plantly.db.direct import fetch
from plantly.db.search.question import Question
from plantly.db.search.statements import (
    Looks,
    Tests,
    TierShape,
    collected,
    last_of,
    ranked,
    sampled,
    tiered,
    walked,
)
from plantly.db.search.terms import But, Condition, all_of
from plantly.db.search.ways import Way, Ways
from plantly.domain.catalog import Position, Sort

COUNTED = 1000
"""Matches that are counted, and whose filters are counted."""
TESTED = 10_000
"""Candidates that are tested for a count."""
WALKED = 20_000
"""Rows of an order that one statement walks along."""
COLLECTED = 50_000
"""Candidates that are fetched to be sorted."""
WALKS = 5
"""Statements that walk on before a page stays shorter than it was asked for."""
_FEW = 3_000
"""Matches that PostgreSQL fetches and sorts sooner than it walks to the first of them."""
_PASSES = 1.5
"""What a step of a walk costs beside a candidate that is collected."""

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a page: what they are sorted by, then the columns of a card."""

    rows: Sequence[Row]
    resume: Position | None = None
    """Where to go on when the search stopped before the page was full."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The filters of the first matches."""

    filters: Sequence[str]
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
            return Found(self._by_relevance())
        return self._by_sort(question.sort)

    def sample(self, without: str = "") -> Sample:
        """Return the filters of the first matches, when one filter is left out."""
        way = min(self._ways.every(without), key=lambda way: way.work(COUNTED))
        window = COUNTED + 1 if way.tests == Tests() else TESTED
        rows = self._fetch(
            sampled(way.source, way.tests), way.values, window=window, counted=COUNTED + 1
        )
        found = [row[0] for row in rows] if self._question.sqlite else (rows[0][0] or [])
        more = len(found) > COUNTED
        if not more and window == TESTED and way.size > TESTED / 2:
            more = bool(self._fetch(last_of(way.source), way.values, window=TESTED))
        return Sample(found[:COUNTED], more)

    def _by_sort(self, sort: Sort) -> Found:
        question, paged = self._question, self._after is not None
        if sort is Sort.NEWEST and question.sqlite:
            walk = self._ways.match(sort=sort, paged=paged)
        else:
            walk = self._ways.walk(sort, paged=paged)
        best = min(self._ways.every(), key=lambda way: way.size)
        few = best.size <= COLLECTED
        if few and best.size < _PASSES * walk.work(self._wanted) and walk.tests != Tests():
            return Found(self._collect(best, sort))
        rows = self._fetch(walked(walk.source, walk.tests), walk.values, window=WALKED)
        if len(rows) == self._wanted or not self._ends_early(walk):
            return Found(rows)
        return Found(self._collect(best, sort)) if few else self._walk_on(walk, rows)

    def _ends_early(self, walk: Way) -> Row | None:
        """Return the last row that was walked to, if there are more after it."""
        if walk.size < WALKED / 2 or walk.tests == Tests():
            return None
        rows = self._fetch(last_of(walk.source), walk.values, window=WALKED)
        return rows[0] if rows else None

    def _walk_on(self, walk: Way, rows: Sequence[Row]) -> Found:
        found, values = list(rows), dict(walk.values)
        source = replace(walk.source, paged=True)
        last: Row | None = self._ends_early(walk)
        for _ in range(WALKS):
            if last is None or len(found) >= self._wanted:
                break
            values |= {"after_key": last[0], "after_id": last[1]}
            more = self._fetch(walked(source, walk.tests), values, window=WALKED)
            found += more[: self._wanted - len(found)]
            ends = self._fetch(last_of(source), values, window=WALKED)
            last = ends[0] if ends else None
        full = len(found) >= self._wanted or last is None
        return Found(found, None if full or last is None else Position(last[0], last[1]))

    def _collect(self, way: Way, sort: Sort) -> Sequence[Row]:
        paged = self._after is not None
        statement = collected(way.source, way.tests, sort, paged=paged)
        return self._fetch(statement, way.values, window=COLLECTED)

    def _by_relevance(self) -> Sequence[Row]:
        question, match = self._question, self._ways.match()
        ways = self._ways.every()
        best = min(ways, key=lambda way: way.size)
        few_matches = not question.sqlite and match.size <= _FEW
        if best.size * 2 < match.work(self._wanted) or (few_matches and best is match):
            return self._ranked(best)
        return self._tiered(match)

    def _ranked(self, way: Way) -> Sequence[Row]:
        question, values = self._question, dict(way.values)
        looks = tuple(
            question.look(tier, f"tier{number}", values)
            for number, tier in enumerate(question.tiers)
        )
        statement = ranked(way.source, way.tests, Looks(looks), paged=self._after is not None)
        return self._fetch(statement, values, window=COLLECTED)

    def _tiered(self, match: Way) -> Sequence[Row]:
        question, values = self._question, dict(match.values)
        filters, before = question.filters(), None
        shapes, first = [], 0
        if self._after is not None:
            first = int(self._after.key or 0)
        for number, tier in enumerate(question.tiers):
            only: Condition = tier if before is None else But(tier, before)
            before = tier
            if number < first:
                continue
            wanted = all_of([*filters, only])
            values[f"match_{number}"] = question.match(wanted)
            walks = not question.sqlite and self._walks(wanted, match.share)
            shapes.append(TierShape(number, walks, self._after is not None and number == first))
        rows = self._fetch_tiers(shapes, match.tests, values)
        if len(rows) < self._wanted and any(shape.walks for shape in shapes):
            shapes = [replace(shape, walks=False) for shape in shapes]
            rows = self._fetch_tiers(shapes, match.tests, values)
        return rows

    def _fetch_tiers(
        self, shapes: Sequence[TierShape], tests: Tests, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        statement = tiered(tuple(shapes), tests, sqlite=self._question.sqlite)
        return self._fetch(statement, values, window=COLLECTED, walked=WALKED)

    def _walks(self, condition: Condition, share: float) -> bool:
        """Say whether walking through all products is shorter than fetching all matches."""
        size = self._question.size(condition)
        steps = self._wanted * self._question.statistics.products / max(1.0, size * share)
        return steps < size and steps < WALKED / 2

    def _fetch(self, statement: Any, values: Mapping[str, Any], **bounds: int) -> Sequence[Row]:
        bound = {"limit": self._wanted, **values, **bounds}
        if self._after is not None:
            bound.setdefault("after_key", self._after.key)
            bound.setdefault("after_id", self._after.product_id)
        return fetch(self._connection, statement, bound)
