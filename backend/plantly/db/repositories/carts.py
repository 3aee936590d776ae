"""Carts, found by their id, their owner or the conversation that they were made in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Update, delete, exists, or_, select, update
from sqlalchemy.orm import Session, selectinload

from plantly.db.tables import CartRow, CheckoutRow, IdempotencyRow, SavedLineRow
from plantly.domain.checkout import CheckoutStatus

_WITH_LINES = (selectinload(CartRow.lines), selectinload(CartRow.saved))
_FINAL = (CheckoutStatus.COMPLETED, CheckoutStatus.CANCELED, CheckoutStatus.EXPIRED)


class CartRepository:
    """Reads carts with their lines; locks the ones that will be written."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_public_id(self, public_id: str, *, lock: bool = False) -> CartRow | None:
        """Return the cart with that id, open or closed."""
        return self._one(CartRow.public_id == public_id, lock=lock)

    def open_by_hint(self, hint_hash: str, *, lock: bool = False) -> CartRow | None:
        """Return the open cart of a conversation, unless it belongs to an account."""
        return self._one(
            CartRow.hint_hash == hint_hash,
            CartRow.closed_at.is_(None),
            CartRow.owner_hash.is_(None),
            lock=lock,
        )

    def open_by_owner(self, owner_hash: str, *, lock: bool = False) -> CartRow | None:
        """Return the open cart of an account."""
        return self._one(CartRow.owner_hash == owner_hash, CartRow.closed_at.is_(None), lock=lock)

    def by_row_id(self, row_id: int) -> CartRow | None:
        """Return a cart by its row id, locked."""
        return self._one(CartRow.id == row_id, lock=True)

    def owner_of(self, row_id: int) -> str | None:
        """Return the account that a cart belongs to, None for a guest's."""
        return self._session.scalar(select(CartRow.owner_hash).where(CartRow.id == row_id))

    def add(self, cart: CartRow) -> None:
        """Store a new cart, so that it has a row id."""
        self._session.add(cart)
        self._session.flush()

    def flush(self) -> None:
        """Send the changes, so that a broken rule shows now."""
        self._session.flush()

    def is_being_paid(self, cart_row_id: int) -> bool:
        """Say whether a payment of this cart is running."""
        running = select(CheckoutRow.id).where(
            CheckoutRow.cart_id == cart_row_id,
            CheckoutRow.status == CheckoutStatus.COMPLETE_IN_PROGRESS,
        )
        return self._session.scalars(running).first() is not None

    def has_saved(self, cart_row_id: int) -> bool:
        """Say whether lines of this cart are saved for later."""
        saved = select(SavedLineRow.variant_id).where(SavedLineRow.cart_id == cart_row_id)
        return self._session.scalars(saved).first() is not None

    def move_saved(self, from_row_id: int, to_row_id: int) -> None:
        """Give the saved lines of a cart to another one, which has none yet."""
        self._run(
            update(SavedLineRow)
            .where(SavedLineRow.cart_id == from_row_id)
            .values(cart_id=to_row_id)
        )

    def forget_untouched(self, guests_before: datetime, owned_before: datetime, limit: int) -> int:
        """Delete carts that nobody touched since, at most `limit`; return how many.

        The cart of an unfinished checkout session stays. A finished one has lines of its own.
        """
        guest = CartRow.owner_hash.is_(None)
        unfinished = CheckoutRow.status.not_in(_FINAL)
        old = self._session.scalars(
            select(CartRow.id)
            # The first condition is what the index answers.
            .where(CartRow.updated_at <= guests_before)
            .where(or_(guest, CartRow.updated_at <= owned_before))
            .where(~exists().where(CheckoutRow.cart_id == CartRow.id, unfinished))
            .order_by(CartRow.updated_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        return self._forget(old)

    def _forget(self, old: Sequence[int]) -> int:
        unfinished = CheckoutRow.status.not_in(_FINAL)
        # Nobody begins a checkout from a cart that is locked, but somebody may have just before.
        needed = self._session.scalars(
            select(CheckoutRow.cart_id).where(CheckoutRow.cart_id.in_(old), unfinished)
        ).all()
        rows = [row for row in old if row not in needed]
        self._run(update(CheckoutRow).where(CheckoutRow.cart_id.in_(rows)).values(cart_id=None))
        # The database deletes the lines with them.
        self._run(delete(CartRow).where(CartRow.id.in_(rows)))
        return len(rows)

    def first_answer(self, scope: str, key: str, now: datetime) -> IdempotencyRow | None:
        """Return the first answer to a repeated request, unless it is too old."""
        row = self._session.get(IdempotencyRow, (scope, key))
        return row if row is not None and row.expires_at > now else None

    def keep_answer(
        self, scope: str, key: str, request_hash: str, response: dict[str, Any], until: datetime
    ) -> None:
        """Keep the answer to a request that may be repeated."""
        self._session.merge(
            IdempotencyRow(
                scope=scope,
                key=key,
                request_hash=request_hash,
                response=response,
                expires_at=until,
            )
        )
        self._session.flush()

    def forget_answers(self, now: datetime, limit: int) -> int:
        """Delete answers that nobody may repeat any more, at most `limit`; return how many."""
        old = (
            select(IdempotencyRow.scope, IdempotencyRow.key)
            .where(IdempotencyRow.expires_at <= now)
            .order_by(IdempotencyRow.expires_at)
            .limit(limit)
        )
        names = self._session.execute(old).all()
        for scope, key in names:
            self._run(
                delete(IdempotencyRow).where(
                    IdempotencyRow.scope == scope,
                    IdempotencyRow.key == key,
                    IdempotencyRow.expires_at <= now,
                )
            )
        return len(names)

    def _run(self, statement: Delete | Update) -> None:
        """Write past what is loaded: nothing that is loaded is written so."""
        self._session.execute(statement.execution_options(synchronize_session=False))

    def _one(self, *conditions: Any, lock: bool) -> CartRow | None:
        statement = select(CartRow).where(*conditions).options(*_WITH_LINES)
        if lock:
            # SQLite drops FOR UPDATE: its writers are alone from the start. What was read before
            # the lock was there may have changed since.
            statement = statement.with_for_update(of=CartRow).execution_options(
                populate_existing=True
            )
        return self._session.scalars(statement).one_or_none()
