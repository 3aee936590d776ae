"""How the sandbox provider misbehaves when it is told to, and how it decides when.

A decision hangs on the seed, on the kind of trouble and on the name of the thing only: two
processes and a repeat decide alike, and nothing is kept.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

_CHANCE: Final = re.compile(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?|\.[0-9]{1,6}", re.ASCII)
_LENGTH: Final = re.compile(r"([0-9]{1,6})(ms|s|m|h|d)", re.ASCII)
_SEED: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_UNITS: Final = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_LONGEST: Final = timedelta(days=30)
_RANGE: Final = 2**64

MOST_SLOW: Final = timedelta(seconds=30)
"""The longest that an answer of the API is kept back: a request must not wait for ever."""

USUAL: Final[Mapping[str, timedelta | None]] = MappingProxyType(
    {
        "duplicate": timedelta(minutes=1),
        "reorder": timedelta(minutes=1),
        "drop": None,
        "delay": timedelta(seconds=30),
        "wrong_amount": None,
        "wrong_currency": None,
        "late_capture": timedelta(minutes=1),
        "fail_before": None,
        "fail_after": None,
        "slow": timedelta(seconds=5),
        "refund_pending": timedelta(minutes=1),
        "refund_failed": timedelta(minutes=1),
    }
)
"""Every kind of trouble, and how long it takes when nothing is said; None for no time at all."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One kind of trouble: how often (0 to 1) it happens, and how long it takes."""

    name: str
    chance: Decimal
    lasts: timedelta

    def __str__(self) -> str:
        """Write it as people set it, with every time spelled out."""
        timed = USUAL[self.name] is not None
        return f"{self.name}={self.chance}" + (f":{_written(self.lasts)}" if timed else "")


@dataclass(frozen=True, slots=True)
class Chaos:
    """All trouble that was asked for; without a knob there is none."""

    knobs: tuple[Knob, ...] = ()
    seed: int = 0

    def __bool__(self) -> bool:
        """Say whether there can be trouble at all."""
        return bool(self.knobs)

    def __str__(self) -> str:
        """Write it as people set it."""
        parts = [*map(str, self.knobs), f"seed={self.seed}"]
        return ",".join(parts) if self.knobs else ""

    def hits(self, knob: str, name: str) -> timedelta | None:
        """Return how long this trouble takes for the thing of that name, None if it is spared."""
        found = next((k for k in self.knobs if k.name == knob), None)
        if found is None or self._drawn(knob, name) >= found.chance * _RANGE:
            return None
        return found.lasts

    def picks(self, knob: str, name: str, count: int) -> int:
        """Return which of so many ways the trouble takes for the thing of that name."""
        return self._drawn(f"{knob}/way", name) % count

    def _drawn(self, knob: str, name: str) -> int:
        digest = hashlib.sha256(f"{self.seed}/{knob}/{name}".encode()).digest()
        return int.from_bytes(digest[:8])


class ChaosError(ValueError):
    """Names everything that cannot be read, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def parse_chaos(text: str) -> Chaos:
    """Read `duplicate=0.2,delay=0.1:30s,seed=42`; an empty text means no trouble.

    Raises:
        ChaosError: It names every mistake at once.
    """
    problems: list[str] = []
    knobs: dict[str, Knob] = {}
    seed: int | None = None
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (part.strip() for part in item.partition("="))
        if name in knobs or (name == "seed" and seed is not None):
            problems.append(f"{name} stands there twice.")
        elif name == "seed":
            seed = _seed(value, problems)
        elif name in USUAL:
            knobs[name] = _knob(name, value, problems)
        else:
            problems.append(f"{item!r} is unknown: use {', '.join((*USUAL, 'seed'))}.")
    if problems:
        raise ChaosError(problems)
    return Chaos(tuple(k for k in knobs.values() if k.chance), seed or 0)


def _seed(value: str, problems: list[str]) -> int:
    if _SEED.fullmatch(value):
        return int(value)
    problems.append(f"seed is {value!r}: use a whole number of at most 18 digits.")
    return 0


def _knob(name: str, value: str, problems: list[str]) -> Knob:
    chance, colon, length = (part.strip() for part in value.partition(":"))
    if not _CHANCE.fullmatch(chance):
        problems.append(f"{name} is {value!r}: use a chance from 0 to 1, such as {name}=0.1.")
        chance = "0"
    return Knob(name, Decimal(chance), _length(name, length if colon else None, problems))


def _length(name: str, text: str | None, problems: list[str]) -> timedelta:
    usual = USUAL[name]
    if text is None:
        return usual or timedelta(0)
    if usual is None:
        problems.append(f"{name} takes no time: write {name}=0.1, without {':' + text!r}.")
        return timedelta(0)
    most = MOST_SLOW if name == "slow" else _LONGEST
    found = _LENGTH.fullmatch(text)
    length = int(found[1]) * _UNITS[found[2]] if found else None
    if length is None or not timedelta(0) < length <= most:
        problems.append(
            f"{name} takes {text!r}: use a time such as 500ms, 30s, 5m or 1h, "
            f"{_written(most)} at most."
        )
        return usual
    return length


def _written(length: timedelta) -> str:
    """Write a length of time in the largest unit that holds it exactly."""
    for unit in ("d", "h", "m", "s"):
        if not length % _UNITS[unit]:
            return f"{length // _UNITS[unit]}{unit}"
    return f"{length // _UNITS['ms']}ms"
