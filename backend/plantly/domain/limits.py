"""How often something may be done: the rule, and the limits of a shop that says nothing else.

A limit is kept as one moment for each caller: until when what was done is paid for. Doing it once
more moves that moment on by one interval; it may never lie further ahead than `burst` intervals.
(The generic cell rate algorithm, as in ITU-T I.371.) So in any stretch of time, wherever it begins,
at most `burst + stretch / interval` are let through. Moments are whole microseconds since 1970.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND_US: Final = 1_000_000
_MOST: Final = 1_000_000
_LONGEST_US: Final = 30 * 86_400 * _SECOND_US
_UNITS: Mapping[str, int] = {"s": 1, "min": 60, "hour": 3600, "day": 86_400}
_FORM = re.compile(
    r"(\d{1,7}) ?/ ?(\d{0,5}) ?(s|min|hour|day)(?: burst (\d{1,7}))?", re.ASCII | re.IGNORECASE
)
_HOST_FACTOR = "host_factor"
_SHAPE = "use a number and a time such as 60/min, 20/hour, 300/10min or 60/min burst 90, or off"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in a time, evenly; `burst` of them at once."""

    count: int
    period_us: int
    burst: int

    @property
    def interval_us(self) -> int:
        """Return what one costs, rounded so that never more than `count` come back in a period."""
        return -(-self.period_us // self.count)

    @property
    def tolerance_us(self) -> int:
        """Return how far ahead of the present a caller may be."""
        return self.burst * self.interval_us

    def times(self, factor: int) -> "Limit":
        """Return the limit of that many callers together."""
        return Limit(self.count * factor, self.period_us, self.burst * factor)


class Taken(NamedTuple):
    """Whether it may be done, the moment to keep, and how long to wait where it may not."""

    allowed: bool
    spent_until_us: int
    wait_us: int


def take(limit: Limit, spent_until_us: int, now_us: int) -> Taken:
    """Do it once more, if that may be; 0 stands for a caller that nothing is known of.

    A refusal costs nothing. A clock that goes backwards only makes the wait longer.
    """
    after = max(spent_until_us, now_us) + limit.interval_us
    wait = after - limit.tolerance_us - now_us
    return Taken(False, spent_until_us, wait) if wait > 0 else Taken(True, after, 0)


def microseconds(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def whole_seconds(wait_us: int) -> int:
    """Return a wait in seconds, rounded up, at least one."""
    return max(1, -(-wait_us // _SECOND_US))


def in_words(seconds: int) -> str:
    """Say how long to wait."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds > length:
            return f"{-(-seconds // length)} {unit}s"
    return "1 minute" if seconds == _UNITS["min"] else f"{seconds} second{'s' * (seconds > 1)}"


@dataclass(frozen=True, slots=True)
class LimitTable:
    """The limits in force by name; what is not there is not limited."""

    limits: Mapping[str, Limit] = field(default_factory=dict)
    host_factor: int = 1
    """An assistant calls for many shoppers: how many times as much its addresses may do."""

    def get(self, name: str, *, many: bool = False) -> Limit | None:
        """Return the limit with that name; `many` when many callers share it."""
        limit = self.limits.get(name)
        return limit.times(self.host_factor) if limit is not None and many else limit


def _limit(text: str) -> Limit | None:
    found = _FORM.fullmatch(" ".join(text.split()))
    if found is None:
        return None
    count, length, unit, burst = found.groups()
    period_us = int(length or 1) * _UNITS[unit.lower()] * _SECOND_US
    limit = Limit(int(count), period_us, int(burst or count))
    fits = 0 < limit.count <= _MOST and 0 < limit.burst <= _MOST and 0 < period_us <= _LONGEST_US
    return limit if fits else None


DEFAULTS: Mapping[str, str] = {
    "reads": "1200/min",
    "cart_writes": "60/min",
    "cart_writes_address": "240/min",
    "checkout_starts": "30/hour",
    "checkout_starts_address": "120/hour",
    "codes": "10/hour",
    "codes_address": "10/hour",
    "misses": "20/hour",
    "misses_address": "60/hour",
    "page_posts_address": "300/10min",
    "payments": "10/hour",
    "payments_address": "30/hour",
    "declines_session": "5/day",
    "declines_address": "10/hour",
    "bad_webhooks": "60/min",
}
"""The limits of a shop that says nothing else, in the words of its setting."""

_DEFAULT_HOST_FACTOR: Final = 50
NO_LIMITS: Final = LimitTable()


def default_limits() -> LimitTable:
    """Return the limits of a shop that says nothing else."""
    return read_limits("")[0]


def read_limits(text: str) -> tuple[LimitTable, list[str]]:
    """Read a setting such as `cart_writes=30/min, codes=off`; what it leaves out has its default.

    Returns the limits, and a sentence for everything that cannot be read.
    """
    if text.strip().lower() == "off":
        return NO_LIMITS, []
    wanted: dict[str, Limit | None] = {name: _limit(said) for name, said in DEFAULTS.items()}
    factor, problems = _DEFAULT_HOST_FACTOR, []
    for part in filter(None, (item.strip() for item in text.split(","))):
        name, _, said = (side.strip() for side in part.partition("="))
        if name == _HOST_FACTOR:
            if said.isascii() and said.isdigit() and 0 < int(said[:9]) <= _MOST:
                factor = int(said)
            else:
                problems.append(f"{name} is {said!r}: use a number from 1 to {_MOST}.")
        elif name not in DEFAULTS:
            known = ", ".join((*DEFAULTS, _HOST_FACTOR))
            problems.append(f"there is no limit {name!r}: there are {known}, or off for none.")
        elif (limit := _limit(said)) is None and said.lower() != "off":
            problems.append(f"{name} is {said!r}: {_SHAPE}.")
        else:
            wanted[name] = limit
    limits = {name: limit for name, limit in wanted.items() if limit is not None}
    return LimitTable(limits, factor), problems
