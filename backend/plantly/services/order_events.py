"""Record what happens to an order, and let those know who want to."""

from collections.abc import Mapping
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import OrderEventRow, OrderRow
from plantly.domain.order_history import OrderEventKind
from plantly.services.announcements import announce
from plantly.services.order_mails import queue_mails


def record_order_event(
    uow: UnitOfWork,
    order: OrderRow,
    kind: OrderEventKind,
    data: Mapping[str, Any],
    actor: str,
) -> OrderEventRow:
    """Add to the history of an order, in the transaction of what happened.

    `data` are JSON values that say what happened without naming the buyer.
    """
    event = uow.orders.add_event(
        order_id=order.id, kind=kind.value, data=dict(data), actor=actor, at=uow.now
    )
    announce(uow, order, event)
    queue_mails(uow, order, event)
    return event
