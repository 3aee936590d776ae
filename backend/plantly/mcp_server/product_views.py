"""Products in full, as `get_product` and `fetch` write them."""

from typing import Any

from plantly.domain.catalog import Availability, Facet, FacetKind
from plantly.domain.money_text import format_money
from plantly.mcp_server.facet_arguments import facet_value
from plantly.mcp_server.tool import ToolContext
from plantly.services.browse import ProductDetail, VariantDetail


def product(context: ToolContext, detail: ProductDetail) -> dict[str, Any]:
    """Return a product with everything that a shopper may ask about it."""
    facets = {facet.key: facet_value(facet, values) for facet, values in detail.facets}
    entry: dict[str, Any] = {
        "id": detail.slug,
        "name": detail.title,
        "description": detail.description,
        "care": detail.care,
        "category": detail.category,
        "currency": detail.currency,
        "availability": detail.availability.value,
        "price_minor": detail.default.price_minor,
        **facets,
        "options": list(detail.options),
        "variants": [_variant(variant) for variant in detail.variants],
        "media": [
            {"src": context.media_url(picture.path), "alt": picture.alt}
            for picture in detail.pictures
        ],
        "url": product_url(context, detail.slug),
    }
    said = {
        "brand": detail.brand,
        "tags": list(detail.tags),
        "collections": list(detail.collections),
        "not_sent_to": list(detail.undeliverable),
        "asked_for": list(detail.asked_for),
    }
    return entry | {key: value for key, value in said.items() if value}


def product_text(detail: ProductDetail) -> str:
    """Return the same in words; the variants that were asked for come first."""
    maker = f", by {detail.brand}" if detail.brand else ""
    head = f"{detail.title} ({detail.slug}), {detail.category}{maker}. {detail.description}"
    parts = [head.strip(), *facts(detail)]
    if detail.care:
        parts.append(f"Care: {detail.care}")
    if detail.undeliverable:
        parts.append(f"Not sent to: {', '.join(detail.undeliverable)}.")
    return "\n".join([*parts, *(_line(detail, variant) for variant in asked_first(detail))])


def facts(detail: ProductDetail) -> list[str]:
    """Return a sentence for each facet and for the collections."""
    found = [f"{facet.title}: {fact(facet, values)}." for facet, values in detail.facets]
    if detail.collections:
        found.append(f"Collections: {', '.join(detail.collections)}.")
    return found


def fact(facet: Facet, values: tuple[str, ...]) -> str:
    """Return a product's values of a facet in words: names, yes or no, or numbers with a unit."""
    if facet.kind is FacetKind.BOOL:
        return "yes" if values[0] == "true" else "no"
    return f"{', '.join(values)}{f' {facet.unit}' if facet.unit else ''}"


def asked_first(detail: ProductDetail) -> list[VariantDetail]:
    """Return the variants, those that were asked for before the others."""
    return sorted(detail.variants, key=lambda v: v.variant_id not in detail.asked_for)


def price_text(detail: ProductDetail, variant: VariantDetail) -> str:
    """Return what a variant costs and whether it can be had, in words."""
    price = format_money(variant.price_minor, detail.currency)
    if variant.compare_at_minor is not None:
        price += f" (before: {format_money(variant.compare_at_minor, detail.currency)})"
    stock = variant.availability.value.replace("_", " ")
    if variant.available_at is not None:
        stock += f", expected {variant.available_at.date().isoformat()}"
    return f"{price}, {stock}"


def product_url(context: ToolContext, slug: str) -> str:
    """Return the canonical address of a product's page."""
    return f"{context.settings.public_url}/p/{slug}"


def _line(detail: ProductDetail, variant: VariantDetail) -> str:
    mark = ", asked for" if variant.variant_id in detail.asked_for else ""
    name = variant.name or detail.title
    return f"- {name} ({variant.variant_id}{mark}): {price_text(detail, variant)}"


def _variant(variant: VariantDetail) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "variant_id": variant.variant_id,
        "sku": variant.sku,
        "name": variant.name,
        "options": list(variant.options),
        "price_minor": variant.price_minor,
        "availability": variant.availability.value,
    }
    if variant.compare_at_minor is not None:
        entry["compare_at_minor"] = variant.compare_at_minor
    if variant.availability is Availability.LOW_STOCK:
        entry["available_quantity"] = variant.available_quantity
    if variant.available_at is not None:
        entry["available_at"] = variant.available_at.date().isoformat()
    if variant.is_default:
        entry["default"] = True
    return entry
