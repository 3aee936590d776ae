"""Around the provider: what is agreed and kept before it is asked, and after it answered."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import facts_of
from plantly.db.tables import CheckoutRow, PaymentRow
from plantly.domain.checkout import PAYMENT_LIFETIME, CheckoutStatus, move
from plantly.domain.errors import (
    CheckoutClosed,
    InvalidInput,
    OutOfStock,
    QuoteChanged,
    ShopError,
)
from plantly.domain.payment import Fact, FactKind, PaymentStatus, next_poll, reduce_facts
from plantly.domain.records import fields_of
from plantly.domain.said import Said
from plantly.payments.gateway import PaymentRef, RequestLine, StartResult
from plantly.services.authorizations import ask_to_close
from plantly.services.card_tests import count_attempt
from plantly.services.checkout_page import (
    check_open,
    found,
    mine,
    settle_status,
)
from plantly.services.checkout_view import CheckoutView
from plantly.services.discount_uses import hold_uses
from plantly.services.pay_press import PayPress, first_payment, keep_press
from plantly.services.payment_events import apply_facts, ask_again
from plantly.services.payment_form import lines_of
from plantly.services.terms import accept_terms

FREE = "none"
"""The provider of a payment that costs nothing."""

LOOK_AGAIN = timedelta(seconds=5)
"""How long after a buyer came back the provider is asked once more."""

RETRY_SOON = timedelta(seconds=10)
"""When a provider that did not answer is asked again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is paid, beside changes that are kept all the same."""

    error: ShopError


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """A payment that is kept here, so that it can be asked for as often as it takes."""

    reference: str
    provider: str
    idempotency_key: str
    amount_minor: int
    currency: str
    description: str
    expires_at: datetime
    is_over: bool
    """Its time is over: nobody is sent to the provider for it any more."""
    status: PaymentStatus
    session_ref: str | None
    redirect_url: str | None
    lines: tuple[RequestLine, ...] = ()
    """What it is for, until the provider has been told."""


def begin_payment(uow: UnitOfWork, press: PayPress, provider: str) -> PaymentIntent | Refusal:
    """Hold the stock and keep what is to be paid, or find the payment that is running already.

    The same key gives the first payment again. The delivery that was chosen is kept even if the
    press is refused, so that the page shows what it comes to.

    Raises:
        QuoteChanged: A discount has just been used up by another buyer; nothing is held.
        OutOfStock: Too few units are left; nothing is held.
        IdempotencyConflict: The key was used for another press; nothing changes.
        InvalidInput: The delivery is not offered.
        RateLimited: Too many payments were begun, or declined.
        NotFound: There is no such page, or it is another browser's.
        CheckoutClosed: It is over.
    """
    # As everybody: the cart first, so that two sessions of one cart never wait for each other.
    cart_is_paid = uow.checkouts.lock_cart(press.token)
    checkout = _pressed(uow, press)
    payment = first_payment(uow, press)
    if payment is not None:
        return _intent(uow, checkout, payment)
    payment = _running(uow, checkout)
    seen = None
    if payment is None:
        check_open(uow, checkout)
        if cart_is_paid:
            raise CheckoutClosed("This cart has been paid for already.")
        settled = _settle_choice(uow, checkout, press)
        if isinstance(settled, Refusal):
            return settled
        seen = settled
        payment = _begin(uow, checkout, seen, press, provider)
    keep_press(uow, press, payment.reference)
    return _intent(uow, checkout, payment, seen)


def live_payment(uow: UnitOfWork, token: str, browser: str | None) -> PaymentIntent | None:
    """Return the payment that is running for this browser's session.

    Raises:
        NotFound: There is no such page, or it is another browser's.
    """
    checkout = mine(uow, token, browser)
    payment = _running(uow, checkout)
    return None if payment is None else _intent(uow, checkout, payment)


def note_stopped(uow: UnitOfWork, token: str) -> None:
    """Say that the buyer stopped a payment, where its session was over before its time."""
    checkout = found(uow.checkouts.by_page_token(token, lock=True))
    if checkout.notice == "payment_expired":
        checkout.notice = "payment_canceled"


def payment_to_look_at(uow: UnitOfWork, token: str, provider: str) -> PaymentRef | None:
    """Return the payment of a page that a buyer has come back to.

    One that is looked at soon anyway, came to nothing, or is another provider's, causes no call.

    Raises:
        NotFound: There is no such page.
    """
    checkout = found(uow.checkouts.by_page_token(token, lock=True))
    payment = uow.payments.latest_of(checkout.id, lock=True)
    soon = uow.now + LOOK_AGAIN
    if payment is None or payment.status.is_dead or payment.provider != provider:
        return None
    if payment.next_poll_at is None or payment.next_poll_at <= soon:
        return None
    # The worker looks again, and whoever loads the page again before that causes nothing.
    payment.next_poll_at = soon
    return PaymentRef(payment.reference, payment.session_ref)


def note_started(uow: UnitOfWork, provider: str, reference: str, started: StartResult) -> bool:
    """Keep the provider's name for a payment, and the page on which it is paid.

    Says whether the buyer may go there. A payment that ended while the provider was starting it
    must not leave a page behind on which it can be paid.
    """
    # Nothing else is written here, so the payment alone is locked: the last of its chain.
    payment = uow.payments.named(provider, reference)
    # Who presses twice at once may have started two sessions: only the first one is ever shown.
    payment.session_ref = payment.session_ref or started.session_ref
    if reduce_facts(facts_of(payment)).is_dead:
        ask_to_close(uow, payment)
        return False
    payment.redirect_url = started.redirect_url
    return True


def note_unreachable(uow: UnitOfWork, provider: str, reference: str) -> None:
    """Ask again soon about a payment that the provider said nothing to."""
    payment = uow.payments.chain(provider, reference).payment
    # A webhook may have said everything in the meantime.
    if payment.next_poll_at is not None:
        payment.next_poll_at = uow.now + RETRY_SOON


def note_asked(uow: UnitOfWork, provider: str, reference: str) -> None:
    """Set when to ask the next time, now that the provider has answered."""
    payment = uow.payments.chain(provider, reference).payment
    if payment.next_poll_at is not None:
        ask_again(uow, payment)


def note_rejected(uow: UnitOfWork, provider: str, intent: PaymentIntent) -> None:
    """Let go of a payment that the provider refused to start.

    Of two presses at once one may be refused for the other's sake: a payment that has begun stays.
    """
    if uow.payments.chain(provider, intent.reference).payment.session_ref is not None:
        return
    refused = Fact("rejected", FactKind.FAILED, 0, intent.currency)
    apply_facts(uow, provider, intent.reference, [refused], source="read")


def _pressed(uow: UnitOfWork, press: PayPress) -> CheckoutRow:
    """Return the session that is to be paid, locked. A conversation was checked for by its id."""
    if press.in_conversation:
        return found(uow.checkouts.by_page_token(press.token, lock=True))
    return mine(uow, press.token, press.browser)


def _running(uow: UnitOfWork, checkout: CheckoutRow) -> PaymentRow | None:
    """Return the payment of a session that is being paid, locked."""
    if checkout.status is not CheckoutStatus.COMPLETE_IN_PROGRESS:
        return None
    return uow.payments.latest_of(checkout.id, lock=True)


def _settle_choice(
    uow: UnitOfWork, checkout: CheckoutRow, press: PayPress
) -> CheckoutView | Refusal:
    """Keep the delivery that was chosen, and return what is to be paid or why it cannot be."""
    checkout.option_id = press.option_id or checkout.option_id
    seen = settle_status(uow, checkout)
    if press.option_id is not None and seen.option_id is None:
        raise InvalidInput("option", seen.no_delivery)
    try:
        _check(checkout, seen, press.quote_hash)
        accept_terms(uow, checkout, press.terms_version)
    except (InvalidInput, OutOfStock, QuoteChanged) as error:
        return Refusal(error)
    return seen


def _begin(
    uow: UnitOfWork, checkout: CheckoutRow, seen: CheckoutView, press: PayPress, provider: str
) -> PaymentRow:
    """Keep a new payment, with everything that it needs set aside; a free one is placed at once."""
    expires_at = uow.now + PAYMENT_LIFETIME
    _agree(uow, checkout, seen, expires_at)
    payment = _new_payment(uow, checkout, seen, provider, expires_at)
    if payment.provider != FREE:
        count_attempt(uow, checkout, payment.id, press.browser)
    _hold(uow, checkout, payment, seen)
    if payment.provider == FREE:
        _place_free(uow, payment)
    return payment


def _check(checkout: CheckoutRow, seen: CheckoutView, quote_hash: str) -> None:
    if not seen.has_buyer:
        raise InvalidInput("details", Said("Enter your details first.", "form.details_first"))
    if len(seen.items) < len(checkout.lines):
        text = "Something in this checkout can no longer be bought. Please start a new one."
        raise InvalidInput("items", Said(text, "form.start_anew"))
    for item in seen.items:
        if item.quantity > item.sellable:
            raise OutOfStock(
                sku=item.sku,
                name=item.name,
                requested=item.quantity,
                available=item.sellable,
            )
    if seen.option_id is None:
        raise InvalidInput("option", seen.no_delivery)
    if seen.quote_hash != quote_hash:
        raise QuoteChanged("The total has changed since this page was shown.")


def _new_payment(
    uow: UnitOfWork,
    checkout: CheckoutRow,
    seen: CheckoutView,
    provider: str,
    expires_at: datetime,
) -> PaymentRow:
    return uow.payments.add(
        reference=uow.ids.token("pay_"),
        checkout_id=checkout.id,
        provider=provider if seen.total_minor else FREE,
        idempotency_key=uow.ids.token("pk_"),
        session_ref=None,
        redirect_url=None,
        quote_hash=seen.quote_hash,
        amount_minor=seen.total_minor,
        currency=seen.currency,
        status=PaymentStatus.CREATED,
        captured_minor=0,
        refunded_minor=0,
        needs_attention=False,
        poll_count=0,
        next_poll_at=next_poll(uow.now, expires_at, uow.now) if seen.total_minor else None,
        created_at=uow.now,
        expires_at=expires_at,
    )


def _hold(uow: UnitOfWork, checkout: CheckoutRow, payment: PaymentRow, seen: CheckoutView) -> None:
    """Set aside the units and the uses of discounts, all of them or none."""
    lacking = uow.stock.hold(payment.id, {i.variant_row_id: i.quantity for i in seen.items})
    if lacking is not None:
        item = next(item for item in seen.items if item.variant_row_id == lacking)
        raise OutOfStock(
            sku=item.sku,
            name=item.name,
            requested=item.quantity,
            available=uow.stock.sellable(lacking),
        )
    email = checkout.buyer.email if checkout.buyer else ""
    used_up = hold_uses(uow, payment.id, seen.applied, email)
    if used_up is not None:
        text = f"The discount {used_up} has just been used up: this is the total without it."
        raise QuoteChanged(text)


def _place_free(uow: UnitOfWork, payment: PaymentRow) -> None:
    """Place an order that costs nothing: no provider has to be asked."""
    nothing_to_pay = Fact("nothing_to_pay", FactKind.CAPTURED, 0, payment.currency)
    apply_facts(uow, FREE, payment.reference, [nothing_to_pay], source="shop")


def _agree(
    uow: UnitOfWork, checkout: CheckoutRow, seen: CheckoutView, expires_at: datetime
) -> None:
    """Write down what the buyer agreed to; from now on the catalog's prices do not count."""
    amounts = {item.variant_row_id: item.unit_amount_minor for item in seen.items}
    for line in checkout.lines:
        line.unit_amount_minor = amounts[line.variant_id]
    checkout.totals = [fields_of(entry) for entry in seen.totals]
    checkout.total_minor = seen.total_minor
    checkout.breakdown = seen.breakdown
    checkout.notice = None
    # The session outlives the payment that was begun in time.
    checkout.expires_at = max(checkout.expires_at, expires_at)
    checkout.status = move(checkout.status, CheckoutStatus.COMPLETE_IN_PROGRESS)
    checkout.updated_at = uow.now


def _intent(
    uow: UnitOfWork, checkout: CheckoutRow, payment: PaymentRow, seen: CheckoutView | None = None
) -> PaymentIntent:
    """Return what to ask for, with the lines as often as the provider may not have been told."""
    intent = intent_of(uow, payment)
    if payment.session_ref is not None or not payment.amount_minor:
        return intent
    return replace(intent, lines=lines_of(uow, checkout, payment, seen))


def intent_of(uow: UnitOfWork, payment: PaymentRow) -> PaymentIntent:
    """Return what the provider is asked for about a payment."""
    return PaymentIntent(
        reference=payment.reference,
        provider=payment.provider,
        idempotency_key=payment.idempotency_key,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        description=uow.shop.current().config.name,
        expires_at=payment.expires_at,
        is_over=payment.expires_at <= uow.now,
        status=payment.status,
        session_ref=payment.session_ref,
        redirect_url=payment.redirect_url,
    )
