"""The widgets that exist, and what hosts and people are told about each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WidgetEntry:
    """Describe one widget.

    `description` is read by the model, so that it does not repeat what the shopper already sees.
    Hosts show `invoking` and `invoked` while and after the tool runs: 64 characters at most.
    """

    name: str
    title: str
    description: str
    invoking: str
    invoked: str
    fixed: bool = False
    """Its address is given by a contract, and is the only one."""
    same_as: str | None = None
    """The widget whose bundle it is served with, where it has none of its own."""

    @property
    def bundle(self) -> str:
        """Name the bundle that is served for it."""
        return self.same_as or self.name


WIDGETS: tuple[WidgetEntry, ...] = (
    WidgetEntry(
        name="product-catalog",
        title="Products",
        description=(
            "Shows products with pictures, prices and availability. The shopper can search, "
            "filter, open a product, choose a variant, add it to the cart, change the cart and "
            "check out in it. Do not list the same products again; say what stands out, or ask "
            "what matters."
        ),
        invoking="Looking through the shop",
        invoked="Here is what the shop has",
    ),
    WidgetEntry(
        name="shopping-cart",
        title="Cart",
        description=(
            "Shows the cart with its lines and totals. The shopper can change quantities, remove "
            "lines and go to checkout in it. Do not repeat the lines; mention only what needs "
            "attention, such as a changed price."
        ),
        invoking="Getting the cart",
        invoked="The cart is ready",
    ),
    WidgetEntry(
        name="checkout",
        title="Checkout",
        description=(
            "Shows what will be bought, the totals and the button that opens the payment page, and "
            "tells when the order is placed. Never ask for payment details in the conversation."
        ),
        invoking="Preparing checkout",
        invoked="Checkout is ready",
    ),
    WidgetEntry(
        name="order-status",
        title="Order",
        description=(
            "Shows how far an order is, its lines, totals, tracking and refunds. Do not repeat "
            "them; answer what the shopper asked."
        ),
        invoking="Looking up the order",
        invoked="Order found",
    ),
)

CONVERSION = WidgetEntry(
    name="checkout-session",
    title="Checkout",
    description=(
        "Shows what was chosen in the product listings, the totals at the shop's own prices and "
        "the button that opens the payment page, and tells when the order is placed. Never ask "
        "for payment details in the conversation."
    ),
    invoking="Preparing checkout",
    invoked="Checkout is ready",
    fixed=True,
    same_as="checkout",
)
"""Opened from an assistant's own product listings, where the shop takes part in that."""
