"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class MovableClock:
    """Tell the time a test has chosen: call it for the current instant, aware and in UTC."""

    def __init__(self, start: datetime = START) -> None:
        if start.utcoffset() != timedelta(0):
            raise ValueError("A clock starts at an aware UTC instant.")
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move on (or back, with a negative `by`) and tell the new instant."""
        self._now += by
        return self._now

    def set(self, instant: datetime) -> datetime:
        """Jump to an aware UTC instant."""
        if instant.utcoffset() != timedelta(0):
            raise ValueError("A clock is set to an aware UTC instant.")
        self._now = instant
        return self._now
