"""Units of variants. Every change is one conditional UPDATE whose row count decides.

No SELECT ever decides: reading first and writing then oversells on both databases.
"""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from plantly.db.tables import StockHoldRow, StockRow


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
            changed = self._session.execute(
                update(StockRow)
                .where(
                    StockRow.variant_id == variant_id,
                    StockRow.on_hand - StockRow.reserved >= quantity,
                )
                .values(reserved=StockRow.reserved + quantity)
                .execution_options(synchronize_session=False)
            )
            if changed.rowcount != 1:  # type: ignore[attr-defined]
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

    def available(self, variant_id: int) -> int:
        """Return how many units of a variant nobody holds, to be shown: it decides nothing."""
        return self._session.scalars(
            select(StockRow.on_hand - StockRow.reserved).where(StockRow.variant_id == variant_id)
        ).one()

    def claim(self, payment_id: int) -> bool:
        """Take the held units out of the stock for good; say whether there was a hold."""
        holds = self._end(payment_id, "claimed")
        for hold in holds:
            self._change(hold, on_hand=-hold.quantity)
        return bool(holds)

    def release(self, payment_id: int) -> bool:
        """Put the held units back on sale; say whether there was a hold."""
        holds = self._end(payment_id, "released")
        for hold in holds:
            self._change(hold, on_hand=0)
        return bool(holds)

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

    def _change(self, hold: StockHoldRow, *, on_hand: int) -> None:
        self._session.execute(
            update(StockRow)
            .where(StockRow.variant_id == hold.variant_id)
            .values(on_hand=StockRow.on_hand + on_hand, reserved=StockRow.reserved - hold.quantity)
            .execution_options(synchronize_session=False)
        )
