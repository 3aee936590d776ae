"""What happened to orders after they were placed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plantly.db.base import Id, Table


class OrderEventRow(Table):
    """One thing that happened to an order. Rows are only ever added, and name no person."""

    __tablename__ = "order_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    """An `OrderEventKind`; without a constraint, so that later kinds need no new table."""
    data: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(String(64))
    """Who did it: `buyer`, `merchant`, `provider` or `shop`."""
    at: Mapped[datetime]
