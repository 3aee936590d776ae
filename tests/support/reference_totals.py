"""Totals once more, from docs/totals.md alone: slow, obvious, in exact fractions.

Nothing here comes from `plantly.domain.pricing`, whose results are compared with these. From a shop
only the fields are read, none of what it computes. Titles quoted below are those of the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from plantly.domain.discount import Discount, DiscountKind
from plantly.domain.shop import FulfillmentKind, FulfillmentOption, ShopConfig, TaxRate
from tests.support.reference_rules import (
    Line,
    Question,
    Refusal,
    contained,
    covers,
    delivery_price,
    exact,
    fixed_amount,
    has_targets,
    in_order,
    is_target,
    share,
    split,
    tax_rate,
    why_not,
)


def _kind(rate: TaxRate) -> tuple[str, Fraction, str]:
    kind = "included" if rate.included else "added"
    if has_targets(rate.targets) and exact(rate) == 0:
        kind = "exempt"
    return (rate.title, exact(rate), kind)


@dataclass(frozen=True)
class Tax:
    rate: TaxRate
    amount: int

    @property
    def kind(self) -> tuple[str, Fraction, str]:
        return _kind(self.rate)


@dataclass(frozen=True)
class Part:
    """A line, or the delivery: what it costs, what is taken off by which discount, its tax."""

    base: int
    discounts: Mapping[str, int]
    net: int
    tax: Tax | None

    @property
    def tax_amount(self) -> int:
        return self.tax.amount if self.tax else 0

    @property
    def total(self) -> int:
        return self.net + (self.tax.amount if self.tax and not self.tax.rate.included else 0)


@dataclass(frozen=True)
class Row:
    type: str
    amount: int
    about: str = ""
    """The key of a discount, or the title of a tax."""
    ending: str = ""
    """How its text ends."""


@dataclass(frozen=True)
class Reference:
    rows: tuple[Row, ...]
    lines: tuple[Part, ...]
    """In the order in which they were given."""
    delivery: Part | None
    total: int
    estimated: bool
    applied: tuple[tuple[str, int], ...]
    refused: tuple[tuple[int, Refusal], ...]
    """Codes that were entered and are not in use: where each was first entered, and why."""


def reference_totals(shop: ShopConfig, question: Question) -> Reference:
    """Answer as the page says; the chosen option is the one in the question, wherever it is for."""
    found = _chosen_totals(shop, question)
    if question.assume_cheapest and question.option is None:
        cheapest = reference_cheapest(shop, question)
        if cheapest is not None:
            return replace(_chosen_totals(shop, _with(question, cheapest)), estimated=True)
    return found


def _chosen_totals(shop: ShopConfig, question: Question) -> Reference:
    possible = [d for d in in_order(shop) if why_not(shop, question, d) is None]
    sets = [[d for d in possible if d.stacks]]
    sets += [[d] for d in possible if not d.stacks]
    if possible and not sets[0]:
        del sets[0]
    results = [(chosen, priced(shop, question, chosen)) for chosen in sets]

    def merit(pair: tuple[list[Discount], "_Priced"]) -> tuple[bool, int, bool]:
        chosen, result = pair
        frees = any(d.kind is DiscountKind.FREE_SHIPPING for d in chosen)
        return (result.delivery is None, result.total, result.delivery is None and not frees)

    chosen, best = min(results, key=merit)
    applied = _applied(chosen, best)
    return Reference(
        rows=_rows(shop, chosen, best),
        lines=best.lines,
        delivery=best.delivery,
        total=best.total,
        estimated=question.place is None or best.delivery is None,
        applied=applied,
        refused=_refusals(shop, question, chosen, [key for key, _ in applied]),
    )


# 4 to 7, for one set of discounts


@dataclass(frozen=True)
class _Priced:
    lines: tuple[Part, ...]
    delivery: Part | None

    @property
    def parts(self) -> list[Part]:
        return [*self.lines, *([self.delivery] if self.delivery else [])]

    @property
    def total(self) -> int:
        return sum(part.total for part in self.parts)


def priced(shop: ShopConfig, question: Question, chosen: list[Discount]) -> _Priced:
    given = question.lines
    order = sorted(range(len(given)), key=lambda i: _place_in_order(given[i]))
    lines = [given[i] for i in order]
    left = [line.unit_minor * line.quantity for line in lines]
    taken: list[dict[str, int]] = [{} for _ in lines]
    for discount in chosen:
        for i, amount in enumerate(_taken_off(shop, question, discount, (lines, left))):
            left[i] -= amount
            if amount:
                taken[i][discount.key] = amount
    parts: dict[int, Part] = {}
    for i, line, net, discounts in zip(order, lines, left, taken, strict=True):
        rate = tax_rate(shop, question.place, line)
        base = line.unit_minor * line.quantity
        parts[i] = Part(base, discounts, net, _taxed(net, rate))
    in_given_order = tuple(parts[i] for i in range(len(given)))
    return _Priced(in_given_order, _delivery(shop, question, chosen, sum(left)))


def _place_in_order(line: Line) -> tuple[object, ...]:
    price = (line.unit_minor, line.quantity)
    return (line.key, *price, line.product, line.category, sorted(line.tags), line.weight_g)


def _taken_off(
    shop: ShopConfig,
    question: Question,
    discount: Discount,
    state: tuple[Sequence[Line], Sequence[int]],
) -> list[int]:
    """4. Discounts on the goods: what one takes off each line, in the order of the lines."""
    lines, left = state
    all_lines = not has_targets(discount.targets)
    mine = [all_lines or is_target(line, discount.targets) for line in lines]
    weights = [amount if it else 0 for amount, it in zip(left, mine, strict=True)]
    if discount.kind is DiscountKind.FREE_SHIPPING:
        return [0 for _ in lines]
    if discount.kind is DiscountKind.FIXED:
        amount = fixed_amount(shop, question, discount)
        assert amount is not None
        return _split_among(min(amount, sum(weights)), weights, mine)
    if all_lines:
        return _split_among(share(sum(left), exact(discount)), weights, mine)
    return [share(weight, exact(discount)) for weight in weights]


def _split_among(amount: int, weights: Sequence[int], mine: Sequence[bool]) -> list[int]:
    dealt = iter(split(amount, [w for w, it in zip(weights, mine, strict=True) if it]))
    return [next(dealt) if it else 0 for it in mine]


# 5. The delivery


def _delivery(
    shop: ShopConfig, question: Question, chosen: list[Discount], subtotal: int
) -> Part | None:
    if question.option is None:
        return None
    weight = sum(line.weight_g * line.quantity for line in question.lines)
    price = delivery_price(shop, question, subtotal, weight)
    if price is None:
        return None
    discounts: dict[str, int] = {}
    free = [d for d in chosen if d.kind is DiscountKind.FREE_SHIPPING]
    if free and price > 0:
        discounts[free[0].key] = price
    net = price - sum(discounts.values())
    rate = tax_rate(shop, question.place, None)
    if rate is not None and not rate.on_shipping:
        rate = None
    return Part(price, discounts, net, _taxed(net, rate))


def _taxed(net: int, rate: TaxRate | None) -> Tax | None:
    if rate is None:
        return None
    compute = contained if rate.included else share
    return Tax(rate, compute(net, exact(rate)))


def reference_options(
    shop: ShopConfig, question: Question
) -> list[tuple[FulfillmentOption, Reference]]:
    """List what is offered at the place of the question, with what the order comes to with it."""
    place = question.place
    if place is None:
        return []
    only_pickup = any(place.country in line.undeliverable for line in question.lines)
    found: list[tuple[FulfillmentOption, Reference]] = []
    for zone in shop.zones:
        for option in zone.options if covers(zone, place) else ():
            if only_pickup and option.kind is not FulfillmentKind.PICKUP:
                continue
            totals = _chosen_totals(shop, _with(question, option))
            if totals.delivery is not None:
                found.append((option, totals))
    return found


def reference_cheapest(shop: ShopConfig, question: Question) -> FulfillmentOption | None:
    """Choose a delivery before a pickup, then the lowest total, then the first."""
    offered = reference_options(shop, question)
    sent = [pair for pair in offered if pair[0].kind is not FulfillmentKind.PICKUP]
    least = min((totals.total for _, totals in sent or offered), default=None)
    return next((option for option, totals in sent or offered if totals.total == least), None)


def _with(question: Question, option: FulfillmentOption) -> Question:
    return replace(question, option=option)


# What comes out


def _sum_of(key: str, parts: Iterable[Part]) -> int:
    return sum(part.discounts.get(key, 0) for part in parts)


_ENDINGS = {"included": "(included)", "added": "%", "exempt": "exempt"}


def _rows(shop: ShopConfig, chosen: list[Discount], result: _Priced) -> tuple[Row, ...]:
    rows = [Row("items_base_amount", sum(line.base for line in result.lines))]
    for discount in chosen:
        amount = _sum_of(discount.key, result.lines)
        if amount > 0:
            name = "items_discount" if has_targets(discount.targets) else "discount"
            rows.append(Row(name, -amount, discount.key))
    rows.append(Row("subtotal", sum(line.net for line in result.lines)))
    if result.delivery is not None:
        rows.append(Row("fulfillment", result.delivery.net))
    taxes = [part.tax for part in result.parts if part.tax]
    for kind in dict.fromkeys(_kind(rate) for rate in shop.taxes):
        amounts = [tax.amount for tax in taxes if tax.kind == kind]
        if amounts:
            rows.append(Row("tax", sum(amounts), kind[0], _ENDINGS[kind[2]]))
    return (*rows, Row("total", result.total))


def _applied(chosen: list[Discount], result: _Priced) -> tuple[tuple[str, int], ...]:
    """List the discounts in use: free shipping too, while nobody knows what there is to free."""
    found = [(discount.key, _sum_of(discount.key, result.parts)) for discount in chosen]
    free = [d.key for d in chosen if d.kind is DiscountKind.FREE_SHIPPING]
    unknown = free if result.delivery is None else []
    return tuple((key, amount) for key, amount in found if amount > 0 or key in unknown)


def _refusals(
    shop: ShopConfig, question: Question, chosen: list[Discount], in_use: list[str]
) -> tuple[tuple[int, Refusal], ...]:
    refused: list[tuple[int, Refusal]] = []
    seen = set()
    for number, code in enumerate(question.codes):
        if code.casefold() in seen:
            continue
        seen.add(code.casefold())
        matches = [d for d in shop.discounts if d.code and d.code.casefold() == code.casefold()]
        if not matches:
            refused.append((number, "unknown"))
        elif matches[0].key not in in_use:
            reason = why_not(shop, question, matches[0])
            if reason is None and not question.lines:
                continue
            outside = matches[0] not in chosen
            refused.append((number, reason or ("combination" if outside else "nothing")))
    return tuple(refused)


def gaps(answer: Reference) -> list[str]:
    """Say where parts do not add up to the whole."""
    amounts = dict.fromkeys(("items_discount", "discount", "fulfillment"), 0)
    for row in answer.rows:
        amounts[row.type] = amounts.get(row.type, 0) + row.amount
    parts = [*answer.lines, *([answer.delivery] if answer.delivery else [])]
    taxes = [part.tax for part in parts if part.tax]
    added = sum(tax.amount for tax in taxes if not tax.rate.included)
    goods = amounts["items_base_amount"] + amounts["items_discount"] + amounts["discount"]
    checks = {
        "parts": all(p.net == p.base - sum(p.discounts.values()) >= 0 for p in parts),
        "bases": amounts["items_base_amount"] == sum(line.base for line in answer.lines),
        "subtotal": goods == amounts["subtotal"] == sum(line.net for line in answer.lines),
        "tax": amounts.get("tax", 0) == sum(tax.amount for tax in taxes),
        "total": amounts["subtotal"] + amounts["fulfillment"] + added == amounts["total"],
        "sum of parts": answer.total == amounts["total"] == sum(part.total for part in parts),
        "in use": sum(amount for _, amount in answer.applied)
        == sum(amount for part in parts for amount in part.discounts.values()),
    }
    return [name for name, holds in checks.items() if not holds]
