"""Which discounts an order could have, and why a code that was entered is none of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.messages import Message
from plantly.domain.money import Money, currency
from plantly.domain.money_text import format_money
from plantly.domain.pricing.parts import PricingInput
from plantly.domain.said import Said
from plantly.domain.shop import ShopConfig

_STEPS = (DiscountKind.PERCENTAGE, DiscountKind.FIXED, DiscountKind.FREE_SHIPPING)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Discounts that could apply, in the order in which they would."""

    possible: tuple[Discount, ...]
    entered: tuple[tuple[int, Discount | None], ...]
    """Where each code was first entered, and what it stands for."""
    refused: dict[str, Said]
    """Why a discount cannot apply, by its key."""

    def alternatives(self) -> list[tuple[Discount, ...]]:
        """Return the sets to choose from: all that stack, or one of the others alone."""
        together = tuple(d for d in self.possible if d.stacks)
        alone = [(d,) for d in self.possible if not d.stacks]
        return [together, *alone] if together or not alone else list(alone)


def find_candidates(shop: ShopConfig, order: PricingInput) -> Candidates:
    """Return the discounts that could apply to an order.

    A fixed order for all shops: what is about certain lines before what is about the order, in
    each percentages before amounts before free shipping, and then as the shop names them.
    """
    first: dict[str, int] = {}
    for number, code in enumerate(order.codes):
        first.setdefault(code.casefold(), number)
    entered = tuple((number, shop.discount(code)) for code, number in first.items())
    keys = {discount.key for _, discount in entered if discount is not None}
    asked = [d for d in shop.discounts if d.code is None or d.key in keys]
    refused: dict[str, Said] = {}
    possible: list[Discount] = []
    for discount in asked:
        why = _refusal(shop, discount, order)
        if why is None:
            possible.append(discount)
        else:
            refused[discount.key] = why
    possible.sort(key=lambda d: (not d.targets, _STEPS.index(d.kind)))
    return Candidates(tuple(possible), entered, refused)


def explain_codes(
    found: Candidates, chosen: Sequence[Discount], used: frozenset[str]
) -> tuple[Message, ...]:
    """Say of every code that was entered and takes nothing off why it does not.

    What was typed is never repeated. A code that nobody knows has one sentence, whatever it is.
    """
    many = len(found.entered) > 1
    messages: list[Message] = []
    for number, discount in found.entered:
        param = f"discount_codes[{number}]"
        if discount is None:
            text = _unknown(number + 1 if many else None)
            messages.append(Message("warning", "discount_code_invalid", text, param))
            continue
        if discount.key in used:
            continue
        why = found.refused.get(discount.key)
        if why is None and discount in chosen:
            text = _about(discount, Said("takes nothing off this order", "page.code.unused"))
            messages.append(Message("info", "discount_code_unused", text, param))
            continue
        if why is None:
            why = _not_combined([better.label for better in chosen])
        text = _about(discount, why)
        messages.append(Message("warning", "discount_code_invalid", text, param))
    return tuple(messages)


def _unknown(number: int | None) -> Said:
    if number is None:
        return Said("The discount code is not a code of this shop.", "page.code.unknown")
    text = f"Discount code {number} is not a code of this shop."
    return Said(text, "page.code.unknown_one", number=number)


def _about(discount: Discount, why: Said) -> Said:
    text = f"The discount code {discount.label} {why}."
    return Said(text, why.key, label=discount.label, **why.values)


def _not_combined(better: list[str]) -> Said:
    verb = "is" if len(better) == 1 else "are"
    text = f"cannot be combined with others, and {' and '.join(better)} {verb} at least as good"
    return Said(text, "page.code.not_combined", better=tuple(better))


def _refusal(shop: ShopConfig, discount: Discount, order: PricingInput) -> Said | None:
    if discount.starts_at is not None and order.now < discount.starts_at:
        return Said("is not valid yet", "page.code.not_yet")
    if not discount.is_open(order.now):
        return Said("is no longer valid", "page.code.no_longer")
    if discount.key in order.exhausted:
        return Said("has been used as often as it can be", "page.code.exhausted")
    return _misses(shop, discount, order)


def _misses(shop: ShopConfig, discount: Discount, order: PricingInput) -> Said | None:
    code = order.currency or shop.currency
    foreign = shop.foreign(code)
    least = discount.minimum_in(foreign)
    fixed = discount.kind is DiscountKind.FIXED
    if least is None or (fixed and discount.amount_in(foreign) is None):
        return Said(f"is not for orders in {code}", "page.code.other_currency", currency=code)
    meant = [line for line in order.lines if discount.targets.hold(line)]
    if order.lines and not meant:
        return Said("is not for anything in this order", "page.code.other_products")
    missing = least - sum(line.base_minor for line in meant)
    if missing <= 0:
        return None
    what = " of what it is for" if discount.targets else ""
    needed = f"needs an order of {format_money(least, code)} or more{what}"
    return Said(
        f"{needed}; {format_money(missing, code)} is missing",
        "page.code.minimum_of" if what else "page.code.minimum",
        least=Money(least, currency(code)),
        missing=Money(missing, currency(code)),
    )
