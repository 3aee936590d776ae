"""The one pipeline that turns lines into totals: exact, pure, and adding up.

lines -> order discounts (allocated by largest remainder) -> shipping -> tax (half up, once a line).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.messages import Message
from plantly.domain.money import Currency, allocate, included_share, share
from plantly.domain.shop import FulfillmentOption, ShopConfig, TaxRate

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


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A quantity of one variant at the catalog's price."""

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
class TotalEntry:
    """One typed row of the totals; discounts are negative."""

    type: TotalType
    amount_minor: int
    display_text: str


@dataclass(frozen=True, slots=True)
class LineTotals:
    """What one line contributes; `tax_minor` is contained in the price when tax is included."""

    base_minor: int
    discount_minor: int
    tax_minor: int


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

    def amount(self, kind: TotalType) -> int:
        """Return the amount of one row, zero when the row is absent."""
        return sum(e.amount_minor for e in self.entries if e.type == kind)


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


def compute_totals(shop: ShopConfig, order: PricingInput) -> Totals:
    """Compute the totals of an order.

    They are `estimated` until both the place and the fulfillment option are known.
    """
    base = [line.base_minor for line in order.lines]
    items = sum(base)
    discounts, messages = _accepted_codes(shop, order, items)
    off = _discount_amount(discounts, items)
    line_off = allocate(off, base) if base else []
    net = [b - d for b, d in zip(base, line_off, strict=True)]
    subtotal = items - off
    fulfillment = _fulfillment_amount(order.option, discounts, subtotal)
    rate = shop.tax_for(order.place.country, order.place.region) if order.place else None
    line_tax = [_tax(amount, rate) for amount in net]
    tax = sum(line_tax)
    if rate is not None and rate.on_shipping and fulfillment is not None:
        tax += _tax(fulfillment, rate)
    added = 0 if rate is None or rate.included else tax
    total = subtotal + (fulfillment or 0) + added
    entries = _entries(
        items=items, off=off, discounts=discounts, fulfillment=fulfillment, option=order.option
    )
    if rate is not None:
        text = f"{rate.title} {rate.percent.normalize():f} %"
        entries.append(TotalEntry("tax", tax, f"{text} (included)" if rate.included else text))
    entries.append(TotalEntry("total", total, "Total"))
    lines = tuple(LineTotals(b, d, t) for b, d, t in zip(base, line_off, line_tax, strict=True))
    estimated = order.place is None or order.option is None
    return Totals(tuple(entries), lines, total, estimated, tuple(messages))


def quote_hash(totals: Totals, lines: Sequence[PricedLine], option_id: str | None) -> str:
    """Return a short fingerprint of what a buyer was shown: lines, prices, option and totals."""
    shown = [
        [[line.variant_key, line.unit_amount_minor, line.quantity] for line in lines],
        option_id,
        [[entry.type, entry.amount_minor] for entry in totals.entries],
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]


def _accepted_codes(
    shop: ShopConfig, order: PricingInput, items: int
) -> tuple[list[Discount], list[Message]]:
    accepted: list[Discount] = []
    messages: list[Message] = []
    for code in order.codes:
        discount = shop.discount(code)
        why = "is not a code of this shop"
        if discount is not None:
            refusal = _refusal(discount, items, order.now)
            if refusal is None:
                accepted.append(discount)
                continue
            why = refusal
        text = f"The discount code {code} {why}."
        messages.append(Message("warning", "discount_code_invalid", text, "discount_codes"))
    return accepted, messages


def _refusal(discount: Discount, items: int, now: datetime) -> str | None:
    if discount.starts_at is not None and now < discount.starts_at:
        return "is not valid yet"
    if not discount.is_open(now):
        return "is no longer valid"
    return "needs a larger order" if items < discount.minimum_minor else None


def _discount_amount(discounts: Sequence[Discount], items: int) -> int:
    off = 0
    for discount in discounts:
        if discount.kind is DiscountKind.PERCENTAGE:
            off += share(items - off, discount.percent)
        elif discount.kind is DiscountKind.FIXED:
            off += min(discount.amount_minor, items - off)
    return off


def _fulfillment_amount(
    option: FulfillmentOption | None, discounts: Sequence[Discount], subtotal: int
) -> int | None:
    if option is None:
        return None
    if any(d.kind is DiscountKind.FREE_SHIPPING for d in discounts):
        return 0
    return option.price_for(subtotal)


def _tax(amount: int, rate: TaxRate | None) -> int:
    if rate is None:
        return 0
    return included_share(amount, rate.percent) if rate.included else share(amount, rate.percent)


def _entries(
    *,
    items: int,
    off: int,
    discounts: Sequence[Discount],
    fulfillment: int | None,
    option: FulfillmentOption | None,
) -> list[TotalEntry]:
    entries = [TotalEntry("items_base_amount", items, "Items")]
    if off:
        codes = ", ".join(d.label for d in discounts if d.kind is not DiscountKind.FREE_SHIPPING)
        entries.append(TotalEntry("discount", -off, f"Discount ({codes})"))
    entries.append(TotalEntry("subtotal", items - off, "Subtotal"))
    if fulfillment is not None and option is not None:
        entries.append(TotalEntry("fulfillment", fulfillment, option.title))
    return entries
