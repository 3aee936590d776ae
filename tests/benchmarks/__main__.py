"""Run the benchmark: `python -m tests.benchmarks [--quick] [--json] [--subject shop|sample]`."""

from tests.benchmarks.run import main

if __name__ == "__main__":
    raise SystemExit(main())
