"""Paying in the provider's form inside a widget: what has to be known, and what a press begins."""

from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.errors import CheckoutClosed
from plantly.services.checkout import session_for
from plantly.services.checkout_page import check_open, found
from plantly.services.checkout_view import CheckoutView, view
from plantly.services.pay_press import PayPress
from plantly.services.paying import PaymentIntent, Refusal, begin_payment, intent_of
from plantly.services.shopper import Shopper
from plantly.services.terms import terms_of

NEEDS_DETAILS = (
    "The delivery details are needed first: they are entered on the shop's page, never in the "
    "conversation."
)
UNAVAILABLE = "Payment processing is temporarily unavailable here: pay on the shop's page."
CONFIRMING = "The payment is being confirmed."
_CHANGED = "The total is no longer the one that was shown: look at the new one, then pay."


@dataclass(frozen=True, slots=True)
class EmbedPress:
    """A wish to pay in the widget. `quote` is of the totals that were shown.

    Without one the answer shows them together with the form.
    """

    session_id: str
    quote: str | None = None
    terms_version: str | None = None


@dataclass(frozen=True, slots=True)
class EmbedStep:
    """Where a press leads: to a payment, or to the reason why there is none."""

    page_token: str
    intent: PaymentIntent | None = None
    problem: str | None = None


def not_payable(checkout: CheckoutView) -> str | None:
    """Say why a session cannot be paid in a widget yet, if it is for the details."""
    details = not checkout.has_buyer or checkout.option_id is None
    return NEEDS_DETAILS if details else None


def begin_embedded(
    uow: UnitOfWork, shopper: Shopper, press: EmbedPress, provider: str
) -> EmbedStep:
    """Hold the stock and keep what is to be paid, or find the payment that is running already.

    Raises:
        NotFound: There is no such session, or it is somebody else's.
        OutOfStock, QuoteChanged, RateLimited: See `begin_payment`; nothing is kept.
    """
    checkout = session_for(uow, shopper, press.session_id)
    uow.checkouts.lock_cart(checkout.page_token)
    checkout = found(uow.checkouts.by_public_id(press.session_id, lock=True))
    token = checkout.page_token
    if checkout.status is CheckoutStatus.COMPLETED:
        return EmbedStep(token)
    if checkout.status is CheckoutStatus.COMPLETE_IN_PROGRESS:
        running = uow.payments.latest_of(checkout.id, lock=True)
        known = None if running is None else intent_of(uow, running)
        return EmbedStep(token, known)
    try:
        check_open(uow, checkout)
        begun = _begin(uow, checkout, press, provider)
    except CheckoutClosed as error:
        begun = error.message
    if isinstance(begun, str):
        return EmbedStep(token, problem=begun)
    return EmbedStep(token, begun)


def _begin(
    uow: UnitOfWork, checkout: CheckoutRow, press: EmbedPress, provider: str
) -> PaymentIntent | str:
    seen = view(uow, checkout)
    problem = not_payable(seen)
    if problem is not None:
        return problem
    if press.quote is None and terms_of(uow.shop.current().config) is not None:
        return "The terms of sale have to be accepted first, here or on the shop's page."
    if press.quote not in {None, seen.quote_hash}:
        return _CHANGED
    pay = PayPress(
        token=checkout.page_token,
        browser=None,
        quote_hash=seen.quote_hash,
        terms_version=press.terms_version,
        in_conversation=True,
    )
    intent = begin_payment(uow, pay, provider)
    return intent.error.message if isinstance(intent, Refusal) else intent
