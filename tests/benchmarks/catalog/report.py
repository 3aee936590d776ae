"""Say what was found, in tables or in JSON, with what was missed."""

from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmarks.catalog.datasets import Dataset
from tests.benchmarks.catalog.scaling import GROWTH, STATEMENTS, CallCost
from tests.benchmarks.catalog.searching import Waited, percentile


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
            or any(_missed_by(each, self._growth(each)) for each in self.calls)
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
                {**asdict(each), "growth": self._growth(each), "search_ratio": each.search_ratio}
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
            parts += ["\nCalls: CPU ms (+ PostgreSQL's own), initialize era", _CALLS]
            parts += [_call_line(each, self._growth(each)) for each in self.calls]
        return "\n".join(parts)

    def _growth(self, cost: CallCost) -> tuple[float, float]:
        """Return how much more calls cost than in the smallest catalog of the same engine.

        The first is the shop window, the second are listings answered afresh.
        """
        same = [each for each in self.calls if each.engine == cost.engine]
        least = min(same, key=lambda each: each.size)
        return cost.window_ms / least.window_ms, cost.list_ms / least.list_ms


_IMPORTS = (
    f"  {'engine':<10}{'products':>10}{'seconds':>9}{'products/s':>12}{'CPU s':>8}{'peak MB':>9}"
)
_SEARCHES = (
    f"  {'kind':<20}{'p50':>8}{'p95':>8}{'p99':>8}{'target':>8}"
    f"{'facets p95':>12}{'bare p50':>10}{'bare p95':>10}{'x p50':>8}"
)
_CALLS = (
    f"  {'engine':<10}{'products':>10}{'window':>9}{'growth':>8}{'listings':>10}{'growth':>8}"
    f"{'searches':>16}{'no-op':>8}{'SQL alone':>16}{'x SQL':>8}"
)


def _figures(waited: Waited) -> dict[str, Any]:
    return {
        "engine": waited.engine,
        "products": waited.size,
        "kind": waited.kind,
        **{f"p{n}_ms": percentile(waited.plain_ms, n / 100) for n in (50, 95, 99)},
        "target_ms": waited.target_ms,
        "facets_p95_ms": waited.facets_p95,
        **{f"bare_p{n}_ms": percentile(waited.floor_ms, n / 100) for n in (50, 95)},
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
    p50, p95, p99 = (percentile(waited.plain_ms, share) for share in (0.5, 0.95, 0.99))
    bare50, bare95 = (percentile(waited.floor_ms, share) for share in (0.5, 0.95))
    target = "" if waited.target_ms is None else f"{waited.target_ms:.1f}"
    return _with_verdict(
        f"  {waited.kind:<20}{p50:>8.2f}{p95:>8.2f}{p99:>8.2f}{target:>8}"
        f"{waited.facets_p95:>12.2f}{bare50:>10.2f}{bare95:>10.2f}{p50 / bare50:>8.1f}",
        waited.missed(),
    )


def _call_line(cost: CallCost, growth: tuple[float, float]) -> str:
    return _with_verdict(
        f"  {cost.engine:<10}{cost.size:>10,}{cost.window_ms:>9.3f}{growth[0]:>8.2f}"
        f"{cost.list_ms:>10.3f}{growth[1]:>8.2f}{_sum(cost.search_ms, cost.search_database_ms)}"
        f"{cost.noop_ms:>8.3f}{_sum(cost.statements_ms, cost.statements_database_ms)}"
        f"{cost.search_ratio:>8.2f}",
        _missed_by(cost, growth),
    )


def _missed_by(cost: CallCost, growth: tuple[float, float]) -> list[str]:
    kinds = zip(("growth of the window", "growth of listings"), growth, strict=True)
    missed = [kind for kind, times in kinds if times > GROWTH]
    return [*missed, "searches"] if cost.search_ratio > STATEMENTS else missed


def _sum(ours: float, theirs: float) -> str:
    return f"{f'{ours:.3f} + {theirs:.3f}' if theirs else f'{ours:.3f}':>16}"


def _with_verdict(line: str, missed: list[str]) -> str:
    return f"{line}  {'missed: ' + ', '.join(missed) if missed else 'met'}"
