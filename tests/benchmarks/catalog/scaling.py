"""What a listing costs our server, whether the shop has a hundred products or a million.

CPU of the shop's process on a core of its own, as `tests.benchmarks.measure` counts it: of the shop
window, which is asked for again and again and therefore kept; and of listings and searches that are
answered afresh. Each of these is asked once a round, in the same order, and there are more of them
than the shop keeps pages for; so none is found kept, and each round is the same mix.

Beside a search stand its no-op (`noop`: the same calls, and answers of the same size, from our
endpoint) and its statements (`statements`: the very same ones, on a connection tuned like the
server's). What is in neither, and has to do with the rest, is reading the arguments, planning the
question, and making products, counts and sentences of the rows.
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
_WINDOW, _LISTINGS, _SEARCH, _NOOP = "shop window", "listings", "searches", "no-op"
_WORDS: Final = frozenset(
    {"two words", "three words", "common word", "prefix", "words and filters"}
)
_PAGES: Final = (8, 9, 10, 11, 12, 13, 14)


@dataclass(frozen=True)
class CallCost:
    """Milliseconds of the server's CPU for one call. `statements_ms` are those of its SQL alone."""

    engine: Engine
    size: int
    window_ms: float
    """Of `list_products` without arguments, again and again."""
    list_ms: float
    """Of listings by price and color, each another one."""
    search_ms: float
    noop_ms: float
    statements_ms: float

    @property
    def search_target_ms(self) -> float:
        """Give what a search may cost."""
        return self.noop_ms + STATEMENTS * self.statements_ms


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
    spent: dict[tuple[str, str], list[float]] = {}
    with _running(datasets) as asked:
        for _ in range(rounds):
            for each in asked:
                spent.setdefault((each.dataset, each.what), []).append(each.cpu_ms(seconds))
    least = {key: min(costs) for key, costs in spent.items()}
    return [
        CallCost(
            engine=dataset.engine,
            size=dataset.size,
            window_ms=least[_name(dataset), _WINDOW],
            list_ms=least[_name(dataset), _LISTINGS],
            search_ms=least[_name(dataset), _SEARCH],
            noop_ms=least[_name(dataset), _NOOP],
            statements_ms=await _statements_ms(dataset, rounds),
        )
        for dataset in datasets
    ]


@dataclass(frozen=True)
class _Asked:
    """Calls that a server gets in each round: all once, or one again and again."""

    dataset: str
    what: str
    served: Served
    calls: Sequence[Call]

    def cpu_ms(self, seconds: float) -> float:
        """Return the milliseconds of the server's CPU for one of the calls, in one round."""
        port = self.served.port
        requests = [call.encode(_ERA, port) for call in self.calls]
        before = self.served.spent().cpu_ms
        once = run_plan(port, requests, seconds=seconds) if len(requests) == 1 else None
        load = once or run_through(port, requests)
        return (self.served.spent().cpu_ms - before) / load.count


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
                _Asked(name, _WINDOW, shop, _calls("list_products", [{}])),
                _Asked(name, _LISTINGS, shop, listings),
                _Asked(name, _SEARCH, shop, wanted),
                _Asked(name, _NOOP, noop, wanted),
            ]
        with pinned([each.served for each in asked]):
            yield asked


def _name(dataset: Dataset) -> str:
    return f"{dataset.engine} {dataset.size}"


def _calls(tool: str, every: Sequence[dict[str, Any]]) -> list[Call]:
    return [Call(tool, "tools/call", {"name": tool, "arguments": each}) for each in every]


async def _statements_ms(dataset: Dataset, rounds: int) -> float:
    queries = [
        CatalogQuery(sort=Sort.RELEVANCE, **_as_query(arguments)) for arguments in searches()
    ]
    return await cpu_ms(dataset, await statements_of(dataset, queries), rounds)


def _as_query(arguments: dict[str, Any]) -> dict[str, Any]:
    kept = dict(arguments)
    facets = {"color": tuple(kept.pop("color"))} if "color" in kept else {}
    category = tuple(kept.pop("category", ()))
    return kept | {"facets": facets, "category": category}
