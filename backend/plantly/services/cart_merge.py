"""Find the cart of a shopper, and make one of two when somebody has signed in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from plantly.db import UnitOfWork
from plantly.db.tables import CartLineRow, CartRow, SavedLineRow
from plantly.domain.cart import CartContents, HeldLine, merge_carts
from plantly.domain.checkout import CheckoutStatus, is_open, move
from plantly.domain.errors import NotFound
from plantly.services.shopper import Shopper

Row = TypeVar("Row", CartLineRow, SavedLineRow)

_NO_CART = (
    "There is no cart with this cart_id: leave cart_id out to use the cart of this conversation, "
    "or call update_cart with lines to begin a new one."
)


@dataclass(frozen=True, slots=True)
class FoundCarts:
    """The cart of a shopper; `guest` is one without an owner that their account takes over.

    Without a `cart` the guest's becomes the account's own, else what is in it moves over.
    """

    cart: CartRow | None
    guest: CartRow | None = None

    @property
    def seen(self) -> CartRow | None:
        """Return the cart whose id and version the shopper is shown."""
        return self.guest if self.cart is None else self.cart


def carts_of(
    uow: UnitOfWork, shopper: Shopper, cart_id: str | None, *, lock: bool = False
) -> FoundCarts:
    """Find the cart with that id, else the account's, else the conversation's.

    Raises:
        NotFound: The id is unknown, or is of somebody else's cart.
    """
    if shopper.account_hash is not None:
        return _of_account(uow, shopper, cart_id, lock=lock)
    if cart_id is not None:
        return FoundCarts(_named(uow, shopper, cart_id, lock=lock))
    return FoundCarts(_of_conversation(uow, shopper, lock=lock))


def open_cart(uow: UnitOfWork, shopper: Shopper, cart_id: str | None) -> CartRow | None:
    """Return the one cart of a shopper, locked, with what their conversation had put into its own.

    Raises:
        NotFound: The id is unknown, or is of somebody else's cart.
    """
    found = carts_of(uow, shopper, cart_id, lock=True)
    cart, changed = make_one(uow, shopper, found)
    if cart is not None and changed:
        cart.version += 1
        cart.updated_at = uow.now
        uow.carts.flush()
    return cart


def begin_cart(uow: UnitOfWork, owner_hash: str | None, hint_hash: str | None) -> CartRow:
    """Store a cart with nothing in it yet: what comes into it now is its first version."""
    return uow.carts.add(
        public_id=uow.ids.token("cart_"),
        owner_hash=owner_hash,
        hint_hash=hint_hash,
        version=1,
        discount_codes=[],
        created_at=uow.now,
        updated_at=uow.now,
    )


def make_one(uow: UnitOfWork, shopper: Shopper, found: FoundCarts) -> tuple[CartRow | None, bool]:
    """Make one cart of what was found, locked; say whether that changed what is in it."""
    guest = found.guest
    if guest is None:
        return found.cart, False
    if found.cart is None:
        guest.owner_hash = shopper.account_hash
        uow.carts.flush()
        return guest, False
    if not _end_sessions(uow, guest):
        return found.cart, False
    own, before = found.cart, contents_of(found.cart)
    most = uow.shop.current().config.max_quantity
    merged = merged_contents(own, guest, most)
    changed = merged != merge_carts(before, before, most)
    if changed:
        own.discount_codes = list(merged.codes)
        order = _order(own.lines, guest.lines)
        own.lines[:] = _rows(CartLineRow, own.lines, merged.lines, order)
        order = _order(own.saved, guest.saved)
        own.saved[:] = _rows(SavedLineRow, own.saved, merged.saved, order)
    guest.lines.clear()
    guest.saved.clear()
    guest.merged_into = own.public_id
    guest.closed_at = guest.updated_at = uow.now
    uow.carts.flush()
    return own, changed


def contents_of(cart: CartRow) -> CartContents:
    """Return what is in a cart, as the rules know it."""
    return CartContents(
        lines=_held(cart.lines), saved=_held(cart.saved), codes=tuple(cart.discount_codes)
    )


def merged_contents(own: CartRow, guest: CartRow, max_quantity: int) -> CartContents:
    """Return what would be in the one cart, in the order in which shoppers see it."""
    merged = merge_carts(contents_of(own), contents_of(guest), max_quantity)
    lines, saved = _order(own.lines, guest.lines), _order(own.saved, guest.saved)
    return CartContents(
        lines={key: merged.lines[key] for key in lines},
        saved={key: merged.saved[key] for key in saved if key in merged.saved},
        codes=merged.codes,
    )


def _of_account(
    uow: UnitOfWork, shopper: Shopper, cart_id: str | None, *, lock: bool
) -> FoundCarts:
    # Whoever locks two carts locks the account's first.
    own = uow.carts.open_by_owner(shopper.account_hash or "", lock=lock)
    named = None if cart_id is None else _named(uow, shopper, cart_id, lock=lock)
    if named is not None and named.closed_at is not None:
        return FoundCarts(named)
    if named is not None and named.owner_hash is None:
        guest: CartRow | None = named
    else:
        guest = _of_conversation(uow, shopper, lock=lock)
    if own is not None and guest is not None and not _can_move(uow, own, guest):
        return FoundCarts(named or own)
    return FoundCarts(own, guest)


def _of_conversation(uow: UnitOfWork, shopper: Shopper, *, lock: bool) -> CartRow | None:
    if shopper.hint_hash is None:
        return None
    return uow.carts.open_by_hint(shopper.hint_hash, lock=lock)


def _named(uow: UnitOfWork, shopper: Shopper, cart_id: str, *, lock: bool) -> CartRow:
    cart = uow.carts.by_public_id(cart_id, lock=lock)
    if cart is not None and cart.merged_into is not None:
        cart = uow.carts.by_public_id(cart.merged_into, lock=lock)
    if cart is None or not shopper.may_open(cart.owner_hash, cart.hint_hash):
        raise NotFound("cart_id", _NO_CART)
    return cart


def _can_move(uow: UnitOfWork, own: CartRow, guest: CartRow) -> bool:
    """Say whether the guest's lines may go: not while they are paid for, nor without an end."""
    return not contents_of(own).is_full and not uow.carts.is_being_paid(guest.id)


