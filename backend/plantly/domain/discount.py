"""What a merchant takes off, for whom and how often; `pricing` says what it comes to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from plantly.domain.money import Amounts


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
class Targets:
    """The products that a rule is about: those that any of the three lists names."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Say whether the rule is about certain products, not about all of them."""
        return bool(self.products or self.categories or self.tags)


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
    targets: Targets = Targets()
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
