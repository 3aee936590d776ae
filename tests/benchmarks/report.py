"""Compare with the baseline and with the targets, and say it in a table or in JSON."""

import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from tests.benchmarks.measure import Kept, Row
from tests.support.mcp_wire import ERAS, MODERN, Era

BASELINE = "baseline"
NOOP = "no-op tool"

# Multiples of the CPU of the SDK's no-op tool in the same era; by call: (initialize, 2026-07-28).
TARGETS = {
    "list_products": (0.7, 1.4),
    "tools/list": (0.3, 0.6),
    "widget read": (0.3, 0.6),
}
TAIL_TARGET = 3.0
TOO_DISTURBED = 0.05


@dataclass(frozen=True)
class Line:
    """One line of the table; None where there is no target."""

    row: Row
    ratio: float
    target: float | None
    tail: float

    @property
    def verdict(self) -> str:
        """Say which of the targets was missed, if any."""
        if self.row.server == BASELINE:
            return ""
        missed = []
        if self.target is not None and self.ratio > self.target:
            missed.append("CPU")
        if self.tail > TAIL_TARGET and self.row.cost.disturbed <= TOO_DISTURBED:
            missed.append("p99")
        said = f"missed: {', '.join(missed)}" if missed else "met"
        if self.tail > TAIL_TARGET and self.row.cost.disturbed > TOO_DISTURBED:
            said += f" (p99 unknown: disturbed {self.row.cost.disturbed:.0%} of the time)"
        return said


@dataclass(frozen=True)
class Report:
    """Everything that one run found."""

    rows: list[Row]
    kept: list[Kept]

    def lines(self) -> list[Line]:
        """Give each row with its ratio to the SDK's no-op of the same era."""
        noop = {
            row.era: row.cost.cpu_ms
            for row in self.rows
            if row.server == BASELINE and row.call == NOOP
        }
        return [
            Line(
                row=row,
                ratio=row.cost.cpu_ms / noop[row.era],
                target=None if row.server == BASELINE else target_of(row.call, row.era),
                tail=row.cost.p99_ms / row.cost.p50_ms,
            )
            for row in self.rows
        ]

    def met(self) -> bool:
        """Tell whether our server met every target."""
        return not any(line.verdict.startswith("missed") for line in self.lines())

    def as_dict(self) -> dict[str, Any]:
        """Give the whole report for a machine."""
        lines = [
            {**asdict(line.row), "ratio": line.ratio, "target": line.target, "tail": line.tail}
            for line in self.lines()
        ]
        kept = [asdict(each) for each in self.kept]
        return {"machine": machine(), "calls": lines, "kept": kept}

    def as_text(self) -> str:
        """Give the whole report for a reader."""
        parts = [machine(), _LEGEND]
        for era in ERAS:
            parts.append(f"\n{era} era")
            parts.append(_HEADER)
            parts += [_text(line) for line in self.lines() if line.row.era == era]
        if self.kept:
            parts.append("\nMemory kept for each client that left")
            parts += [
                f"  {each.server:<10}{each.era:<12}{each.how:<30}{each.bytes_per_client:>8.0f} B"
                for each in self.kept
            ]
        return "\n".join(parts)


_LEGEND = (
    "CPU is server time for one call; x is that as a multiple of the official SDK's no-op tool\n"
    "(`MCPServer`) in the same era. 16 connections, one worker, the least of the rounds."
)
_HEADER = (
    f"  {'server':<10}{'call':<18}{'CPU ms':>8}{'x':>7}{'target':>8}"
    f"{'p50 ms':>9}{'p99 ms':>9}{'p99/p50':>9}{'calls/s':>9}"
)


def target_of(call: str, era: Era) -> float | None:
    """Give the multiple that a call may cost, if it has a target."""
    targets = TARGETS.get(call)
    return None if targets is None else targets[1 if era == MODERN else 0]


def machine() -> str:
    """Say what this was measured on."""
    cores = os.cpu_count()
    return f"Python {platform.python_version()}, mcp {version('mcp')}, {cores} cores"


def _text(line: Line) -> str:
    row, cost = line.row, line.row.cost
    target = "" if line.target is None else f"{line.target:.1f}"
    return (
        f"  {row.server:<10}{row.call:<18}{cost.cpu_ms:>8.3f}{line.ratio:>7.2f}{target:>8}"
        f"{cost.p50_ms:>9.2f}{cost.p99_ms:>9.2f}{line.tail:>9.1f}{cost.per_second:>9.0f}"
        f"  {line.verdict}"
    ).rstrip()
