"""Lines, totals and messages as the tools write them, in carts, checkouts and orders alike."""

from collections.abc import Iterable, Mapping
from typing import Any

from plantly.domain.catalog import Availability, Picture
from plantly.domain.messages import Message
from plantly.domain.money_text import format_money
from plantly.domain.pricing import TotalEntry
from plantly.mcp_server.tool import ToolContext
from plantly.services.items import PricedItem
from plantly.services.order_lines import OrderLine


def item_of(item: PricedItem) -> dict[str, Any]:
    """Return a line; `quantity_ahead` of it is sold before it is here."""
    shown: dict[str, Any] = {
        "product_id": item.product_slug,
        "variant_id": item.variant_handle,
        "name": item.name,
        "variant": item.variant,
        "quantity": item.quantity,
        "unit_amount_minor": item.unit_amount_minor,
        "total_minor": item.total_minor,
        "availability": item.line_availability.value,
    }
    if item.line_availability in {Availability.BACKORDER, Availability.PREORDER}:
        shown["quantity_ahead"] = item.ahead
        if item.expected_at is not None:
            shown["available_at"] = f"{item.expected_at:%Y-%m-%d}"
    return shown


def totals_rows(entries: Iterable[TotalEntry]) -> list[dict[str, Any]]:
    """Return the rows of totals."""
    return [
        {"type": e.type, "amount_minor": e.amount_minor, "display_text": e.display_text}
        for e in entries
    ]


def item_lines(items: Iterable[PricedItem], currency: str) -> list[str]:
    """Return a line of text for each line."""
    return [
        f"- {i.quantity} x {called(i)} ({i.variant_handle}): "
        f"{format_money(i.total_minor, currency)}"
        for i in items
    ]


def called(line: PricedItem | OrderLine) -> str:
    """Return the name of a line, with its variant."""
    return f"{line.name}, {line.variant}" if line.variant else line.name


def said_lines(messages: Iterable[Message]) -> list[str]:
    """Return what a shopper has to know, one sentence each."""
    return [f"Note: {message.content}" for message in messages]


def media(context: ToolContext, shown: Mapping[str, Picture]) -> dict[str, dict[str, str]]:
    """Return the addresses of pictures, by product."""
    return {
        slug: {"src": context.media_url(picture.path), "alt": picture.alt}
        for slug, picture in shown.items()
        if picture.is_ours
    }