def _end_sessions(uow: UnitOfWork, guest: CartRow) -> bool:
    """Cancel the open sessions of a cart; say no when one of them is being paid after all."""
    sessions = uow.checkouts.of_cart(guest.id)
    if any(session.status is CheckoutStatus.COMPLETE_IN_PROGRESS for session in sessions):
        return False
    for session in filter(lambda one: is_open(one.status), sessions):
        session.status = move(session.status, CheckoutStatus.CANCELED)
        session.updated_at = uow.now
        uow.checkouts.forget_buyer(session)
    return True


def _held(rows: Iterable[CartLineRow | SavedLineRow]) -> dict[int, HeldLine]:
    return {
        row.variant_id: HeldLine(row.quantity, row.seen_amount_minor, row.seen_currency)
        for row in rows
    }


def _order(*carts: Sequence[CartLineRow | SavedLineRow]) -> list[int]:
    return list(dict.fromkeys(row.variant_id for rows in carts for row in rows))


def _rows(
    kind: type[Row], rows: Sequence[Row], wanted: Mapping[int, HeldLine], order: Sequence[int]
) -> list[Row]:
    known = {row.variant_id: row for row in rows}
    kept = []
    for position, key in enumerate(key for key in order if key in wanted):
        row = known.get(key) or kind(variant_id=key)
        held = wanted[key]
        row.position, row.quantity = position, held.quantity
        row.seen_amount_minor, row.seen_currency = held.seen_amount_minor, held.seen_currency
        kept.append(row)
    return kept
