"""Build the catalogs, ask them everything, and report."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import uvloop

from plantly.mcp_server.collector import tune_collector
from tests.benchmarks.awake import wide_awake
from tests.benchmarks.catalog.datasets import ENGINES, Dataset, open_datasets
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.catalog.queries import questions
from tests.benchmarks.catalog.report import CatalogReport
from tests.benchmarks.catalog.scaling import CallCost, measure_calls
from tests.benchmarks.catalog.searching import Waited, measure_searches

SIZES = (100, 100_000)
_FULL = (5, 5, 1.0)
_QUICK = (3, 2, 0.5)


def measure_catalogs(
    sizes: Sequence[int],
    *,
    keep: Path | None = None,
    engines: Sequence[Engine] = ENGINES,
    quick: bool = False,
) -> CatalogReport:
    """Measure catalogs of these sizes. Growth is told against the smallest of them."""
    with open_datasets(keep, sizes, engines) as datasets, wide_awake():
        # Before this process tunes its collector, as the server does when it has started.
        calls = uvloop.run(_calls(datasets, engines, quick=quick))
        tune_collector()
        waited = asyncio.run(_searches(datasets, quick=quick))
    return CatalogReport(datasets, waited, calls)


async def _calls(
    datasets: Sequence[Dataset], engines: Sequence[Engine], *, quick: bool
) -> list[CallCost]:
    _, rounds, seconds = _QUICK if quick else _FULL
    found = []
    for engine in engines:
        same = [each for each in datasets if each.engine == engine]
        found += await measure_calls(same, rounds=rounds, seconds=seconds)
    return found


async def _searches(datasets: Sequence[Dataset], *, quick: bool) -> list[Waited]:
    rounds, *_ = _QUICK if quick else _FULL
    return [
        waited
        for dataset in datasets
        for waited in await measure_searches(dataset, questions(), rounds)
    ]
