"""Tools that change and show the cart."""

from collections.abc import Sequence

from plantly.domain.errors import InvalidInput, VersionConflict
from plantly.mcp_server import schemas
from plantly.mcp_server.arguments import Item, Line, ShowCart, UpdateCart
from plantly.mcp_server.cart_views import cart as cart_answer
from plantly.mcp_server.errors import Refusal
from plantly.mcp_server.tool import Answer, Effects, ToolContext, ToolSpec
from plantly.services import carts
from plantly.services.cart_estimate import ShipTo
from plantly.services.carts import CartChange
from plantly.services.wanted import ItemRef


async def update_cart(context: ToolContext, arguments: UpdateCart) -> Answer:
    """Change the cart; a stale version is refused with the cart as it is now."""
    change = CartChange(
        lines=refs(arguments.lines),
        remove=tuple(arguments.remove),
        discount_codes=(
            None if arguments.discount_codes is None else tuple(arguments.discount_codes)
        ),
        mode=arguments.mode,
        expected_version=arguments.expected_version,
        save_for_later=tuple(arguments.save_for_later),
        move_to_cart=tuple(arguments.move_to_cart),
    )
    cart_id = arguments.cart_id or None
    try:
        view = await context.db.write(
            lambda uow: carts.update_cart(uow, context.shopper, cart_id, change)
        )
    except VersionConflict as conflict:
        found = conflict.cart_id
        current = await context.db.read(lambda uow: carts.show_cart(uow, context.shopper, found))
        answer = cart_answer(context, current)
        raise Refusal(conflict, {"cart": answer.structured}, answer.meta) from conflict
    return cart_answer(context, view)


async def show_cart(context: ToolContext, arguments: ShowCart) -> Answer:
    """Show the cart, or what items would cost; nothing is stored."""
    ship_to = _ship_to(arguments)
    if arguments.items is None:
        cart_id = arguments.cart_id or None
        view = await context.db.read(
            lambda uow: carts.show_cart(uow, context.shopper, cart_id, ship_to)
        )
        return cart_answer(context, view)
    if arguments.cart_id:
        raise InvalidInput("items", "Send either cart_id or items, not both.")
    wanted = refs(arguments.items)
    view = await context.db.read(lambda uow: carts.preview_cart(uow, wanted, ship_to))
    return cart_answer(context, view)


def _ship_to(arguments: ShowCart) -> ShipTo | None:
    if arguments.ship_to_country:
        return ShipTo(arguments.ship_to_country, arguments.ship_to_region)
    if arguments.ship_to_region:
        text = "ship_to_region needs its country: send ship_to_country as well."
        raise InvalidInput("ship_to_country", text)
    return None


def refs(items: Sequence[Item | Line]) -> tuple[ItemRef, ...]:
    """Return items as the services take them."""
    return tuple(
        ItemRef(
            quantity=item.quantity,
            product_id=item.product_id or None,
            variant_id=item.variant_id or None,
            shown_price=item.price if isinstance(item, Item) else None,
        )
        for item in items
    )


CART_TOOLS = (
    ToolSpec(
        name="update_cart",
        title="Change the cart",
        description=(
            "Use this when the shopper wants to put products into the cart, change quantities, "
            "take something out, save it for later, or use a discount code. Without cart_id it "
            "uses the cart of this conversation, or begins one; remember the cart_id that it "
            "gives. Prices are the shop's own."
        ),
        arguments=UpdateCart,
        output=schemas.CART,
        handler=update_cart,
        invoking="Updating the cart",
        invoked="The cart is updated",
        effects=Effects(read_only=False, destructive=True, idempotent=False),
        limit="cart_writes",
    ),
    ToolSpec(
        name="show_cart",
        title="Show the cart",
        description=(
            "Use this when the shopper wants to see the cart, or what certain items would cost. "
            "Shows it; do not repeat the lines in words. With items it is a preview and stores "
            "nothing. With ship_to_country it estimates delivery, tax and total there."
        ),
        arguments=ShowCart,
        output=schemas.CART,
        handler=show_cart,
        invoking="Getting the cart",
        invoked="The cart is ready",
        widget="shopping-cart",
    ),
)
