"""Checkout sessions, found by their id, their page's token or what was started."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from plantly.db.direct import Sql, fetch
from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import BuyerRow, CheckoutLineRow, CheckoutRow
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
        f"c.start_key = ? AND {_UNFINISHED}",
    )
)
_BY_PUBLIC_ID, _BY_PAGE_TOKEN, _BY_ROW_ID, _BY_START_KEY = _BY
_OF_CART, _OF_CART_LOCKED = (
    Sql(
        f"SELECT c.id FROM checkout_sessions c WHERE c.cart_id = :cart AND {_UNFINISHED}"  # noqa: S608 - words of ours
        f" ORDER BY c.id{locking}"
    )
    for locking in ("", " FOR UPDATE")
)
_LOCK_CART = Sql(
    "SELECT id FROM carts WHERE id ="
    " (SELECT cart_id FROM checkout_sessions WHERE page_token = :token) FOR UPDATE"
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

    def by_page_token(self, token: str, *, lock: bool = False) -> CheckoutRow | None:
        """Return the session whose hosted page has that token."""
        return self._one(_BY_PAGE_TOKEN, token, lock=lock)

    def by_row_id(
        self, row_id: int, *, lock: bool = False, anew: bool = False
    ) -> CheckoutRow | None:
        """Return a session by its row id."""
        return self._one(_BY_ROW_ID, row_id, lock=lock, anew=anew)

    def lock_cart(self, page_token: str) -> None:
        """Lock the cart of a session, if it has one, before the session itself is locked."""
        if self._knows_locks:
            fetch(self._session.our_connection, _LOCK_CART, {"token": page_token})

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

    def _one(
        self, by: tuple[Reading, Sql], value: object, *, lock: bool, anew: bool = False
    ) -> CheckoutRow | None:
        reading, locking = by
        session = self._session
        if lock and self._knows_locks:
            session.flush()
            fetch(session.our_connection, locking, {"value": value})
        rows = session.read_rows(reading, value, anew=anew)
        if not rows:
            return None
        checkout: CheckoutRow = rows[0][0]
        session.relate(checkout, "buyer", rows[0][1], anew=anew)
        lines = [line for _, _, line in rows if line is not None]
        session.relate(checkout, "lines", lines, anew=anew)
        return checkout
