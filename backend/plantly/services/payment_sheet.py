"""Paying with an assistant's payment sheet: what a press of it begins, and what became of it.

The sheet hands over a token that stands for a way to pay. Nothing else in it decides: the amount is
the session's own, and must be the one that the sheet has shown.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow, PaymentRow
from plantly.domain.checkout import Buyer, CheckoutStatus
from plantly.domain.errors import CheckoutClosed, IdempotencyConflict, ShopError
from plantly.domain.messages import Message
from plantly.domain.payment import PaymentStatus
from plantly.domain.shop import ShopConfig
from plantly.payments.tokens import REQUIRES_3DS
from plantly.services.checkout import session_for
from plantly.services.checkout_page import check_open, found, keep_details
from plantly.services.checkout_view import CheckoutView, view
from plantly.services.pay_press import PayPress
from plantly.services.paying import PaymentIntent, Refusal, begin_payment, intent_of
from plantly.services.shopper import Shopper
from plantly.services.terms import terms_of

_SCOPE = "sheet"
_KEPT_FOR = timedelta(days=1)
_QUOTE_LENGTH = 16
_ANOTHER = "This token was used before for something else: open the payment sheet again."
_MISSING = "It is not known yet where this goes: the shopper enters it at checkout_url, then pays."
_UNDER_WAY = "This is being paid already, on the page at checkout_url: it can be finished there."
_CHANGED = "The total is no longer the one that was shown: look at the new one, then pay."
_DECLINED = "The payment was declined. Nothing was charged; another way to pay may work."
_CONFIRM = "The bank wants this payment to be confirmed. Nothing was charged."
_FAILED = "The payment did not go through. Nothing was charged; open the payment sheet again."


@dataclass(frozen=True, slots=True)
class SheetPress:
    """A press on the sheet's button. Whom and where it names is personal data."""

    sheet_id: str
    """As `sheet_id` made it: it says which totals were shown."""
    token: str = field(repr=False)
    details: Buyer | None = field(default=None, repr=False)
    """Who buys and where the goods go, when the sheet brought all of it."""
    option_id: str | None = None


@dataclass(frozen=True, slots=True)
class SheetStep:
    """Where a press leads: to a payment, or to the reason why there is none."""

    session_id: str
    page_token: str
    intent: PaymentIntent | None = None
    problem: Message | None = None


def sheet_id(checkout: CheckoutView, shop: ShopConfig) -> str:
    """Name what a sheet shows: hosts hand the name back, so that other totals are noticed."""
    terms = terms_of(shop)
    shown = json.dumps([checkout.quote_hash, terms.version if terms else None])
    return f"{checkout.public_id}.{hashlib.sha256(shown.encode()).hexdigest()[:_QUOTE_LENGTH]}"


def begin_sheet_payment(
    uow: UnitOfWork, shopper: Shopper, press: SheetPress, provider: str, home: str
) -> SheetStep:
    """Hold the stock and keep what is to be paid with a token; the same token finds it again.

    What the sheet brought is kept even if nothing is paid, so that the totals are right next time.
    `home` is the shop's address.

    Raises:
        NotFound: There is no such session, or it is somebody else's.
        OutOfStock, QuoteChanged, RateLimited: See `begin_payment`; nothing is kept.
    """
    public_id = press.sheet_id.partition(".")[0]
    checkout = session_for(uow, shopper, public_id)
    uow.checkouts.lock_cart(checkout.page_token)
    checkout = found(uow.checkouts.by_public_id(public_id, lock=True))
    made: PaymentRow | Message | None = None
    try:
        made = _first_payment(uow, checkout, press)
        if made is None and checkout.status is not CheckoutStatus.COMPLETED:
            made = _begin(uow, checkout, press, provider)
    except (CheckoutClosed, IdempotencyConflict) as error:
        made = said(error)
    if isinstance(made, Message):
        return SheetStep(checkout.public_id, checkout.page_token, problem=made)
    if made is not None:
        # It is paid here and nowhere else: whoever presses Pay on the page stays there.
        made.redirect_url = f"{home}/checkout/{checkout.page_token}"
    intent = None if made is None else intent_of(uow, made)
    return SheetStep(checkout.public_id, checkout.page_token, intent)


def sheet_problem(uow: UnitOfWork, reference: str) -> Message | None:
    """Say why a payment came to nothing, if it did."""
    payment = uow.payments.by_reference(reference)
    if payment is None or not payment.status.is_dead:
        return None
    if any(fact.fact_key == REQUIRES_3DS for fact in payment.facts):
        return Message("error", REQUIRES_3DS, _CONFIRM)
    if payment.status in {PaymentStatus.DECLINED, PaymentStatus.FAILED}:
        return Message("error", "payment_declined", _DECLINED)
    return Message("error", "payment_failed", _FAILED)


def said(error: ShopError) -> Message:
    """Return a refusal as a message of a checkout session."""
    return Message("error", error.code, error.message)


def _begin(
    uow: UnitOfWork, checkout: CheckoutRow, press: SheetPress, provider: str
) -> PaymentRow | Message | None:
    if checkout.status is CheckoutStatus.COMPLETE_IN_PROGRESS:
        return Message("error", "payment_under_way", _UNDER_WAY)
    check_open(uow, checkout)
    if press.details is not None:
        # The details are this press's: no browser at the page sees them.
        problems = keep_details(uow, checkout, uow.ids.token(""), press.details)
        if problems:
            text = " ".join(f"{name}: {problem}" for name, problem in problems.items())
            return Message("error", "invalid", text, "fulfillment_address")
    checkout.option_id = press.option_id or checkout.option_id
    seen = view(uow, checkout)
    if not seen.has_buyer:
        return Message("error", "missing", _MISSING, "fulfillment_address")
    shop = uow.shop.current().config
    if sheet_id(seen, shop) != press.sheet_id:
        return Message("error", "quote_changed", _CHANGED)
    terms = terms_of(shop)
    pay = PayPress(
        token=checkout.page_token,
        browser=None,
        quote_hash=seen.quote_hash,
        # The sheet names the terms beside its button, and the id that it hands back their version.
        terms_version=terms.version if terms else None,
        in_conversation=True,
    )
    intent = begin_payment(uow, pay, provider)
    if isinstance(intent, Refusal):
        return said(intent.error)
    return _keep(uow, checkout, press, intent.reference)


def _keep(
    uow: UnitOfWork, checkout: CheckoutRow, press: SheetPress, reference: str
) -> PaymentRow | None:
    """Keep which payment a token has begun. The token itself is not kept."""
    until = uow.now + _KEPT_FOR
    answer = {"reference": reference}
    uow.carts.keep_answer(_SCOPE, _name(checkout, press), _body(press), answer, until)
    return uow.payments.by_reference(reference, lock=True)


def _first_payment(uow: UnitOfWork, checkout: CheckoutRow, press: SheetPress) -> PaymentRow | None:
    """Return the payment that the same token has begun before."""
    first = uow.carts.first_answer(_SCOPE, _name(checkout, press), uow.now)
    if first is None:
        return None
    if first.request_hash != _body(press):
        raise IdempotencyConflict(_ANOTHER)
    return uow.payments.by_reference(first.response["reference"], lock=True)


def _name(checkout: CheckoutRow, press: SheetPress) -> str:
    return _digest(checkout.public_id, press.token)


def _body(press: SheetPress) -> str:
    return _digest(press.sheet_id, press.option_id)


def _digest(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
