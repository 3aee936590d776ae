"""Fill, change and show carts."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from plantly.db import UnitOfWork
from plantly.db.tables import CartLineRow, CartRow
from plantly.domain.cart import MAX_LINES, changed_quantities, check_quantity
from plantly.domain.errors import InvalidInput, NotFound, VersionConflict
from plantly.domain.messages import Message
from plantly.domain.pricing import PricingInput, Totals, compute_totals
from plantly.domain.shop import ShopConfig
from plantly.services.items import PricedItem, WantedLine, price_items
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef, ResolvedItem, merge, resolve

MAX_CODES = 5
"""Discount codes that one cart can carry."""

_ANSWERS_KEPT = timedelta(days=1)
_SCOPE = "cart_add"
_NO_CART = (
    "There is no cart with this cart_id: leave cart_id out to use the cart of this conversation, "
    "or call update_cart with lines to begin a new one."
)


@dataclass(frozen=True, slots=True)
class CartChange:
    """What a caller wants changed. `set` sets the lines it names and keeps the others."""

    lines: tuple[ItemRef, ...] = ()
    remove: tuple[str, ...] = ()
    discount_codes: tuple[str, ...] | None = None
    mode: Literal["set", "add"] = "set"
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart at the prices of this moment; a preview has no id."""

    cart_id: str | None
    version: int | None
    currency: str
    items: tuple[PricedItem, ...]
    totals: Totals
    messages: tuple[Message, ...]
    discount_codes: tuple[str, ...]


def show_cart(uow: UnitOfWork, shopper: Shopper, cart_id: str | None) -> CartView:
    """Return the cart with that id, else the conversation's, else an empty one.

    Raises:
        NotFound: The id is unknown, or was made in another conversation.
    """
    cart = find_cart(uow, shopper, cart_id)
    if cart is None:
        return _view(uow, None, None, [], [])
    view = view_cart(uow, cart)
    if cart.closed_at is None:
        return view
    paid = Message("info", "cart_completed", "This cart has been paid; it takes no more changes.")
    return replace(view, messages=(paid,))


def preview_cart(uow: UnitOfWork, refs: Sequence[ItemRef]) -> CartView:
    """Price items without storing anything."""
    shop = uow.shop.current().config
    lines = merge(resolve(uow, shop, refs, "items"), shop, "items")
    return _view(uow, None, None, lines, [])


def view_cart(uow: UnitOfWork, cart: CartRow) -> CartView:
    """Return a stored cart at the prices of this moment."""
    return _view(uow, cart.public_id, cart.version, _lines_of(cart), cart.discount_codes)


def find_cart(
    uow: UnitOfWork, shopper: Shopper, cart_id: str | None, *, lock: bool = False
) -> CartRow | None:
    """Return the cart with that id, or the open one of the conversation, or none.

    Raises:
        NotFound: The id is unknown, or was made in another conversation.
    """
    if cart_id is not None:
        cart = uow.carts.by_public_id(cart_id, lock=lock)
        if cart is None or not shopper.may_see(cart.hint_hash):
            raise NotFound("cart_id", _NO_CART)
        return cart
    if shopper.hint_hash is None:
        return None
    return uow.carts.open_by_hint(shopper.hint_hash, lock=lock)


def update_cart(
    uow: UnitOfWork, shopper: Shopper, cart_id: str | None, change: CartChange
) -> CartView:
    """Change a cart, or begin one, and return it.

    The version goes up by one when anything changed. An identical repeat of an `add` gives the
    first result.

    Raises:
        VersionConflict: `expected_version` is not the cart's, or is missing with `add`.
        InvalidInput, NotFound: See their messages; nothing is written.
    """
    if not change.lines and not change.remove and change.discount_codes is None:
        text = "There is nothing to change: send lines, remove or discount_codes."
        raise InvalidInput("lines", text)
    shop = uow.shop.current().config
    cart = find_cart(uow, shopper, cart_id, lock=True)
    key = _repeat_key(shopper, cart_id, change)
    if key is not None:
        first = uow.carts.first_answer(_SCOPE, key, uow.now)
        # In a conversation whose cart was paid the same words begin a new cart.
        if first is not None and cart is not None and first.response["cart_id"] == cart.public_id:
            return _first_result(uow, first.response)
    _check_version(cart, change)
    items = _resolve_once(uow, shop, change.lines)
    if cart is None:
        if change.remove:
            raise NotFound("remove", "There is no cart yet, so nothing can be removed from it.")
        cart = _new_cart(uow, shopper)
    if _apply(uow, shop, cart, change, items):
        cart.version += 1
        cart.updated_at = uow.now
    uow.carts.flush()
    if key is not None:
        uow.carts.keep_answer(_SCOPE, key, key, _snapshot(cart), uow.now + _ANSWERS_KEPT)
    return view_cart(uow, cart)


def check_codes(codes: Sequence[str]) -> list[str]:
    """Return discount codes without repetition.

    Raises:
        InvalidInput: There are too many.
    """
    unique = list(
        {code.strip().casefold(): code.strip() for code in codes if code.strip()}.values()
    )
    if len(unique) > MAX_CODES:
        text = f"discount_codes holds {len(unique)} codes: send at most {MAX_CODES}."
        raise InvalidInput("discount_codes", text)
    return unique


