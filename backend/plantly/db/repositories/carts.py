"""Carts, found by their id or by the conversation that they were made in."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from plantly.db.tables import CartRow, IdempotencyRow

_WITH_LINES = selectinload(CartRow.lines)


class CartRepository:
    """Reads carts with their lines; locks the ones that will be written."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_public_id(self, public_id: str, *, lock: bool = False) -> CartRow | None:
        """Return the cart with that id, open or closed."""
        return self._one(CartRow.public_id == public_id, lock=lock)

    def open_by_hint(self, hint_hash: str, *, lock: bool = False) -> CartRow | None:
        """Return the open cart of a conversation."""
        return self._one(CartRow.hint_hash == hint_hash, CartRow.closed_at.is_(None), lock=lock)

    def by_row_id(self, row_id: int) -> CartRow | None:
        """Return a cart by its row id, locked."""
        return self._one(CartRow.id == row_id, lock=True)

    def add(self, cart: CartRow) -> None:
        """Store a new cart, so that it has a row id."""
        self._session.add(cart)
        self._session.flush()

    def flush(self) -> None:
        """Send the changes, so that a broken rule shows now."""
        self._session.flush()

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

    def forget_answers(self, now: datetime) -> int:
        """Delete the answers that nobody may repeat any more; return how many."""
        done = self._session.execute(delete(IdempotencyRow).where(IdempotencyRow.expires_at <= now))
        return int(done.rowcount)  # type: ignore[attr-defined]

    def _one(self, *conditions: Any, lock: bool) -> CartRow | None:
        statement = select(CartRow).where(*conditions).options(_WITH_LINES)
        # SQLite drops FOR UPDATE: its writers are alone from the start.
        statement = statement.with_for_update(of=CartRow) if lock else statement
        return self._session.scalars(statement).one_or_none()
