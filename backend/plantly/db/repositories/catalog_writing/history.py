"""What the history of the catalog says of a change: nothing but what differs."""

from datetime import datetime
from typing import Any

from plantly.db.repositories.catalog_writing.existing import Stock
from plantly.domain.catalog_document import PriceDocument

Differing = tuple[dict[str, Any], dict[str, Any]]
"""Before and after; both empty when nothing differs."""

_PRICE = ("amount_minor", "compare_at_minor", "starts_at", "ends_at")


def price_change(before: PriceDocument | None, after: PriceDocument) -> Differing:
    """Return what differs in a price; a currency that is new had nothing before."""
    old, new = _differing(_PRICE, before, after)
    if new:
        old["currency"] = new["currency"] = after.currency
    return old, new


def stock_change(before: Stock, after: Stock) -> Differing:
    """Return what differs in a stock."""
    return _differing(Stock._fields, before, after)


def _differing(names: tuple[str, ...], before: object | None, after: object) -> Differing:
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name in names:
        was, now = getattr(before, name, None), getattr(after, name)
        if was != now:
            old[name], new[name] = _plain(was), _plain(now)
    return old, new


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
