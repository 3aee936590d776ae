"""What the checkout page says when there is nothing to fill in."""

from dataclasses import dataclass

from plantly.domain.cart_link import link_path
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.money_text import format_money
from plantly.domain.payment import PaymentStatus
from plantly.services.checkout_page import Page

_BACK = "You can close this page and go back to your conversation now."
_MAILED = "A confirmation is on its way to your mail, with a link to your order."
_NEW = "Go back to your conversation and ask for a new checkout."


@dataclass(frozen=True, slots=True)
class Action:
    """A button that posts to a path below the page."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class State:
    """One thing to say, and what can be done about it."""

    title: str
    texts: tuple[str, ...]
    icon: str
    good: bool = False
    order_number: str | None = None
    actions: tuple[Action, ...] = ()
    changes_soon: bool = False
    """The page should be asked for again by itself."""
    again: str | None = None
    """Where the same can be bought after all."""
    order_path: str | None = None
    """Where the order is shown from now on."""


def state_of(page: Page, *, mails: bool = False) -> State | None:
    """Return what to say, or nothing when the buyer has something to fill in.

    With `mails`, the shop writes to its buyers.
    """
    status = page.checkout.status
    if status is CheckoutStatus.COMPLETED:
        return _completed(page, mails=mails)
    if status is CheckoutStatus.COMPLETE_IN_PROGRESS:
        return _in_progress(page)
    if status is CheckoutStatus.CANCELED:
        text = "What was in it has been bought in another checkout, or it was called off."
        return State("This checkout is closed", (text, _NEW), "clock")
    if status is CheckoutStatus.EXPIRED or page.is_over:
        return _expired(page)
    return None if page.is_mine else _elsewhere()


def _expired(page: Page) -> State:
    text = "A checkout stays open for a limited time, so that prices and stock are right."
    lines = [(item.variant_handle, item.quantity) for item in page.checkout.items]
    again = link_path(lines, page.checkout.discount_codes)
    return State("This checkout has expired", (text, _NEW), "clock", again=again)


def _completed(page: Page, *, mails: bool) -> State:
    order = page.checkout.order
    if not page.is_mine or order is None:
        return State("This order is paid", (_BACK,), "check", good=True)
    title = "Thank you, your order is confirmed"
    return State(
        title,
        (*((_MAILED,) if mails else ()), _BACK),
        "check",
        good=True,
        order_number=order.order_number,
        order_path=page.order_path,
    )


def _in_progress(page: Page) -> State:
    if not page.is_mine:
        text = "It was begun in another browser. This page shows when it is done."
        return State("A payment is under way", (text,), "turn", changes_soon=True)
    if page.payment is not PaymentStatus.CREATED:
        text = "We are waiting for the payment provider. This page updates by itself."
        return State("Your payment is being confirmed", (text,), "turn", changes_soon=True)
    amount = format_money(page.checkout.total_minor, page.checkout.currency)
    return State(
        "Your payment is not finished yet",
        ("We hold everything for you. If you have just paid, this page updates by itself.",),
        "clock",
        actions=(Action("pay", f"Pay {amount}"), Action("stop", "Change something instead")),
        changes_soon=True,
    )


def _elsewhere() -> State:
    return State(
        "This checkout was begun in another browser",
        (
            "To protect what was typed there, it can only be finished there.",
            "You can also start over here. That erases the details typed in the other browser.",
        ),
        "device",
        actions=(Action("start-over", "Start over in this browser"),),
    )
