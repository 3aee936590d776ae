"""What happened to orders after they were placed."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plantly.db.base import Id, Table, one_of
from plantly.domain.order_return import ReturnReason, ReturnStatus


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


class FulfillmentRow(Table):
    """A parcel of an order. `number` counts from 1 within the order."""

    __tablename__ = "fulfillments"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        UniqueConstraint("order_id", "idempotency_key"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[int]
    idempotency_key: Mapped[str] = mapped_column(String(64))
    carrier: Mapped[str] = mapped_column(String(60))
    tracking_number: Mapped[str] = mapped_column(String(100))
    tracking_url: Mapped[str] = mapped_column(String(2000))
    sent_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]

    lines: Mapped[list["FulfillmentLineRow"]] = relationship(
        lazy="raise", order_by="FulfillmentLineRow.position"
    )


class FulfillmentLineRow(Table):
    """Units of one line of the order in a parcel."""

    __tablename__ = "fulfillment_lines"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"),)

    fulfillment_id: Mapped[int] = mapped_column(ForeignKey("fulfillments.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """Of the line in the order."""
    quantity: Mapped[int]


class RefundLineRow(Table):
    """Units of one line of the order that a refund pays back."""

    __tablename__ = "refund_lines"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("dropped >= 0 AND dropped <= quantity", name="dropped"),
        CheckConstraint("restocked >= 0 AND restocked <= quantity", name="restocked"),
    )

    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """Of the line in the order."""
    quantity: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(Id)
    dropped: Mapped[int]
    """How many of them had not been sent when it was decided, and never will be."""
    restock: Mapped[bool]
    """Whether they belong back on the shelf..."""
    restocked: Mapped[int]
    """...and how many of them this refund put there."""


class ReturnRow(Table):
    """Goods that a buyer wants to send back. `number` counts from 1 within the order."""

    __tablename__ = "returns"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[int]
    status: Mapped[ReturnStatus] = mapped_column(one_of(ReturnStatus, "status"))
    reason: Mapped[ReturnReason] = mapped_column(one_of(ReturnReason, "reason"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"))
    """The refund that was decided on when the goods came."""
    restocked: Mapped[bool]
    """Whether the units went back on the shelf without a refund."""
    requested_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    lines: Mapped[list["ReturnLineRow"]] = relationship(
        lazy="raise", order_by="ReturnLineRow.position"
    )


class ReturnLineRow(Table):
    """Units of one line of the order in a return."""

    __tablename__ = "return_lines"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"),)

    return_id: Mapped[int] = mapped_column(ForeignKey("returns.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """Of the line in the order."""
    quantity: Mapped[int]
