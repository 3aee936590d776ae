"""Parts of Plantly's own JSON as documents, once they do not contradict themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plantly.domain.catalog import UNTRACKED_LIMIT, Facet, FacetKind, StockPolicy
from plantly.domain.catalog_document import (
    CategoryDocument,
    MediaDocument,
    PriceDocument,
    ProductDocument,
    StockDocument,
    VariantDocument,
)
from plantly.domain.money import Currency, currency
from plantly.services.formats.findings import Refused
from plantly.services.formats.measures import number_text
from plantly.services.formats.own_json_parts import (
    PricePart,
    ProductPart,
    StockPart,
    VariantPart,
)
from plantly.services.formats.tidy import tidy_line

_SHORT_OPTION = "Option"
_LONG_NUMBER = 15
_MAX_VALUE = 100


@dataclass(frozen=True, slots=True)
class Shelves:
    """What the head said, and the shop has."""

    currency: Currency
    facets: Mapping[str, Facet]
    categories: Mapping[str, CategoryDocument]


def product_of(part: ProductPart, shelves: Shelves) -> ProductDocument:
    """Return the document of a product.

    Raises:
        Refused: It contradicts itself or the head.
    """
    if sum(variant.default for variant in part.variants) != 1:
        raise Refused("variants", "exactly one variant must be the default: mark one.")
    if part.category is not None and part.category not in shelves.categories:
        told = f"category {part.category!r} is not listed: add it to the categories."
        raise Refused("category", told)
    names = _option_names(part)
    return ProductDocument(
        slug=part.slug,
        title=tidy_line(part.title),
        variants=_variants(part, names, shelves.currency),
        category=None if part.category is None else shelves.categories[part.category],
        description=part.description,
        care=part.care,
        brand=None if part.brand is None else tidy_line(part.brand),
        tags=_lines(part.tags),
        collections=_lines(part.collections),
        facets=None if part.facets is None else _facets(part.facets, shelves.facets),
        media=None
        if part.media is None
        else tuple(MediaDocument(m.file, tidy_line(m.alt), m.width, m.height) for m in part.media),
        options=names,
        state=part.state,
        undeliverable=part.undeliverable,
    )


def _lines(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(dict.fromkeys(map(tidy_line, names)))


def _option_names(part: ProductPart) -> tuple[str, ...]:
    if part.option is not None and part.options is not None:
        raise Refused("options", "option is short for options with one name: give one of them.")
    names = part.options if part.options is not None else (part.option,) if part.option else None
    if names is None:
        has_option = any(v.option or v.options for v in part.variants)
        names = (_SHORT_OPTION,) if has_option else ()
    lines = tuple(map(tidy_line, names))
    if len(set(lines)) < len(lines):
        raise Refused("options", "an option has the name of another one: give each its own.")
    return lines


def _variants(
    part: ProductPart, names: tuple[str, ...], code: Currency
) -> tuple[VariantDocument, ...]:
    found: dict[tuple[str, ...], VariantDocument] = {}
    for i, variant in enumerate(part.variants):
        place = f"variants.{i}"
        if variant.option is not None and variant.options is not None:
            told = "option is short for options with one value: give one of them."
            raise Refused(f"{place}.options", told)
        given = variant.options or ((variant.option,) if variant.option else ())
        options = tuple(map(tidy_line, given))
        if len(options) != len(names):
            told = f"the variant needs a value for each of: {', '.join(names) or 'no option'}."
            raise Refused(f"{place}.options", told)
        if options in found:
            told = f"the variant has the options ({', '.join(options)}) of another one"
            raise Refused(f"{place}.options", f"{told}: give each variant its own.")
        found[options] = VariantDocument(
            sku=tidy_line(variant.sku),
            title=tidy_line(variant.title) if variant.title else None,
            options=options,
            prices=_prices(variant, place, code),
            id=variant.id,
            stock=_stock(variant.stock, f"{place}.stock"),
            weight_g=variant.weight_g,
            gtin=variant.gtin,
            default=variant.default,
        )
    return tuple(found.values())


def _prices(variant: VariantPart, place: str, code: Currency) -> tuple[PriceDocument, ...]:
    if (variant.price_minor is None) is (variant.prices is None):
        told = "price_minor is short for prices with one in the shop's currency: give one of them."
        raise Refused(f"{place}.prices", told)
    if variant.prices is not None and variant.compare_at_minor is not None:
        told = "compare_at_minor belongs into each of the prices: move it there."
        raise Refused(f"{place}.compare_at_minor", told)
    if variant.price_minor is not None:
        _check_compare_at(variant.price_minor, variant.compare_at_minor, place)
        return (PriceDocument(code, variant.price_minor, variant.compare_at_minor),)
    prices = {price.currency: _price(price, place) for price in variant.prices or ()}
    if len(prices) < len(variant.prices or ()):
        raise Refused(f"{place}.prices", "a currency has two prices: keep one of them.")
    if code not in prices:
        told = f"there is no price in {code}, which the shop sells in: add one."
        raise Refused(f"{place}.prices", told)
    return tuple(prices.values())


def _price(price: PricePart, place: str) -> PriceDocument:
    try:
        code = currency(price.currency)
    except ValueError as error:
        raise Refused(f"{place}.prices", f"{error}.") from error
    _check_compare_at(price.amount_minor, price.compare_at_minor, place)
    if price.starts_at or price.ends_at:
        if price.compare_at_minor is None:
            told = (
                "a price with dates needs compare_at_minor, which holds before and after: add it."
            )
            raise Refused(f"{place}.prices", told)
        if price.starts_at and price.ends_at and price.starts_at >= price.ends_at:
            told = "a price ends before it begins: swap starts_at and ends_at."
            raise Refused(f"{place}.prices", told)
    return PriceDocument(
        code, price.amount_minor, price.compare_at_minor, price.starts_at, price.ends_at
    )


def _check_compare_at(amount: int, compare_at: int | None, place: str) -> None:
    if compare_at is not None and compare_at <= amount:
        told = "compare_at_minor must be above price_minor: raise it or leave it out."
        raise Refused(f"{place}.compare_at_minor", told)


def _stock(stock: StockPart | None, place: str) -> StockDocument | None:
    if stock is None:
        return None
    limit = stock.backorder_limit or 0
    if stock.policy is StockPolicy.UNTRACKED:
        return StockDocument(stock.on_hand, stock.policy, UNTRACKED_LIMIT, stock.available_at)
    if stock.policy is StockPolicy.DENY and limit:
        told = "backorder_limit needs the policy backorder or preorder: choose one of them."
        raise Refused(f"{place}.backorder_limit", told)
    if (stock.on_hand or 0) + limit < 0:
        told = "on_hand is further below zero than may be owed: raise it or backorder_limit."
        raise Refused(f"{place}.on_hand", told)
    return StockDocument(stock.on_hand, stock.policy, limit, stock.available_at)


def _facets(given: dict[str, Any], facets: Mapping[str, Facet]) -> dict[str, tuple[str, ...]]:
    found = {}
    for key, raw in given.items():
        facet = facets.get(key)
        values = [_value(facet, value) for value in (raw if isinstance(raw, list) else [raw])]
        if facet is None or None in values:
            told = f"a facet has a value that is not listed ({key}): take one of the head's."
            raise Refused(f"facets.{key}", told)
        if len(set(values)) < len(values):
            told = f"a facet has a value twice ({key}): keep one of them."
            raise Refused(f"facets.{key}", told)
        found[key] = tuple(value for value in values if value is not None)
    return found


def _value(facet: Facet | None, value: Any) -> str | None:
    """Return a value as text, or None when the facet cannot have it."""
    if facet is None:
        return None
    if facet.kind is FacetKind.BOOL:
        text = str(value).lower() if isinstance(value, bool) else value
        return text if text in ("true", "false") else None
    if facet.kind is FacetKind.RANGE:
        return _number(value)
    line = tidy_line(value) if isinstance(value, str) else ""
    listed = line in facet.values if facet.values else len(line) <= _MAX_VALUE
    return line if line and listed else None


def _number(value: Any) -> str | None:
    if isinstance(value, str):
        return number_text(value)
    exact = Decimal(value) if isinstance(value, int | Decimal) and value is not True else None
    if exact is None or isinstance(value, bool) or not exact.is_finite():
        return None
    if abs(exact.adjusted()) > _LONG_NUMBER:
        return None
    return number_text(f"{exact:f}")
