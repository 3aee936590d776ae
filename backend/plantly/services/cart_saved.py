"""Put lines of a cart aside for later, and take them back."""

from collections.abc import Iterable, Sequence

from plantly.db import UnitOfWork
from plantly.db.tables import CartLineRow, CartRow, SavedLineRow
from plantly.domain.cart import MAX_SAVED
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.shop import ShopConfig
from plantly.services.cart_merge import begin_cart
from plantly.services.items import price_of

Row = CartLineRow | SavedLineRow


def take_out(uow: UnitOfWork, cart: CartRow, handles: Sequence[str]) -> None:
    """Remove lines from the cart, or from what is saved.

    Raises:
        NotFound: One of them is in neither.
    """
    if not handles:
        return
    in_cart, saved = _by_handle(uow, cart.lines), _by_handle(uow, cart.saved)
    for i, handle in enumerate(handles):
        if handle in in_cart:
            cart.lines = [line for line in cart.lines if line is not in_cart[handle]]
        elif handle in saved:
            cart.saved = [line for line in cart.saved if line is not saved[handle]]
        else:
            text = f"remove[{i}] is not in the cart: send the variant_id of one of its items."
            raise NotFound(f"remove[{i}]", text)


def save_for_later(
    uow: UnitOfWork, shop: ShopConfig, cart: CartRow, handles: Sequence[str]
) -> None:
    """Put lines aside. What is aside already stays there.

    Raises:
        NotFound: One of them is not in the cart.
        InvalidInput: So many are not kept.
    """
    if not handles:
        return
    in_cart, saved = _by_handle(uow, cart.lines), _by_handle(uow, cart.saved)
    for i, handle in enumerate(dict.fromkeys(handles)):
        line = in_cart.get(handle)
        if line is None and handle not in saved:
            at = f"save_for_later[{i}]"
            text = (
                f"{at} is not in the cart: send the variant_id of one of its items, or name it in "
                "lines as well."
            )
            raise NotFound(at, text)
        if line is not None:
            kept = SavedLineRow(variant_id=line.variant_id, position=_next(cart.saved))
            _copy(uow, shop, line, kept)
            cart.lines = [one for one in cart.lines if one is not line]
            cart.saved.append(kept)
    if len(cart.saved) > MAX_SAVED:
        text = f"At most {MAX_SAVED} different variants can be saved: remove some first."
        raise InvalidInput("save_for_later", text)


def move_to_cart(uow: UnitOfWork, shop: ShopConfig, cart: CartRow, handles: Sequence[str]) -> None:
    """Take saved lines back into the cart. What is there already stays there.

    Raises:
        NotFound: One of them is not saved.
    """
    if not handles:
        return
    in_cart, saved = _by_handle(uow, cart.lines), _by_handle(uow, cart.saved)
    for i, handle in enumerate(dict.fromkeys(handles)):
        kept = saved.get(handle)
        if kept is None and handle not in in_cart:
            at = f"move_to_cart[{i}]"
            text = f"{at} is not saved for later: send the variant_id of something that is."
            raise NotFound(at, text)
        if kept is not None:
            line = CartLineRow(variant_id=kept.variant_id, position=_next(cart.lines))
            _copy(uow, shop, kept, line)
            line.quantity = min(line.quantity, shop.max_quantity)
            cart.lines.append(line)
            cart.saved = [one for one in cart.saved if one is not kept]


def not_saved_any_more(cart: CartRow, variant_ids: Iterable[int]) -> None:
    """Forget that variants were saved: they are in the cart now."""
    now_in_cart = set(variant_ids)
    if any(line.variant_id in now_in_cart for line in cart.saved):
        cart.saved = [line for line in cart.saved if line.variant_id not in now_in_cart]


def carry_over(uow: UnitOfWork, paid: CartRow) -> None:
    """Move what was saved in a paid cart into the next one of its owner or conversation."""
    nobody = paid.owner_hash is None and paid.hint_hash is None
    if nobody or not uow.carts.has_saved(paid.id):
        return
    following = begin_cart(uow, paid.owner_hash, paid.hint_hash)
    uow.carts.move_saved(paid.id, following.id)


def _copy(uow: UnitOfWork, shop: ShopConfig, line: Row, to: Row) -> None:
    """Write a line anew: the shopper sees today's price with it."""
    variant = uow.shelf.by_id([line.variant_id])[line.variant_id]
    price = price_of(variant, shop.currency, uow.now)
    to.quantity = line.quantity
    to.seen_amount_minor = line.seen_amount_minor if price is None else price.amount_minor
    to.seen_currency = line.seen_currency if price is None else shop.currency


def _by_handle(uow: UnitOfWork, rows: Sequence[Row]) -> dict[str, Row]:
    variants = uow.shelf.by_id(row.variant_id for row in rows)
    return {variants[row.variant_id].handle: row for row in rows}


def _next(rows: Sequence[Row]) -> int:
    return max((row.position for row in rows), default=-1) + 1
