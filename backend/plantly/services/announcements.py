"""Tell the merchant's own systems what happened."""

from plantly.db import UnitOfWork
from plantly.db.tables import OrderEventRow, OrderRow


def announce(uow: UnitOfWork, order: OrderRow, event: OrderEventRow) -> None:
    """Queue an outgoing webhook for whoever wants to know of such an event."""
