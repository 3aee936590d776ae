"""Set the stock of a variant by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.repositories.catalog_desk import MAX_UNITS
from plantly.db.tables import StockRow
from plantly.domain.catalog import UNTRACKED_LIMIT, ChangeKind, StockPolicy
from plantly.domain.errors import InvalidInput
from plantly.services.catalog_edit import Edited, find_variant, name_of, record, written

_AHEAD = frozenset({StockPolicy.BACKORDER, StockPolicy.PREORDER})


@dataclass(frozen=True, slots=True)
class StockWish:
    """A stock as a merchant asks for it. What is None stays as it is."""

    units: int | None = None
    """Units at hand."""
    more: int = 0
    """Units that come on top, or go away when it is negative."""
    policy: StockPolicy | None = None
    limit: int | None = None
    expected_at: datetime | None = None
    drops_expected: bool = False


def set_stock(uow: UnitOfWork, actor: str, ref: str, wish: StockWish) -> Edited:
    """Set or change the units of a variant, and what may be sold beyond them.

    Units that are held for somebody who is paying stay.

    Raises:
        NotFound: Nothing in the catalog is called that.
        InvalidInput: The stock cannot be as it is asked for; the sentence says why.
    """
    product, variant = find_variant(uow, ref)
    row = uow.catalog_desk.lock_stock(variant.id)
    values = _wished(wish, row)
    before = _values(row)
    after = {**before, **values, "available_at": written(values["available_at"])}
    after["on_hand"] = values["on_hand"] + wish.more
    if not -MAX_UNITS <= after["on_hand"] <= MAX_UNITS:
        raise InvalidInput("units", f"No more than {MAX_UNITS:,} units are counted.")
    # What was read is only shown: the condition of the statement decides.
    if wish.units is None:
        del values["on_hand"]
    if not uow.catalog_desk.change_stock(variant.id, values, more=wish.more):
        raise InvalidInput("units", _too_few(row, after))
    edit = Edited(product.slug, variant.sku, name_of(product, variant), before, after)
    record(uow, actor, ChangeKind.STOCK, [edit])
    return edit


def _wished(wish: StockWish, row: StockRow) -> dict[str, Any]:
    policy = wish.policy or row.policy
    if row.policy is StockPolicy.UNTRACKED and policy is not row.policy and wish.units is None:
        text = "Nobody has counted these units: say how many there are, such as =12."
        raise InvalidInput("units", text)
    if policy not in _AHEAD:
        if wish.limit is not None or wish.expected_at is not None:
            text = "--limit and --expected are for back- and preorders: say --policy as well."
            raise InvalidInput("limit", text)
        limit = UNTRACKED_LIMIT if policy is StockPolicy.UNTRACKED else 0
        expected_at = None
    else:
        limit = _limit(wish, row)
        expected_at = None if wish.drops_expected else wish.expected_at or row.available_at
    return {
        "on_hand": row.on_hand if wish.units is None else wish.units,
        "policy": policy,
        "backorder_limit": limit,
        "available_at": expected_at,
    }


def _limit(wish: StockWish, row: StockRow) -> int:
    if wish.limit is not None:
        return wish.limit
    if row.policy not in _AHEAD:
        text = f"Say how many may be sold ahead as a {wish.policy}: --limit N."
        raise InvalidInput("limit", text)
    return row.backorder_limit


def _too_few(row: StockRow, after: dict[str, Any]) -> str:
    beyond = f" and {after['backorder_limit']} to be sold ahead" if after["backorder_limit"] else ""
    held = f"{row.reserved} are held for payments in progress" if row.reserved else "none is held"
    return (
        f"{after['on_hand']} units at hand{beyond} are too few: {held}, and no more can be owed "
        "than may be sold ahead."
    )


def _values(row: StockRow) -> dict[str, Any]:
    return {
        "on_hand": row.on_hand,
        "policy": row.policy.value,
        "backorder_limit": row.backorder_limit,
        "available_at": written(row.available_at),
    }
