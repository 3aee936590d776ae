"""Write to the buyer and to the merchant about an order."""

from plantly.db import UnitOfWork
from plantly.db.tables import OrderEventRow, OrderRow


def queue_mails(uow: UnitOfWork, order: OrderRow, event: OrderEventRow) -> None:
    """Queue the mails that follow from an event."""
