"""Tell the merchant's own systems what happened."""

from plantly.db import UnitOfWork
from plantly.db.tables import OrderEventRow, OrderRow, PaymentRow
from plantly.domain.outgoing import PaymentEvent


def announce(uow: UnitOfWork, order: OrderRow, event: OrderEventRow) -> None:
    """Queue an outgoing webhook for whoever wants to know of such an event."""


def announce_payment(uow: UnitOfWork, payment: PaymentRow, event: PaymentEvent) -> None:
    """Queue an outgoing webhook about a payment for whoever wants to know of such an event."""


def announce_money(
    uow: UnitOfWork, payment: PaymentRow, captured_before: int, refunded_before: int
) -> None:
    """Tell of money that came, or went back, for a payment that became no order."""
    if payment.captured_minor > captured_before:
        announce_payment(uow, payment, PaymentEvent.CAPTURED)
    if payment.refunded_minor > refunded_before:
        announce_payment(uow, payment, PaymentEvent.REFUNDED)
