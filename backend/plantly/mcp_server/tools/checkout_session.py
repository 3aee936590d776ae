"""The tool with which an assistant opens a checkout from its own product listings."""

from plantly.mcp_server import in_chat_views, schemas
from plantly.mcp_server.host_arguments import OpenCheckout
from plantly.mcp_server.tool import Answer, Effects, ToolContext, ToolSpec
from plantly.services.conversion import ListedItem, start_from_listing


async def checkout_session(context: ToolContext, arguments: OpenCheckout) -> Answer:
    """Start a checkout of items that were chosen elsewhere, at our own prices."""
    items = [
        ListedItem(item.id, item.quantity, item.offer_id or None)
        for item in arguments.checkout_session.items
    ]
    seen = await context.db.write(
        lambda uow: (
            start_from_listing(uow, context.shopper, items),
            uow.shop.current().config,
        )
    )
    return await in_chat_views.started(context, *seen)


CONVERSION_TOOLS = (
    ToolSpec(
        name="checkout_session",
        title="Open a checkout",
        description=(
            "Use this when the shopper has chosen items of this shop in the assistant's own "
            "product listings and wants to buy them: it opens a checkout with them, at the "
            "shop's own prices. Never ask for address or payment details in the conversation."
        ),
        arguments=OpenCheckout,
        output=schemas.CHECKOUT,
        handler=checkout_session,
        invoking="Preparing checkout",
        invoked="Checkout is ready",
        effects=Effects(read_only=False),
        widget="checkout-session",
        limit="checkout_starts",
    ),
)
