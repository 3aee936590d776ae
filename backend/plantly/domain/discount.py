"""What a merchant takes off, for whom and how often; `pricing` says what it comes to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from plantly.domain.money import Amounts, Currency, amount_in
from plantly.domain.targets import EVERYTHING, Targets


class DiscountKind(StrEnum):
    """What a discount takes off."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"
    FREE_SHIPPING = "free_shipping"


class DiscountUseState(StrEnum):
    """How far one use of a limited discount has come: both of the first two are counted."""

    ACTIVE = "active"
    CLAIMED = "claimed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount that applies by itself, or that a buyer enters as a code.

    Amounts are in the shop's currency; `amounts` and `minimums` say them in others. With `targets`
    it is taken off those lines alone. `stacks` says whether it applies together with others.
    """

    kind: DiscountKind
    code: str | None = None
    name: str = ""
    percent: Decimal = Decimal(0)
    amount_minor: int = 0
    minimum_minor: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    targets: Targets = EVERYTHING
    stacks: bool = True
    limit: int | None = None
    """How many orders may use it in all."""
    limit_per_buyer: int | None = None
    amounts: Amounts = ()
    minimums: Amounts = ()

    @property
    def key(self) -> str:
        """Return the name that its uses are counted under; it changes with the code or name."""
        return f"code:{self.code.casefold()}" if self.code else f"name:{self.name.casefold()}"

    @property
    def label(self) -> str:
        """Return what buyers read."""
        return self.code or self.name

    def is_open(self, now: datetime) -> bool:
        """Say whether a moment lies between its dates; the last one is outside."""
        began = self.starts_at is None or now >= self.starts_at
        return began and (self.ends_at is None or now < self.ends_at)

    def amount_in(self, foreign: Currency | None) -> int | None:
        """Return what a fixed one takes off, if the merchant says it in this currency."""
        return amount_in(self.amount_minor, self.amounts, foreign)

    def minimum_in(self, foreign: Currency | None) -> int | None:
        """Return what an order has to come to, if the merchant says it in this currency."""
        return amount_in(self.minimum_minor, self.minimums, foreign)
