"""Checkouts that only wait for Pay, pressed without a browser."""

from dataclasses import dataclass, replace
from typing import Any

from plantly.db import Database, UnitOfWork
from plantly.services import checkout_page
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.pay_press import PayPress
from plantly.services.shop_file import apply_shop, read_shop_file
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from tests.support.builders import buyer
from tests.support.shop import SHOP_TOML

BROWSER = "a-browser-of-its-own"


@dataclass(frozen=True)
class Ready:
    """A checkout with everything filled in, and the press that would pay it."""

    token: str
    public_id: str
    press: PayPress

    def pressed(self, key: str | None = None, **changes: Any) -> PayPress:
        """Give the press of one rendering of the page."""
        return replace(self.press, key=key, **changes)


async def ready(
    db: Database,
    *,
    codes: tuple[str, ...] = (),
    email: str = "alex@example.com",
    cart_id: str | None = None,
    **quantities: int,
) -> Ready:
    """Start a checkout of products by slug (`_` for `-`) or of a cart, and fill it in."""
    return await db.write(lambda uow: _ready(uow, codes, email, cart_id, quantities))


async def quote(db: Database, checkout: Ready) -> Ready:
    """Look at the page again, and agree to what it shows now."""
    seen = await db.read(lambda uow: checkout_page.show(uow, checkout.token, BROWSER))
    press = replace(checkout.press, quote_hash=seen.checkout.quote_hash)
    return replace(checkout, press=press)


async def set_up(db: Database, extra: str) -> None:
    """Give the shop more rules than the small shop has."""
    await db.write(lambda uow: apply_shop(uow, read_shop_file(SHOP_TOML + extra)))


def _ready(
    uow: UnitOfWork,
    codes: tuple[str, ...],
    email: str,
    cart_id: str | None,
    quantities: dict[str, int],
) -> Ready:
    items = tuple(
        ItemRef(quantity=quantity, product_id=slug.replace("_", "-"))
        for slug, quantity in (quantities or {"aloe_vera": 2}).items()
    )
    request = StartRequest(
        cart_id=cart_id,
        items=None if cart_id else items,
        discount_codes=codes or None,
    )
    session = start_checkout(uow, Shopper(), request)
    token = session.page_token
    assert checkout_page.save_details(uow, token, BROWSER, buyer(email=email)) == {}
    seen = checkout_page.show(uow, token, BROWSER).checkout
    press = PayPress(token, BROWSER, seen.quote_hash, seen.option_id)
    return Ready(token, session.public_id, press)
