"""Put one order to both calculations, and say where their answers differ."""

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from plantly.domain.money import Currency
from plantly.domain.pricing import (
    FulfillmentTotals,
    LineTotals,
    Place,
    PricedLine,
    PricingInput,
    TaxPart,
    Totals,
    compute_totals,
    fulfillment_offers,
)
from tests.support.random_shops import RandomOrder
from tests.support.reference_rules import Question, Refusal
from tests.support.reference_totals import (
    Part,
    Reference,
    reference_options,
    reference_totals,
)

_REASONS: dict[Refusal, str] = {
    "unknown": "is not a code of this shop.",
    "early": "is not valid yet.",
    "late": "is no longer valid.",
    "exhausted": "has been used as often as it can be.",
    "currency": "is not for orders in ",
    "targets": "is not for anything in this order.",
    "minimum": " is missing.",
    "combination": "cannot be combined with others, and ",
    "nothing": "takes nothing off this order.",
}


def differences(order: RandomOrder) -> list[str]:
    """Compare rows, every part of every line, the delivery, what is offered and what is in use."""
    shop, question = order.shop, order.question
    asked = pricing_input(question)
    expected = reference_totals(shop, question)
    found = compute_totals(shop, asked)
    offered = [(o.id, totals.total) for o, totals in reference_options(shop, question)]
    offers = [(o.option.id, o.total_minor) for o in fulfillment_offers(shop, asked)]
    pairs = [
        (
            "rows",
            [(row.type, row.amount) for row in expected.rows],
            [(row.type, row.amount_minor) for row in found.entries],
        ),
        ("texts", True, _same_texts(expected, found)),
        ("lines", [_reference_part(part) for part in expected.lines], [*map(_part, found.lines)]),
        ("delivery", _reference_part(expected.delivery), _part(found.fulfillment)),
        ("explanation", _expected_explanation(question, expected), _explanation(found)),
        ("total", expected.total, found.total_minor),
        ("estimated", expected.estimated, found.estimated),
        ("in use", list(expected.applied), [(d.key, d.amount_minor) for d in found.applied]),
        ("explained", list(expected.refused), list(_refused(found))),
        ("offered", offered, offers),
    ]
    return [f"{what}: {ours} != {theirs}" for what, ours, theirs in pairs if ours != theirs]


def pricing_input(question: Question) -> PricingInput:
    """Ask the shop's own calculation the same."""
    place = question.place
    return PricingInput(
        lines=tuple(
            PricedLine(
                variant_key=line.key,
                unit_amount_minor=line.unit_minor,
                quantity=line.quantity,
                product_slug=line.product,
                category=line.category,
                tags=frozenset(line.tags),
                weight_g=line.weight_g,
                undeliverable=frozenset(line.undeliverable),
            )
            for line in question.lines
        ),
        codes=question.codes,
        place=Place(place.country, place.region, place.postal_code) if place else None,
        option=question.option,
        now=question.now,
        currency=Currency(question.currency),
        exhausted=question.exhausted,
        assume_cheapest=question.assume_cheapest,
    )


def _refused(found: Totals) -> Iterator[tuple[int, Refusal]]:
    for message in found.messages:
        if message.param is not None and message.param.startswith("discount_codes["):
            number = int(message.param.removeprefix("discount_codes[").removesuffix("]"))
            for reason, words in _REASONS.items():
                if words in message.content:
                    yield number, reason


def _same_texts(expected: Reference, found: Totals) -> bool:
    """Look for the names of discounts and taxes in the texts of their rows."""
    return all(
        row.about.removeprefix("code:").removeprefix("name:").casefold() in text.casefold()
        and text.endswith(row.ending)
        for row, text in zip(
            expected.rows, (row.display_text for row in found.entries), strict=False
        )
    )


def _reference_part(part: Part | None) -> object:
    if part is None:
        return None
    tax = [(*part.tax.kind, part.tax.amount)] if part.tax else []
    return (part.base, dict(part.discounts), part.net, tax, part.tax_amount, part.total)


def _part(part: LineTotals | FulfillmentTotals | None) -> object:
    if part is None:
        return None
    taxes = [
        (tax.title, Fraction(str(tax.percent)), _tax_kind(tax), tax.amount_minor)
        for tax in part.taxes
    ]
    discounts = {discount.key: discount.amount_minor for discount in part.discounts}
    return (part.base_minor, discounts, part.net_minor, taxes, part.tax_minor, part.total_minor)


def _expected_explanation(question: Question, expected: Reference) -> list[object]:
    lines = [
        (line.key, line.unit_minor, line.quantity, _reference_part(part))
        for line, part in zip(question.lines, expected.lines, strict=True)
    ]
    return [*lines, _reference_part(expected.delivery), expected.total, expected.estimated]


def _explanation(found: Totals) -> list[object]:
    """Read what is kept with an agreed order, which is JSON."""
    told = json.loads(json.dumps(found.explanation()))
    lines = [
        (line["variant"], line["unit_amount_minor"], line["quantity"], _told_part(line))
        for line in told["lines"]
    ]
    return [*lines, _told_part(told["fulfillment"]), told["total_minor"], told["estimated"]]


def _told_part(part: dict[str, Any] | None) -> object:
    if part is None:
        return None
    taxes = [
        (
            tax["title"],
            Fraction(tax["percent"]),
            "exempt" if tax["exempt"] else "included" if tax["included"] else "added",
            tax["amount_minor"],
        )
        for tax in part["taxes"]
    ]
    discounts = {discount["key"]: discount["amount_minor"] for discount in part["discounts"]}
    tax_minor = sum(amount for *_, amount in taxes)
    amounts = (part["net_minor"], taxes, tax_minor, part["total_minor"])
    return (part["base_minor"], discounts, *amounts)


def _tax_kind(tax: TaxPart) -> str:
    if tax.exempt:
        return "exempt"
    return "included" if tax.included else "added"
