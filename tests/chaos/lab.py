"""What an experiment is given, and what it has to say in the end."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Engine = Literal["sqlite", "postgresql"]


@dataclass(frozen=True)
class Lab:
    """One run of one experiment on one engine: everything random comes from its seed."""

    engine: Engine
    seed: int
    full: bool
    folder: Path
    """Empty, and its own."""
    new_database: Callable[[str], str]
    """Make a migrated, empty database of that name, and give its URL."""
    say: Callable[[str], None]
    """Tell how far it is."""

    def random(self, name: str = "") -> random.Random:
        """Give the dice for one purpose: the same ones for the same seed."""
        return random.Random(f"{self.seed}/{name}")  # noqa: S311 - dice, not a secret

    def sized(self, quick: int, full: int) -> int:
        """Choose by the length of the run."""
        return full if self.full else quick


@dataclass
class Outcome:
    """What was done, and what was found: an experiment without findings holds."""

    counts: Mapping[str, int | float] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Experiment:
    """A named experiment. `promise` is the one sentence that has to hold."""

    name: str
    promise: str
    run: Callable[[Lab], Outcome]
    engines: tuple[Engine, ...] = ("sqlite", "postgresql")
