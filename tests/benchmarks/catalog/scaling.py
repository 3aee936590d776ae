"""What a listing costs our server, whether the shop has a hundred products or a million.

CPU of the shop's process on a core of its own, as `tests.benchmarks.measure` counts it: of the shop
window, which is asked for again and again and therefore kept; and of questions asked in turn, more
of them than the shop keeps answers for, so that each is answered afresh.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product as combined
from typing import Any, Final

from plantly.domain.catalog import CatalogQuery, Sort
from tests.benchmarks.calls import NOOP, Call
from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.generate import COLORS
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.catalog.queries import questions
from tests.benchmarks.catalog.statements import cpu_ms, statements_of
from tests.benchmarks.client import ask_once, run_plan
from tests.benchmarks.servers import Served, pinned, running_sample, running_shop_of

GROWTH: Final = 1.5
STATEMENTS: Final = 1.3
_ERA: Final = "initialize"
_WINDOW: Final = "shop window"
_WORDS: Final = frozenset(
    {"two words", "three words", "common word", "prefix", "words and filters"}
)
_PAGES: Final = (8, 9, 10, 11, 12)


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
    """Return 600 listings that fill their page in a catalog of any size."""
    sorts = [sort for sort in Sort if sort is not Sort.RELEVANCE]
    least = range(0, 2000, 100)
    return [
        {"sort": sort, "min_price_minor": price, "limit": limit}
        | ({"color": COLORS[0]} if price % 300 == 0 else {})
        for price, limit, sort in combined(least, _PAGES, sorts)
    ]


def searches() -> list[dict[str, Any]]:
    """Return about 600 searches: the published ones with words, with pages of several lengths."""
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
    with _running(datasets) as servers:
        plans = [
            (served, name, requests) for served in servers for name, requests in _requests(served)
        ]
        for served, _, requests in plans:
            for request in requests:
                ask_once(served.port, request)
        for _ in range(rounds):
            for served, name, plan in plans:
                before = served.spent().cpu_ms
                load = run_plan(served.port, plan, seconds=seconds)
                cost = (served.spent().cpu_ms - before) / load.count
                spent.setdefault((served.name, name), []).append(cost)
    least = {key: min(costs) for key, costs in spent.items()}
    return [
        CallCost(
            engine=dataset.engine,
            size=dataset.size,
            window_ms=least[_name(dataset), _WINDOW],
            list_ms=least[_name(dataset), "list_products"],
            search_ms=least[_name(dataset), "search_products"],
            noop_ms=least["sample", NOOP.name],
            statements_ms=await _statements_ms(dataset, rounds),
        )
        for dataset in datasets
    ]


@contextmanager
def _running(datasets: Sequence[Dataset]) -> Iterator[list[Served]]:
    with ExitStack() as stack:
        servers = [stack.enter_context(running_sample())]
        servers += [
            stack.enter_context(running_shop_of(_name(each), each.data_dir, each.url))
            for each in datasets
        ]
        with pinned(servers):
            yield servers


def _name(dataset: Dataset) -> str:
    return f"{dataset.engine} {dataset.size}"


def _requests(served: Served) -> Iterator[tuple[str, list[bytes]]]:
    if served.name == "sample":
        yield NOOP.name, [NOOP.encode(_ERA, served.port)]
        return
    for name, tool, asked in (
        (_WINDOW, "list_products", [{}]),
        ("list_products", "list_products", browses()),
        ("search_products", "search_products", searches()),
    ):
        calls = [Call(tool, "tools/call", {"name": tool, "arguments": each}) for each in asked]
        yield name, [call.encode(_ERA, served.port) for call in calls]


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
