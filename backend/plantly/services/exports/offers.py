"""What merchants' feeds say of a variant: prices, dates and availability, as feeds have them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from plantly.domain.catalog import Availability, StockPolicy, supply_of
from plantly.domain.catalog_document import PriceDocument, StockDocument
from plantly.services.exports.documents import instant_text, money_text

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Feeds only know spans with two ends: these stand for a price that has no beginning or no end."""


class Prices(NamedTuple):
    """A price, and what it is reduced to, with the span in which it is."""

    price: str
    sale_price: str = ""
    sale_span: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether a variant can be bought. `units` None: they are not counted, or some are owed."""

    availability: Availability
    units: int | None
    available_at: datetime | None


def prices_text(price: PriceDocument) -> Prices:
    """Write a price as feeds do: what it is without a reduction comes first."""
    amount = money_text(price.amount_minor, price.currency)
    if price.compare_at_minor is None:
        return Prices(amount)
    before = money_text(price.compare_at_minor, price.currency)
    if price.starts_at is None and price.ends_at is None:
        return Prices(before, amount)
    starts_at, ends_at = price.starts_at or EARLIEST, price.ends_at or LATEST
    return Prices(before, amount, f"{instant_text(starts_at)}/{instant_text(ends_at)}")


def offer_of(stock: StockDocument | None) -> Offer:
    """Return what can be bought of a variant."""
    if stock is None or stock.policy is StockPolicy.UNTRACKED or stock.on_hand is None:
        return Offer(Availability.IN_STOCK, None, None)
    policy = stock.policy or StockPolicy.DENY
    supply = supply_of(stock.on_hand, 0, policy, stock.backorder_limit)
    named = supply.availability(0)
    ahead = named in {Availability.BACKORDER, Availability.PREORDER}
    # Feeds know no number below zero, and a zero would forget who is waiting.
    units = stock.on_hand if stock.on_hand >= 0 else None
    return Offer(named, units, stock.available_at if ahead else None)
