"""What the steps of docs/totals.md are made of: words, numbers and rules, in exact fractions.

The reference of `tests.support.reference_totals` puts them together. From a shop only the fields
are read, none of what it computes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Literal

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.shop import (
    FulfillmentOption,
    ShippingRate,
    ShippingZone,
    ShopConfig,
    TaxRate,
)
from plantly.domain.targets import Targets

Amounts = Sequence[tuple[str, int]]
Refusal = Literal[
    "unknown",
    "early",
    "late",
    "exhausted",
    "currency",
    "targets",
    "minimum",
    "combination",
    "nothing",
]


@dataclass(frozen=True)
class Line:
    key: str
    unit_minor: int
    quantity: int
    product: str
    category: str
    tags: tuple[str, ...] = ()
    weight_g: int = 0
    undeliverable: tuple[str, ...] = ()
    """Countries that it cannot be sent to."""


@dataclass(frozen=True)
class Place:
    country: str
    region: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True)
class Question:
    lines: tuple[Line, ...]
    now: datetime
    currency: str
    codes: tuple[str, ...] = ()
    place: Place | None = None
    option: FulfillmentOption | None = None
    exhausted: frozenset[str] = frozenset()
    assume_cheapest: bool = False


# Words and numbers


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def share(amount: int, percent: Fraction) -> int:
    return half_up(amount * percent / 100)


def contained(amount: int, percent: Fraction) -> int:
    return half_up(amount * percent / (100 + percent))


def split(amount: int, weights: Sequence[int]) -> list[int]:
    if sum(weights) == 0:
        assert amount == 0
        return [0 for _ in weights]
    ideal = [Fraction(amount * weight, sum(weights)) for weight in weights]
    parts = [floor(part) for part in ideal]
    while sum(parts) < amount:
        # One unit is added at most to each, so the one with one already is out of the race.
        cut_off = [part - given for part, given in zip(ideal, parts, strict=True)]
        parts[cut_off.index(max(cut_off))] += 1
    return parts


def exact(thing: TaxRate | Discount) -> Fraction:
    return Fraction(str(thing.percent))


def said(shop: ShopConfig, currency: str, own: int, others: Amounts) -> int | None:
    """Find an amount in the currency of the order; 0 is 0 everywhere unless another is said."""
    if currency == shop.currency:
        return own
    for code, amount in others:
        if code == currency:
            return amount
    return 0 if own == 0 else None


# 1. Which discounts could apply


def is_target(line: Line, targets: Targets) -> bool:
    named = {("product", slug.casefold()) for slug in targets.products}
    named |= {("category", slug.casefold()) for slug in targets.categories}
    named |= {("tag", tag.casefold()) for tag in targets.tags}
    mine = {("product", line.product.casefold()), ("category", line.category.casefold())}
    mine |= {("tag", tag.casefold()) for tag in line.tags}
    return bool(named & mine)


def has_targets(targets: Targets) -> bool:
    return bool(targets.products or targets.categories or targets.tags)


def about(discount: Discount, lines: Iterable[Line]) -> list[Line]:
    if not has_targets(discount.targets):
        return list(lines)
    return [line for line in lines if is_target(line, discount.targets)]


def why_not(  # noqa: PLR0911 - a list of reasons, in the order of the page
    shop: ShopConfig, question: Question, discount: Discount
) -> Refusal | None:
    """Say why a discount is not possible, by the first of the reasons that is true."""
    entered = {code.casefold() for code in question.codes}
    if discount.code is not None and discount.code.casefold() not in entered:
        return "unknown"
    if discount.starts_at is not None and question.now < discount.starts_at:
        return "early"
    if discount.ends_at is not None and question.now >= discount.ends_at:
        return "late"
    if discount.key in question.exhausted:
        return "exhausted"
    minimum = said(shop, question.currency, discount.minimum_minor, discount.minimums)
    if minimum is None:
        return "currency"
    if discount.kind is DiscountKind.FIXED and fixed_amount(shop, question, discount) is None:
        return "currency"
    lines = about(discount, question.lines)
    if question.lines and not lines:
        return "targets"
    if sum(line.unit_minor * line.quantity for line in lines) < minimum:
        return "minimum"
    return None


def fixed_amount(shop: ShopConfig, question: Question, discount: Discount) -> int | None:
    return said(shop, question.currency, discount.amount_minor, discount.amounts)


# 2. The order in which they apply


def in_order(shop: ShopConfig) -> list[Discount]:
    kinds = [DiscountKind.PERCENTAGE, DiscountKind.FIXED, DiscountKind.FREE_SHIPPING]
    return [
        discount
        for with_targets in (True, False)
        for kind in kinds
        for with_code in (False, True)
        for discount in shop.discounts
        if has_targets(discount.targets) == with_targets
        and discount.kind is kind
        and (discount.code is not None) == with_code
    ]


# 5. What a delivery costs, and where it goes


def delivery_price(shop: ShopConfig, question: Question, subtotal: int, weight: int) -> int | None:
    option, currency = question.option, question.currency
    assert option is not None
    price = None
    if option.rates:
        for rate in option.rates:
            if price is None:
                price = _rate_price(shop, currency, rate, (subtotal, weight))
    else:
        price = said(shop, currency, option.price_minor, option.prices)
    if price is not None and option.free_from_minor is not None:
        free_from = said(shop, currency, option.free_from_minor, option.free_from)
        if free_from is not None and subtotal >= free_from:
            return 0
    return price


def _rate_price(
    shop: ShopConfig, currency: str, rate: ShippingRate, parcel: tuple[int, int]
) -> int | None:
    subtotal, weight = parcel
    least = said(shop, currency, rate.min_subtotal_minor, rate.min_subtotals)
    if least is None or subtotal < least:
        return None
    if rate.max_subtotal_minor is not None:
        most = said(shop, currency, rate.max_subtotal_minor, rate.max_subtotals)
        if most is None or subtotal > most:
            return None
    if weight < rate.min_weight_g:
        return None
    if rate.max_weight_g is not None and weight > rate.max_weight_g:
        return None
    return said(shop, currency, rate.price_minor, rate.prices)


def letters(text: str | None) -> str:
    return "".join(char for char in text or "" if char.isalnum()).upper()


def covers(zone: ShippingZone, place: Place) -> bool:
    if place.country not in zone.countries:
        return False
    region, code = letters(place.region), letters(place.postal_code)
    if region and region in _here(zone.except_regions, place):
        return False
    if code and any(
        code.startswith(prefix) for prefix in _here(zone.except_postal_prefixes, place)
    ):
        return False
    regions, prefixes = _here(zone.regions, place), _here(zone.postal_prefixes, place)
    if regions and not (region and region in regions):
        return False
    return not prefixes or bool(code and any(code.startswith(prefix) for prefix in prefixes))


def _here(qualified: Iterable[str], place: Place) -> list[str]:
    pairs = [name.split(":", 1) for name in qualified]
    return [letters(rest) for country, rest in pairs if country == place.country]


# 6. Tax


def tax_rate(shop: ShopConfig, place: Place | None, line: Line | None) -> TaxRate | None:
    """Find the rate of a line; without a line, the general one of the place."""
    if place is None:
        return None
    for regional in (True, False):
        for certain in (True, False):
            for rate in shop.taxes:
                if rate.country != place.country or (rate.region is not None) != regional:
                    continue
                if regional and letters(rate.region) != letters(place.region):
                    continue
                if has_targets(rate.targets) != certain:
                    continue
                if certain and (line is None or not is_target(line, rate.targets)):
                    continue
                return rate
    return None
