"""How much one question may cost, and what a page is made of. See docs/decisions/0006."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plantly.domain.catalog import Position

COUNTED = 250
"""Candidates that are looked at to count matches and their filters."""
TESTED = 500
"""Look-ups for that: the more each candidate takes, the fewer are looked at."""
LEAST = 100
"""Candidates that are looked at for that, however many look-ups each takes."""
WALKED = 20_000
"""Rows of an order that one statement walks along."""
WALKED_FIRST = 5_000
"""The same, where collecting candidates would cost no more than half of that."""
WALKS = 5
"""Statements that walk on before a page stays shorter than it was asked for."""
COLLECTED = 50_000
"""Candidates, as estimated, that are fetched to be sorted."""
EVERY = 2**62
"""No bound where the candidates are few, or the page ends the search."""

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a page: what they are sorted by, then the columns of a card."""

    rows: Sequence[Row]
    resume: Position | None = None
    """Where to go on when the search stopped before the page was full."""
