"""Purchases, and what they are compared with, in turn: the machine's moods hit them alike."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.purchases.crowd import Crowd, run_crowd
from tests.benchmarks.purchases.leanest import WARMED_UP, least_cpu_ms
from tests.benchmarks.purchases.noop import NoopShopper, with_polls
from tests.benchmarks.purchases.recording import Recording, record
from tests.benchmarks.purchases.replay import Replayed, replay
from tests.benchmarks.purchases.shopper import Shopper
from tests.benchmarks.purchases.shops import QUIET, Source, open_sources, wrong_books
from tests.benchmarks.servers import Served, Spent, pinned, running_module, running_shop_of

SHOPPERS: Final = (1, 8, 32)
_POOL: Final = 10
"""Connections that our server has at most."""
_MS: Final = 1000.0
# Whatever was recorded can be shared by any of these crowds, after the leanest program's warm-up.
_FULL: Final = (3, 8.0, WARMED_UP + 96)
_QUICK: Final = (2, 3.0, WARMED_UP + 32)


@dataclass(frozen=True)
class Cost:
    """What one of them cost. `wall_ms` is how much of the clock each took of all of them."""

    count: int
    cpu_ms: float
    database_ms: float
    """CPU of PostgreSQL's own processes."""
    wall_ms: float
    p50_ms: float
    p99_ms: float
    disturbed: float


@dataclass(frozen=True)
class Row:
    """Purchases by so many shoppers at once, beside what they are made of."""

    engine: Engine
    shoppers: int
    requests: float
    """How many requests a purchase is, polls included."""
    statements: float
    """How many statements of it write."""
    transactions: float
    reads: float
    """How many statements of it only read."""
    purchase: Cost
    noop: Cost
    sql: Replayed
    """The writes of one purchase."""
    leanest_ms: float
    """CPU of the leanest program that does the same, for one purchase."""

    @property
    def cpu_ratio(self) -> float:
        """Give the CPU as a multiple of what the requests and the writes cost alone."""
        return self.purchase.cpu_ms / (self.noop.cpu_ms + self.sql.cpu_ms)

    @property
    def leanest_ratio(self) -> float:
        """Give the CPU as a multiple of what it costs the leanest program."""
        return self.purchase.cpu_ms / self.leanest_ms

    @property
    def reachable(self) -> float:
        """Give the leanest program's CPU as a multiple of the requests and the writes alone."""
        return self.leanest_ms / (self.noop.cpu_ms + self.sql.cpu_ms)

    @property
    def wall_ratio(self) -> float:
        """Give the time as a multiple of what the requests and the writes take alone."""
        return self.purchase.wall_ms / (self.noop.wall_ms + self.sql.wall_ms)


@dataclass(frozen=True)
class Measured:
    """All rows, and what was wrong with the books in the end."""

    rows: list[Row]
    bought: int
    wrong: list[str]


def measure_purchases(engines: Sequence[Engine], *, quick: bool) -> Measured:
    """Measure purchases on these engines."""
    found = Measured([], 0, [])
    with open_sources(engines) as sources:
        for source in sources:
            one = _measure(source, *(_QUICK if quick else _FULL))
            found = Measured(
                found.rows + one.rows, found.bought + one.bought, found.wrong + one.wrong
            )
    return found


def _measure(source: Source, rounds: int, seconds: float, recorded: int) -> Measured:
    recording = record(source.copy(), source.folder, recorded)
    url = source.copy()
    with _running(source, url) as (baseline, ours):
        bench = _Bench(source, recording, baseline, ours)
        rows = [bench.row(count, rounds, seconds) for count in SHOPPERS]
    wrong = [f"{source.engine}: {each}" for each in wrong_books(url, bench.bought)]
    return Measured(rows, bench.bought, wrong)


@contextmanager
def _running(source: Source, url: str) -> Iterator[tuple[Served, Served]]:
    with ExitStack() as stack:
        baseline = stack.enter_context(running_module("tests.benchmarks.purchases.baseline"))
        folder: Path = source.folder
        shop = running_shop_of("plantly", folder, url, **QUIET)
        ours = stack.enter_context(shop)
        stack.enter_context(pinned((baseline, ours)))
        yield baseline, ours


