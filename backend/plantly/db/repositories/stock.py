"""Units of variants. Every change is one conditional UPDATE whose row count decides.

No SELECT ever decides: reading first and writing then oversells on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from plantly.db.tables import ProductRow, StockHoldRow, StockRow
from plantly.domain.catalog import StockPolicy

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

    def __init__(self, session: Session) -> None:
        self._session = session

    def hold(self, payment_id: int, quantities: Mapping[int, int]) -> int | None:
        """Set units aside for a payment, by variant row id.

        Returns the variant that has too few left, in which case the caller must roll back.
        Variants are taken in the order of their ids, so that two buyers never wait for each other.
        """
        for variant_id in sorted(quantities):
            quantity = quantities[variant_id]
            if not self._reserve(variant_id, quantity):
                return variant_id
            self._session.add(
                StockHoldRow(
                    payment_id=payment_id,
                    variant_id=variant_id,
                    quantity=quantity,
                    state="active",
                )
            )
        self._session.flush()
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
        return [self._take(hold) for hold in self._end(payment_id, "claimed")]

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
        for hold in holds:
            self._session.execute(
                update(StockRow)
                .where(StockRow.variant_id == hold.variant_id)
                .values(reserved=StockRow.reserved - hold.quantity)
                .execution_options(synchronize_session=False)
            )
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
        for product_id in sorted(quantities):
            self._session.execute(
                update(ProductRow)
                .where(ProductRow.id == product_id)
                .values(units_sold=ProductRow.units_sold + quantities[product_id])
                .execution_options(synchronize_session=False)
            )

    def _reserve(self, variant_id: int, quantity: int) -> bool:
        changed = self._session.execute(
            update(StockRow)
            .where(StockRow.variant_id == variant_id, _sellable >= quantity)
            .values(reserved=StockRow.reserved + quantity)
            .execution_options(synchronize_session=False)
        )
        return bool(changed.rowcount)  # type: ignore[attr-defined] # of every UPDATE

    def _end(self, payment_id: int, state: str) -> list[StockHoldRow]:
        ended = []
        for hold in self._session.scalars(
            select(StockHoldRow)
            .where(StockHoldRow.payment_id == payment_id, StockHoldRow.state == "active")
            .order_by(StockHoldRow.variant_id)
        ).all():
            changed = self._session.execute(
                update(StockHoldRow)
                .where(StockHoldRow.id == hold.id, StockHoldRow.state == "active")
                .values(state=state)
                .execution_options(synchronize_session=False)
            )
            if changed.rowcount == 1:  # type: ignore[attr-defined]
                ended.append(hold)
        return ended

    def _take(self, hold: StockHoldRow) -> Claimed:
        """Take the units of one hold, and learn from the same statement how many there were."""
        after, counted = self._session.execute(
            update(StockRow)
            .where(StockRow.variant_id == hold.variant_id)
            .values(
                on_hand=StockRow.on_hand - case((_counted, hold.quantity), else_=0),
                reserved=StockRow.reserved - hold.quantity,
            )
            .returning(StockRow.on_hand, _counted)
            .execution_options(synchronize_session=False)
        ).one()
        before = after + hold.quantity if counted else after
        return Claimed(hold.variant_id, hold.quantity, before, after)
