"""Run the benchmark: `python -m tests.benchmarks --help`."""

from tests.benchmarks.run import main

if __name__ == "__main__":
    raise SystemExit(main())
