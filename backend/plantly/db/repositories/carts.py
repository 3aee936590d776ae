"""Carts, found by their id, their owner or the conversation that they were made in."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Update, delete, exists, or_, select, update

from plantly.db.direct import Sql, change, fetch
from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import CartLineRow, CartRow, CheckoutRow, IdempotencyRow, SavedLineRow
from plantly.domain.checkout import CheckoutStatus

_GUEST = "c.closed_at IS NULL AND c.owner_hash IS NULL"
_BY = {
    by: (
        Reading(f"SELECT {{c}} FROM carts c WHERE {by}", c=CartRow),  # noqa: S608 - words of ours
        # SQLite knows no locks: its writers are alone from the start.
        Reading(f"SELECT {{c}} FROM carts c WHERE {by}", c=CartRow, lock="c"),  # noqa: S608 - words of ours
    )
    for by in (
        "c.public_id = ?",
        f"c.hint_hash = ? AND {_GUEST}",
        "c.owner_hash = ? AND c.closed_at IS NULL",
        "c.id = ?",
    )
}
_BY_PUBLIC_ID, _BY_HINT, _BY_OWNER, _BY_ROW_ID = _BY.values()
_ANSWER = Reading(
    "SELECT {i} FROM idempotency_records i WHERE i.scope = ? AND i.key = ?", i=IdempotencyRow
)
_HAS_SAVED = Sql("SELECT variant_id FROM saved_lines WHERE cart_id = :cart LIMIT 1")
_KEEP_ANSWER = Sql(
    "INSERT INTO idempotency_records (scope, key, request_hash, response, expires_at)"
    " VALUES (:scope, :key, :request_hash, :response, :expires_at)"
    " ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash,"
    " response = excluded.response, expires_at = excluded.expires_at"
)
_LINES = Reading(
    "SELECT {l} FROM cart_lines l WHERE l.cart_id = ? ORDER BY l.position", l=CartLineRow
)
_SAVED = Reading(
    "SELECT {s} FROM saved_lines s WHERE s.cart_id = ? ORDER BY s.position", s=SavedLineRow
)
_FINAL = (CheckoutStatus.COMPLETED, CheckoutStatus.CANCELED, CheckoutStatus.EXPIRED)


class CartRepository:
    """Reads carts with their lines; locks the ones that will be written."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session
        self._connection = session.our_connection

    def by_public_id(self, public_id: str, *, lock: bool = False) -> CartRow | None:
        """Return the cart with that id, open or closed."""
        return self._one(_BY_PUBLIC_ID[lock], public_id, anew=lock)

    def open_by_hint(self, hint_hash: str, *, lock: bool = False) -> CartRow | None:
        """Return the open cart of a conversation, unless it belongs to an account."""
        return self._one(_BY_HINT[lock], hint_hash, anew=lock)

    def open_by_owner(self, owner_hash: str, *, lock: bool = False) -> CartRow | None:
        """Return the open cart of an account."""
        return self._one(_BY_OWNER[lock], owner_hash, anew=lock)

    def by_row_id(self, row_id: int) -> CartRow | None:
        """Return a cart by its row id, locked."""
        return self._one(_BY_ROW_ID[True], row_id, anew=True)

    def add(self, **columns: Any) -> CartRow:
        """Store a new cart, with nothing in it yet."""
        cart = self._session.store(CartRow, **columns)
        for lines in ("lines", "saved"):
            self._session.relate(cart, lines, [])
        return cart

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
        self._session.flush()
        return bool(fetch(self._connection, _HAS_SAVED, {"cart": cart_row_id}))

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
        rows = self._session.read_rows(_ANSWER, scope, key)
        row: IdempotencyRow | None = rows[0][0] if rows else None
        return row if row is not None and row.expires_at > now else None

    def keep_answer(
        self, scope: str, key: str, request_hash: str, response: dict[str, Any], until: datetime
    ) -> None:
        """Keep the answer to a request that may be repeated."""
        values = {
            "scope": scope,
            "key": key,
            "request_hash": request_hash,
            "response": json.dumps(response),
            "expires_at": until,
        }
        change(self._connection, _KEEP_ANSWER, values)

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

    def _one(self, reading: Reading, value: object, *, anew: bool) -> CartRow | None:
        """Return a cart with its lines. What was read before it was locked may be old by now."""
        rows = self._session.read_rows(reading, value, anew=anew)
        if not rows:
            return None
        cart: CartRow = rows[0][0]
        for key, lines in (("lines", _LINES), ("saved", _SAVED)):
            if anew or key not in cart.__dict__:
                found = [line for (line,) in self._session.read_rows(lines, cart.id, anew=anew)]
                self._session.relate(cart, key, found, anew=anew)
        return cart
