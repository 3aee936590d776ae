"""Cancel an order that nothing was sent of: its units and its money go back."""

from collections.abc import Mapping
from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow, PaymentRow
from plantly.domain.errors import InvalidInput
from plantly.domain.order import OrderStatus, move
from plantly.domain.order_history import OrderEventKind
from plantly.domain.refunds import RefundReason
from plantly.services.order_desk import as_lines, find_order, lock_order, progress_of, states_of
from plantly.services.order_events import record_order_event
from plantly.services.refund_decisions import refundable
from plantly.services.refund_events import tell_refunds
from plantly.services.refunds import decide_or_refuse
from plantly.services.restock import put_back


@dataclass(frozen=True, slots=True)
class Canceled:
    """An order that is canceled, and what goes back of it."""

    order_number: str
    order_status: str
    currency: str
    refund_minor: int
    restocked: Mapping[str, int]
    """Units that are back on the shelf now, by SKU."""
    is_new: bool
    """Whether it was not canceled before."""


def cancel_order(uow: UnitOfWork, order_number: str, reason: RefundReason) -> Canceled:
    """Cancel an order; one that is canceled stays so, and nothing goes back twice.

    An order is born from money that was captured, so there is never anything to void.

    Raises:
        NotFound: There is no such order.
        InvalidInput: Something of it was sent, it is refunded, or its money cannot go back.
    """
    order = find_order(uow, order_number)
    payment = lock_order(uow, order).payment
    if order.status is OrderStatus.CANCELED:
        return Canceled(order.order_number, order.status, order.currency, 0, {}, is_new=False)
    if order.status is OrderStatus.REFUNDED:
        text = "All of this order's money is back already: there is nothing to cancel."
        raise InvalidInput("order_number", text)
    progress = progress_of(uow, order)
    if any(line.sent for line in progress.values()):
        text = "Something of this order was sent: refund what did not go, and take back the rest."
        raise InvalidInput("order_number", text)
    back = {
        position: max(0, line.bought - line.restocked - line.kept_off)
        for position, line in progress.items()
    }
    order.status = move(order.status, OrderStatus.CANCELED)
    put_back(uow, order, back)
    restocked = as_lines(order, back)
    data = {"reason": reason.value, "restocked": restocked, **states_of(order)}
    record_order_event(uow, order, OrderEventKind.CANCELED, data, "merchant")
    amount = _give_back(uow, order, payment, reason)
    units = {line["sku"]: line["quantity"] for line in restocked}
    return Canceled(order.order_number, order.status, order.currency, amount, units, is_new=True)


def _give_back(uow: UnitOfWork, order: OrderRow, payment: PaymentRow, reason: RefundReason) -> int:
    """Refund all that is left; return how much that is."""
    amount = refundable(payment)
    if amount:
        decide_or_refuse(uow, payment, amount, reason, uow.ids.token("rf_"))
        tell_refunds(uow, order, payment, "merchant")
    return amount
