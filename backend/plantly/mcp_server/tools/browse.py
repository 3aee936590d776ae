"""Tools that look at the catalog."""

from collections.abc import Sequence
from typing import Any

from plantly.domain.catalog import CatalogQuery, Facet, Position
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.messages import Message
from plantly.mcp_server import schemas, views
from plantly.mcp_server.arguments import (
    GetProduct,
    Listing,
    facet_field,
    listing_model,
    sort_of,
)
from plantly.mcp_server.tool import Answer, ToolContext, ToolSpec
from plantly.services.browse import ProductDetail, VariantDetail, get_products, list_products
from plantly.services.money_text import format_money

_KEPT_ANSWERS = 256


def browse_tools(facets: Sequence[Facet]) -> tuple[ToolSpec, ...]:
    """Return the tools, with one argument for each facet of the catalog."""
    model = listing_model(facets)
    keys = tuple(facet.key for facet in facets)

    written: dict[object, Answer] = {}

    async def handle(context: ToolContext, arguments: Listing) -> Answer:
        query = _query(arguments, keys)
        browsed = await context.db.read(lambda uow: list_products(uow, query))
        if query.in_stock is not None:
            return views.listing(context, browsed, query)
        # The same page in the same edition with the same availability reads the same; but stock
        # decides which products a question about stock finds, and how many.
        key = (browsed.edition, query.key(), browsed.availability)
        answer = written.get(key)
        if answer is None:
            if len(written) >= _KEPT_ANSWERS:
                written.clear()
            answer = written[key] = views.listing(context, browsed, query)
        return answer

    return (
        ToolSpec(
            name="list_products",
            title="Show products",
            description=(
                "Use this when the shopper wants to see, browse or compare what the shop sells. "
                "Shows products with pictures, filters and prices; do not repeat them in words. "
                "Not for orders, carts or policies."
            ),
            arguments=model,
            output=schemas.LISTING,
            handler=handle,
            invoking="Looking through the shop",
            invoked="Here is what the shop has",
            widget="product-catalog",
        ),
        ToolSpec(
            name="search_products",
            title="Search products",
            description=(
                "Use this when you need product data to answer or to choose, without showing "
                "anything: ids, prices, availability, and how many products each filter leaves."
            ),
            arguments=model,
            output=schemas.LISTING,
            handler=handle,
            invoking="Searching the shop",
            invoked="Searched the shop",
        ),
        ToolSpec(
            name="get_product",
            title="Product details",
            description=(
                "Use this when the shopper asks about certain products: sizes, prices of every "
                "size, description, care and stock. Takes up to 20 ids at once."
            ),
            arguments=GetProduct,
            output=schemas.PRODUCTS,
            handler=get_product,
            invoking="Reading the label",
            invoked="Read the label",
        ),
    )


async def get_product(context: ToolContext, arguments: GetProduct) -> Answer:
    """Return products in full; unknown ids are named when at least one is known."""
    if bool(arguments.product_id) == bool(arguments.product_ids):
        raise InvalidInput("product_id", "Send either product_id or product_ids.")
    wanted = arguments.product_ids or [arguments.product_id]
    found, missing = await context.db.read(lambda uow: get_products(uow, wanted))
    if not found:
        field = "product_ids" if arguments.product_ids else "product_id"
        text = f"{field} names nothing in this shop: send ids that search_products gave."
        raise NotFound(field, text)
    messages = [
        Message("warning", "not_found", f"There is no product {name[:80]!r}.") for name in missing
    ]
    structured = {
        "products": [_product(context, detail) for detail in found],
        "messages": [message.as_dict() for message in messages],
    }
    parts = [_text(detail) for detail in found] + [message.content for message in messages]
    return Answer(structured, "\n\n".join(parts))


def _query(arguments: Listing, facet_keys: Sequence[str]) -> CatalogQuery:
    sort = sort_of(arguments)
    facets = {key: getattr(arguments, facet_field(i)) for i, key in enumerate(facet_keys)}
    after = views.decode_cursor(arguments.cursor, sort) if arguments.cursor else None
    return CatalogQuery(
        search=arguments.search.strip() or None,
        category=arguments.category,
        facets={key: values for key, values in facets.items() if values},
        min_price_minor=arguments.min_price_minor,
        max_price_minor=arguments.max_price_minor,
        in_stock=arguments.in_stock,
        sort=sort,
        limit=arguments.limit,
        after=Position(None, after) if after is not None else None,
    )


def _product(context: ToolContext, detail: ProductDetail) -> dict[str, Any]:
    return {
        "id": detail.slug,
        "name": detail.title,
        "description": detail.description,
        "care": detail.care,
        "category": detail.category,
        "currency": detail.currency,
        "availability": detail.availability.value,
        "price_minor": detail.default.price_minor,
        **{facet.key: list(values) for facet, values in detail.facets},
        "option": detail.option,
        "variants": [_variant(variant) for variant in detail.variants],
        "media": [
            {"src": context.media_url(picture.path), "alt": picture.alt}
            for picture in detail.pictures
        ],
        "url": f"{context.settings.public_url}/p/{detail.slug}",
    }


def _variant(variant: VariantDetail) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "variant_id": variant.variant_id,
        "name": variant.name,
        "price_minor": variant.price_minor,
        "availability": variant.availability.value,
    }
    if variant.compare_at_minor is not None:
        entry["compare_at_minor"] = variant.compare_at_minor
    if variant.availability == "low_stock":
        entry["available_quantity"] = variant.available_quantity
    if variant.is_default:
        entry["default"] = True
    return entry


def _text(detail: ProductDetail) -> str:
    sizes = [
        f"- {v.name} ({v.variant_id}): {format_money(v.price_minor, detail.currency)}, "
        f"{v.availability.value.replace('_', ' ')}"
        for v in detail.variants
    ]
    facts = [f"{facet.title}: {', '.join(values)}." for facet, values in detail.facets]
    head = f"{detail.title} ({detail.slug}), {detail.category}. {detail.description}"
    return "\n".join([head, *facts, *([f"Care: {detail.care}"] if detail.care else []), *sizes])
