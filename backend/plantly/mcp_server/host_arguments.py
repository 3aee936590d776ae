"""What hosts send by contracts of their own: they may say more than we read, and null for nothing.

Whatever in it is a price is not read.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from plantly.mcp_server.arguments import Id, Quantity, Text

_MAX_ITEMS = 50

Said = Annotated[Text | None, Field(max_length=300)]


class HostArguments(BaseModel):
    """Arguments whose unknown fields are left alone."""

    model_config = ConfigDict(strict=True, extra="ignore")


class SheetBuyer(HostArguments):
    """Who pays, as the sheet knows it."""

    name: Said = None
    first_name: Said = None
    last_name: Said = None
    email: Said = None
    phone_number: Said = None


class SheetAddress(HostArguments):
    """Where the goods go."""

    name: Said = None
    line_one: Said = None
    line_two: Said = None
    city: Said = None
    state: Said = None
    country: Said = None
    postal_code: Said = None
    phone_number: Said = None


class PaymentData(HostArguments):
    """What is charged: a token of the payment provider, never a card."""

    token: Annotated[str, Field(min_length=1, max_length=500, pattern="^[!-~]+$")]
    provider: Said = None


class CompleteCheckout(HostArguments):
    """What a payment sheet sends when the shopper presses its button."""

    checkout_session_id: Annotated[Id, Field(description="The id of the session it was shown.")]
    payment_data: PaymentData
    buyer: SheetBuyer | None = None
    fulfillment_address: Annotated[
        SheetAddress | None, Field(description="Left out: the one that the session has.")
    ] = None
    fulfillment_option_id: Annotated[
        Said, Field(description="Left out: the one that is counted.")
    ] = None


class ListedItem(HostArguments):
    """An item of the shop's feed; only its ids and the quantity are read."""

    id: Id
    quantity: Quantity
    offer_id: Annotated[Said, Field(alias="offerId")] = None
    name: Annotated[Said, Field(description="Not used.")] = None
    url: Annotated[Said, Field(description="Not used.")] = None
    merchant_name: Annotated[Said, Field(description="Not used.")] = None
    price: Annotated[Said, Field(description="Never decides; the catalog does.")] = None


class ListedItems(HostArguments):
    """What the shopper chose."""

    items: Annotated[list[ListedItem], Field(min_length=1, max_length=_MAX_ITEMS)]


class OpenCheckout(HostArguments):
    """What an assistant sends to open a checkout from its own listings."""

    checkout_session: ListedItems
