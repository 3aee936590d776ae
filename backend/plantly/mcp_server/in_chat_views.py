"""Checkouts with the ways in which they can be paid inside a conversation."""

from dataclasses import replace
from typing import Any

from plantly.domain.checkout import is_open
from plantly.domain.shop import ShopConfig
from plantly.mcp_server import sheet_views, views
from plantly.mcp_server.tool import Answer, ToolContext
from plantly.services.checkout_view import CheckoutView


async def answer_checkout(context: ToolContext, view: CheckoutView, shop: ShopConfig) -> Answer:
    """Return a checkout session, and how it can be paid where it is shown."""
    answer = views.checkout(context, view)
    added: dict[str, Any] = {}
    if context.settings.in_chat.payment_sheet and is_open(view.status):
        added["payment_sheet"] = sheet_views.sheet_session(context, view, shop)
    return replace(answer, structured=answer.structured | added) if added else answer
