"""What the page of a product shows, in words and in the order that shoppers read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from babel.dates import format_date

from plantly.domain.cart_link import link_path
from plantly.domain.catalog import Availability, Facet, FacetKind
from plantly.domain.shop import ShopConfig
from plantly.services.browse import ProductDetail, VariantDetail
from plantly.web.structured_data import MOST_VARIANTS
from plantly.web.tongue import Tongue

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
    buy: str
    """The page that rebuilds a cart with one of it; nothing where there is none to be had."""


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


def product_page(shop: ShopConfig, detail: ProductDetail, tongue: Tongue) -> ProductPage:
    """Arrange a product for its page, in the words of whoever reads it."""
    several = len(detail.options) > 1
    writer = _Writer(detail, tongue, several=several)
    rows = tuple(writer.row(variant) for variant in detail.variants[:MOST_VARIANTS])
    lowest = min(detail.variants, key=lambda v: v.price_minor)
    highest = max(v.price_minor for v in detail.variants)
    served = shop.countries()
    barred = [code for code in detail.undeliverable if code in served or not served]
    plain = " ".join(detail.description.split())
    text = plain or tongue.t("page.product.summary", product=detail.title, shop=shop.name)
    return ProductPage(
        lead=writer.row(lowest),
        price_from=highest > lowest.price_minor,
        choice=_DOT.join(detail.options) or tongue.t("page.product.variant"),
        rows=rows,
        more=len(detail.variants) - len(rows),
        facts=tuple(writer.fact(facet, values) for facet, values in detail.facets),
        not_sent=tuple(name for _, name in tongue.countries(tuple(barred))),
        summary=text if len(text) <= _DESCRIPTION else f"{text[: _DESCRIPTION - 1].rstrip()}…",
    )


def stock_of(availability: Availability, tongue: Tongue) -> str:
    """Say in a word whether something can be had."""
    return tongue.words.t_one("common.availability.", availability.value)


class _Writer:
    """Writes the parts of one product for one reader."""

    def __init__(self, detail: ProductDetail, tongue: Tongue, *, several: bool) -> None:
        self._detail, self._tongue, self._several = detail, tongue, several

    def fact(self, facet: Facet, values: Sequence[str]) -> Fact:
        """Say one facet."""
        if facet.kind is FacetKind.BOOL:
            answer = values[0] == "true"
            return Fact(
                facet.title, self._tongue.t("common.yes" if answer else "common.no"), answer=answer
            )
        if facet.kind is FacetKind.RANGE:
            return Fact(facet.title, self._range(values, f" {facet.unit}" if facet.unit else ""))
        text = ", ".join(values)
        if 1 < len(facet.values) <= _SCALE and set(values) <= set(facet.values):
            return Fact(facet.title, text, tuple((name, name in values) for name in facet.values))
        return Fact(facet.title, text)

    def _range(self, values: Sequence[str], unit: str) -> str:
        if len(values) == 1:
            return f"{values[0]}{unit}"
        least, most = values[0], values[-1]
        return f"{self._tongue.t('page.product.range', least=least, most=most)}{unit}"

    def row(self, variant: VariantDetail) -> Row:
        """Say what one variant is, costs, and whether there is one."""
        money, code = self._tongue.money, self._detail.currency
        before, turns_at = variant.compare_at_minor, variant.price_turns_at
        expected = variant.available_at
        several, gone = self._several, variant.availability is Availability.OUT_OF_STOCK
        return Row(
            id=variant.variant_id,
            name=", ".join(variant.options) if several else variant.name or self._detail.title,
            price=money(variant.price_minor, code),
            before=money(before, code) if before is not None else "",
            until=self._day(turns_at) if turns_at is not None and before is not None else "",
            stock=stock_of(variant.availability, self._tongue),
            expected=self._day(expected) if expected is not None else "",
            state=variant.availability.value,
            buy="" if gone else link_path([(variant.variant_id, 1)], ()) or "",
        )

    def _day(self, at: datetime) -> str:
        return str(format_date(at, "medium", locale=self._tongue.locale))
