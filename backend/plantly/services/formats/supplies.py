"""Stock as files without a notion of it say it."""

from datetime import datetime

from plantly.domain.catalog import UNTRACKED_LIMIT, StockPolicy
from plantly.domain.catalog_document import StockDocument

OPEN_LIMIT = 1_000_000
"""How many more are sold where a file says that more may be sold, and not how many."""

UNTRACKED = StockDocument(None, StockPolicy.UNTRACKED, UNTRACKED_LIMIT)

SOME = StockDocument(None, None)
"""What a feed says that only says "in stock"."""


def counted(on_hand: int) -> StockDocument:
    """Return the stock of a feed that counts, but cannot say what may be sold beyond it."""
    return StockDocument(max(on_hand, 0), None)


def supply(
    on_hand: int | None, policy: StockPolicy, available_at: datetime | None = None
) -> StockDocument:
    """Return the stock of a variant that is counted.

    A feed never says how many are sold ahead of the goods, and nothing is owed where none are.
    """
    if policy is StockPolicy.DENY:
        return StockDocument(None if on_hand is None else max(on_hand, 0))
    return StockDocument(on_hand, policy, OPEN_LIMIT, available_at, ("backorder_limit",))


def ahead(on_hand: int | None) -> StockDocument:
    """Return the stock of a table that says no more than that more is sold than is at hand."""
    unsaid = ("policy", "backorder_limit", "available_at")
    return StockDocument(on_hand, StockPolicy.BACKORDER, OPEN_LIMIT, unsaid=unsaid)
