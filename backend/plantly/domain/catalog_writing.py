"""What is asked of the writer of the catalog, and what it says afterwards."""

from dataclasses import dataclass
from typing import Literal

from plantly.domain.money import Currency

MOST_AT_ONCE = 1500
"""Products that are written together, at most: what was worked out of more of them fits none."""


@dataclass(frozen=True, slots=True)
class WriteRules:
    """How products are written."""

    currency: Currency
    """The shop's: every variant needs a price in it."""
    actor: str
    """Who the history names: `import shopify`."""
    stock: Literal["new", "set"] = "new"
    """Whether only new variants get the stock of the source, or existing ones too."""
    run_id: int | None = None
    """The import that sees these products."""


@dataclass(frozen=True, slots=True)
class WriteProblem:
    """Why a product was not written, or was written without its stock. `index` is in the batch."""

    index: int
    field: str
    text: str
    dropped: bool = True
    """Nothing of the product was written."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of the products of a batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: tuple[WriteProblem, ...] = ()
    moved: int = 0
    """How many of the unchanged stand at another place of the shop window."""

    def plus(self, other: "BatchResult") -> "BatchResult":
        """Add up."""
        return BatchResult(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            (*self.problems, *other.problems),
            self.moved + other.moved,
        )