class _Bench:
    def __init__(
        self, source: Source, recording: Recording, baseline: Served, ours: Served
    ) -> None:
        self.bought = 0
        self._source = source
        self._recording = recording
        self._writes = recording.writes()
        self._baseline = baseline
        self._ours = ours

    def row(self, shoppers: int, rounds: int, seconds: float) -> Row:
        """Measure so many at once, the least of the rounds."""
        crowd = [Shopper(self._ours.port, number) for number in range(shoppers)]
        self._buy(crowd, 0)
        rounds_seen = [self._round(crowd, seconds) for _ in range(rounds)]
        purchases, noops, sql, leanest = zip(*rounds_seen, strict=True)
        self.bought += sum(each.bought for each in crowd)
        recorded = self._recording.purchases
        return Row(
            engine=self._source.engine,
            shoppers=shoppers,
            requests=len(with_polls(self._recording.exchanges, 1)) - 1 + _polls(crowd),
            statements=sum(map(len, self._writes)) / recorded,
            transactions=len(self._writes) / recorded,
            reads=self._recording.reads() / recorded,
            purchase=min(purchases, key=lambda cost: cost.cpu_ms),
            noop=min(noops, key=lambda cost: cost.cpu_ms),
            sql=min(sql, key=lambda spent: spent.cpu_ms),
            leanest_ms=min(leanest),
        )

    def _round(
        self, crowd: Sequence[Shopper], seconds: float
    ) -> tuple[Cost, Cost, Replayed, float]:
        purchases = self._buy(crowd, seconds)
        plan = with_polls(self._recording.exchanges, _polls(crowd))
        nobody = [NoopShopper(self._baseline.port, plan).buy for _ in crowd]
        noops = _cost(self._baseline, None, lambda: run_crowd(nobody, seconds / 2))
        leanest = least_cpu_ms(self._source, self._recording, plan, len(crowd), self._ours)
        return purchases, noops, self._replay(len(crowd)), leanest

    def _buy(self, crowd: Sequence[Shopper], seconds: float) -> Cost:
        members = [each.buy for each in crowd]
        return _cost(self._ours, self._source.database, lambda: run_crowd(members, seconds))

    def _replay(self, shoppers: int) -> Replayed:
        """Run the writes alone: on as many databases as our server would have connections busy.

        SQLite has one writer, however many there are who buy.
        """
        engine = self._source.engine
        count = 1 if engine == "sqlite" else min(shoppers, _POOL)
        urls = [self._source.copy() for _ in range(count)]
        spent = replay(engine, urls, self._writes)
        for url in urls:
            self._source.drop(url)
        times = self._recording.purchases * len(urls)
        return Replayed(spent.cpu_ms / times, spent.wall_ms / times)


def _polls(crowd: Sequence[Shopper]) -> float:
    return sum(each.polls for each in crowd) / sum(each.bought for each in crowd)


def _cost(served: Served, database: Served | None, run: Callable[[], Crowd]) -> Cost:
    server, client = served.spent(), Spent.of(os.getpid())
    stored = database.spent().cpu_ms if database else 0.0
    crowd = run()
    server_now, client_now = served.spent(), Spent.of(os.getpid())
    stored = (database.spent().cpu_ms if database else 0.0) - stored
    queued = server_now.queued_ms - server.queued_ms + client_now.queued_ms - client.queued_ms
    return Cost(
        count=crowd.count,
        cpu_ms=(server_now.cpu_ms - server.cpu_ms) / crowd.count,
        database_ms=stored / crowd.count,
        wall_ms=crowd.seconds * _MS / crowd.count,
        p50_ms=crowd.percentile(0.5) * _MS,
        p99_ms=crowd.percentile(0.99) * _MS,
        disturbed=queued / _MS / crowd.seconds,
    )
