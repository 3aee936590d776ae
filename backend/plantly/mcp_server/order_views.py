"""Orders as the tools write them: what was bought, where it is, and what goes back."""

from collections.abc import Mapping
from typing import Any

from plantly.domain.money_text import format_money
from plantly.domain.order import OrderStatus
from plantly.mcp_server.line_views import called, media
from plantly.mcp_server.tool import Answer, ToolContext
from plantly.services.items import pictures
from plantly.services.orders import OrderView, TrackingView


def order(context: ToolContext, view: OrderView) -> Answer:
    """Return an order without its buyer."""
    structured: dict[str, Any] = {
        "order_number": view.order_number,
        "status": view.status,
        "currency": view.currency,
        "items": [
            {
                "product_id": line.product_slug,
                "variant_id": line.variant_handle,
                "name": line.name,
                "variant": line.variant,
                "quantity": line.quantity,
                "unit_amount_minor": line.unit_amount_minor,
                "total_minor": line.total_minor,
            }
            for line in view.lines
        ],
        "totals": [dict(entry) for entry in view.totals],
        "fulfillment": {
            "title": view.fulfillment_title,
            "status": view.fulfillment_status,
            "tracking": [_parcel(view, parcel) for parcel in view.parcels],
        },
        "refunds": [{"amount_minor": r.amount_minor, "status": r.status} for r in view.refunds],
    }
    # Most orders have neither, and the model pays for every byte.
    if view.returns:
        structured["returns"] = [
            {"status": back.status, "items": _items(back.lines)} for back in view.returns
        ]
    if view.reorder_path is not None:
        structured["reorder_url"] = f"{context.settings.public_url}{view.reorder_path}"
    text = "\n".join(_said(view, structured.get("reorder_url")))
    return Answer(structured, text, {"plantly/media": media(context, pictures(view.lines))})


def _parcel(view: OrderView, parcel: TrackingView) -> dict[str, Any]:
    """Return a parcel; what is in it is said when it is not simply everything."""
    said = {"carrier": parcel.carrier, "number": parcel.number, "url": parcel.url}
    shown: dict[str, Any] = {name: value for name, value in said.items() if value}
    shown["status"] = parcel.status
    if dict(parcel.lines) != {line.variant_handle: line.quantity for line in view.lines}:
        shown["items"] = _items(parcel.lines)
    return shown


def _items(lines: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"variant_id": variant, "quantity": quantity} for variant, quantity in lines.items()]


def _said(view: OrderView, reorder_url: str | None) -> list[str]:
    names = {line.variant_handle: called(line) for line in view.lines}
    total = format_money(view.total_minor, view.currency)
    said = [f"Order {view.order_number} is {view.status}. Total {total}."]
    said += [f"- {line.quantity} x {called(line)}" for line in view.lines]
    if view.status != OrderStatus.CANCELED:
        goods = view.fulfillment_status.replace("_", " ")
        said.append(f"{view.fulfillment_title}: {goods}.")
    for parcel in view.parcels:
        by = " ".join(filter(None, (parcel.carrier, parcel.number)))
        where = f", follow it at {parcel.url}" if parcel.url else ""
        way = f": {by}{where}" if by else where
        said.append(f"Parcel {_named(names, parcel.lines)} {parcel.status}{way}.")
    for refund in view.refunds:
        amount = format_money(refund.amount_minor, view.currency)
        said.append(f"Refund of {amount}: {refund.status}.")
    said += [f"Return of {_named(names, b.lines)}: {b.status}." for b in view.returns]
    if reorder_url is not None:
        said.append(f"The same again: {reorder_url}")
    return said


def _named(names: Mapping[str, str], lines: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} x {names[variant]}" for variant, quantity in lines.items())
