"""Tools that look at the catalog."""

from collections.abc import Sequence

from plantly.domain.catalog import CatalogQuery, Facet, Sort
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.messages import Message
from plantly.mcp_server import schemas, views
from plantly.mcp_server.arguments import GetProduct, Listing, sort_of
from plantly.mcp_server.facet_arguments import filters_of, listing_model
from plantly.mcp_server.product_views import product, product_text
from plantly.mcp_server.tool import Answer, ToolContext, ToolSpec
from plantly.services.browse import get_products
from plantly.services.listing import list_products

_KEPT_ANSWERS = 256


def browse_tools(facets: Sequence[Facet]) -> tuple[ToolSpec, ...]:
    """Return the tools, with one argument for each facet of the catalog."""
    model = listing_model(facets)
    known = tuple(facets)
    written: dict[object, Answer] = {}

    async def handle(context: ToolContext, arguments: Listing) -> Answer:
        query = _query(arguments, known)
        cursor = arguments.cursor
        browsed = await context.db.read(lambda uow: list_products(uow, query, cursor))
        if query.in_stock is not None or query.sort is Sort.BEST_SELLING:
            return views.listing(context, browsed, query)
        # The same page in the same edition with the same availability reads the same; but stock
        # decides which products a question about stock finds, and sales which sell best.
        key = (browsed.edition, query.key(), cursor, browsed.availability)
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
                "size, description, care and stock. Takes ids, variant ids and SKUs, up to 20 at "
                "once."
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
        "products": [product(context, detail) for detail in found],
        "messages": [message.as_dict() for message in messages],
    }
    parts = [product_text(detail) for detail in found] + [message.content for message in messages]
    return Answer(structured, "\n\n".join(parts))


def _query(arguments: Listing, facets: Sequence[Facet]) -> CatalogQuery:
    filters = filters_of(arguments, facets)
    prices = (arguments.min_price_minor, arguments.max_price_minor)
    for name, (least, most) in {"price_minor": prices, **filters.ranges}.items():
        if least is not None and most is not None and least > most:
            text = f"min_{name} is above max_{name}: swap them, or send one of the two."
            raise InvalidInput(f"min_{name}", text)
    return CatalogQuery(
        search=arguments.search.strip() or None,
        category=arguments.category,
        facets=filters.values,
        ranges=filters.ranges,
        min_price_minor=arguments.min_price_minor,
        max_price_minor=arguments.max_price_minor,
        in_stock=arguments.in_stock,
        sort=sort_of(arguments),
        limit=arguments.limit,
    )
