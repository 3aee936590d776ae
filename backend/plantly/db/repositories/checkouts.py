"""Checkout sessions, found by their id, their page's token or what was started."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from plantly.db.tables import BuyerRow, CartRow, CheckoutRow
from plantly.domain.checkout import CheckoutStatus

_PARTS = (selectinload(CheckoutRow.lines), joinedload(CheckoutRow.buyer))
_FINAL = (CheckoutStatus.COMPLETED, CheckoutStatus.CANCELED, CheckoutStatus.EXPIRED)


class CheckoutRepository:
    """Reads checkout sessions with lines and buyer."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_public_id(self, public_id: str, *, lock: bool = False) -> CheckoutRow | None:
        """Return the session with that id."""
        return self._one(CheckoutRow.public_id == public_id, lock=lock)

    def by_page_token(self, token: str, *, lock: bool = False) -> CheckoutRow | None:
        """Return the session whose hosted page has that token."""
        return self._one(CheckoutRow.page_token == token, lock=lock)

    def by_row_id(self, row_id: int) -> CheckoutRow | None:
        """Return a session by its row id."""
        return self._one(CheckoutRow.id == row_id, lock=False)

    def lock_cart(self, page_token: str) -> None:
        """Lock the cart of a session, if it has one, before the session itself is locked."""
        cart_id = (
            select(CheckoutRow.cart_id)
            .where(CheckoutRow.page_token == page_token)
            .scalar_subquery()
        )
        self._session.scalars(
            select(CartRow.id).where(CartRow.id == cart_id).with_for_update()
        ).one_or_none()

    def unfinished(self, start_key: str) -> CheckoutRow | None:
        """Return the session that the same start has made and nobody has finished, locked."""
        return self._one(
            CheckoutRow.start_key == start_key, CheckoutRow.status.not_in(_FINAL), lock=True
        )

    def of_cart(self, cart_row_id: int) -> Sequence[CheckoutRow]:
        """Return the unfinished sessions of a cart, locked."""
        return (
            self._session.scalars(
                select(CheckoutRow)
                .where(CheckoutRow.cart_id == cart_row_id, CheckoutRow.status.not_in(_FINAL))
                .order_by(CheckoutRow.id)
                .options(*_PARTS)
                .with_for_update(of=CheckoutRow)
            )
            .unique()
            .all()
        )

    def expired(self, now: datetime, limit: int) -> Sequence[str]:
        """Return the ids of unfinished sessions whose time is over."""
        return self._session.scalars(
            select(CheckoutRow.public_id)
            .where(CheckoutRow.status.not_in(_FINAL), CheckoutRow.expires_at <= now)
            .order_by(CheckoutRow.expires_at)
            .limit(limit)
        ).all()

    def add(self, checkout: CheckoutRow) -> None:
        """Store a new session."""
        self._session.add(checkout)
        self._session.flush()

    def forget_buyer(self, checkout: CheckoutRow) -> None:
        """Erase the personal data of a session."""
        if checkout.buyer is not None:
            self._session.delete(checkout.buyer)
            checkout.buyer = None
            self._session.flush()

    def set_buyer(self, checkout: CheckoutRow, fields: dict[str, str]) -> None:
        """Replace the personal data of a session."""
        if checkout.buyer is None:
            checkout.buyer = BuyerRow(checkout_id=checkout.id)
        for name, value in fields.items():
            setattr(checkout.buyer, name, value)
        self._session.flush()

    def _one(self, *conditions: Any, lock: bool) -> CheckoutRow | None:
        statement = select(CheckoutRow).where(*conditions).options(*_PARTS)
        statement = statement.with_for_update(of=CheckoutRow) if lock else statement
        return self._session.scalars(statement).unique().one_or_none()
