"""Say what purchases cost, in a table or in JSON."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from tests.benchmarks.purchases.measure import Measured, Row

TARGET: Final = 1.5
_SHOWN: Final = 20
_TOO_DISTURBED: Final = 0.05
_LEGEND: Final = (
    "\nFull purchases: two tools, four requests of the page, the provider's, its signed webhook,\n"
    "and the tools again until they say completed. CPU is the server's for one purchase; x is\n"
    "that, and the time that each purchase takes of the clock, as a multiple of the no-op\n"
    "requests and the raw writes, together: at most 1.5. `db` is PostgreSQL's own CPU, in no sum.\n"
    "`least` is the leanest program that does the same behind the no-op's endpoint: the requests,\n"
    "every statement of a purchase, reads included, with its values through the driver alone, and\n"
    "both pages from our templates with values that are ready. It decides, checks and signs\n"
    "nothing, and nothing works in its background. The x after it is CPU over that."
)
_HEADER: Final = (
    f"  {'engine':<10}{'shoppers':>9}{'bought/s':>10}{'CPU ms':>8}{'no-op':>8}{'SQL':>7}{'x':>6}"
    f"{'least':>8}{'x':>6}"
    f"{'wall ms':>9}{'no-op':>8}{'SQL':>7}{'x':>6}{'db':>7}{'p50 ms':>8}{'p99 ms':>8}"
)


@dataclass(frozen=True)
class PurchaseReport:
    """Everything that one run found about purchases."""

    measured: Measured

    def missed(self) -> bool:
        """Say whether the target was missed, or the books are wrong."""
        return bool(self.measured.wrong) or any(
            row.cpu_ratio > TARGET for row in self.measured.rows
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all figures for a machine."""
        rows = [
            {
                **asdict(row),
                "cpu_ratio": row.cpu_ratio,
                "wall_ratio": row.wall_ratio,
                "leanest_ratio": row.leanest_ratio,
                "reachable": row.reachable,
            }
            for row in self.measured.rows
        ]
        return {"rows": rows, "bought": self.measured.bought, "wrong": self.measured.wrong}

    def as_text(self) -> str:
        """Return the table for a reader."""
        return "\n".join([_LEGEND, _HEADER, *map(_text, self.measured.rows), *self._books()])

    def _books(self) -> Iterator[str]:
        for row in {row.engine: row for row in self.measured.rows}.values():
            yield (
                f"  {row.engine}: {row.statements:.0f} statements that write in "
                f"{row.transactions:.1f} transactions, {row.reads:.0f} that read, "
                f"{row.requests:.1f} requests and two of the server to itself"
            )
            least = [each.reachable for each in self.measured.rows if each.engine == row.engine]
            yield (
                "    the leanest program is itself "
                f"{', '.join(f'{ratio:.2f}' for ratio in least)} times the no-op requests and the "
                "raw writes"
            )
        books = "wrong" if self.measured.wrong else "right"
        yield f"  {self.measured.bought} bought; the books are {books}"
        yield from (f"    {each}" for each in self.measured.wrong[:_SHOWN])


def _text(row: Row) -> str:
    bought, noop, sql = row.purchase, row.noop, row.sql
    notes = [] if row.cpu_ratio <= TARGET else ["missed: CPU"]
    if bought.disturbed > _TOO_DISTURBED:
        notes.append(f"disturbed {bought.disturbed:.0%} of the time")
    return (
        f"  {row.engine:<10}{row.shoppers:>9}{1000 / bought.wall_ms:>10.1f}{bought.cpu_ms:>8.1f}"
        f"{noop.cpu_ms:>8.1f}{sql.cpu_ms:>7.1f}{row.cpu_ratio:>6.2f}"
        f"{row.leanest_ms:>8.1f}{row.leanest_ratio:>6.2f}{bought.wall_ms:>9.1f}"
        f"{noop.wall_ms:>8.1f}{sql.wall_ms:>7.1f}{row.wall_ratio:>6.2f}{bought.database_ms:>7.1f}"
        f"{bought.p50_ms:>8.0f}{bought.p99_ms:>8.0f}  {', '.join(notes)}"
    ).rstrip()
