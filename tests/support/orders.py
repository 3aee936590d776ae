"""Payments and orders written straight into the tables, as by the word of a provider."""

from collections.abc import Mapping

from plantly.db import UnitOfWork
from plantly.db.tables import (
    CheckoutRow,
    OrderRow,
    PaymentRow,
    RefundRow,
)
from plantly.domain.checkout import PAYMENT_LIFETIME, CheckoutStatus
from plantly.domain.order import ORDER_NUMBER_BITS, OrderStatus, order_number
from plantly.domain.order_history import OrderEventKind
from plantly.domain.payment import FactKind, PaymentStatus
from plantly.services.checkout_view import view
from plantly.services.placing import order_contents, record_sale
from plantly.services.refund_events import tell_refunds
from tests.support.builders import fact

BUYER = {
    "email": "canary@person.example",
    "name": "Canary Buyer",
    "line1": "7 Canary Lane",
    "line2": "Canary Flat",
    "city": "Canaryville",
    "region": "CA",
    "postal_code": "94107",
    "country": "US",
    "phone": "+1 415 555 0177",
}


def payment_of(uow: UnitOfWork, checkout: CheckoutRow, amount_minor: int) -> PaymentRow:
    """Add an attempt to pay a checkout session."""
    return uow.payments.add(
        reference=uow.ids.token("pay_"),
        checkout_id=checkout.id,
        provider="sandbox",
        idempotency_key=uow.ids.token("idem_"),
        quote_hash="quote",
        amount_minor=amount_minor,
        currency=checkout.currency,
        status=PaymentStatus.CREATED,
        captured_minor=0,
        refunded_minor=0,
        needs_attention=False,
        poll_count=0,
        next_poll_at=uow.now,
        created_at=uow.now,
        expires_at=uow.now + PAYMENT_LIFETIME,
    )


def empty_checkout(uow: UnitOfWork) -> CheckoutRow:
    """Add a checkout session without lines, for payments that are about stock alone."""
    return uow.checkouts.add(
        public_id=uow.ids.token("cs_"),
        page_token=uow.ids.token(""),
        status=CheckoutStatus.COMPLETE_IN_PROGRESS,
        currency="USD",
        discount_codes=[],
        totals=[],
        total_minor=0,
        created_at=uow.now,
        updated_at=uow.now,
        expires_at=uow.now + PAYMENT_LIFETIME,
        lines=[],
    )


def pay(uow: UnitOfWork, checkout_session_id: str) -> str:
    """Turn a checkout session into an order, with its buyer; give the order number."""
    checkout = uow.checkouts.by_public_id(checkout_session_id, lock=True)
    assert checkout is not None
    uow.checkouts.set_buyer(checkout, BUYER)
    checkout.country, checkout.region, checkout.option_id = "US", "CA", "standard"
    shown = view(uow, checkout)
    prices = {item.variant_row_id: item.unit_amount_minor for item in shown.items}
    for line in checkout.lines:
        line.unit_amount_minor = prices[line.variant_id]
    checkout.totals = [
        {"type": e.type, "amount_minor": e.amount_minor, "display_text": e.display_text}
        for e in shown.totals
    ]
    checkout.total_minor = shown.total_minor
    checkout.status = CheckoutStatus.COMPLETED
    checkout.completed_at = uow.now
    payment = payment_of(uow, checkout, shown.total_minor)
    assert uow.stock.hold(payment.id, quantities(checkout)) is None
    claimed = uow.stock.claim(payment.id)
    assert claimed
    captured = fact(FactKind.CAPTURED, shown.total_minor)
    uow.payments.record(payment, [captured], source="webhook", now=uow.now)
    payment.status, payment.captured_minor = PaymentStatus.CAPTURED, shown.total_minor
    payment.next_poll_at = None
    order = order_of(uow, checkout, payment)
    _begin_history(uow, order)
    record_sale(uow, order.order_number, claimed, uow.shelf.by_id(quantities(checkout)))
    if checkout.cart_id is not None:
        cart = uow.carts.by_row_id(checkout.cart_id)
        assert cart is not None
        cart.closed_at = uow.now
    return order.order_number


def _begin_history(uow: UnitOfWork, order: OrderRow) -> None:
    """Write down that an order was placed, and tell nobody."""
    uow.orders.add_event(
        order_id=order.id,
        kind=OrderEventKind.PLACED,
        data=order_contents(order),
        actor="buyer",
        at=uow.now,
    )


def quantities(checkout: CheckoutRow) -> Mapping[int, int]:
    """Give how many of each variant a session wants."""
    return {line.variant_id: line.quantity for line in checkout.lines}


def order_of(uow: UnitOfWork, checkout: CheckoutRow, payment: PaymentRow) -> OrderRow:
    """Write the order of a paid session."""
    variants = uow.shelf.by_id(line.variant_id for line in checkout.lines)
    assert checkout.totals is not None
    return uow.orders.add(
        order_number=order_number("PL", uow.ids.bits(ORDER_NUMBER_BITS)),
        checkout_id=checkout.id,
        payment_id=payment.id,
        status=OrderStatus.CONFIRMED,
        currency=checkout.currency,
        total_minor=payment.amount_minor,
        totals=checkout.totals,
        fulfillment_title="Standard shipping",
        fulfillment_status="unfulfilled",
        placed_at=uow.now,
        lines=[
            {
                "position": line.position,
                "variant_id": line.variant_id,
                "product_slug": variants[line.variant_id].product.slug,
                "variant_handle": variants[line.variant_id].handle,
                "sku": variants[line.variant_id].sku,
                "title": variants[line.variant_id].product.title,
                "variant_title": variants[line.variant_id].title,
                "quantity": line.quantity,
                "unit_amount_minor": line.unit_amount_minor,
            }
            for line in checkout.lines
        ],
    )


def refund(uow: UnitOfWork, order_number: str, amount_minor: int) -> None:
    """Give money of an order back."""
    order = uow.orders.by_number(order_number)
    assert order is not None
    chain = uow.payments.chain("sandbox", uow.payments.by_row_id(order.payment_id).reference)
    assert chain is not None
    payment = chain.payment
    ref = uow.ids.token("re_")
    uow.payments.add_refund(
        RefundRow(
            payment_id=payment.id,
            idempotency_key=uow.ids.token("idem_"),
            amount_minor=amount_minor,
            currency=payment.currency,
            reason="requested",
            status="succeeded",
            refund_ref=ref,
            created_at=uow.now,
        )
    )
    said = fact(FactKind.REFUND_SUCCEEDED, amount_minor, ref=ref)
    uow.payments.record(payment, [said], source="webhook", now=uow.now)
    payment.refunded_minor += amount_minor
    payment.refund_decided_minor += amount_minor
    tell_refunds(uow, order, payment, "provider")
