"""Domain values as the tools write them: lean, in minor units, and in words."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from plantly.domain.catalog import (
    COLLECTION,
    Availability,
    CatalogQuery,
    Facet,
    FacetKind,
    ProductCard,
    Sort,
)
from plantly.domain.money_text import format_money
from plantly.mcp_server.facet_arguments import facet_value, in_force
from plantly.mcp_server.line_views import (
    item_lines,
    item_of,
    media,
    said_lines,
    totals_rows,
)
from plantly.mcp_server.tool import Answer, ToolContext
from plantly.services.checkout_view import CheckoutView
from plantly.services.items import pictures
from plantly.services.listing import Browsed
from plantly.services.search_help import SearchHelp

_STOCK_WORDS = {
    Availability.OUT_OF_STOCK: ", sold out",
    Availability.LOW_STOCK: ", few left",
    Availability.BACKORDER: ", on backorder",
    Availability.PREORDER: ", preorder",
}


def listing(context: ToolContext, browsed: Browsed, query: CatalogQuery) -> Answer:
    """Return a page of products."""
    found, shop = browsed.listing, browsed.shop
    facets = _shown_facets(browsed.facets, query)
    products = []
    lines = []
    for card, state in zip(found.cards, browsed.availability, strict=True):
        products.append(_card(card, state, facets))
        price = format_money(card.price_minor, shop.currency)
        start = "from " if card.price_from else ""
        lines.append(f"{card.title} ({card.slug}) {start}{price}{_STOCK_WORDS.get(state, '')}")
    structured: dict[str, Any] = {
        "products": products,
        "currency": shop.currency,
        "filters": found.counts,
        "initialFilters": initial_filters(query, browsed.facets),
        "total": found.total,
    }
    # Said only when it is so: counting stops at some point, and most listings have less.
    structured |= {"total_capped": True} if found.total_capped else {}
    structured |= {"counts_capped": True} if found.counts_capped else {}
    total = f"{found.total:,}{'+' if found.total_capped else ''}"
    head = [f"{len(products)} of {total} products{_chosen(structured['initialFilters'])}."]
    if browsed.help is not None:
        structured["help"], head = listing_help(browsed.help, query, browsed.facets)
    if browsed.next_cursor is not None:
        structured["next_cursor"] = browsed.next_cursor
        head.append(f"More: cursor {browsed.next_cursor}")
    shown = {card.slug: card.picture for card in found.cards if card.picture}
    meta = {"plantly/media": media(context, shown), **_for_widgets(browsed.facets)}
    return Answer(structured, "\n".join([" ".join(head), *lines]), meta)


def _chosen(filters: Mapping[str, Any]) -> str:
    """Return the lists of values that a listing was filtered by, for hosts without widgets."""
    lists = {key: value for key, value in filters.items() if isinstance(value, list)}
    words = "; ".join(f"{key}: {', '.join(values)}" for key, values in lists.items())
    return f" ({words})" if words else ""


def listing_help(
    found: SearchHelp, query: CatalogQuery, facets: Iterable[Facet]
) -> tuple[dict[str, Any], list[str]]:
    """Return what to try when nothing matches, as data and in words."""
    names = {facet.key: [*in_force(query, (facet,))] for facet in facets}
    structured: dict[str, Any] = {}
    words = ["No product matches."]
    if found.did_you_mean is not None:
        structured["did_you_mean"] = found.did_you_mean
        words.append(f"Did you mean {found.did_you_mean!r}?")
    drops = []
    for way in found.drop:
        arguments = names.get(way.argument, [way.argument])
        capped = {"total_capped": True} if way.capped else {}
        drops.append({"arguments": arguments, "total": way.count, **capped})
        count = f"{way.count:,}{'+' if way.capped else ''}"
        words.append(f"Without {' and '.join(arguments)}: {count}.")
    structured |= {"drop": drops} if drops else {}
    return structured, words if structured else [*words, "Try fewer filters or other words."]


def _for_widgets(facets: tuple[Facet, ...]) -> Mapping[str, Any]:
    """Return how arguments are called and what facets take: the schema tells a model as much."""
    known = _told.get(id(facets))
    if known is None:
        if len(_told) >= _KEPT:
            _told.clear()
        # Holding on to the facets is what makes their identity a safe key.
        known = _told[id(facets)] = (facets, _told_of(facets))
    return known[1]


_told: dict[int, tuple[tuple[Facet, ...], Mapping[str, Any]]] = {}
_KEPT = 8


def _told_of(facets: tuple[Facet, ...]) -> Mapping[str, Any]:
    labels = {"category": "Category"}
    kinds: dict[str, dict[str, str]] = {}
    for facet in facets:
        labels[facet.key] = facet.title
        kinds[facet.key] = {"kind": facet.kind.value}
        if facet.kind is FacetKind.RANGE:
            least, most = facet.arguments
            labels |= {least: f"{facet.title} from", most: f"{facet.title} up to"}
            kinds[facet.key] |= {"unit": facet.unit} if facet.unit else {}
    return {"plantly/labels": labels, "plantly/facets": kinds}


def _shown_facets(facets: Iterable[Facet], query: CatalogQuery) -> list[Facet]:
    """Return the facets that listed products say: the model pays for each of them.

    Enumerations with a list are what shoppers compare by. What else there is stands in
    `get_product`, unless it was asked for.
    """
    return [
        facet
        for facet in facets
        if (facet.values and facet.key != COLLECTION)
        or facet.key in query.facets
        or facet.key in query.ranges
    ]


def initial_filters(query: CatalogQuery, facets: Iterable[Facet]) -> dict[str, Any]:
    """Return the filters in force, as a listing takes them again."""
    fields = in_force(query, tuple(facets))
    if query.category:
        fields["category"] = list(query.category)
    for name in ("search", "min_price_minor", "max_price_minor", "in_stock"):
        value = getattr(query, name)
        if value is not None:
            fields[name] = value
    if query.sort is not (Sort.RELEVANCE if query.search else Sort.FEATURED):
        fields["sort"] = query.sort.value
    return fields


def checkout(context: ToolContext, view: CheckoutView) -> Answer:
    """Return a checkout session with the address of its page."""
    url = f"{context.settings.public_url}/checkout/{view.page_token}"
    structured: dict[str, Any] = {
        "checkout_session_id": view.public_id,
        "status": view.status.value,
        "currency": view.currency,
        "items": [item_of(item) for item in view.items],
        "totals": totals_rows(view.totals),
        "estimated": view.estimated,
        "checkout_url": url,
        "expires_at": _moment(view.expires_at),
        "messages": [message.as_dict() for message in view.messages],
    }
    if view.order is not None:
        structured["order"] = {
            "order_number": view.order.order_number,
            "status": view.order.status,
        }
    meta = {"plantly/media": media(context, pictures(view.items))}
    return Answer(structured, _checkout_text(view, url), meta)


def _card(card: ProductCard, state: Availability, facets: list[Facet]) -> dict[str, Any]:
    product: dict[str, Any] = {
        "id": card.slug,
        "name": card.title,
        "price_minor": card.price_minor,
        "category": card.category,
    }
    # Most products are in stock, and the model pays for every byte: only the others say so.
    if state is not Availability.IN_STOCK:
        product["availability"] = state.value
    if card.price_from:
        product["price_from"] = True
    for facet in facets:
        values = card.facets.get(facet.key)
        if values:
            product[facet.key] = facet_value(facet, values)
    return product


def _checkout_text(view: CheckoutView, url: str) -> str:
    total = format_money(view.total_minor, view.currency)
    if view.order is not None:
        return f"Paid: order {view.order.order_number} is {view.order.status}. Total {total}."
    if view.status in {"canceled", "expired"}:
        return f"This checkout is {view.status}. Call start_checkout again to buy."
    note = " before shipping and tax" if view.estimated else ""
    head = f"Checkout {view.public_id} is {view.status}: {total}{note}."
    way = f"The shopper enters the address and pays at {url}"
    lines = [*item_lines(view.items, view.currency), *_discount_lines(view)]
    return "\n".join([head, *lines, *said_lines(view.messages), way])


def _discount_lines(view: CheckoutView) -> list[str]:
    return [
        f"- {entry.display_text}: {format_money(entry.amount_minor, view.currency)}"
        for entry in view.totals
        if entry.type in {"discount", "items_discount"}
    ]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
