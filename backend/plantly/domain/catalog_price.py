"""What a variant costs at a moment, when prices have dates."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PriceNow:
    """The price at a moment, and the higher one to compare it with, in minor units."""

    amount_minor: int
    compare_at_minor: int | None


def price_at(
    amount_minor: int,
    compare_at_minor: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    *,
    now: datetime,
) -> PriceNow:
    """Return the price at `now`.

    Within the dates `amount_minor` holds, and `compare_at_minor` stands beside it; before and after
    them `compare_at_minor` is the price. Without dates it is always within.
    """
    early = starts_at is not None and now < starts_at
    late = ends_at is not None and now >= ends_at
    if (early or late) and compare_at_minor is not None:
        return PriceNow(compare_at_minor, None)
    return PriceNow(amount_minor, compare_at_minor)


def next_turn(
    starts_at: datetime | None, ends_at: datetime | None, *, now: datetime
) -> datetime | None:
    """Return when the price changes next, or None when it stays."""
    return min((at for at in (starts_at, ends_at) if at is not None and at > now), default=None)
