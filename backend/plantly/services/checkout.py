"""Start a checkout session, and find it again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plantly.db import UnitOfWork
from plantly.db.tables import CartRow, CheckoutRow
from plantly.domain.checkout import SESSION_LIFETIME, CheckoutStatus, is_open, move
from plantly.domain.errors import InvalidInput, NotFound
from plantly.services.cart_merge import open_cart
from plantly.services.carts import check_codes
from plantly.services.checkout_view import CheckoutView, view
from plantly.services.items import WantedLine
from plantly.services.limits import try_codes
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef, merge, resolve

_NO_SESSION = (
    "There is no checkout session with this checkout_session_id: send one that start_checkout "
    "gave, or call start_checkout again."
)
_NOTHING = "There is nothing to buy yet: send items, or fill the cart with update_cart first."
_LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What to check out: a cart, the conversation's cart, or bare items."""

    cart_id: str | None = None
    items: tuple[ItemRef, ...] | None = None
    discount_codes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Start:
    """Lines to be bought, and the name under which a repeat of this start is found."""

    key: str | None
    lines: Sequence[WantedLine]
    codes: list[str]
    cart: CartRow | None
    names_codes: bool
    """Whether the caller said which codes, even if none."""
    prices: Mapping[int, int] = field(default_factory=dict)
    """Of bare items: what the answer shows, where nobody was told a price before."""


def start_checkout(uow: UnitOfWork, shopper: Shopper, request: StartRequest) -> CheckoutView:
    """Return the checkout session of a cart's version or of these items; a repeat gives the same.

    Raises:
        InvalidInput: There is nothing to buy, or both a cart and items were sent.
        NotFound: The cart or a product is unknown.
        RateLimited: Too many discount codes were tried that do not apply.
    """
    if request.cart_id is not None and request.items is not None:
        raise InvalidInput("items", "Send either cart_id or items, not both.")
    start = (
        _from_items(uow, shopper, request)
        if request.items is not None
        else _from_cart(uow, shopper, request)
    )
    found = uow.checkouts.unfinished(start.key) if start.key else None
    if found is not None and is_open(found.status) and found.expires_at <= uow.now:
        found.status = move(found.status, CheckoutStatus.EXPIRED)
        uow.checkouts.forget_buyer(found)
        uow.carts.flush()
        found = None
    checkout = found or _create(uow, shopper, start)
    known = [*(start.cart.discount_codes if start.cart else ())]
    known += found.discount_codes if found is not None else ()
    if is_open(checkout.status):
        _take_over(uow, checkout, start)
    trial = try_codes(uow, ("checkout", checkout.public_id), known, checkout.discount_codes)
    seen = view(uow, checkout)
    trial.end(seen.messages)
    return seen


def get_checkout(uow: UnitOfWork, shopper: Shopper, checkout_session_id: str) -> CheckoutView:
    """Return a checkout session.

    Raises:
        NotFound: The id is unknown, or is of somebody else's session.
    """
    return view(uow, session_for(uow, shopper, checkout_session_id))


def session_for(uow: UnitOfWork, shopper: Shopper, checkout_session_id: str) -> CheckoutRow:
    """Return the row of a checkout session.

    Raises:
        NotFound: The id is unknown, or is of somebody else's session.
    """
    checkout = session_if_for(uow, shopper, checkout_session_id)
    if checkout is None:
        raise NotFound("checkout_session_id", _NO_SESSION)
    return checkout


def session_if_for(
    uow: UnitOfWork, shopper: Shopper, checkout_session_id: str
) -> CheckoutRow | None:
    """Return a session that may be shown to this shopper: it is as much theirs as its cart is.

    One of bare items has no cart: an account that began it is named by its start.
    """
    checkout, owner = uow.checkouts.with_owner(checkout_session_id)
    return checkout if checkout is not None and _is_for(shopper, checkout, owner) else None


def _is_for(shopper: Shopper, checkout: CheckoutRow, owner: str | None) -> bool:
    start = checkout.start_key or ""
    if start.startswith("own:"):
        account = shopper.account_hash
        return account is not None and start.startswith(_owned_by(account))
    return shopper.may_open(owner, checkout.hint_hash)


