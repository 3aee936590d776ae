"""What the page of a product shows, in words and in the order that shoppers read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from plantly.domain.catalog import Availability, Facet, FacetKind
from plantly.domain.money_text import format_money
from plantly.domain.shop import ShopConfig
from plantly.services.browse import ProductDetail, VariantDetail
from plantly.web.forms import country_names
from plantly.web.structured_data import MOST_VARIANTS

STOCK: Final = {
    Availability.IN_STOCK: "In stock",
    Availability.LOW_STOCK: "Few left",
    Availability.OUT_OF_STOCK: "Sold out",
    Availability.BACKORDER: "On backorder",
    Availability.PREORDER: "Preorder",
}
_DOT: Final = " \N{MIDDLE DOT} "
_SCALE: Final = 6
"""So many values are shown as a scale, on which the product's own stand out."""
_DESCRIPTION: Final = 300


@dataclass(frozen=True, slots=True)
class Fact:
    """One facet: what it is of this product, and which values there are besides."""

    title: str
    text: str
    scale: tuple[tuple[str, bool], ...] = ()
    """Every value, and whether it is one of the product's."""
    answer: bool | None = None
    """Of a yes or no."""


@dataclass(frozen=True, slots=True)
class Row:
    """One variant: its name or its options, price and stock."""

    id: str
    name: str
    price: str
    before: str
    until: str
    stock: str
    expected: str
    state: str


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything that the template writes."""

    lead: Row
    price_from: bool
    choice: str
    """What the variants differ by."""
    rows: tuple[Row, ...]
    more: int
    """Variants that are not shown."""
    facts: tuple[Fact, ...]
    not_sent: tuple[str, ...]
    summary: str


def product_page(shop: ShopConfig, detail: ProductDetail) -> ProductPage:
    """Arrange a product for its page."""
    several = len(detail.options) > 1
    rows = tuple(_row(detail, v, several=several) for v in detail.variants[:MOST_VARIANTS])
    lowest = min(detail.variants, key=lambda v: v.price_minor)
    highest = max(v.price_minor for v in detail.variants)
    served = shop.countries()
    barred = [code for code in detail.undeliverable if code in served or not served]
    text = " ".join(detail.description.split()) or f"{detail.title} at {shop.name}"
    return ProductPage(
        lead=_row(detail, lowest, several=several),
        price_from=highest > lowest.price_minor,
        choice=_DOT.join(detail.options) or "Variant",
        rows=rows,
        more=len(detail.variants) - len(rows),
        facts=tuple(_fact(facet, values) for facet, values in detail.facets),
        not_sent=tuple(name for _, name in country_names(tuple(barred))),
        summary=text if len(text) <= _DESCRIPTION else f"{text[: _DESCRIPTION - 1].rstrip()}…",
    )


def _fact(facet: Facet, values: Sequence[str]) -> Fact:
    if facet.kind is FacetKind.BOOL:
        answer = values[0] == "true"
        return Fact(facet.title, "Yes" if answer else "No", answer=answer)
    if facet.kind is FacetKind.RANGE:
        unit = f" {facet.unit}" if facet.unit else ""
        return Fact(facet.title, f"{' to '.join(values)}{unit}")
    text = ", ".join(values)
    if 1 < len(facet.values) <= _SCALE and set(values) <= set(facet.values):
        return Fact(facet.title, text, tuple((name, name in values) for name in facet.values))
    return Fact(facet.title, text)


def _row(detail: ProductDetail, variant: VariantDetail, *, several: bool) -> Row:
    before, turns_at = variant.compare_at_minor, variant.price_turns_at
    expected = variant.available_at
    return Row(
        id=variant.variant_id,
        name=", ".join(variant.options) if several else variant.name or detail.title,
        price=format_money(variant.price_minor, detail.currency),
        before=format_money(before, detail.currency) if before is not None else "",
        until=_day(turns_at) if turns_at is not None and before is not None else "",
        stock=STOCK[variant.availability],
        expected=_day(expected) if expected is not None else "",
        state=variant.availability.value,
    )


def _day(at: datetime) -> str:
    return f"{at:%b} {at.day}, {at.year}"
