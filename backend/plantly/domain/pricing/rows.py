"""The rows that people read, added up from the parts."""

from plantly.domain.discount import DiscountKind
from plantly.domain.pricing.charges import Charges
from plantly.domain.pricing.parts import (
    AppliedDiscount,
    Charge,
    DiscountPart,
    DiscountRow,
    TaxPart,
    TotalEntry,
)
from plantly.domain.shop import ShopConfig


def entries_of(shop: ShopConfig, charges: Charges) -> tuple[TotalEntry, ...]:
    """Return the typed rows, one for each discount and each tax."""
    entries = [
        TotalEntry("items_base_amount", sum(line.base_minor for line in charges.lines), "Items"),
        *_discount_rows(charges, "items_discount"),
        *_discount_rows(charges, "discount"),
        TotalEntry("subtotal", charges.subtotal_minor, "Subtotal"),
    ]
    delivery = charges.fulfillment
    if delivery is not None:
        entries.append(TotalEntry("fulfillment", delivery.net_minor, delivery.option.title))
    entries += _tax_rows(shop, charges)
    entries.append(TotalEntry("total", charges.total_minor, "Total"))
    return tuple(entries)


def applied_of(charges: Charges) -> tuple[AppliedDiscount, ...]:
    """Return the discounts that take something off.

    Free shipping counts as one as long as nobody knows what the delivery would cost.
    """
    found = []
    for discount in charges.discounts:
        amount = sum(part.amount_minor for part in _parts(charges) if part.key == discount.key)
        open_end = discount.kind is DiscountKind.FREE_SHIPPING and charges.fulfillment is None
        if amount or open_end:
            found.append(
                AppliedDiscount(
                    discount.key, discount.label, amount, discount.limit, discount.limit_per_buyer
                )
            )
    return tuple(found)


def _every(charges: Charges) -> list[Charge]:
    return [*charges.lines, *([charges.fulfillment] if charges.fulfillment is not None else [])]


def _parts(charges: Charges) -> list[DiscountPart]:
    return [part for one in _every(charges) for part in one.discounts]


def _discount_rows(charges: Charges, row: DiscountRow) -> list[TotalEntry]:
    parts = [part for part in _parts(charges) if part.row == row]
    rows = []
    for discount in charges.discounts:
        amount = sum(part.amount_minor for part in parts if part.key == discount.key)
        if amount:
            rows.append(TotalEntry(row, -amount, f"Discount ({discount.label})"))
    return rows


def _tax_rows(shop: ShopConfig, charges: Charges) -> list[TotalEntry]:
    """Return one row for each kind of tax, in the order in which the shop names them."""
    amounts: dict[str, int] = {}
    for part in (part for one in _every(charges) for part in one.taxes):
        text = part.display_text
        amounts[text] = amounts.get(text, 0) + part.amount_minor
    named = (TaxPart(t.title, t.percent, t.included, t.exempt, 0).display_text for t in shop.taxes)
    return [
        TotalEntry("tax", amounts[text], text) for text in dict.fromkeys(named) if text in amounts
    ]
