"""What becomes of a cart when it is paid: it is closed, and what was saved goes on."""

import pytest

from plantly.db import Database
from plantly.services.carts import show_cart
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import shopper_from_hint
from tests.support.cart_changes import begin, change, content
from tests.support.pay_shop import PayShop, a_buyer
from tests.support.shop import HINT

pytestmark = pytest.mark.anyio

ALICE = shopper_from_hint(HINT, trust=True)


async def test_what_is_saved_survives_the_payment(shop: PayShop, db: Database) -> None:
    cart = await begin(db, ALICE, jade=2, monstera=3)
    await change(db, None, ALICE, save_for_later=("monstera-17cm",))
    session = await db.write(lambda uow: start_checkout(uow, ALICE, StartRequest()))
    async with a_buyer(shop, session.page_token) as buyer:
        assert "your order is confirmed" in await buyer.pay("approve")
    paid = await db.read(lambda uow: show_cart(uow, ALICE, cart.cart_id))
    assert (content(paid), paid.saved) == ({"jade-9cm": 2}, ())
    assert [message.code for message in paid.messages] == ["cart_completed"]
    following = await db.read(lambda uow: show_cart(uow, ALICE, None))
    assert (following.items, following.version) == ((), 1)
    assert [(item.variant_handle, item.quantity) for item in following.saved] == [
        ("monstera-17cm", 3)
    ]
    assert await shop.left("monstera-17cm") == (10, 0)
