"""What a provider shows to the buyer: the lines, and a form of its own on our page."""

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow, PaymentRow
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.payment import PaymentStatus
from plantly.payments.gateway import EmbedRequest, RequestLine
from plantly.services.checkout_page import found, is_mine
from plantly.services.checkout_view import CheckoutView, view


def form_to_show(
    uow: UnitOfWork, token: str, browser: str | None, provider: str
) -> EmbedRequest | None:
    """Return the payment that this browser can pay in a form now, if there is one.

    Raises:
        NotFound: There is no such page.
    """
    checkout = found(uow.checkouts.by_page_token(token))
    return form_of(uow, checkout, provider) if is_mine(checkout, browser) else None


def form_of(uow: UnitOfWork, checkout: CheckoutRow, provider: str) -> EmbedRequest | None:
    """Return the payment of a session that can be made in a form now, if there is one."""
    if checkout.status is not CheckoutStatus.COMPLETE_IN_PROGRESS:
        return None
    payment = uow.payments.latest_of(checkout.id)
    if (
        payment is None
        or checkout.country is None
        or payment.session_ref is None
        or payment.provider != provider
        or payment.status is not PaymentStatus.CREATED
        or payment.expires_at <= uow.now
    ):
        return None
    return EmbedRequest(
        reference=payment.reference,
        session_ref=payment.session_ref,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        country=checkout.country,
    )


def lines_of(
    uow: UnitOfWork, checkout: CheckoutRow, payment: PaymentRow, seen: CheckoutView | None = None
) -> tuple[RequestLine, ...]:
    """Return the lines, unless a discount, the delivery or a tax is part of the amount.

    `seen` is the checkout as it is, for whoever has looked at it already.
    """
    units = ((line.unit_amount_minor or 0) * line.quantity for line in checkout.lines)
    if sum(units) != payment.amount_minor:
        return ()
    items = (seen or view(uow, checkout)).items
    return tuple(
        RequestLine(item.name, item.quantity, item.unit_amount_minor, item.sku) for item in items
    )
