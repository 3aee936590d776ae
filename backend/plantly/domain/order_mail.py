"""Which mails there are about an order, to whom they go, and what sends them."""

from collections.abc import Mapping
from enum import StrEnum

from plantly.domain.order_history import OrderEventKind


class MailKind(StrEnum):
    """One kind of mail, as `plantly orders resend` names it."""

    ORDER_CONFIRMATION = "order_confirmation"
    ORDER_SHIPPED = "order_shipped"
    ORDER_REFUNDED = "order_refunded"
    ORDER_CANCELED = "order_canceled"
    RETURN_REQUESTED = "return_requested"
    RETURN_APPROVED = "return_approved"
    RETURN_DECLINED = "return_declined"
    RETURN_RECEIVED = "return_received"
    NEW_ORDER = "new_order"
    NEW_RETURN = "new_return"

    @property
    def is_for_merchant(self) -> bool:
        """Say whether it goes to the merchant; every other one goes to the buyer."""
        return self in _FOR_MERCHANT


_FOR_MERCHANT = frozenset({MailKind.NEW_ORDER, MailKind.NEW_RETURN})
_AFTER: Mapping[str, tuple[MailKind, ...]] = {
    OrderEventKind.PLACED: (MailKind.ORDER_CONFIRMATION, MailKind.NEW_ORDER),
    OrderEventKind.FULFILLED: (MailKind.ORDER_SHIPPED,),
    OrderEventKind.REFUNDED: (MailKind.ORDER_REFUNDED,),
    OrderEventKind.CANCELED: (MailKind.ORDER_CANCELED,),
    OrderEventKind.RETURN_REQUESTED: (MailKind.RETURN_REQUESTED, MailKind.NEW_RETURN),
    OrderEventKind.RETURN_APPROVED: (MailKind.RETURN_APPROVED,),
    OrderEventKind.RETURN_DECLINED: (MailKind.RETURN_DECLINED,),
    OrderEventKind.RETURN_RECEIVED: (MailKind.RETURN_RECEIVED,),
}


def mails_after(event_kind: str) -> tuple[MailKind, ...]:
    """Return the mails that follow from an event, none for most."""
    return _AFTER.get(event_kind, ())
