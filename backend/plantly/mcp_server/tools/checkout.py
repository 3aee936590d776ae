"""Tools that lead to payment and tell what became of it."""

from plantly.mcp_server import in_chat_views, order_views, schemas
from plantly.mcp_server.arguments import (
    GetCheckout,
    GetOrderStatus,
    StartCheckout,
    order_number_of,
)
from plantly.mcp_server.tool import Answer, Effects, ToolContext, ToolSpec
from plantly.mcp_server.tools.cart import refs
from plantly.services import checkout, orders
from plantly.services.checkout import StartRequest


async def start_checkout(context: ToolContext, arguments: StartCheckout) -> Answer:
    """Start a checkout session, or find the one that the same start has made."""
    request = StartRequest(
        cart_id=arguments.cart_id or None,
        items=None if arguments.items is None else refs(arguments.items),
        discount_codes=(
            None if arguments.discount_codes is None else tuple(arguments.discount_codes)
        ),
    )
    seen = await context.db.write(
        lambda uow: (
            checkout.start_checkout(uow, context.shopper, request),
            uow.shop.current().config,
        )
    )
    return await in_chat_views.started(context, *seen)


async def get_checkout(context: ToolContext, arguments: GetCheckout) -> Answer:
    """Tell where a checkout session stands."""
    name = arguments.checkout_session_id
    view, shop = await context.db.read(
        lambda uow: (
            checkout.get_checkout(uow, context.shopper, name),
            uow.shop.current().config,
        )
    )
    if view.status == "complete_in_progress":
        context.nudge()
    return in_chat_views.seen(context, view, shop)


async def get_order_status(context: ToolContext, arguments: GetOrderStatus) -> Answer:
    """Tell where an order stands."""
    number = order_number_of(arguments)
    session_id = arguments.checkout_session_id or None
    view = await context.db.read(
        lambda uow: orders.get_order(uow, context.shopper, number, session_id)
    )
    return order_views.order(context, view)


CHECKOUT_TOOLS = (
    ToolSpec(
        name="start_checkout",
        title="Go to checkout",
        description=(
            "Use this when the shopper wants to buy what is in the cart, or certain items. Gives "
            "the totals and the page where the shopper enters the address and pays. Never ask for "
            "address or payment details in the conversation."
        ),
        arguments=StartCheckout,
        output=schemas.CHECKOUT,
        handler=start_checkout,
        invoking="Preparing checkout",
        invoked="Checkout is ready",
        effects=Effects(read_only=False),
        widget="checkout",
        limit="checkout_starts",
    ),
    ToolSpec(
        name="get_checkout",
        title="Checkout status",
        description=(
            "Use this when you need to know whether a checkout that was started has been paid: "
            "gives its status, and the order number once there is an order."
        ),
        arguments=GetCheckout,
        output=schemas.CHECKOUT,
        handler=get_checkout,
        invoking="Checking the payment",
        invoked="Checked the payment",
    ),
    ToolSpec(
        name="get_order_status",
        title="Order status",
        description=(
            "Use this when the shopper asks about an order: whether it is confirmed or on its way, "
            "where its parcels are, what is in it, refunds and returns, or wants the same again. "
            "Needs the order number, or the checkout session it came from."
        ),
        arguments=GetOrderStatus,
        output=schemas.ORDER,
        handler=get_order_status,
        invoking="Looking up the order",
        invoked="Order found",
        widget="order-status",
    ),
)
