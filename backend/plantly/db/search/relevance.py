"""A page of what words find: tier after tier, and in each tier by id."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch
from plantly.db.search import bounds
from plantly.db.search.bounds import EVERY, Found, Row
from plantly.db.search.question import Question
from plantly.db.search.shapes import Tests, TierShape
from plantly.db.search.statements import (
    last_of,
    ranked,
    tiered,
    walked,
)
from plantly.db.search.terms import But, Condition, all_of
from plantly.db.search.ways import Way, Ways
from plantly.domain.catalog import Position
from plantly.domain.search import SearchText

FEW_ON_POSTGRES = 400
"""Matches that PostgreSQL fetches and ranks sooner than it looks for each tier, at most."""
_VERY_FEW = {True: 20, False: 150}
"""The same of one word alone, whose tiers are quickly found: on SQLite and on PostgreSQL."""
_ENTRIES = 20
"""Entries of its index that it reads in the time that it takes to rank a match."""
FEW_ON_SQLITE = 300
"""The same of SQLite, whose index gives every tier in order, but reads every list for each."""
_NEAR = 1_000
"""Products with all words in title and labels that SQLite ranks one by one, at most."""
_READ_PER_LOOK = 40
"""Entries of its index that it reads in the time that this takes for each of them."""
_LABELS = 2
"""The tier of all words in title and labels."""
_FIRST = Sql("SELECT rowid FROM product_search WHERE product_search MATCH :match LIMIT :window")
_NO_TEXT = SearchText("", ())
_UNTESTED = Tests()
_RANKED = 2
"""What ranking a candidate costs beside testing one."""


class _Tier(NamedTuple):
    """One tier with all filters."""

    shape: TierShape
    most: int

    @property
    def number(self) -> int:
        """Return its number."""
        return self.shape.tier

    @property
    def name(self) -> str:
        """Return the name under which the condition is bound."""
        return f"match_{self.shape.tier}"


class Relevance:
    """Finds the page of one question on one connection."""

    def __init__(self, connection: Connection, question: Question, ways: Ways) -> None:
        self._connection = connection
        self._question = question
        self._ways = ways
        self._after = question.query.after
        self._wanted = question.query.limit + 1

    def page(self) -> Found:
        """Return the rows of the page and one more, if there is one."""
        every = self._ways.every()
        match, best = every[0], min(every, key=lambda way: way.size)
        if best.size * _RANKED < match.work(self._wanted):
            return Found(self._ranked(best))
        tiers = self._tiers(match)
        if not tiers:
            return Found(())
        # One tier alone is as quickly found as what would be ranked.
        ranking = match.size * (1 + match.tests.looks)
        if ranking <= self._few(match) and len(tiers) > 1:
            return Found(self._ranked(match))
        rows = self._at_once(tiers, match)
        return self._one_by_one(tiers, match) if rows is None else Found(rows)

    def _few(self, match: Way) -> float:
        """Return how many matches are ranked sooner than they are looked for tier by tier."""
        question = self._question
        very_few = _VERY_FEW[question.sqlite]
        if question.sqlite:
            several = question.text is not None and len(question.text.units) > 1
            return FEW_ON_SQLITE if several else min(FEW_ON_SQLITE, very_few)
        # The index is read along the shortest list, once for each tier.
        return min(FEW_ON_POSTGRES, max(very_few, match.most / _ENTRIES))

    def _ranked(self, way: Way) -> Sequence[Row]:
        question, values = self._question, dict(way.values)
        looks = question.looks(values)
        statement = ranked(way.source, way.tests, looks, paged=self._after is not None)
        return self._fetch(statement, values, window=EVERY)

    def _tiers(self, match: Way) -> list[_Tier]:
        """Return the tiers from the one on in which the page before ended."""
        question, first = self._question, int(self._after.key or 0) if self._after else 0
        filtered = min([question.most(each) for each in question.filters()], default=EVERY)
        mosts = question.most_in_tiers()
        found = []
        for number in range(first, question.last_tier + 1):
            # Each tier is part of the next one: a title is nowhere if its words are in no title.
            most = min(filtered, *mosts[number : number + 2])
            if most:
                walks = not question.sqlite and self._walks(self._apart(number), match.share)
                shape = TierShape(number, walks, self._after is not None and number == first)
                found.append(_Tier(shape, most))
        return found

    def _whole(self, number: int) -> Condition:
        """Return the condition of a tier and of those before it, with all filters."""
        return all_of([*self._question.filters(), self._question.tier(number)])

    def _apart(self, number: int) -> Condition:
        """Return the condition of a tier alone, with all filters."""
        if number == 0:
            return self._whole(0)
        question = self._question
        only = But(question.tier(number), question.tier(number - 1))
        return all_of([*question.filters(), only])

    def _walks(self, condition: Condition, share: float) -> bool:
        """Say whether walking through all products is shorter than fetching all matches."""
        size = self._question.size(condition)
        steps = self._wanted * self._question.statistics.products / max(1.0, size * share)
        return steps < size and steps < bounds.WALKED / 2

    def _at_once(self, tiers: Sequence[_Tier], match: Way) -> Sequence[Row] | None:
        """Return the page by one statement; None if it may have left something out."""
        tests, question = match.tests, self._question
        tested = tests != _UNTESTED
        # On a later page, what is left out has to be known from before.
        apart = self._after is not None
        condition = self._apart if apart else self._whole
        asked = {tier.name: question.match(condition(tier.number)) for tier in tiers}
        if not apart and question.sqlite:
            tiers = self._near_first(tiers, match, asked)
        shapes = tuple(t.shape for t in tiers)
        statement = tiered(shapes, tests, sqlite=question.sqlite, apart=apart)
        window = bounds.WALKED if question.sqlite and tested else EVERY
        rows = self._fetch(
            statement, {**match.values, **asked}, window=window, walked=bounds.WALKED
        )
        # A tier that was not gone through to its end must have filled the page.
        for tier in tiers:
            cut = tested and tier.most >= window if question.sqlite else tier.shape.walks
            if cut:
                filled = sum(row[0] <= tier.number for row in rows)
                return rows if filled >= self._wanted else None
        return rows

    def _near_first(
        self, tiers: Sequence[_Tier], match: Way, values: dict[str, Any]
    ) -> Sequence[_Tier]:
        """Return the tiers with those of title and labels as one, if few products are in them.

        The index is read to the end for each of them, if the first ones do not fill the page.
        """
        question = self._question
        near = [tier for tier in tiers if tier.number <= _LABELS]
        if len(near) <= _LABELS or len((question.text or _NO_TEXT).units) == 1:
            return tiers
        *_, title, labels = near
        few = min(_NEAR, int(labels.most / _READ_PER_LOOK))
        fills = question.size(self._whole(title.number)) * match.share >= self._wanted
        if fills or question.size(self._whole(labels.number)) > few:
            return tiers
        rows = self._fetch(_FIRST, {"match": values[labels.name]}, window=few + 1)
        if len(rows) > few:
            return tiers
        values["ids"] = [row[0] for row in rows]
        looks = question.looks(values)[:_LABELS]
        shape = labels.shape._replace(looks=looks)
        return [labels._replace(shape=shape, most=len(rows)), *tiers[len(near) :]]

    def _one_by_one(self, tiers: Sequence[_Tier], match: Way) -> Found:
        """Return the page by as many statements as it takes, or as are allowed."""
        question = self._question
        asked = {tier.name: question.match(self._apart(tier.number)) for tier in tiers}
        values = {**match.values, **asked}
        rows: list[Row] = []
        for tier in tiers:
            if not question.sqlite and tier.most <= bounds.COLLECTED:
                shape = tier.shape._replace(walks=False)
                statement = tiered((shape,), match.tests, sqlite=False, apart=True)
                rows += self._fetch(statement, values, limit=self._wanted - len(rows))
            else:
                stopped = self._walk(match, tier, values, rows)
                if stopped is not None:
                    return Found(rows, stopped)
            if len(rows) >= self._wanted:
                break
        return Found(rows)

    def _walk(
        self, match: Way, tier: _Tier, values: Mapping[str, Any], rows: list[Row]
    ) -> Position | None:
        """Add the rows of a tier; return where it goes on if there was more than is walked."""
        kind = "match" if self._question.sqlite else "scan"
        source = match.source._replace(kind=kind, paged=tier.shape.paged)
        bound = {**values, "match": values[tier.name]}
        window = {"window": bounds.WALKED, "scanned": bounds.WALKED}
        for _ in range(bounds.WALKS):
            left = self._wanted - len(rows)
            found = self._fetch(walked(source, match.tests), bound, limit=left, **window)
            rows += [(tier.number, *row[1:]) for row in found]
            ends = self._fetch(last_of(source), bound, **window)
            if len(rows) >= self._wanted or not ends:
                return None
            source = source._replace(paged=True)
            bound["after_id"] = ends[0][1]
        return Position(tier.number, bound["after_id"])

    def _fetch(self, statement: Sql, values: Mapping[str, Any], **limits: int) -> Sequence[Row]:
        bound = {"limit": self._wanted, **values, **limits}
        if self._after is not None:
            bound.setdefault("after_key", self._after.key)
            bound.setdefault("after_id", self._after.product_id)
        return fetch(self._connection, statement, bound)
