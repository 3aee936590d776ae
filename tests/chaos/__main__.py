"""Run the crash lab: `python -m tests.chaos --help`."""

from tests.chaos.run import main

if __name__ == "__main__":
    raise SystemExit(main())
