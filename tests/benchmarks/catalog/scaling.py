"""What a listing costs our server, whether the shop has a hundred products or a million.

CPU of the shop's process on a core of its own, as `tests.benchmarks.measure` counts it: of the shop
window, which is asked for again and again and therefore kept; and of listings and searches that are
answered afresh. Each of these is asked once a round, in the same order, and there are more of them
than the shop keeps pages for; so none is found kept, and each round is the same mix.

Beside a search stand its no-op (`noop`: the same calls, and answers of the same size, from our
endpoint) and its statements (`statements`: the very same ones, on a connection tuned like the
server's). What is in neither, and has to do with the rest, is reading the arguments, planning the
question, and making products, counts and sentences of the rows. SQLite works inside the server; so
that both engines are judged alike, what PostgreSQL's own processes use is added to a search and to
its statements, and stands beside them.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product as combined
from pathlib import Path
from typing import Any, Final

from plantly.domain.catalog import CatalogQuery, Sort
from tests.benchmarks.calls import Call, result_of
from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.generate import COLORS
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.catalog.queries import questions
from tests.benchmarks.catalog.statements import cpu_ms, statements_of
from tests.benchmarks.client import run_plan, run_through
from tests.benchmarks.servers import Served, pinned, running_module, running_shop_of

GROWTH: Final = 1.5
STATEMENTS: Final = 1.3
_ERA: Final = "initialize"
_WINDOW, _LISTINGS, _SEARCH, _NOOP = _EVERY = ("shop window", "listings", "searches", "no-op")
_WORDS: Final = frozenset(
    {"two words", "three words", "common word", "prefix", "words and filters"}
)
_PAGES: Final = (8, 9, 10, 11, 12, 13, 14)


@dataclass(frozen=True)
class CallCost:
    """Milliseconds of CPU for one call. `statements_ms` are those of a search's SQL alone.

    All are our own processes'; the two of the `database` are those of PostgreSQL's.
    """

    engine: Engine
    size: int
    window_ms: float
    """Of `list_products` without arguments, again and again."""
    list_ms: float
    """Of listings by price and color, each another one."""
    search_ms: float
    noop_ms: float
    statements_ms: float
    search_database_ms: float
    statements_database_ms: float

    @property
    def search_ratio(self) -> float:
        """Give a search above its no-op as a multiple of its statements."""
        above = self.search_ms - self.noop_ms + self.search_database_ms
        return above / (self.statements_ms + self.statements_database_ms)


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
    """Return 742 searches: the published ones with words, with pages of several lengths."""
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
    spent: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with _running(datasets) as asked:
        for _ in range(rounds):
            for each in asked:
                spent.setdefault((each.dataset, each.what), []).append(each.cpu_ms(seconds))
    least = {key: min(costs, key=sum) for key, costs in spent.items()}
    found = []
    for dataset in datasets:
        window, listings, search, noop = (least[_name(dataset), what] for what in _EVERY)
        alone = await _statements_ms(dataset, rounds)
        found.append(
            CallCost(
                engine=dataset.engine,
                size=dataset.size,
                window_ms=window[0],
                list_ms=listings[0],
                search_ms=search[0],
                noop_ms=noop[0],
                statements_ms=alone[0],
                search_database_ms=search[1],
                statements_database_ms=alone[1],
            )
        )
    return found


@dataclass(frozen=True)
class _Asked:
    """Calls that a server gets in each round: all once, or one again and again."""

    dataset: str
    what: str
    served: Served
    calls: Sequence[Call]
    database: Served | None = None

    def cpu_ms(self, seconds: float) -> tuple[float, float]:
        """Return the milliseconds of CPU for one of the calls: the server's, PostgreSQL's."""
        port = self.served.port
        requests = [call.encode(_ERA, port) for call in self.calls]
        before = self._spent()
        once = run_plan(port, requests, seconds=seconds) if len(requests) == 1 else None
        load = once or run_through(port, requests)
        ours, theirs = (now - then for now, then in zip(self._spent(), before, strict=True))
        return ours / load.count, theirs / load.count

    def _spent(self) -> tuple[float, float]:
        stored = self.database.spent().cpu_ms if self.database else 0.0
        return self.served.spent().cpu_ms, stored


@contextmanager
def _running(datasets: Sequence[Dataset]) -> Iterator[list[_Asked]]:
    """Start a shop and a no-op for each dataset; what is asked of them has been asked once."""
    listings = _calls("list_products", browses())
    wanted = _calls("search_products", searches())
    asked: list[_Asked] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plantly-bench-")))
        for dataset in datasets:
            name = _name(dataset)
            shop = stack.enter_context(running_shop_of(name, dataset.data_dir, dataset.url))
            answers = folder / f"{name}.json"
            results = [result_of(shop.port, call, _ERA) for call in (*listings, *wanted)]
            answers.write_text(json.dumps(results[len(listings) :]))
            noop = stack.enter_context(
                running_module("tests.benchmarks.catalog.noop", str(answers))
            )
            asked += [
                _Asked(name, _WINDOW, shop, _calls("list_products", [{}]), dataset.database),
                _Asked(name, _LISTINGS, shop, listings, dataset.database),
                _Asked(name, _SEARCH, shop, wanted, dataset.database),
                _Asked(name, _NOOP, noop, wanted),
            ]
        with pinned([each.served for each in asked]):
            yield asked


def _name(dataset: Dataset) -> str:
    return f"{dataset.engine} {dataset.size}"


def _calls(tool: str, every: Sequence[dict[str, Any]]) -> list[Call]:
    return [Call(tool, "tools/call", {"name": tool, "arguments": each}) for each in every]


async def _statements_ms(dataset: Dataset, rounds: int) -> tuple[float, float]:
    queries = [
        CatalogQuery(sort=Sort.RELEVANCE, **_as_query(arguments)) for arguments in searches()
    ]
    return await cpu_ms(dataset, await statements_of(dataset, queries), rounds)


def _as_query(arguments: dict[str, Any]) -> dict[str, Any]:
    kept = dict(arguments)
    facets = {"color": tuple(kept.pop("color"))} if "color" in kept else {}
    category = tuple(kept.pop("category", ()))
    return kept | {"facets": facets, "category": category}
