"""Orders, found by their number or by the checkout session that they came from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from plantly.db.direct import Sql, fetch
from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import OrderEventRow, OrderLineRow, OrderRow, PaymentRow

_LINES = selectinload(OrderRow.lines)
_OF_CHECKOUT = Reading(
    "SELECT {o}, {l} FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id"
    " WHERE o.checkout_id = ? ORDER BY l.position",
    o=OrderRow,
    l=OrderLineRow,
)
_SUMMARY = Sql("SELECT order_number, status FROM orders WHERE checkout_id = :checkout")


class OrderRepository:
    """Reads and stores orders with their lines."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session

    def by_number(self, order_number: str) -> OrderRow | None:
        """Return the order with that number."""
        return self._session.scalars(
            select(OrderRow).where(OrderRow.order_number == order_number).options(_LINES)
        ).one_or_none()

    def by_row_id(self, row_id: int) -> OrderRow:
        """Return the order with that row id."""
        return self._session.scalars(
            select(OrderRow).where(OrderRow.id == row_id).options(_LINES)
        ).one()

    def of_checkout(self, checkout_row_id: int) -> OrderRow | None:
        """Return the order of a checkout session."""
        rows = self._session.read_rows(_OF_CHECKOUT, checkout_row_id)
        if not rows:
            return None
        order: OrderRow = rows[0][0]
        self._session.relate(order, "lines", [line for _, line in rows if line is not None])
        return order

    def summary_of(self, checkout_row_id: int) -> tuple[str, str] | None:
        """Return the number and the status of the order of a checkout session."""
        rows = fetch(self._session.our_connection, _SUMMARY, {"checkout": checkout_row_id})
        return (rows[0][0], rows[0][1]) if rows else None

    def paid_by(self, payment: PaymentRow) -> OrderRow | None:
        """Return the order that a payment has paid for: another one of its session may have."""
        order = self.of_checkout(payment.checkout_id)
        return order if order is not None and order.payment_id == payment.id else None

    def latest(self, limit: int) -> Sequence[OrderRow]:
        """Return the newest orders first."""
        return self._session.scalars(
            select(OrderRow)
            .order_by(OrderRow.placed_at.desc(), OrderRow.id.desc())
            .limit(limit)
            .options(_LINES)
        ).all()

    def add(self, lines: Iterable[Mapping[str, Any]], **columns: Any) -> OrderRow:
        """Store a new order with its lines, which come in their order."""
        order = self._session.store(OrderRow, **columns)
        named = [{"order_id": order.id, **line} for line in lines]
        self._session.relate(order, "lines", self._session.store_all(OrderLineRow, named))
        return order

    def add_event(self, **columns: Any) -> OrderEventRow:
        """Add to the history of an order."""
        return self._session.store(OrderEventRow, **columns)

    def events_of(self, order_row_id: int) -> Sequence[OrderEventRow]:
        """Return the history of an order, the oldest first."""
        return self._session.scalars(
            select(OrderEventRow)
            .where(OrderEventRow.order_id == order_row_id)
            .order_by(OrderEventRow.id)
        ).all()
