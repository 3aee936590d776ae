"""The tool with which the checkout widget gets the provider's payment form."""

from typing import Annotated

from pydantic import Field

from plantly.mcp_server import schemas
from plantly.mcp_server.arguments import Arguments, Id, Text
from plantly.mcp_server.in_chat_views import embedded
from plantly.mcp_server.tool import Answer, Effects, ToolContext, ToolSpec
from plantly.services.embedded import EmbedPress


class BeginPayment(Arguments):
    """Which checkout is to be paid, at which totals."""

    checkout_session_id: Id
    quote: Annotated[Text, Field(description="The quote of the totals that were shown.")] = ""
    terms_version: Annotated[Text, Field(description="Of the terms that were accepted.")] = ""


async def begin_payment(context: ToolContext, arguments: BeginPayment) -> Answer:
    """Begin a payment in the widget, or look what became of the one that was begun."""
    press = EmbedPress(
        arguments.checkout_session_id, arguments.quote, arguments.terms_version or None
    )
    return embedded(context, await context.chat().embed(context.db, context.shopper, press))


EMBED_TOOLS = (
    ToolSpec(
        name="begin_payment",
        title="Pay in the widget",
        description=(
            "Use this when the shopper presses Pay in the checkout widget: it holds the goods "
            "and gives the provider's payment form. Only the widget calls it."
        ),
        arguments=BeginPayment,
        output=schemas.CHECKOUT,
        handler=begin_payment,
        invoking="Preparing the payment",
        invoked="The payment form is ready",
        effects=Effects(read_only=False, open_world=True),
        visible=("app",),
        limit="checkout_starts",
    ),
)
