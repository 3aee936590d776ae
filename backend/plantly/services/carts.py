"""Fill, change and show carts."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from plantly.db import UnitOfWork
from plantly.db.tables import CartLineRow, CartRow
from plantly.domain.cart import MAX_CODES, MAX_LINES, changed_quantities, check_quantity
from plantly.domain.checkout import looks_like_card_number
from plantly.domain.errors import InvalidInput, NotFound, VersionConflict
from plantly.domain.shop import ShopConfig
from plantly.services.cart_estimate import ShipTo
from plantly.services.cart_merge import begin_cart, carts_of, make_one
from plantly.services.cart_saved import (
    move_to_cart,
    not_saved_any_more,
    save_for_later,
    take_out,
)
from plantly.services.cart_view import CartView, Holding, holding_of, holding_of_all, view_of
from plantly.services.items import WantedLine
from plantly.services.limits import try_codes
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef, ResolvedItem, merge, resolve

_ANSWERS_KEPT = timedelta(days=1)
_SCOPE = "cart_add"


@dataclass(frozen=True, slots=True)
class CartChange:
    """What a caller wants changed. `set` sets the lines it names and keeps the others.

    Things happen in this order: removing, moving into the cart, lines, saving for later.
    """

    lines: tuple[ItemRef, ...] = ()
    remove: tuple[str, ...] = ()
    discount_codes: tuple[str, ...] | None = None
    mode: Literal["set", "add"] = "set"
    expected_version: int | None = None
    save_for_later: tuple[str, ...] = ()
    move_to_cart: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is asked for at all."""
        return not self._touches_lines and self.discount_codes is None

    @property
    def leaves_nothing(self) -> bool:
        """Say whether a new cart would still hold nothing after it."""
        return not self._touches_lines and not check_codes(self.discount_codes or ())

    @property
    def _touches_lines(self) -> bool:
        return bool(self.lines or self.remove or self.save_for_later or self.move_to_cart)


def show_cart(
    uow: UnitOfWork, shopper: Shopper, cart_id: str | None, ship_to: ShipTo | None = None
) -> CartView:
    """Return the cart with that id, else the account's or the conversation's, else an empty one.

    Raises:
        NotFound: The id is unknown, or is of somebody else's cart.
    """
    return view_of(uow, holding_of_all(uow, carts_of(uow, shopper, cart_id)), ship_to)


def preview_cart(
    uow: UnitOfWork, refs: Sequence[ItemRef], ship_to: ShipTo | None = None
) -> CartView:
    """Price items without storing anything."""
    shop = uow.shop.current().config
    lines = merge(resolve(uow, shop, refs, "items"), shop, "items")
    return view_of(uow, Holding(lines=lines), ship_to)


def update_cart(
    uow: UnitOfWork, shopper: Shopper, cart_id: str | None, change: CartChange
) -> CartView:
    """Change a cart, or begin one, and return it.

    The version goes up by one when anything changed. An identical repeat of an `add` gives the
    first result.

    Raises:
        VersionConflict: `expected_version` is not the cart's, or is missing with `add`.
        InvalidInput, NotFound: See their messages; nothing is written.
        RateLimited: Too many discount codes were tried that do not apply.
    """
    if change.is_empty:
        text = (
            "There is nothing to change: send lines, remove, save_for_later, move_to_cart or "
            "discount_codes."
        )
        raise InvalidInput("lines", text)
    shop = uow.shop.current().config
    found = carts_of(uow, shopper, cart_id, lock=True)
    key = _repeat_key(shopper, cart_id, change)
    if key is not None:
        first = uow.carts.first_answer(_SCOPE, key, uow.now)
        now = None if found.seen is None else found.seen.public_id
        # In a conversation whose cart was paid the same words begin a new cart.
        if first is not None and first.response["cart_id"] == now:
            return _first_result(uow, first.response)
    _check_version(found.seen, change)
    items = _resolve_once(uow, shop, change.lines)
    cart, merged = make_one(uow, shopper, found)
    begun = cart is None
    if cart is None:
        if change.leaves_nothing:
            return view_of(uow, Holding())
        _check_beginning(change)
        cart = begin_cart(uow, shopper.account_hash, shopper.hint_hash)
    codes_before = list(cart.discount_codes)
    if (_apply(uow, shop, cart, change, items) or merged) and not begun:
        cart.version += 1
        cart.updated_at = uow.now
    uow.carts.flush()
    if key is not None:
        uow.carts.keep_answer(_SCOPE, key, key, _snapshot(cart), uow.now + _ANSWERS_KEPT)
    trial = try_codes(uow, ("cart", cart.public_id), codes_before, cart.discount_codes)
    view = view_of(uow, holding_of(cart), known=[item.variant for item in items])
    trial.end(view.messages)
    return view


