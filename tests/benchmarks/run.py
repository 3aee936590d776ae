"""Start the servers, measure, report."""

import argparse
import json
import sys
from pathlib import Path

from tests.benchmarks.awake import wide_awake
from tests.benchmarks.catalog.datasets import ENGINES
from tests.benchmarks.catalog.report import CatalogReport
from tests.benchmarks.catalog.run import SIZES, measure_catalogs
from tests.benchmarks.measure import kept_memory, measure
from tests.benchmarks.purchases.measure import measure_purchases
from tests.benchmarks.purchases.report import PurchaseReport
from tests.benchmarks.report import Report
from tests.benchmarks.servers import running_subjects
from tests.benchmarks.widgets import measure_widgets

_FULL = (3, 2.0)
_QUICK = (2, 0.5)
_CLIENTS_THAT_LEAVE = 2000


def main() -> int:
    """Measure as the command line asks; 1 when a target was missed and `--check` was given."""
    arguments = _parse()
    if not sys.platform.startswith("linux"):
        sys.stderr.write("The benchmark reads /proc and pins cores: it needs Linux.\n")
        return 2
    one_part = arguments.catalog or arguments.purchases or arguments.widgets
    whole_shop = arguments.subject == "shop" and not one_part
    server = None if one_part else _measure_server(arguments)
    purchases = _measure_purchases(arguments) if arguments.purchases or whole_shop else None
    catalogs = _measure_catalogs(arguments) if arguments.catalog or whole_shop else None
    widgets = measure_widgets(quick=arguments.quick) if arguments.widgets else None
    if arguments.json:
        found = server.as_dict() if server else {}
        for name, part in (
            ("purchases", purchases),
            ("catalogs", catalogs),
            ("widgets", widgets),
        ):
            found |= {name: part.as_dict()} if part else {}
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        parts = (server, purchases, catalogs, widgets)
        sys.stdout.write("\n".join(part.as_text() for part in parts if part) + "\n")
    missed = (server is not None and not server.met()) or any(
        part.missed() for part in (purchases, catalogs, widgets) if part
    )
    return int(arguments.check and missed)


def _measure_purchases(arguments: argparse.Namespace) -> PurchaseReport:
    engines = arguments.engine or ENGINES
    with wide_awake():
        return PurchaseReport(measure_purchases(engines, quick=arguments.quick))


def _measure_catalogs(arguments: argparse.Namespace) -> CatalogReport:
    sizes = sorted({SIZES[0], *(arguments.catalog or SIZES)})
    engines = arguments.engine or ENGINES
    return measure_catalogs(sizes, keep=arguments.keep, engines=engines, quick=arguments.quick)


def _measure_server(arguments: argparse.Namespace) -> Report:
    rounds, seconds = _QUICK if arguments.quick else _FULL
    leaving = _CLIENTS_THAT_LEAVE // 5 if arguments.quick else _CLIENTS_THAT_LEAVE
    with running_subjects(arguments.subject) as (baseline, ours):
        rows = measure((baseline, ours), rounds=rounds, seconds=seconds)
        kept = list(kept_memory(ours, leaving))
    return Report(rows, kept)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter and less certain")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument(
        "--subject",
        choices=("shop", "sample"),
        default="shop",
        help="the whole shop, or the tests' sample server behind the same endpoint",
    )
    parser.add_argument(
        "--catalog",
        type=int,
        action="append",
        metavar="PRODUCTS",
        help="measure only catalogs: one of 100 products and one of this many (repeatable)",
    )
    parser.add_argument(
        "--widgets", action="store_true", help="measure only the widgets, in a real browser"
    )
    parser.add_argument("--purchases", action="store_true", help="measure only full purchases")
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        action="append",
        help="measure catalogs and purchases on this one only",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the catalogs here, for the next time"
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
