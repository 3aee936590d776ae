"""Around the provider: what is agreed and kept before it is asked, and after it answered."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow, PaymentRow
from plantly.domain.checkout import PAYMENT_LIFETIME, CheckoutStatus, move
from plantly.domain.errors import CheckoutClosed, InvalidInput, OutOfStock, QuoteChanged
from plantly.domain.payment import Fact, FactKind, PaymentStatus, next_poll
from plantly.payments.gateway import PaymentRef, StartResult
from plantly.services.checkout_page import found, mine, open_for_change, settle_status
from plantly.services.checkout_view import CheckoutView
from plantly.services.payment_events import apply_facts

LOOK_AGAIN = timedelta(seconds=5)
"""How long after a buyer came back the provider is asked once more."""

RETRY_SOON = timedelta(seconds=10)
"""When a provider that did not answer is asked again."""


@dataclass(frozen=True, slots=True)
class PayPress:
    """A press on Pay: `quote_hash` is of the totals that were shown."""

    token: str
    browser: str | None
    quote_hash: str
    option_id: str | None = None
    """The delivery that was selected when Pay was pressed."""
    key: str | None = None
    """Names this rendering of the pay form: pressed again it gives the first result."""
    terms_version: str | None = None
    """The version of the terms that was accepted."""


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """A payment that is kept here, so that it can be asked for as often as it takes."""

    reference: str
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


def begin_payment(uow: UnitOfWork, press: PayPress, provider: str) -> PaymentIntent:
    """Hold the stock and keep what is to be paid, or find the payment that is running already.

    Raises:
        QuoteChanged: The totals are not the ones that were shown.
        OutOfStock: Too few units are left; nothing is held.
        InvalidInput: Something has to be filled in or changed first.
        NotFound: There is no such page, or it is another browser's.
        CheckoutClosed: It is over.
    """
    running = live_payment(uow, press.token, press.browser)
    if running is not None:
        return running
    checkout = open_for_change(uow, press.token, press.browser)
    if uow.payments.cart_is_paid(checkout.cart_id):
        raise CheckoutClosed("This cart has been paid for already.")
    seen = settle_status(uow, checkout)
    _check(checkout, seen, press.quote_hash)
    payment = _new_payment(uow, checkout, seen, provider)
    _hold(uow, payment, seen)
    _agree(uow, checkout, seen, payment)
    return _intent(uow, payment)


def live_payment(uow: UnitOfWork, token: str, browser: str | None) -> PaymentIntent | None:
    """Return the payment that is running for this browser's session.

    Raises:
        NotFound: There is no such page, or it is another browser's.
    """
    checkout = mine(uow, token, browser)
    if checkout.status is not CheckoutStatus.COMPLETE_IN_PROGRESS:
        return None
    payment = uow.payments.latest_of(checkout.id, lock=True)
    return None if payment is None else _intent(uow, payment)


def payment_to_look_at(uow: UnitOfWork, token: str) -> PaymentRef | None:
    """Return the payment of a page that a buyer has come back to, unless it is looked at anyway.

    Raises:
        NotFound: There is no such page.
    """
    checkout = found(uow.checkouts.by_page_token(token, lock=True))
    payment = uow.payments.latest_of(checkout.id, lock=True)
    soon = uow.now + LOOK_AGAIN
    if payment is None or payment.next_poll_at is None or payment.next_poll_at <= soon:
        return None
    # The worker looks again, and whoever loads the page again before that causes nothing.
    payment.next_poll_at = soon
    return PaymentRef(payment.reference, payment.session_ref)


def note_started(uow: UnitOfWork, provider: str, reference: str, started: StartResult) -> None:
    """Keep the provider's name for a payment, and the page on which it is paid."""
    payment = uow.payments.chain(provider, reference).payment
    payment.session_ref = started.session_ref
    payment.redirect_url = started.redirect_url


def note_unreachable(uow: UnitOfWork, provider: str, reference: str) -> None:
    """Ask again soon about a payment that the provider said nothing to."""
    payment = uow.payments.chain(provider, reference).payment
    # A webhook may have said everything in the meantime.
    if payment.next_poll_at is not None:
        payment.next_poll_at = uow.now + RETRY_SOON


def note_rejected(uow: UnitOfWork, provider: str, intent: PaymentIntent) -> None:
    """Let go of a payment that the provider refused to start.

    Of two presses at once one may be refused for the other's sake: a payment that has begun stays.
    """
    if uow.payments.chain(provider, intent.reference).payment.session_ref is not None:
        return
    refused = Fact("rejected", FactKind.FAILED, 0, intent.currency)
    apply_facts(uow, provider, intent.reference, [refused], source="read")


def _check(checkout: CheckoutRow, seen: CheckoutView, quote_hash: str) -> None:
    if not seen.has_buyer:
        raise InvalidInput("details", "Enter your details first.")
    if len(seen.items) < len(checkout.lines):
        text = "Something in this checkout can no longer be bought. Please start a new one."
        raise InvalidInput("items", text)
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
    if not seen.total_minor:
        raise InvalidInput(
            "total", "There is nothing to pay, and this shop takes paid orders only."
        )


def _new_payment(
    uow: UnitOfWork, checkout: CheckoutRow, seen: CheckoutView, provider: str
) -> PaymentRow:
    expires_at = uow.now + PAYMENT_LIFETIME
    payment = PaymentRow(
        reference=uow.ids.token("pay_"),
        checkout_id=checkout.id,
        provider=provider,
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
        next_poll_at=next_poll(uow.now, expires_at, uow.now),
        created_at=uow.now,
        expires_at=expires_at,
        facts=[],
    )
    uow.payments.add(payment)
    return payment


def _hold(uow: UnitOfWork, payment: PaymentRow, seen: CheckoutView) -> None:
    lacking = uow.stock.hold(payment.id, {i.variant_row_id: i.quantity for i in seen.items})
    if lacking is None:
        return
    item = next(item for item in seen.items if item.variant_row_id == lacking)
    raise OutOfStock(
        sku=item.sku,
        name=item.name,
        requested=item.quantity,
        available=uow.stock.sellable(lacking),
    )


def _agree(uow: UnitOfWork, checkout: CheckoutRow, seen: CheckoutView, payment: PaymentRow) -> None:
    """Write down what the buyer agreed to; from now on the catalog's prices do not count."""
    amounts = {item.variant_row_id: item.unit_amount_minor for item in seen.items}
    for line in checkout.lines:
        line.unit_amount_minor = amounts[line.variant_id]
    checkout.totals = [asdict(entry) for entry in seen.totals]
    checkout.total_minor = seen.total_minor
    checkout.notice = None
    # The session outlives the payment that was begun in time.
    checkout.expires_at = max(checkout.expires_at, payment.expires_at)
    checkout.status = move(checkout.status, CheckoutStatus.COMPLETE_IN_PROGRESS)
    checkout.updated_at = uow.now


def _intent(uow: UnitOfWork, payment: PaymentRow) -> PaymentIntent:
    return PaymentIntent(
        reference=payment.reference,
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
