"""Runs of imports and feeds that repeat: their states, and when a feed is fetched next."""

from datetime import timedelta
from enum import StrEnum

SHORTEST_INTERVAL = timedelta(minutes=5)
LONGEST_INTERVAL = timedelta(days=30)
_LONGEST_PAUSE = timedelta(days=1)
_MAX_DOUBLINGS = 10


class ImportState(StrEnum):
    """How far an import is. One that was killed stays `running`, and can be continued."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class SyncState(StrEnum):
    """How the latest fetch of a feed ended. `unchanged`: there was nothing new to import."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"


def pause_after(every: timedelta, failures: int) -> timedelta:
    """Return how long to wait for the next fetch: twice as long after each failure in a row.

    A day at most, unless the feed is fetched more seldom anyway.
    """
    longer: timedelta = every * 2 ** min(failures, _MAX_DOUBLINGS)
    return min(longer, max(every, _LONGEST_PAUSE))
