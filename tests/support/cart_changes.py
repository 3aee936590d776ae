"""Change carts through the service that the tools use, and look at what came of it."""

from typing import Any

import pytest

from plantly.db import Database
from plantly.domain.errors import ShopError
from plantly.services import carts
from plantly.services.cart_view import CartView
from plantly.services.carts import CartChange
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from tests.support.shop import dump

NOBODY = Shopper()


def lines(**quantities: int) -> tuple[ItemRef, ...]:
    """Name default variants: `aloe_vera=2`."""
    return tuple(
        ItemRef(quantity, product_id=name.replace("_", "-"))
        for name, quantity in quantities.items()
    )


async def change(
    db: Database, cart_id: str | None = None, shopper: Shopper = NOBODY, **what: Any
) -> CartView:
    return await db.write(lambda uow: carts.update_cart(uow, shopper, cart_id, CartChange(**what)))


async def begin(db: Database, shopper: Shopper = NOBODY, **quantities: int) -> CartView:
    return await change(db, shopper=shopper, lines=lines(**quantities))


def content(view: CartView) -> dict[str, int]:
    return {item.variant_handle: item.quantity for item in view.items}


async def refused(db: Database, kind: type[ShopError], *args: Any, **what: Any) -> Any:
    """Check that a change is refused and that nothing is written; give the refusal."""
    before = await dump(db)
    with pytest.raises(kind) as found:
        await change(db, *args, **what)
    assert await dump(db) == before
    return found.value
