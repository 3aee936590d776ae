"""What discounts take off each line."""

from collections.abc import Sequence

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.money import Currency, allocate, share
from plantly.domain.pricing.parts import DiscountPart, DiscountRow, PricedLine


def deduct(
    lines: Sequence[PricedLine], discounts: Sequence[Discount], foreign: Currency | None
) -> list[tuple[DiscountPart, ...]]:
    """Return what discounts take off each line, one after the other in the order given.

    Each takes from what those before it have left; no line falls below zero.
    """
    left = [line.base_minor for line in lines]
    parts: list[list[DiscountPart]] = [[] for _ in lines]
    for discount in discounts:
        meant = [i for i, line in enumerate(lines) if discount.targets.hold(line)]
        amounts = _amounts(discount, [left[i] for i in meant], foreign)
        for i, amount in zip(meant, amounts, strict=True):
            if amount:
                left[i] -= amount
                parts[i].append(_part(discount, amount))
    return [tuple(of_line) for of_line in parts]


def _amounts(discount: Discount, left: Sequence[int], foreign: Currency | None) -> list[int]:
    if not left or discount.kind is DiscountKind.FREE_SHIPPING:
        return [0] * len(left)
    if discount.kind is DiscountKind.FIXED:
        return allocate(min(discount.amount_in(foreign) or 0, sum(left)), left)
    if discount.targets:
        return [share(amount, discount.percent) for amount in left]
    return allocate(share(sum(left), discount.percent), left)


def _part(discount: Discount, amount: int) -> DiscountPart:
    row: DiscountRow = "items_discount" if discount.targets else "discount"
    return DiscountPart(discount.key, discount.label, row, amount)
