"""Uses of limited discounts. Every count is changed by one conditional UPDATE whose row counts.

They are held when payment starts, claimed with the order and released when the payment dies, as
stock is; no SELECT decides anything.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from plantly.db.direct import Sql, fetch
from plantly.db.session import DirectSession
from plantly.db.tables import DiscountCountRow, DiscountUseRow
from plantly.domain.discount import DiscountUseState

_ACTIVE = Sql(
    "SELECT id FROM discount_uses WHERE payment_id = :payment AND state = 'active' LIMIT 1"
)

EVERYBODY = ""
"""The `buyer_key` under which the uses of all buyers together are counted."""


@dataclass(frozen=True, slots=True)
class WantedUse:
    """A discount to be used once more; `buyer_key` is there when each buyer has a limit."""

    key: str
    limit: int | None
    buyer_key: str | None
    limit_per_buyer: int | None


class DiscountRepository:
    """Holds uses of discounts while a payment runs, then claims or releases them."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session

    def hold(self, payment_id: int, wanted: Sequence[WantedUse]) -> str | None:
        """Use discounts once more each for a payment.

        Returns the key of one that is used up, in which case the caller must roll back. Counts are
        taken in the order of their keys, so that two buyers never wait for each other.
        """
        for use in sorted(wanted, key=lambda use: use.key):
            if not all(self._count_one(use.key, *count) for count in _counts(use)):
                return use.key
            self._session.add(
                DiscountUseRow(
                    payment_id=payment_id,
                    discount_key=use.key,
                    buyer_key=use.buyer_key,
                    state=DiscountUseState.ACTIVE,
                )
            )
        self._session.flush()
        return None

    def claim(self, payment_id: int) -> None:
        """Let the uses that a payment holds count for good."""
        self._end(payment_id, DiscountUseState.CLAIMED)

    def release(self, payment_id: int) -> None:
        """Give back the uses that a payment holds."""
        for use in self._end(payment_id, DiscountUseState.RELEASED):
            for buyer_key in (EVERYBODY, use.buyer_key):
                self._session.execute(
                    update(DiscountCountRow)
                    .where(
                        DiscountCountRow.discount_key == use.discount_key,
                        DiscountCountRow.buyer_key == buyer_key,
                    )
                    .values(used=DiscountCountRow.used - 1)
                    .execution_options(synchronize_session=False)
                )

    def were_used_by(self, payment_id: int) -> bool:
        """Say whether a payment has used any, whatever became of that."""
        used = select(DiscountUseRow.id).where(DiscountUseRow.payment_id == payment_id)
        return self._session.scalars(used).first() is not None

    def used(self, keys: Collection[str], buyer_key: str | None) -> Mapping[str, tuple[int, int]]:
        """Return how often discounts are used, by everybody and by one buyer; none were unused."""
        rows = self._session.execute(
            select(
                DiscountCountRow.discount_key, DiscountCountRow.buyer_key, DiscountCountRow.used
            ).where(
                DiscountCountRow.discount_key.in_(sorted(keys)),
                DiscountCountRow.buyer_key.in_([EVERYBODY, buyer_key or EVERYBODY]),
            )
        ).all()
        counts = {(key, buyer): used for key, buyer, used in rows}
        return {
            key: (counts.get((key, EVERYBODY), 0), counts.get((key, buyer_key or ""), 0))
            for key in keys
        }

    def _count_one(self, key: str, buyer_key: str, limit: int | None) -> bool:
        self._session.execute(
            self._insert()
            .values(discount_key=key, buyer_key=buyer_key, used=0)
            .on_conflict_do_nothing()
        )
        statement = update(DiscountCountRow).where(
            DiscountCountRow.discount_key == key, DiscountCountRow.buyer_key == buyer_key
        )
        if limit is not None:
            statement = statement.where(DiscountCountRow.used < limit)
        changed = self._session.execute(
            statement.values(used=DiscountCountRow.used + 1).execution_options(
                synchronize_session=False
            )
        )
        return bool(changed.rowcount)  # type: ignore[attr-defined] # of every UPDATE

    def _end(self, payment_id: int, state: DiscountUseState) -> list[DiscountUseRow]:
        """End the active uses of a payment, each of them once, in the order of their keys."""
        if not fetch(self._session.our_connection, _ACTIVE, {"payment": payment_id}):
            return []
        ended = []
        for use in self._session.scalars(
            select(DiscountUseRow)
            .where(
                DiscountUseRow.payment_id == payment_id,
                DiscountUseRow.state == DiscountUseState.ACTIVE,
            )
            .order_by(DiscountUseRow.discount_key)
        ).all():
            changed = self._session.execute(
                update(DiscountUseRow)
                .where(DiscountUseRow.id == use.id, DiscountUseRow.state == DiscountUseState.ACTIVE)
                .values(state=state)
                .execution_options(synchronize_session=False)
            )
            if changed.rowcount == 1:  # type: ignore[attr-defined] # of every UPDATE
                ended.append(use)
        return ended

    def _insert(self) -> Any:
        sqlite = self._session.get_bind().dialect.name == "sqlite"
        return (sqlite_insert if sqlite else postgres_insert)(DiscountCountRow)


def _counts(use: WantedUse) -> Iterator[tuple[str, int | None]]:
    """Name the counts that a use changes, with their limits."""
    yield EVERYBODY, use.limit
    if use.buyer_key is not None:
        yield use.buyer_key, use.limit_per_buyer
