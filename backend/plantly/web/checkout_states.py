"""What the checkout page says when there is nothing to fill in."""

from dataclasses import dataclass

from plantly.domain.cart_link import link_path
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.payment import PaymentStatus
from plantly.services.checkout_page import Page


@dataclass(frozen=True, slots=True)
class Action:
    """A button that posts to a path below the page."""

    path: str
    label: str
    """The key of its words; `amount` in them is the total."""


@dataclass(frozen=True, slots=True)
class State:
    """One thing to say, and what can be done about it; words by the end of their key."""

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
        return State("closed", ("closed_text", "ask_new"), "clock")
    if status is CheckoutStatus.EXPIRED or page.is_over:
        return _expired(page)
    return None if page.is_mine else _elsewhere()


def _expired(page: Page) -> State:
    lines = [(item.variant_handle, item.quantity) for item in page.checkout.items]
    again = link_path(lines, page.checkout.discount_codes)
    return State("expired", ("expired_text", "ask_new"), "clock", again=again)


def _completed(page: Page, *, mails: bool) -> State:
    order = page.checkout.order
    if not page.is_mine or order is None:
        return State("paid", ("back",), "check", good=True)
    return State(
        "thanks",
        ("mailed", "back") if mails else ("back",),
        "check",
        good=True,
        order_number=order.order_number,
        order_path=page.order_path,
    )


def _in_progress(page: Page) -> State:
    if not page.is_mine:
        return State("elsewhere_pays", ("elsewhere_pays_text",), "turn", changes_soon=True)
    if page.payment is not PaymentStatus.CREATED:
        return State("confirming", ("confirming_text",), "turn", changes_soon=True)
    return State(
        "unfinished",
        ("unfinished_text",),
        "clock",
        actions=(
            Action("pay", "page.checkout.pay"),
            Action("stop", "page.checkout.state.change_instead"),
        ),
        changes_soon=True,
    )


def _elsewhere() -> State:
    return State(
        "elsewhere",
        ("elsewhere_text", "start_over_text"),
        "device",
        actions=(Action("start-over", "page.checkout.state.start_over"),),
    )
