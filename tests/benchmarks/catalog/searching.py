"""Ask the published questions of the repository, and see how long each kind takes.

Milliseconds of waiting for `uow.listing.find` alone, with no page kept from the question before and
the operating system's cache warm, beside the bare statements of `floors` in the same run. While
somebody else had the processor, the clock stands still: that is not the shop's time.

The percentiles of a kind are those of its questions, each of which takes the median of its rounds:
a 95th percentile says which questions are slow, not when the machine was. The 99th is that of every
single time that was taken.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Final
from unittest.mock import patch

from plantly.db import UnitOfWork, open_database
from plantly.db.search.counts import Counts
from plantly.domain.catalog import CatalogQuery, Facet
from tests.benchmarks.catalog.afresh import nothing_kept
from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.floors import floor_ms
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.catalog.patience import Stopwatch
from tests.benchmarks.catalog.queries import (
    FACETS_MS,
    SLOWEST_MS,
    TARGETS_MS,
    TOGETHER,
    Question,
)

ALL: Final = "all 200"
_MILLION: Final = 1_000_000
_SMALLER: Final = 3
"""A catalog of a tenth has to be answered in a third of the time."""


@dataclass(frozen=True)
class Waited:
    """How long one kind of question took, in milliseconds, without and with the counts.

    Each question has a list of its own, with the times of all rounds.
    """

    engine: Engine
    size: int
    kind: str
    plain_ms: list[list[float]]
    counted_ms: list[list[float]]
    floor_ms: list[list[float]]

    def plain(self, share: float) -> float:
        """Give the time that this share of the questions take at most, without the counts."""
        return percentile([median(times) for times in self.plain_ms], share)

    def floor(self, share: float) -> float:
        """Give the same of the bare statements."""
        return percentile([median(times) for times in self.floor_ms], share)

    @property
    def p99(self) -> float:
        """Give the time that a hundredth of all answers took longer than, without the counts."""
        return percentile([ms for times in self.plain_ms for ms in times], 0.99)

    @property
    def facets_p95(self) -> float:
        """Give what counting matches and facets added at the 95th percentile of its own."""
        pairs = zip(self.plain_ms, self.counted_ms, strict=True)
        return percentile([median(counted) - median(plain) for plain, counted in pairs], 0.95)

    @property
    def target_ms(self) -> float | None:
        """Give the p95 that this kind may have."""
        return scaled(TARGETS_MS.get(self.kind), self.size)

    def missed(self) -> list[str]:
        """Name the targets that were missed."""
        missed = []
        if self.target_ms is not None and self.plain(0.95) > self.target_ms:
            missed.append("p95")
        if self.p99 > SLOWEST_MS:
            missed.append("p99")
        limit = scaled(FACETS_MS, self.size)
        if self.kind == ALL and limit is not None and self.facets_p95 > limit:
            missed.append("facets")
        return missed


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all is at most."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def scaled(target_ms: float | None, size: int) -> float | None:
    """Return a target for a million products as one for this many."""
    if target_ms is None or size >= _MILLION:
        return target_ms
    return target_ms / _SMALLER


async def measure_searches(
    dataset: Dataset, questions: Sequence[Question], rounds: int
) -> list[Waited]:
    """Ask every question so many times, without and with counting the facets."""
    database = open_database(dataset.url, maps_file=True)
    plain: dict[str, list[list[float]]] = {question.kind: [] for question in questions}
    counted: dict[str, list[list[float]]] = {kind: [] for kind in plain}
    try:
        with nothing_kept():
            facets = await database.read(lambda uow: uow.shop.current().facets)
            for question in questions:
                query = await database.read(partial(_turned, question, facets, dataset.url))
                pages, wholes = list[float](), list[float]()
                for i in range(rounds + 1):
                    with _nothing_counted():
                        one = await database.read(partial(_timed, query, facets, dataset.url))
                    two = await database.read(partial(_timed, query, facets, dataset.url))
                    # The first round warms the caches of the operating system and of the server.
                    if i:
                        pages.append(one)
                        wholes.append(two)
                plain[question.kind].append(pages)
                counted[question.kind].append(wholes)
    finally:
        await database.close()
    floors = await floor_ms(dataset, questions, rounds)
    joined = {**_promised_together(plain), ALL: [*plain]}
    for found in (plain, counted, floors):
        found |= {
            name: [times for kind in kinds for times in found[kind]]
            for name, kinds in joined.items()
        }
    return [
        Waited(dataset.engine, dataset.size, kind, plain[kind], counted[kind], floors[kind])
        for kind in plain
    ]


def _promised_together(kinds: Iterable[str]) -> dict[str, list[str]]:
    """Return those of some kinds that share a target, by the name of what it is promised for."""
    parts: dict[str, list[str]] = {}
    for kind in kinds:
        if kind in TOGETHER:
            parts.setdefault(TOGETHER[kind], []).append(kind)
    return parts


def _nothing_counted() -> AbstractContextManager[object]:
    """Let a listing be its page alone."""
    nothing = Counts(0, False, {}, False)
    return patch("plantly.db.search.listing.count", lambda *_: nothing)


def _turned(
    question: Question, facets: tuple[Facet, ...], edition: str, uow: UnitOfWork
) -> CatalogQuery:
    """Turn the pages before the one that is measured.

    What is known of a catalog is kept under its edition: each has one of its own.
    """
    query = question.query
    for _ in range(question.pages_before):
        after = uow.listing.find(query, facets, edition).next_after
        if after is None:
            break
        query = replace(query, after=after)
    return query


def _timed(query: CatalogQuery, facets: tuple[Facet, ...], edition: str, uow: UnitOfWork) -> float:
    backend = None
    if uow.connection.dialect.name == "postgresql":
        backend = uow.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with Stopwatch(backend) as watch:
        uow.listing.find(query, facets, edition)
    return watch.ms
