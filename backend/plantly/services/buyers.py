"""A person's own data: everything that is kept of them, and how it is forgotten."""

from dataclasses import dataclass
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import BuyerRow, CheckoutRow, OrderRow
from plantly.domain.checkout import CheckoutStatus, is_open, move
from plantly.domain.errors import InvalidInput
from plantly.domain.order_history import OrderEventKind
from plantly.services.discount_uses import known_buyer_key
from plantly.services.order_events import record_order_event
from plantly.services.orders import buyer_fields

_UNDER_WAY = (
    "A payment of this person is under way: erase them when it is over, in an hour at most. If it "
    "takes longer, see `plantly payments attention`."
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten of a person."""

    checkouts: int
    """Checkout sessions whose personal data, and whose browser, are forgotten."""
    canceled: int
    """Those of them that were still open, and are canceled now."""
    orders: tuple[str, ...]
    """Orders that stay, without the person."""
    discounts: int
    """Limited discounts of which nobody knows any more that this person used them."""

    @property
    def is_nothing(self) -> bool:
        """Say whether nothing was kept of the person."""
        return not (self.checkouts or self.discounts)


def export_buyer(uow: UnitOfWork, email: str) -> dict[str, Any]:
    """Return everything that is kept of a person, as JSON values."""
    key = known_buyer_key(uow, email)
    uses = uow.buyers.uses_of(key) if key is not None else ()
    return {
        "email": email.strip(),
        "checkouts": [
            _checkout(uow, row, row.buyer)
            for row in uow.buyers.sessions_of(email)
            if row.buyer is not None
        ],
        "limited_discounts": [{"discount": name, "used": used} for name, used in uses],
    }


def erase_buyer(uow: UnitOfWork, email: str) -> Erased:
    """Forget a person. Orders stay, and can be rebuilt from their history, which names nobody.

    Raises:
        InvalidInput: A payment of theirs is under way; nothing was changed.
    """
    sessions = uow.buyers.sessions_of(email, lock=True)
    if any(row.status is CheckoutStatus.COMPLETE_IN_PROGRESS for row in sessions):
        raise InvalidInput("email", _UNDER_WAY)
    orders, canceled = [], 0
    for checkout in sessions:
        uow.checkouts.forget_buyer(checkout)
        uow.buyers.forget_origins(checkout.id)
        checkout.browser_hash = None
        if is_open(checkout.status):
            checkout.status = move(checkout.status, CheckoutStatus.CANCELED)
            checkout.updated_at = uow.now
            canceled += 1
        order = uow.orders.of_checkout(checkout.id)
        if order is not None:
            record_order_event(uow, order, OrderEventKind.BUYER_ERASED, {}, "merchant")
            orders.append(order.order_number)
    key = known_buyer_key(uow, email)
    discounts = uow.buyers.forget_key(key) if key is not None else 0
    return Erased(len(sessions), canceled, tuple(orders), discounts)


def _checkout(uow: UnitOfWork, checkout: CheckoutRow, buyer: BuyerRow) -> dict[str, Any]:
    order = uow.orders.of_checkout(checkout.id)
    accepted = checkout.terms_accepted_at
    return {
        "checkout_session_id": checkout.public_id,
        "status": checkout.status.value,
        "started_at": checkout.created_at.isoformat(),
        "buyer": _everything(buyer),
        "terms_version": checkout.terms_version,
        "terms_accepted_at": accepted.isoformat() if accepted else None,
        "remembers_a_browser": checkout.browser_hash is not None,
        "order": None if order is None else _order(order),
    }


def _everything(buyer: BuyerRow) -> dict[str, Any]:
    notes = {"gift_note": buyer.gift_note, "return_notes": dict(buyer.return_notes)}
    return {**buyer_fields(buyer), **notes}


def _order(order: OrderRow) -> dict[str, Any]:
    return {
        "order_number": order.order_number,
        "status": order.status.value,
        "placed_at": order.placed_at.isoformat(),
        "currency": order.currency,
        "total_minor": order.total_minor,
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "variant": line.variant_title,
                "quantity": line.quantity,
                "unit_amount_minor": line.unit_amount_minor,
            }
            for line in order.lines
        ],
    }
