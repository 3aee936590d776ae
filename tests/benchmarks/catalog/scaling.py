"""What a listing costs our server, whether the shop has a hundred products or a million.

CPU of the shop's process on a core of its own, as `tests.benchmarks.measure` counts it: of the shop
window, which is asked for again and again and therefore kept; and of listings that are each asked
once a round, in the same order, and of which there are more than the shop keeps pages for: so none
is found kept. Counts are, where only the order or the length of the page is another one. Listings
and searches `afresh` come from a shop that keeps nothing.

Beside a search stand its no-op (`noop`: the same calls, and answers of the same size, from our
endpoint), the no-op with the shop's statements for that call, the same with answers made of their
rows by the `leanest` program, and these statements in a loop of their own, where they have the
processor's caches to themselves. What is in none of them, and has to do with the rest, is planning
the question, and whatever else makes an answer good. SQLite works inside the server; so that both
engines are judged alike, what PostgreSQL's own processes use is added, and stands beside.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product as combined
from pathlib import Path
from typing import Any, Final, NamedTuple

from plantly.domain.catalog import CatalogQuery, Sort
from tests.benchmarks.calls import Call, result_of
from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.drivers import Statement
from tests.benchmarks.catalog.generate import COLORS
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.catalog.queries import questions
from tests.benchmarks.catalog.statements import cpu_ms, statements_of
from tests.benchmarks.client import run_plan, run_through
from tests.benchmarks.servers import Served, pinned, running_module, running_shop_of

GROWTH: Final = 1.5
STATEMENTS: Final = 1.3
_ERA: Final = "initialize"
_WINDOW, _LISTINGS, _AFRESH, _SEARCH, _NOOP, _STATEMENTS, _LEANEST = (
    "shop window",
    "listings",
    "listings afresh",
    "searches",
    "no-op",
    "no-op with statements",
    "leanest",
)
_WORDS: Final = frozenset(
    {"two words", "three words", "common word", "prefix", "words and filters"}
)
_PAGES: Final = (8, 9, 10, 11, 12, 13, 14)


class Cpu(NamedTuple):
    """Milliseconds of CPU for one call: our own process's, and PostgreSQL's."""

    ours: float
    database: float = 0.0

    @property
    def both(self) -> float:
        """Return the sum."""
        return self.ours + self.database


@dataclass(frozen=True)
class CallCost:
    """What one call costs a shop of this size."""

    engine: Engine
    size: int
    window: Cpu
    """Of `list_products` without arguments, again and again."""
    listing: Cpu
    """Of listings by price and color, each another one."""
    afresh: Cpu
    """The same where nothing is kept."""
    search: Cpu
    """Of searches where nothing is kept."""
    noop: Cpu
    with_statements: Cpu
    """Of the no-op with the statements of these searches."""
    leanest: Cpu
    """Of the same, with answers made of their rows in as few steps as can be."""
    statements: Cpu
    """Of these statements in a loop."""

    @property
    def search_ratio(self) -> float:
        """Give a search above its no-op as a multiple of its statements there."""
        return self._above_noop(self.search) / self._above_noop(self.with_statements)

    @property
    def leanest_ratio(self) -> float:
        """Give the leanest program above the no-op as a multiple of the statements there."""
        return self._above_noop(self.leanest) / self._above_noop(self.with_statements)

    @property
    def search_ratio_to_loop(self) -> float:
        """Give a search above its no-op as a multiple of its statements in a loop."""
        return self._above_noop(self.search) / self.statements.both

    def _above_noop(self, cpu: Cpu) -> float:
        return cpu.both - self.noop.both


def browses() -> list[dict[str, Any]]:
    """Return 840 listings that fill their page in a catalog of any size."""
    sorts = [sort for sort in Sort if sort is not Sort.RELEVANCE]
    least = range(0, 2000, 100)
    return [
        {"sort": sort, "min_price_minor": price, "limit": limit}
        | ({"color": COLORS[0]} if price % 300 == 0 else {})
        for price, limit, sort in combined(least, _PAGES, sorts)
    ]


def searches() -> list[dict[str, Any]]:
    """Return 742 searches: the published ones with words, for pages of several lengths."""
    asked = [question.query for question in questions() if question.kind in _WORDS]
    return [_arguments(query, limit) for limit in _PAGES for query in asked]


def _arguments(query: CatalogQuery, limit: int) -> dict[str, Any]:
    given: dict[str, Any] = {"search": query.search, "limit": limit}
    given |= {key: list(values) for key, values in query.facets.items()}
    if query.category:
        given["category"] = list(query.category)
    if query.max_price_minor is not None:
        given["max_price_minor"] = query.max_price_minor
    if query.in_stock is not None:
        given["in_stock"] = query.in_stock
    return given


async def measure_calls(
    datasets: Sequence[Dataset], *, rounds: int, seconds: float
) -> list[CallCost]:
    """Measure shops of all sizes in rounds that alternate between them."""
    spent: dict[tuple[str, str], list[Cpu]] = {}
    statements = {
        _name(dataset): await statements_of(dataset, [_as_query(each) for each in searches()])
        for dataset in datasets
    }
    with _running(datasets, statements) as asked:
        for _ in range(rounds):
            for each in asked:
                spent.setdefault((each.dataset, each.what), []).append(each.cpu_ms(seconds))
    least = {key: min(costs, key=sum) for key, costs in spent.items()}
    return [
        CallCost(
            engine=dataset.engine,
            size=dataset.size,
            window=least[name, _WINDOW],
            listing=least[name, _LISTINGS],
            afresh=least[name, _AFRESH],
            search=least[name, _SEARCH],
            noop=least[name, _NOOP],
            with_statements=least[name, _STATEMENTS],
            leanest=least[name, _LEANEST],
            statements=Cpu(*await cpu_ms(dataset, statements[name], rounds)),
        )
        for dataset in datasets
        for name in [_name(dataset)]
    ]


@dataclass(frozen=True)
class _Asked:
    """Calls that a server gets in each round: all once, or one again and again."""

    dataset: str
    what: str
    served: Served
    calls: Sequence[Call]
    database: Served | None = None

    def cpu_ms(self, seconds: float) -> Cpu:
        """Return the milliseconds of CPU for one of the calls."""
        port = self.served.port
        requests = [call.encode(_ERA, port) for call in self.calls]
        before = self._spent()
        once = run_plan(port, requests, seconds=seconds) if len(requests) == 1 else None
        load = once or run_through(port, requests)
        ours, theirs = (now - then for now, then in zip(self._spent(), before, strict=True))
        return Cpu(ours / load.count, theirs / load.count)

    def _spent(self) -> tuple[float, float]:
        stored = self.database.spent().cpu_ms if self.database else 0.0
        return self.served.spent().cpu_ms, stored


@contextmanager
def _running(
    datasets: Sequence[Dataset], statements: Mapping[str, Sequence[Sequence[Statement]]]
) -> Iterator[list[_Asked]]:
    """Start the servers for each dataset; what is asked of the shops has been asked once."""
    listings = _calls("list_products", browses())
    wanted = _calls("search_products", searches())
    asked: list[_Asked] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plantly-bench-")))
        for dataset in datasets:
            name, database = _name(dataset), dataset.database
            shop, afresh = [
                stack.enter_context(running_shop_of(name, dataset.data_dir, dataset.url, module))
                for module in ("plantly.cli", "tests.benchmarks.catalog.afresh")
            ]
            for server in (shop, afresh):
                for call in listings:
                    result_of(server.port, call, _ERA)
            answers = [result_of(afresh.port, call, _ERA) for call in wanted]
            script = folder / f"{name}.json"
            calls = list(zip(searches(), answers, statements[name], strict=True))
            script.write_text(json.dumps({"url": dataset.url, "calls": calls}))
            noop, with_statements, leanest = [
                stack.enter_context(
                    running_module("tests.benchmarks.catalog.noop", str(script), *options)
                )
                for options in ((), ("--statements",), ("--leanest",))
            ]
            asked += [
                _Asked(name, _WINDOW, shop, _calls("list_products", [{}]), database),
                _Asked(name, _LISTINGS, shop, listings, database),
                _Asked(name, _AFRESH, afresh, listings, database),
                _Asked(name, _SEARCH, afresh, wanted, database),
                _Asked(name, _NOOP, noop, wanted),
                _Asked(name, _STATEMENTS, with_statements, wanted, database),
                _Asked(name, _LEANEST, leanest, wanted, database),
            ]
        with pinned([each.served for each in asked]):
            yield asked


def _name(dataset: Dataset) -> str:
    return f"{dataset.engine} {dataset.size}"


def _calls(tool: str, every: Sequence[dict[str, Any]]) -> list[Call]:
    return [Call(tool, "tools/call", {"name": tool, "arguments": each}) for each in every]


def _as_query(arguments: dict[str, Any]) -> CatalogQuery:
    kept = dict(arguments)
    facets = {"color": tuple(kept.pop("color"))} if "color" in kept else {}
    category = tuple(kept.pop("category", ()))
    return CatalogQuery(sort=Sort.RELEVANCE, facets=facets, category=category, **kept)