def check_codes(codes: Sequence[str]) -> list[str]:
    """Return discount codes without repetition.

    Raises:
        InvalidInput: There are too many, or one is a card number, which is kept nowhere.
    """
    if any(looks_like_card_number(code) for code in codes):
        text = "discount_codes holds what looks like a card number: never send one. Leave it out."
        raise InvalidInput("discount_codes", text)
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


def _check_beginning(change: CartChange) -> None:
    for field, handles, what in (
        ("remove", change.remove, "removed from it"),
        ("move_to_cart", change.move_to_cart, "moved into it"),
    ):
        if handles:
            raise NotFound(field, f"There is no cart yet, so nothing can be {what}.")


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
    take_out(uow, cart, change.remove)
    move_to_cart(uow, shop, cart, change.move_to_cart)
    _set_lines(shop, cart, items, add=change.mode == "add")
    save_for_later(uow, shop, cart, change.save_for_later)
    # Two carts that became one may hold more than that.
    if len(cart.lines) > max(MAX_LINES, len(before["lines"])):
        text = f"A cart holds at most {MAX_LINES} different variants: remove some first."
        raise InvalidInput("lines", text)
    if change.discount_codes is not None:
        cart.discount_codes = check_codes(change.discount_codes)
    return _snapshot(cart) != before


def _set_lines(
    shop: ShopConfig, cart: CartRow, items: Sequence[ResolvedItem], *, add: bool
) -> None:
    lines = {line.variant_id: line for line in cart.lines}
    wanted = {item.variant.id: item.quantity for item in items}
    current = {key: line.quantity for key, line in lines.items()}
    quantities = changed_quantities(current, wanted, add=add)
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
    not_saved_any_more(cart, wanted)


def _repeat_key(shopper: Shopper, cart_id: str | None, change: CartChange) -> str | None:
    """Name an `add`, so that its repeat is known. A new cart that nothing leads to has no name."""
    owner = cart_id or shopper.account_hash or shopper.hint_hash
    if change.mode != "add" or owner is None:
        return None
    body = [
        owner,
        change.expected_version,
        [[ref.product_id, ref.variant_id, ref.quantity] for ref in change.lines],
        list(change.remove),
        None if change.discount_codes is None else list(change.discount_codes),
        list(change.save_for_later),
        list(change.move_to_cart),
    ]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _snapshot(cart: CartRow) -> dict[str, Any]:
    return {
        "cart_id": cart.public_id,
        "version": cart.version,
        "discount_codes": list(cart.discount_codes),
        "lines": [[li.variant_id, li.quantity, li.seen_amount_minor] for li in cart.lines],
        "saved": [[li.variant_id, li.quantity, li.seen_amount_minor] for li in cart.saved],
    }


def _first_result(uow: UnitOfWork, answer: dict[str, Any]) -> CartView:
    holding = Holding(
        cart_id=answer["cart_id"],
        version=answer["version"],
        lines=[WantedLine(*line) for line in answer["lines"]],
        saved=[WantedLine(*line) for line in answer.get("saved", ())],
        codes=answer["discount_codes"],
    )
    return view_of(uow, holding)