def _from_items(uow: UnitOfWork, shopper: Shopper, request: StartRequest) -> _Start:
    if not request.items:
        raise InvalidInput("items", _NOTHING)
    shop = uow.shop.current().config
    found = resolve(uow, shop, request.items, "items")
    lines = merge(found, shop, "items")
    return _Start(
        key=_key_of_items(shopper, lines),
        lines=lines,
        codes=check_codes(request.discount_codes or ()),
        cart=None,
        names_codes=request.discount_codes is not None,
        prices={item.variant.id: item.amount_minor for item in found},
    )


def _key_of_items(shopper: Shopper, lines: Sequence[WantedLine]) -> str | None:
    """Name a start of bare items. Who is known by nothing begins another session each time."""
    # A conversation never finds what an account has started in it.
    who = [name for name in (shopper.account_hash, shopper.hint_hash) if name is not None]
    if not who:
        return None
    wanted = sorted([line.variant_row_id, line.quantity] for line in lines)
    digest = hashlib.sha256(json.dumps([*who, wanted]).encode()).hexdigest()
    kind = "items:" if shopper.account_hash is None else _owned_by(shopper.account_hash)
    return f"{kind}{digest}"[:_LONGEST_KEY]


def _owned_by(account_hash: str) -> str:
    """Return how the start of an account's bare items is called: no hint and no other opens it."""
    return f"own:{account_hash[:24]}:"


def _from_cart(uow: UnitOfWork, shopper: Shopper, request: StartRequest) -> _Start:
    cart = open_cart(uow, shopper, request.cart_id)
    if cart is None or not cart.lines:
        raise InvalidInput("items" if cart is None else "cart_id", _NOTHING)
    if cart.closed_at is not None:
        text = "This cart has been paid: call update_cart without cart_id to begin a new one."
        raise InvalidInput("cart_id", text)
    codes = request.discount_codes
    return _Start(
        key=f"cart:{cart.id}:{cart.version}",
        lines=[WantedLine(li.variant_id, li.quantity, li.seen_amount_minor) for li in cart.lines],
        codes=list(cart.discount_codes) if codes is None else check_codes(codes),
        cart=cart,
        names_codes=codes is not None,
    )


def _take_over(uow: UnitOfWork, checkout: CheckoutRow, start: _Start) -> None:
    """Let a repeated start replace the codes, and the prices that the shopper was shown."""
    shown = {line.variant_row_id: line.seen_amount_minor for line in start.lines}
    for line in checkout.lines:
        seen = shown.get(line.variant_id)
        if seen is not None:
            line.seen_amount_minor = seen
    # Once somebody has begun on the page, codes come and go there: a host that asks again names
    # none, and must not take them away.
    on_the_page = checkout.browser_hash is not None and not start.names_codes
    if checkout.discount_codes != start.codes and not on_the_page:
        checkout.discount_codes = start.codes
        checkout.updated_at = uow.now


def _create(uow: UnitOfWork, shopper: Shopper, start: _Start) -> CheckoutRow:
    return uow.checkouts.add(
        public_id=uow.ids.token("cs_"),
        page_token=uow.ids.token(""),
        cart_id=start.cart.id if start.cart else None,
        start_key=start.key,
        hint_hash=start.cart.hint_hash if start.cart else shopper.hint_hash,
        status=CheckoutStatus.INCOMPLETE,
        currency=uow.shop.current().config.currency,
        discount_codes=start.codes,
        created_at=uow.now,
        updated_at=uow.now,
        expires_at=uow.now + SESSION_LIFETIME,
        lines=[
            {
                "variant_id": line.variant_row_id,
                "position": position,
                "quantity": line.quantity,
                "seen_amount_minor": _first_seen(start, line),
            }
            for position, line in enumerate(start.lines)
        ],
    )


def _first_seen(start: _Start, line: WantedLine) -> int | None:
    """Return the price that the shopper knows of a line: what was said, or else is said now."""
    if line.seen_amount_minor is not None:
        return line.seen_amount_minor
    return start.prices.get(line.variant_row_id)
