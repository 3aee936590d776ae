"""Start the servers, measure, report."""

import argparse
import sys

from tests.benchmarks.measure import kept_memory, measure
from tests.benchmarks.report import Report
from tests.benchmarks.servers import running_subjects

_FULL = (3, 2.0)
_QUICK = (2, 0.5)
_CLIENTS_THAT_LEAVE = 2000


def main() -> int:
    """Measure as the command line asks; 1 when a target was missed and `--check` was given."""
    arguments = _parse()
    if not sys.platform.startswith("linux"):
        sys.stderr.write("The benchmark reads /proc and pins cores: it needs Linux.\n")
        return 2
    rounds, seconds = _QUICK if arguments.quick else _FULL
    leaving = _CLIENTS_THAT_LEAVE // 5 if arguments.quick else _CLIENTS_THAT_LEAVE
    with running_subjects(arguments.subject) as (baseline, ours):
        rows = measure((baseline, ours), rounds=rounds, seconds=seconds)
        kept = list(kept_memory(ours, leaving))
    report = Report(rows, kept)
    sys.stdout.write((report.as_json() if arguments.json else report.as_text()) + "\n")
    return int(arguments.check and not report.met())


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter and less certain")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument(
        "--subject",
        choices=("shop", "sample"),
        default="shop",
        help="the whole shop, or the tests' sample server behind the same endpoint",
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