def _check_version(cart: CartRow | None, change: CartChange) -> None:
    if cart is None:
        if change.expected_version is not None:
            text = "There is no cart yet: leave expected_version out to begin one."
            raise InvalidInput("expected_version", text)
        return
    if cart.closed_at is not None:
        text = "This cart has been paid: leave cart_id out to begin a new one."
        raise InvalidInput("cart_id", text)
    expected = change.expected_version
    if expected != cart.version and (expected is not None or change.mode == "add"):
        raise VersionConflict(cart_id=cart.public_id, expected=expected, current=cart.version)


def _resolve_once(uow: UnitOfWork, shop: ShopConfig, refs: Sequence[ItemRef]) -> list[ResolvedItem]:
    items = resolve(uow, shop, refs, "lines")
    named: dict[int, int] = {}
    for i, item in enumerate(items):
        first = named.setdefault(item.variant.id, i)
        if first != i:
            text = f"lines[{i}] names the same variant as lines[{first}]: send each variant once."
            raise InvalidInput(f"lines[{i}]", text)
    return items


def _apply(
    uow: UnitOfWork,
    shop: ShopConfig,
    cart: CartRow,
    change: CartChange,
    items: Sequence[ResolvedItem],
) -> bool:
    """Change the cart's rows; say whether anything is different now."""
    before = _snapshot(cart)
    _remove(uow, cart, change.remove)
    lines = {line.variant_id: line for line in cart.lines}
    wanted = {item.variant.id: item.quantity for item in items}
    current = {key: line.quantity for key, line in lines.items()}
    quantities = changed_quantities(current, wanted, add=change.mode == "add")
    for i, item in enumerate(items):
        quantity = check_quantity(
            quantities[item.variant.id], shop.max_quantity, f"lines[{i}].quantity"
        )
        line = lines.get(item.variant.id)
        if line is None:
            position = max((known.position for known in cart.lines), default=-1) + 1
            line = CartLineRow(variant_id=item.variant.id, position=position)
            cart.lines.append(line)
        line.quantity = quantity
        line.seen_amount_minor = item.amount_minor
        line.seen_currency = shop.currency
    if len(cart.lines) > MAX_LINES:
        text = f"A cart holds at most {MAX_LINES} different variants: remove some first."
        raise InvalidInput("lines", text)
    if change.discount_codes is not None:
        cart.discount_codes = check_codes(change.discount_codes)
    return _snapshot(cart) != before


def _remove(uow: UnitOfWork, cart: CartRow, handles: Sequence[str]) -> None:
    if not handles:
        return
    by_id = uow.catalog.variants_by_id(line.variant_id for line in cart.lines)
    in_cart = {by_id[line.variant_id].handle: line for line in cart.lines}
    for i, handle in enumerate(handles):
        line = in_cart.get(handle)
        if line is None:
            text = f"remove[{i}] is not in the cart: send the variant_id of one of its items."
            raise NotFound(f"remove[{i}]", text)
        if line in cart.lines:
            cart.lines.remove(line)


def _new_cart(uow: UnitOfWork, shopper: Shopper) -> CartRow:
    cart = CartRow(
        public_id=uow.ids.token("cart_"),
        hint_hash=shopper.hint_hash,
        version=0,
        discount_codes=[],
        created_at=uow.now,
        updated_at=uow.now,
        lines=[],
    )
    uow.carts.add(cart)
    return cart


def _repeat_key(shopper: Shopper, cart_id: str | None, change: CartChange) -> str | None:
    """Name an `add`, so that its repeat is known. A new cart that nothing leads to has no name."""
    owner = cart_id or shopper.hint_hash
    if change.mode != "add" or owner is None:
        return None
    body = [
        owner,
        change.expected_version,
        [[ref.product_id, ref.variant_id, ref.quantity] for ref in change.lines],
        list(change.remove),
        None if change.discount_codes is None else list(change.discount_codes),
    ]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _snapshot(cart: CartRow) -> dict[str, Any]:
    return {
        "cart_id": cart.public_id,
        "version": cart.version,
        "discount_codes": list(cart.discount_codes),
        "lines": [[li.variant_id, li.quantity, li.seen_amount_minor] for li in cart.lines],
    }


def _first_result(uow: UnitOfWork, answer: dict[str, Any]) -> CartView:
    lines = [WantedLine(*line) for line in answer["lines"]]
    return _view(uow, answer["cart_id"], answer["version"], lines, answer["discount_codes"])


def _lines_of(cart: CartRow) -> list[WantedLine]:
    return [WantedLine(li.variant_id, li.quantity, li.seen_amount_minor) for li in cart.lines]


def _view(
    uow: UnitOfWork,
    cart_id: str | None,
    version: int | None,
    lines: Sequence[WantedLine],
    codes: Sequence[str],
) -> CartView:
    shop = uow.shop.current().config
    priced = price_items(uow, shop, lines)
    totals = compute_totals(
        shop,
        PricingInput(
            lines=priced.as_priced_lines(), codes=codes, place=None, option=None, now=uow.now
        ),
    )
    return CartView(
        cart_id=cart_id,
        version=version,
        currency=shop.currency,
        items=priced.items,
        totals=totals,
        messages=(*priced.messages, *totals.messages),
        discount_codes=tuple(codes),
    )
