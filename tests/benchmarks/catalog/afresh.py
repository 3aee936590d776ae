"""Answer everything afresh: pages, counts and answers that a shop would keep are made each time.

What it knows of its whole catalog, and of words, stays: it is looked up once for all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from plantly.cli.application import main
from plantly.db.search.kept import Kept
from plantly.mcp_server.tools import browse


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Let this process keep no page, no count and no answer of a listing."""
    with (
        patch("plantly.db.search.listing._pages", Kept(0)),
        patch("plantly.db.search.listing._counts", Kept(0)),
        patch.object(browse, "_KEPT_ANSWERS", 0),
    ):
        yield


if __name__ == "__main__":
    # As `python -m plantly.cli`: the same command line.
    with nothing_kept():
        main()
