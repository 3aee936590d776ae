"""Say what was found, in tables or in JSON, with what was missed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.scaling import GROWTH, STATEMENTS, CallCost, Cpu
from tests.benchmarks.catalog.searching import Waited


@dataclass(frozen=True)
class CatalogReport:
    """Everything that one run found about catalogs."""

    datasets: list[Dataset]
    waited: list[Waited]
    calls: list[CallCost]

    def missed(self) -> bool:
        """Say whether any target was missed."""
        imports = any(each.imported.missed(each.engine) for each in self.datasets)
        return (
            imports
            or any(each.missed() for each in self.waited)
            or any(_grown(self._growth(each)) or _dear(each) for each in self.calls)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all figures for a machine."""
        return {
            "imports": [
                {
                    "engine": each.engine,
                    "products": each.size,
                    "seconds": each.imported.seconds,
                    "cpu_seconds": each.imported.cpu_seconds,
                    "peak_mb": each.imported.peak_mb,
                    "missed": each.imported.missed(each.engine),
                }
                for each in self.datasets
            ],
            "searches": [_figures(each) for each in self.waited],
            "calls": [
                {
                    **asdict(each),
                    "growth": self._growth(each),
                    "search_ratio": each.search_ratio,
                    "leanest_ratio": each.leanest_ratio,
                    "search_ratio_to_loop": each.search_ratio_to_loop,
                }
                for each in self.calls
            ],
        }

    def as_text(self) -> str:
        """Return the tables for a reader."""
        parts = ["\nImports, `plantly catalog import` of our own JSON", _IMPORTS]
        parts += [_import_line(each) for each in self.datasets]
        for dataset in self.datasets:
            rows = [w for w in self.waited if (w.engine, w.size) == (dataset.engine, dataset.size)]
            if rows:
                parts.append(f"\nListings of {dataset.size:,} products, {dataset.engine}: ms")
                parts += [_SEARCHES, *map(_search_line, rows)]
        if self.calls:
            parts += ["\nlist_products: CPU ms of the server, initialize era", _LISTED]
            parts += [_listed_line(each, self._growth(each)) for each in self.calls]
            parts += ["\nsearch_products: CPU ms (+ PostgreSQL's own), nothing kept", _SEARCHED]
            parts += [_searched_line(each) for each in self.calls]
        return "\n".join(parts)

    def _growth(self, cost: CallCost) -> dict[str, float]:
        """Return how much more our process uses than in the smallest catalog of the same engine."""
        same = [each for each in self.calls if each.engine == cost.engine]
        least = min(same, key=lambda each: each.size)
        return {
            "window": cost.window.ours / least.window.ours,
            "listings": cost.listing.ours / least.listing.ours,
            "afresh": cost.afresh.ours / least.afresh.ours,
        }


_IMPORTS = (
    f"  {'engine':<10}{'products':>10}{'seconds':>9}{'products/s':>12}{'CPU s':>8}{'peak MB':>9}"
)
_SEARCHES = (
    f"  {'kind':<20}{'p50':>8}{'p95':>8}{'p99':>8}{'target':>8}"
    f"{'facets p95':>12}{'bare p50':>10}{'bare p95':>10}{'x p50':>8}"
)
_LISTED = (
    f"  {'engine':<10}{'products':>10}{'window':>10}{'growth':>8}{'listings':>10}{'growth':>8}"
    f"{'afresh':>10}{'growth':>8}"
)
_SEARCHED = (
    f"  {'engine':<10}{'products':>10}{'searches':>16}{'no-op':>8}{'with SQL':>16}{'x SQL':>8}"
    f"{'leanest':>16}{'x SQL':>8}{'SQL in a loop':>16}{'x loop':>8}"
)


def _figures(waited: Waited) -> dict[str, Any]:
    return {
        "engine": waited.engine,
        "products": waited.size,
        "kind": waited.kind,
        **{f"p{n}_ms": waited.plain(n / 100) for n in (50, 95)},
        "p99_ms": waited.p99,
        "target_ms": waited.target_ms,
        "facets_p95_ms": waited.facets_p95,
        **{f"bare_p{n}_ms": waited.floor(n / 100) for n in (50, 95)},
        "missed": waited.missed(),
    }


def _import_line(dataset: Dataset) -> str:
    cost = dataset.imported
    return _with_verdict(
        f"  {dataset.engine:<10}{dataset.size:>10,}{cost.seconds:>9.1f}{cost.per_second:>12,.0f}"
        f"{cost.cpu_seconds:>8.1f}{cost.peak_mb:>9.0f}",
        cost.missed(dataset.engine),
    )


def _search_line(waited: Waited) -> str:
    p50, p95, p99 = waited.plain(0.5), waited.plain(0.95), waited.p99
    bare50, bare95 = waited.floor(0.5), waited.floor(0.95)
    target = "" if waited.target_ms is None else f"{waited.target_ms:.1f}"
    return _with_verdict(
        f"  {waited.kind:<20}{p50:>8.2f}{p95:>8.2f}{p99:>8.2f}{target:>8}"
        f"{waited.facets_p95:>12.2f}{bare50:>10.2f}{bare95:>10.2f}{p50 / bare50:>8.1f}",
        waited.missed(),
    )


def _listed_line(cost: CallCost, growth: Mapping[str, float]) -> str:
    return _with_verdict(
        f"  {cost.engine:<10}{cost.size:>10,}{cost.window.ours:>10.3f}{growth['window']:>8.2f}"
        f"{cost.listing.ours:>10.3f}{growth['listings']:>8.2f}"
        f"{cost.afresh.ours:>10.3f}{growth['afresh']:>8.2f}",
        _grown(growth),
    )


def _searched_line(cost: CallCost) -> str:
    return _with_verdict(
        f"  {cost.engine:<10}{cost.size:>10,}{_sum(cost.search)}{cost.noop.ours:>8.3f}"
        f"{_sum(cost.with_statements)}{cost.search_ratio:>8.2f}"
        f"{_sum(cost.leanest)}{cost.leanest_ratio:>8.2f}"
        f"{_sum(cost.statements)}{cost.search_ratio_to_loop:>8.2f}",
        _dear(cost),
    )


def _grown(growth: Mapping[str, float]) -> list[str]:
    return [f"growth of {kind}" for kind, times in growth.items() if times > GROWTH]


def _dear(cost: CallCost) -> list[str]:
    return ["searches"] if cost.search_ratio > STATEMENTS else []


def _sum(cpu: Cpu) -> str:
    return f"{f'{cpu.ours:.3f} + {cpu.database:.3f}' if cpu.database else f'{cpu.ours:.3f}':>16}"


def _with_verdict(line: str, missed: list[str]) -> str:
    return f"{line}  {'missed: ' + ', '.join(missed) if missed else 'met'}"
