"""Which failures of a unit of work are only for now, and how long to wait before the next try."""

import random
import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError

MAX_TRIES = 5
"""How often a unit is run before its lock or serialization failure is given up on."""

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.2
_RETRYABLE_SQLSTATES = frozenset({"40001", "40P01", "55P03"})
"""serialization_failure, deadlock_detected, lock_not_available."""

Failure = DBAPIError | sqlite3.OperationalError


def is_retryable(error: Failure) -> bool:
    """Say whether running the unit once more can end differently.

    A unique constraint counts: it means that a rival committed first, and the next run finds it.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if isinstance(error, IntegrityError):
        return state == "23505" or str(cause).startswith("UNIQUE")
    locked = isinstance(cause, sqlite3.OperationalError) and "locked" in str(cause)
    return locked or state in _RETRYABLE_SQLSTATES


def pause_before_try(number: int) -> float:
    """Return how many seconds to wait before the second try, the third and so on.

    Nobody waits the same time, so that rivals who failed together do not meet again.
    """
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (number - 1))
    return random.uniform(0, longest)  # noqa: S311 - only spreads them
