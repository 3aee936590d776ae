"""The tool that an assistant's payment sheet calls when the shopper presses its button."""

from plantly.domain.checkout import Buyer
from plantly.mcp_server import in_chat_schemas, sheet_views
from plantly.mcp_server.host_arguments import CompleteCheckout
from plantly.mcp_server.tool import Answer, Effects, ToolContext, ToolSpec
from plantly.services.payment_sheet import SheetPress


async def complete_checkout(context: ToolContext, arguments: CompleteCheckout) -> Answer:
    """Charge the sheet's token for exactly what the sheet has shown."""
    press = SheetPress(
        sheet_id=arguments.checkout_session_id,
        token=arguments.payment_data.token,
        details=_details(arguments),
        option_id=arguments.fulfillment_option_id or None,
    )
    answer = await context.chat().press_sheet(context.db, context.shopper, press)
    return sheet_views.completed(context, answer, arguments.checkout_session_id)


def _details(arguments: CompleteCheckout) -> Buyer | None:
    """Return who buys and where it goes; whoever pays by card lives there is not said."""
    there, buyer = arguments.fulfillment_address, arguments.buyer
    if there is None:
        return None
    names = (buyer.name or f"{buyer.first_name or ''} {buyer.last_name or ''}") if buyer else ""
    return Buyer(
        email=(buyer.email if buyer else None) or "",
        name=there.name or names.strip(),
        line1=there.line_one or "",
        line2=there.line_two or "",
        city=there.city or "",
        region=there.state or "",
        postal_code=there.postal_code or "",
        country=there.country or "",
        phone=there.phone_number or (buyer.phone_number if buyer else None) or "",
    )


SHEET_TOOLS = (
    ToolSpec(
        name="complete_checkout",
        title="Pay with the payment sheet",
        description=(
            "Use this when the payment sheet of the assistant hands over its payment token: it "
            "charges exactly the total that the sheet has shown. Only the sheet calls it; never "
            "ask for a token, an address or a card in the conversation."
        ),
        arguments=CompleteCheckout,
        output=in_chat_schemas.COMPLETED,
        handler=complete_checkout,
        invoking="Paying",
        invoked="The payment was answered",
        effects=Effects(read_only=False, destructive=True, open_world=True),
        visible=("app",),
        limit="checkout_starts",
    ),
)
