"""Carts as the tools write them."""

from typing import Any

from plantly.domain.cart_link import link_path
from plantly.domain.money_text import format_money
from plantly.mcp_server.line_views import item_lines, item_of, media, said_lines, totals_rows
from plantly.mcp_server.tool import Answer, ToolContext
from plantly.services.cart_estimate import Estimate
from plantly.services.cart_view import CartView
from plantly.services.items import pictures


def cart(context: ToolContext, view: CartView) -> Answer:
    """Return a cart, or a preview of one."""
    structured: dict[str, Any] = {}
    if view.cart_id is not None:
        structured = {"cart_id": view.cart_id, "version": view.version}
    structured |= {
        "currency": view.currency,
        "items": [item_of(item) for item in view.items],
        "item_count": sum(item.quantity for item in view.items),
        "totals": totals_rows(view.totals.entries),
        "estimated": view.totals.estimated,
        "discount_codes": list(view.discount_codes),
        "messages": [message.as_dict() for message in view.messages],
    }
    path = link_path(
        [(item.variant_handle, item.quantity) for item in view.items], view.discount_codes
    )
    if path is not None:
        structured["cart_url"] = f"{context.settings.public_url}{path}"
    if view.saved:
        structured["saved_for_later"] = [item_of(item) for item in view.saved]
    if view.estimate is not None:
        structured["estimate"] = _estimate(view.estimate)
    shown = pictures([*view.items, *view.saved])
    return Answer(structured, _cart_text(view), {"plantly/media": media(context, shown)})


def _estimate(found: Estimate) -> dict[str, Any]:
    place, totals = found.place, found.totals
    shown: dict[str, Any] = {"country": place.country}
    if place.region is not None:
        shown["region"] = place.region
    shown["deliverable"] = found.deliverable
    if totals.fulfillment is not None:
        shown["delivery"] = totals.fulfillment.option.id
        shown["totals"] = totals_rows(totals.entries)
    shown["options"] = [
        {
            "id": offer.option.id,
            "title": offer.option.title,
            "amount_minor": offer.amount_minor,
            "total_minor": offer.total_minor,
        }
        for offer in found.offers
    ]
    return shown


def _estimate_text(found: Estimate, currency: str) -> list[str]:
    chosen = found.totals.fulfillment
    if chosen is None:
        return []
    where = f"{found.place.country} {found.place.region or ''}".strip()
    rows = [f"{chosen.option.title} {_delivery_price(chosen.net_minor, currency)}"]
    rows += [
        f"{entry.display_text} {format_money(entry.amount_minor, currency)}"
        for entry in found.totals.entries
        if entry.type == "tax"
    ]
    total = format_money(found.totals.total_minor, currency)
    others = [
        f"{offer.option.title} {_delivery_price(offer.amount_minor, currency)}"
        for offer in found.offers
        if offer.option.id != chosen.option.id
    ]
    also = [f"Other deliveries: {', '.join(others)}."] if others else []
    return [f"Estimate to {where}: {', '.join(rows)}, total {total}.", *also]


def _delivery_price(amount_minor: int, currency: str) -> str:
    return format_money(amount_minor, currency) if amount_minor else "free"


def _cart_text(view: CartView) -> str:
    name = f"Cart {view.cart_id}, version {view.version}" if view.cart_id else "Preview"
    if view.items:
        total = format_money(view.totals.total_minor, view.currency)
        note = " before shipping and tax" if view.totals.estimated else ""
        lines = [f"{name}: {total}{note}.", *item_lines(view.items, view.currency)]
    else:
        whose = name if view.cart_id else "The cart"
        lines = [f"{whose} is empty. Add something with update_cart."]
    if view.estimate is not None:
        lines += _estimate_text(view.estimate, view.currency)
    if view.saved:
        lines += ["Saved for later, not in the total:", *item_lines(view.saved, view.currency)]
    return "\n".join([*lines, *said_lines(view.messages)])
