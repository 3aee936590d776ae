"""How a total is made, as rows that add up before the reader's eyes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from plantly.web.tongue import Tongue

_STANDARD: Final = {"items_base_amount": "Items", "subtotal": "Subtotal", "total": "Total"}
_DISCOUNT: Final = re.compile(r"Discount \((.*)\)", re.DOTALL)
_TAX: Final = re.compile(r"(.*) (\d+(?:\.\d+)?) %( \(included\))?", re.DOTALL | re.ASCII)
_EXEMPT: Final = ": exempt"


@dataclass(frozen=True, slots=True)
class Row:
    """One amount and what it is; what is `inside` another amount adds nothing."""

    text: str
    amount: str
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A line or the delivery: its rows, and what they come to."""

    title: str
    rows: tuple[Row, ...]
    total: str

    @property
    def is_sum(self) -> bool:
        """Say whether there is anything to add up."""
        return sum(not row.inside for row in self.rows) > 1


@dataclass(frozen=True, slots=True)
class Explained:
    """All parts, and their sum."""

    parts: tuple[Part, ...]
    rows: tuple[Row, ...]
    """The total of every part once more, to be added up."""
    total: str
    estimated: bool


class Named(Protocol):
    """A line that the explanation calls by its name."""

    @property
    def variant_handle(self) -> str:
        """Return the id of the variant."""

    @property
    def name(self) -> str:
        """Return the name of the product."""

    @property
    def variant(self) -> str:
        """Return the name of the variant, if it has one."""


class Summed(Protocol):
    """A checkout or an order: lines, and how their sum was made."""

    @property
    def items(self) -> Sequence[Named]:
        """Return the lines."""

    @property
    def currency(self) -> str:
        """Return the currency of every amount."""

    @property
    def breakdown(self) -> dict[str, Any] | None:
        """Return how the total is made of its parts."""


def row_name(tongue: Tongue, kind: str, text: str) -> str:
    """Return what a row of the totals is called; names that the merchant gave stay."""
    if tongue.is_first:
        return text
    if _STANDARD.get(kind) == text:
        return tongue.t(f"common.totals.{kind}")
    discount = _DISCOUNT.fullmatch(text) if kind.endswith("discount") else None
    if discount is not None:
        return tongue.t("page.checkout.discount", label=discount[1])
    return _tax_name(tongue, text) if kind == "tax" else text


def _tax_name(tongue: Tongue, text: str) -> str:
    if text.endswith(_EXEMPT):
        return tongue.t("page.checkout.tax_exempt", tax=text.removesuffix(_EXEMPT))
    found = _TAX.fullmatch(text)
    if found is None:
        return text
    tax = f"{found[1]} {tongue.percent(found[2])}"
    return tongue.t("page.checkout.tax_included", tax=tax) if found[3] else tax


def explained(tongue: Tongue, checkout: Summed) -> Explained | None:
    """Return how the total is made, unless nobody kept it."""
    breakdown = checkout.breakdown
    if breakdown is None:
        return None
    money = _Money(tongue, checkout.currency)
    titles = {
        item.variant_handle: f"{item.name}, {item.variant}" if item.variant else item.name
        for item in checkout.items
    }
    parts = []
    for line in breakdown["lines"]:
        count = f"{line['quantity']} \N{MULTIPLICATION SIGN} {money.of(line['unit_amount_minor'])}"
        parts.append(_part(titles.get(line["variant"], line["variant"]), count, line, money))
    delivery = breakdown["fulfillment"]
    if delivery is not None:
        parts.append(_part(delivery["title"], tongue.t("page.checkout.delivery"), delivery, money))
    return Explained(
        parts=tuple(parts),
        rows=tuple(Row(part.title, part.total) for part in parts),
        total=money.of(breakdown["total_minor"]),
        estimated=breakdown["estimated"],
    )


@dataclass(frozen=True, slots=True)
class _Money:
    tongue: Tongue
    currency: str

    def of(self, amount_minor: int) -> str:
        """Write an amount, with the sign that lines up with digits."""
        return self.tongue.signed(amount_minor, self.currency)


def _part(title: str, first: str, charge: Mapping[str, Any], money: _Money) -> Part:
    rows = [Row(first, money.of(charge["base_minor"]))]
    rows += [Row(d["label"], money.of(-d["amount_minor"])) for d in charge["discounts"]]
    t = money.tongue.t
    for tax in charge["taxes"]:
        if tax["exempt"]:
            rows.append(Row(t("page.checkout.tax_exempt", tax=tax["title"]), money.of(0)))
            continue
        text = f"{tax['title']} {money.tongue.percent(tax['percent'])}"
        if tax["included"]:
            inside = t("page.checkout.tax_inside", tax=text)
            rows.append(Row(inside, money.of(tax["amount_minor"]), inside=True))
        else:
            rows.append(Row(text, money.of(tax["amount_minor"])))
    return Part(title, tuple(rows), money.of(charge["total_minor"]))
