"""What follows an order: parcels, what refunds were for, and what comes back."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from plantly.db.tables import (
    FulfillmentRow,
    OrderRow,
    PaymentFactRow,
    RefundLineRow,
    RefundRow,
    ReturnRow,
)
from plantly.domain.payment import Fact

# Everything here is read under the lock of the order: what was read before it does not count.
_ANEW: dict[str, Any] = {"populate_existing": True}


class AftercareRepository:
    """Reads and stores parcels, lines of refunds, and returns."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read_again(self, order: OrderRow) -> None:
        """Bring an order that was read before it was locked up to date."""
        self._session.refresh(order, ["status", "fulfillment_status"])

    def fulfillments_of(self, order_row_id: int) -> Sequence[FulfillmentRow]:
        """Return the parcels of an order with their lines, the first one first."""
        return self._session.scalars(
            select(FulfillmentRow)
            .where(FulfillmentRow.order_id == order_row_id)
            .order_by(FulfillmentRow.number)
            .options(selectinload(FulfillmentRow.lines))
            .execution_options(**_ANEW)
        ).all()

    def returns_of(self, order_row_id: int) -> Sequence[ReturnRow]:
        """Return what comes back of an order with its lines, the first one first."""
        return self._session.scalars(
            select(ReturnRow)
            .where(ReturnRow.order_id == order_row_id)
            .order_by(ReturnRow.number)
            .options(selectinload(ReturnRow.lines))
            .execution_options(**_ANEW)
        ).all()

    def refund_lines_of(self, payment_row_id: int) -> Sequence[tuple[RefundLineRow, RefundRow]]:
        """Return the lines of every refund of a payment, each with its refund, oldest first."""
        found = self._session.execute(
            select(RefundLineRow, RefundRow)
            .join(RefundRow, RefundRow.id == RefundLineRow.refund_id)
            .where(RefundRow.payment_id == payment_row_id)
            .order_by(RefundLineRow.refund_id, RefundLineRow.position)
            .execution_options(**_ANEW)
        )
        return [(line, refund) for line, refund in found]

    def refund(self, refund_row_id: int | None) -> RefundRow | None:
        """Return a refund by its row id."""
        return self._session.get(RefundRow, refund_row_id) if refund_row_id else None

    def refund_facts(self, payment_row_id: int) -> list[Fact]:
        """Return what a provider has said of the refunds of a payment."""
        found = self._session.scalars(
            select(PaymentFactRow)
            .where(
                PaymentFactRow.payment_id == payment_row_id,
                PaymentFactRow.refund_ref.is_not(None),
            )
            .order_by(PaymentFactRow.id)
        )
        return [
            Fact(row.fact_key, row.kind, row.amount_minor, row.currency, row.refund_ref)
            for row in found
        ]

    def add(self, row: FulfillmentRow | ReturnRow) -> None:
        """Store a parcel or a return, with its lines."""
        self._session.add(row)
        self._session.flush()

    def add_refund_lines(self, lines: Iterable[RefundLineRow]) -> None:
        """Store what a refund is for."""
        self._session.add_all(lines)
        self._session.flush()
