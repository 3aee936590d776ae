"""Units of variants. Every change is one conditional UPDATE whose row count decides.

No SELECT ever decides: reading first and writing then oversells on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, select, update

from plantly.db.direct import Sql, change, change_many, fetch
from plantly.db.session import DirectSession
from plantly.db.tables import StockHoldRow, StockRow
from plantly.domain.catalog import StockPolicy

_RESERVE = Sql(
    "UPDATE stock SET reserved = reserved + :quantity"
    " WHERE variant_id = :variant AND on_hand + backorder_limit - reserved >= :quantity"
)
_END = Sql(
    "UPDATE stock_holds SET state = :state WHERE payment_id = :payment AND state = 'active'"
    " RETURNING variant_id, quantity"
)
_LET_GO = Sql("UPDATE stock SET reserved = reserved - :quantity WHERE variant_id = :variant")
# What is not counted stays what it is, however much of it is sold.
_TAKE = Sql(
    "UPDATE stock SET reserved = reserved - :quantity,"
    " on_hand = on_hand - CASE WHEN policy <> 'untracked' THEN :quantity ELSE 0 END"
    " WHERE variant_id = :variant RETURNING on_hand, policy <> 'untracked'"
)
_COUNT_SOLD = Sql("UPDATE products SET units_sold = units_sold + :quantity WHERE id = :product")
_sellable = StockRow.on_hand + StockRow.backorder_limit - StockRow.reserved
# What is not counted stays what it is, however much of it is sold.
_counted = StockRow.policy != StockPolicy.UNTRACKED


@dataclass(frozen=True, slots=True)
class Claimed:
    """Units that were sold, and the units at hand before and after: equal if nobody counts them."""

    variant_id: int
    quantity: int
    before: int
    after: int


class StockRepository:
    """Holds units while a payment runs, then claims or releases them."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session
        self._connection = session.our_connection

    def hold(self, payment_id: int, quantities: Mapping[int, int]) -> int | None:
        """Set units aside for a payment, by variant row id.

        Returns the variant that has too few left, in which case the caller must roll back.
        Variants are taken in the order of their ids, so that two buyers never wait for each other.
        """
        holds = []
        for variant_id in sorted(quantities):
            quantity = quantities[variant_id]
            if not self._reserve(variant_id, quantity):
                return variant_id
            held = {"variant_id": variant_id, "quantity": quantity}
            holds.append({"payment_id": payment_id, **held, "state": "active"})
        if holds:
            self._session.insert_rows(StockHoldRow, holds)
        return None

    def sellable(self, variant_id: int) -> int:
        """Return how many units of a variant can still be sold, to be shown: it decides nothing."""
        return self._session.scalars(
            select(_sellable).where(StockRow.variant_id == variant_id)
        ).one()

    def claim(self, payment_id: int) -> Sequence[Claimed]:
        """Take the held units out of the stock for good; return nothing if there was no hold.

        The units at hand may fall below zero, by what is owed to those who bought ahead.
        """
        return [self._take(*hold) for hold in self._end(payment_id, "claimed")]

    def put_back(self, variant_id: int, quantity: int) -> Claimed:
        """Add units that were sold and are back on the shelf."""
        after, counted = self._session.execute(
            update(StockRow)
            .where(StockRow.variant_id == variant_id)
            .values(on_hand=StockRow.on_hand + case((_counted, quantity), else_=0))
            .returning(StockRow.on_hand, _counted)
            .execution_options(synchronize_session=False)
        ).one()
        return Claimed(variant_id, quantity, after - quantity if counted else after, after)

    def release(self, payment_id: int) -> bool:
        """Put the held units back on sale; say whether there was a hold."""
        holds = self._end(payment_id, "released")
        for variant_id, quantity in holds:
            change(self._connection, _LET_GO, {"variant": variant_id, "quantity": quantity})
        return bool(holds)

    def hold_again(self, payment_id: int) -> bool:
        """Set the units aside that a payment held before: all of them, or none and say no."""
        holds = self._session.scalars(
            select(StockHoldRow)
            .where(StockHoldRow.payment_id == payment_id, StockHoldRow.state == "released")
            .order_by(StockHoldRow.variant_id)
        ).all()
        for hold in holds:
            if not self._reserve(hold.variant_id, hold.quantity):
                self.release(payment_id)
                return False
            hold.state = "active"
            self._session.flush()
        return bool(holds)

    def count_sold(self, quantities: Mapping[int, int]) -> None:
        """Add to the units that were ever sold, by product row id."""
        sold = sorted(quantities.items())
        rows = [{"product": product_id, "quantity": quantity} for product_id, quantity in sold]
        change_many(self._connection, _COUNT_SOLD, rows)

    def _reserve(self, variant_id: int, quantity: int) -> bool:
        return bool(
            change(self._connection, _RESERVE, {"variant": variant_id, "quantity": quantity})
        )

    def _end(self, payment_id: int, state: str) -> list[tuple[int, int]]:
        """End the holds of a payment, each of them once; return variants and quantities."""
        self._session.flush()
        ended = fetch(self._connection, _END, {"payment": payment_id, "state": state})
        # In the order of their ids, so that two buyers never wait for each other.
        return sorted((variant_id, quantity) for variant_id, quantity in ended)

    def _take(self, variant_id: int, quantity: int) -> Claimed:
        """Take the units of one hold, and learn from the same statement how many there were."""
        taken = {"variant": variant_id, "quantity": quantity}
        after, counted = fetch(self._connection, _TAKE, taken)[0]
        return Claimed(variant_id, quantity, after + quantity if counted else after, after)
