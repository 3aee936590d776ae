"""The people who buy, found by their e-mail address wherever something of them is kept."""

from collections.abc import Sequence
from typing import Final
from unicodedata import normalize

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from plantly.db.tables import (
    BuyerRow,
    CheckoutRow,
    DiscountCountRow,
    DiscountUseRow,
    PaymentOriginRow,
    PaymentRow,
)

_LIKE: Final = {"%": "\\%", "_": "\\_", "\\": "\\\\"}


class BuyerRepository:
    """Finds and forgets people."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sessions_of(self, email: str, *, lock: bool = False) -> Sequence[CheckoutRow]:
        """Return the checkout sessions of a person with lines and buyer, the oldest first.

        Case does not matter, as it does not for those who carry mail.
        """
        statement = (
            select(CheckoutRow)
            .where(CheckoutRow.id.in_(self._named(email)))
            .order_by(CheckoutRow.id)
            .options(selectinload(CheckoutRow.lines), joinedload(CheckoutRow.buyer))
        )
        if lock:
            statement = statement.with_for_update(of=CheckoutRow).execution_options(
                populate_existing=True
            )
        return self._session.scalars(statement).unique().all()

    def _named(self, email: str) -> Sequence[int]:
        """Return the row ids of the checkout sessions with that address."""
        wanted = _folded(email)
        # SQLite folds ASCII only, so whatever else there is stands for anything here.
        like = "".join(_LIKE.get(c, c) if c.isascii() else "%" for c in wanted)
        found = self._session.execute(
            select(BuyerRow.checkout_id, BuyerRow.email).where(
                func.lower(BuyerRow.email).like(like, escape="\\")
            )
        )
        return [checkout_id for checkout_id, known in found if _folded(known) == wanted]

    def uses_of(self, buyer_key: str) -> Sequence[tuple[str, int]]:
        """Return the limited discounts that were used under a key, and how often."""
        found = self._session.execute(
            select(DiscountCountRow.discount_key, DiscountCountRow.used)
            .where(DiscountCountRow.buyer_key == buyer_key, DiscountCountRow.used > 0)
            .order_by(DiscountCountRow.discount_key)
        )
        return [(key, used) for key, used in found]

    def forget_key(self, buyer_key: str) -> int:
        """Forget whose uses of discounts those under a key were; return how many discounts."""
        self._session.execute(
            update(DiscountUseRow)
            .where(DiscountUseRow.buyer_key == buyer_key)
            .values(buyer_key=None)
            .execution_options(synchronize_session=False)
        )
        gone = self._session.execute(
            delete(DiscountCountRow)
            .where(DiscountCountRow.buyer_key == buyer_key)
            .execution_options(synchronize_session=False)
        )
        return int(gone.rowcount)  # type: ignore[attr-defined] # of every DELETE

    def forget_origins(self, checkout_row_id: int) -> None:
        """Forget where the payments of a session were begun from."""
        payments = select(PaymentRow.id).where(PaymentRow.checkout_id == checkout_row_id)
        self._session.execute(
            delete(PaymentOriginRow)
            .where(PaymentOriginRow.payment_id.in_(payments))
            .execution_options(synchronize_session=False)
        )


def _folded(email: str) -> str:
    """Return an address as those are that differ in case only, or in how an accent is written."""
    return normalize("NFC", email.strip()).lower()
