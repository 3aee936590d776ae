"""Checkout sessions, found by their id, their page's token or what was started."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from plantly.db.direct import Sql, fetch
from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import BuyerRow, CartRow, CheckoutLineRow, CheckoutRow
from plantly.domain.checkout import CheckoutStatus

_PARTS = (selectinload(CheckoutRow.lines), joinedload(CheckoutRow.buyer))
_FINAL = (CheckoutStatus.COMPLETED, CheckoutStatus.CANCELED, CheckoutStatus.EXPIRED)


_UNFINISHED = "c.status NOT IN ('completed', 'canceled', 'expired')"
_BY = tuple(
    (
        Reading(
            "SELECT {c}, {b}, {l} FROM checkout_sessions c"  # noqa: S608 - words of ours
            " LEFT JOIN buyers b ON b.checkout_id = c.id"
            f" LEFT JOIN checkout_lines l ON l.checkout_id = c.id WHERE {by} ORDER BY l.position",
            c=CheckoutRow,
            b=BuyerRow,
            l=CheckoutLineRow,
        ),
        # Whoever waits for a row reads what it was joined to from before: so it is locked first.
        Sql(f"SELECT c.id FROM checkout_sessions c WHERE {by.replace('?', ':value')} FOR UPDATE"),  # noqa: S608 - words of ours
    )
    for by in (
        "c.public_id = ?",
        "c.page_token = ?",
        "c.id = ?",
        "c.id = (SELECT checkout_id FROM payments WHERE reference = ?)",
        f"c.start_key = ? AND {_UNFINISHED}",
    )
)
_BY_PUBLIC_ID, _BY_PAGE_TOKEN, _BY_ROW_ID, _BY_REFERENCE, _BY_START_KEY = _BY
_OWNED = Reading(
    "SELECT {c}, {b}, {l}, {k} FROM checkout_sessions c"
    " LEFT JOIN buyers b ON b.checkout_id = c.id"
    " LEFT JOIN checkout_lines l ON l.checkout_id = c.id"
    " LEFT JOIN carts k ON k.id = c.cart_id WHERE c.public_id = ? ORDER BY l.position",
    only={"k": ("id", "owner_hash")},
    c=CheckoutRow,
    b=BuyerRow,
    l=CheckoutLineRow,
    k=CartRow,
)
_OF_CART, _OF_CART_LOCKED = (
    Sql(
        f"SELECT c.id FROM checkout_sessions c WHERE c.cart_id = :cart AND {_UNFINISHED}"  # noqa: S608 - words of ours
        f" ORDER BY c.id{locking}"
    )
    for locking in ("", " FOR UPDATE")
)
_CART, _CART_LOCKED = (
    Sql(
        "SELECT closed_at IS NOT NULL FROM carts WHERE id ="  # noqa: S608 - words of ours
        f" (SELECT cart_id FROM checkout_sessions WHERE page_token = :token){locking}"
    )
    for locking in ("", " FOR UPDATE")
)


class CheckoutRepository:
    """Reads checkout sessions with lines and buyer."""

    def __init__(self, session: DirectSession) -> None:
        self._session = session
        # SQLite's writers are alone from the start.
        self._knows_locks = session.our_connection.dialect.name != "sqlite"

    def by_public_id(self, public_id: str, *, lock: bool = False) -> CheckoutRow | None:
        """Return the session with that id."""
        return self._one(_BY_PUBLIC_ID, public_id, lock=lock)

    def with_owner(self, public_id: str) -> tuple[CheckoutRow | None, str | None]:
        """Return the session with that id, and the account that its cart belongs to, if any."""
        rows = self._session.read_rows(_OWNED, public_id)
        cart: CartRow | None = rows[0][3] if rows else None
        return self._related(rows), None if cart is None else cart.owner_hash

    def by_page_token(self, token: str, *, lock: bool = False) -> CheckoutRow | None:
        """Return the session whose hosted page has that token."""
        return self._one(_BY_PAGE_TOKEN, token, lock=lock)

    def by_row_id(self, row_id: int) -> CheckoutRow | None:
        """Return a session by its row id."""
        return self._one(_BY_ROW_ID, row_id)

    def of_payment(self, reference: str) -> CheckoutRow | None:
        """Return the session that a payment is of, locked, as it is now."""
        return self._one(_BY_REFERENCE, reference, lock=True, anew=True)

    def lock_cart(self, page_token: str) -> bool:
        """Lock the cart of a session, if it has one, before the session itself is locked.

        Says whether it has been paid for already, by this session or another one.
        """
        text = _CART_LOCKED if self._knows_locks else _CART
        rows = fetch(self._session.our_connection, text, {"token": page_token})
        return bool(rows and rows[0][0])

    def unfinished(self, start_key: str) -> CheckoutRow | None:
        """Return the session that the same start has made and nobody has finished, locked."""
        return self._one(_BY_START_KEY, start_key, lock=True)

    def of_cart(self, cart_row_id: int) -> Sequence[CheckoutRow]:
        """Return the unfinished sessions of a cart, locked."""
        self._session.flush()
        text = _OF_CART_LOCKED if self._knows_locks else _OF_CART
        rows = fetch(self._session.our_connection, text, {"cart": cart_row_id})
        found = [self.by_row_id(row[0]) for row in rows]
        return [checkout for checkout in found if checkout is not None]

    def expired(self, now: datetime, limit: int) -> Sequence[str]:
        """Return the ids of unfinished sessions whose time is over."""
        return self._session.scalars(
            select(CheckoutRow.public_id)
            .where(CheckoutRow.status.not_in(_FINAL), CheckoutRow.expires_at <= now)
            .order_by(CheckoutRow.expires_at)
            .limit(limit)
        ).all()

    def add(self, lines: Iterable[Mapping[str, Any]], **columns: Any) -> CheckoutRow:
        """Store a new session and its lines, which come in their order; nobody buys yet."""
        checkout = self._session.store(CheckoutRow, **columns)
        named = [{"checkout_id": checkout.id, **line} for line in lines]
        stored = self._session.store_all(CheckoutLineRow, named) if named else []
        self._session.relate(checkout, "lines", stored)
        self._session.relate(checkout, "buyer", None)
        return checkout

    def forget_buyer(self, checkout: CheckoutRow) -> None:
        """Erase the personal data of a session."""
        if checkout.buyer is not None:
            self._session.delete(checkout.buyer)
            checkout.buyer = None
            self._session.flush()

    def set_buyer(self, checkout: CheckoutRow, fields: dict[str, str]) -> None:
        """Replace the personal data of a session."""
        if checkout.buyer is None:
            buyer = self._session.store(BuyerRow, checkout_id=checkout.id, **fields)
            self._session.relate(checkout, "buyer", buyer, anew=True)
            return
        for name, value in fields.items():
            setattr(checkout.buyer, name, value)

    def _one(
        self, by: tuple[Reading, Sql], value: object, *, lock: bool = False, anew: bool = False
    ) -> CheckoutRow | None:
        reading, locking = by
        session = self._session
        if lock and self._knows_locks:
            session.flush()
            if not fetch(session.our_connection, locking, {"value": value}):
                return None
        return self._related(session.read_rows(reading, value, anew=anew), anew=anew)

    def _related(
        self, rows: Sequence[tuple[Any, ...]], *, anew: bool = False
    ) -> CheckoutRow | None:
        """Return the session of rows that begin with it, its buyer and a line."""
        if not rows:
            return None
        checkout: CheckoutRow = rows[0][0]
        self._session.relate(checkout, "buyer", rows[0][1], anew=anew)
        lines = [row[2] for row in rows if row[2] is not None]
        self._session.relate(checkout, "lines", lines, anew=anew)
        return checkout
