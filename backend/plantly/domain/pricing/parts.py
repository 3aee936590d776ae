"""What a total is asked from, and what it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from plantly.domain.messages import Message
from plantly.domain.money import Currency
from plantly.domain.shop import FulfillmentOption

TotalType = Literal[
    "items_base_amount",
    "items_discount",
    "subtotal",
    "discount",
    "fulfillment",
    "tax",
    "fee",
    "total",
]
DiscountRow = Literal["items_discount", "discount", "fulfillment"]
"""The row of the totals that a discount lowers."""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A quantity of one variant at the catalog's price, and what rules can ask about it."""

    variant_key: str
    unit_amount_minor: int
    quantity: int
    product_slug: str = ""
    category: str = ""
    tags: frozenset[str] = frozenset()
    weight_g: int = 0
    """Of one unit."""
    undeliverable: frozenset[str] = frozenset()
    """Countries that it cannot be sent to."""

    @property
    def base_minor(self) -> int:
        """Return the price of the line before discounts and tax."""
        return self.unit_amount_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Place:
    """Where the goods go, as far as prices depend on it."""

    country: str
    region: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class PricingInput:
    """Everything that a total depends on."""

    lines: Sequence[PricedLine]
    codes: Sequence[str]
    place: Place | None
    option: FulfillmentOption | None
    now: datetime
    currency: Currency | None = None
    """What the amounts of the lines are in; without one, the shop's own."""
    exhausted: frozenset[str] = frozenset()
    """Keys of discounts that this buyer, or everybody, has used up."""
    assume_cheapest: bool = False
    """Whether to estimate with the cheapest way that is offered while none is chosen."""


@dataclass(frozen=True, slots=True)
class TotalEntry:
    """One typed row of the totals; discounts are negative."""

    type: TotalType
    amount_minor: int
    display_text: str


@dataclass(frozen=True, slots=True)
class DiscountPart:
    """What one discount takes off one line, or off the delivery."""

    key: str
    label: str
    row: DiscountRow
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TaxPart:
    """One tax on one line, or on the delivery; an included one is inside the price."""

    title: str
    percent: Decimal
    included: bool
    exempt: bool
    amount_minor: int

    @property
    def added_minor(self) -> int:
        """Return what it adds to the price."""
        return 0 if self.included else self.amount_minor

    @property
    def display_text(self) -> str:
        """Return what buyers read."""
        if self.exempt:
            return f"{self.title}: exempt"
        text = f"{self.title} {self.percent.normalize():f} %"
        return f"{text} (included)" if self.included else text


@dataclass(frozen=True, slots=True)
class Charge:
    """A price, what is taken off it, and the tax on the rest."""

    base_minor: int
    discounts: tuple[DiscountPart, ...]
    taxes: tuple[TaxPart, ...]

    @property
    def discount_minor(self) -> int:
        """Return what all discounts take off."""
        return sum([part.amount_minor for part in self.discounts]) if self.discounts else 0

    @property
    def net_minor(self) -> int:
        """Return the price after discounts; tax is on this."""
        return self.base_minor - self.discount_minor if self.discounts else self.base_minor

    @property
    def tax_minor(self) -> int:
        """Return the tax, contained in the price where tax is included."""
        return sum(part.amount_minor for part in self.taxes)

    @property
    def total_minor(self) -> int:
        """Return what it adds to the total."""
        return self.net_minor + sum([part.added_minor for part in self.taxes])


@dataclass(frozen=True, slots=True)
class LineTotals(Charge):
    """What one line contributes."""

    line: PricedLine


@dataclass(frozen=True, slots=True)
class FulfillmentTotals(Charge):
    """What the delivery contributes."""

    option: FulfillmentOption


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """A discount that a total really uses, and what it takes off in all."""

    key: str
    label: str
    amount_minor: int
    limit: int | None = None
    limit_per_buyer: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows that add up, the parts they are made of, and what is to be said about them."""

    entries: tuple[TotalEntry, ...]
    lines: tuple[LineTotals, ...]
    total_minor: int
    estimated: bool
    messages: tuple[Message, ...]
    applied: tuple[AppliedDiscount, ...] = ()
    fulfillment: FulfillmentTotals | None = None
    currency: Currency | None = None

    def amount(self, kind: TotalType) -> int:
        """Return the amount of the rows of one type, zero when there is none."""
        return sum(e.amount_minor for e in self.entries if e.type == kind)

    def explanation(self) -> dict[str, Any]:
        """Return the whole as JSON values: every row is the sum of the parts that stand here.

        Nothing in it is about the buyer. `docs/totals.md` says what each value means.
        """
        delivery = self.fulfillment
        return {
            "currency": self.currency,
            "lines": [
                {
                    "variant": part.line.variant_key,
                    "unit_amount_minor": part.line.unit_amount_minor,
                    "quantity": part.line.quantity,
                    **_charge(part),
                }
                for part in self.lines
            ],
            "fulfillment": (
                {"option": delivery.option.id, "title": delivery.option.title, **_charge(delivery)}
                if delivery is not None
                else None
            ),
            "entries": [
                {"type": e.type, "amount_minor": e.amount_minor, "display_text": e.display_text}
                for e in self.entries
            ],
            "total_minor": self.total_minor,
            "estimated": self.estimated,
        }


def _charge(part: Charge) -> dict[str, Any]:
    return {
        "base_minor": part.base_minor,
        "discounts": [
            {"key": d.key, "label": d.label, "row": d.row, "amount_minor": d.amount_minor}
            for d in part.discounts
        ],
        "net_minor": part.net_minor,
        "taxes": [
            {
                "title": t.title,
                "percent": f"{t.percent.normalize():f}",
                "included": t.included,
                "exempt": t.exempt,
                "amount_minor": t.amount_minor,
            }
            for t in part.taxes
        ],
        "total_minor": part.total_minor,
    }
