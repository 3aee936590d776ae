"""What can happen to an order, as its history keeps it."""

from enum import StrEnum


class OrderEventKind(StrEnum):
    """What happened to an order."""

    PLACED = "order.placed"
    FULFILLED = "order.fulfilled"
    DELIVERED = "order.delivered"
    CANCELED = "order.canceled"
    REFUND_DECIDED = "order.refund_decided"
    REFUNDED = "order.refunded"
    REFUND_FAILED = "order.refund_failed"
    RETURN_REQUESTED = "order.return_requested"
    RETURN_APPROVED = "order.return_approved"
    RETURN_DECLINED = "order.return_declined"
    RETURN_RECEIVED = "order.return_received"
    DISPUTED = "order.disputed"
    DISPUTE_CLOSED = "order.dispute_closed"
    BUYER_ERASED = "order.buyer_erased"
