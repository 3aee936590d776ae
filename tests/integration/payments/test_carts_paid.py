"""What becomes of a cart when it is paid: it is closed, and what was saved goes on."""

import pytest

from plantly.db import Database
from plantly.services.carts import show_cart
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import Shopper, shopper_from_hint
from tests.support.cart_changes import begin, change, content, lines
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


async def pay(shop: PayShop, token: str) -> None:
    async with a_buyer(shop, token) as buyer:
        assert "your order is confirmed" in await buyer.pay("approve")


@pytest.mark.parametrize("account", [None, "a" * 64])
async def test_what_was_put_in_after_the_checkout_began_goes_on_into_the_next_cart(
    shop: PayShop, db: Database, account: str | None
) -> None:
    alice = Shopper(ALICE.hint_hash, account)
    cart = await begin(db, alice, jade=2, monstera=1, aloe_vera=1)
    await change(db, None, alice, save_for_later=("aloe-vera-12cm",))
    session = await db.write(lambda uow: start_checkout(uow, alice, StartRequest()))
    await change(db, None, alice, lines=lines(jade=5, snake_plant=1), remove=("monstera-17cm",))
    await pay(shop, session.page_token)
    paid = await db.read(lambda uow: show_cart(uow, alice, cart.cart_id))
    assert content(paid) == {"jade-9cm": 2}
    following = await db.read(lambda uow: show_cart(uow, alice, None))
    assert content(following) == {"jade-9cm": 3, "snake-plant-12cm": 1}
    assert [item.variant_handle for item in following.saved] == ["aloe-vera-12cm"]
    assert following.version == 1
    assert [await shop.left(name) for name in ("monstera-17cm", "jade-9cm")] == [(9, 0), (48, 0)]
    again = await change(db, following.cart_id, alice, lines=lines(monstera=1))
    assert (again.version, len(again.items)) == (2, 3)


async def test_a_cart_that_was_only_reduced_meanwhile_leaves_nothing(
    shop: PayShop, db: Database
) -> None:
    await begin(db, ALICE, jade=2, monstera=1)
    session = await db.write(lambda uow: start_checkout(uow, ALICE, StartRequest()))
    await change(db, None, ALICE, lines=lines(jade=1), discount_codes=("WELCOME10",))
    await pay(shop, session.page_token)
    following = await db.read(lambda uow: show_cart(uow, ALICE, None))
    assert (following.cart_id, following.items) == (None, ())


async def test_a_cart_that_only_its_id_leads_to_keeps_what_was_put_in_later(
    shop: PayShop, db: Database
) -> None:
    nobody = Shopper()
    cart = await begin(db, nobody, jade=2)
    request = StartRequest(cart_id=cart.cart_id)
    session = await db.write(lambda uow: start_checkout(uow, nobody, request))
    await change(db, cart.cart_id, nobody, lines=lines(monstera=1))
    await pay(shop, session.page_token)
    kept = await db.read(lambda uow: show_cart(uow, nobody, cart.cart_id))
    assert content(kept) == {"jade-9cm": 2, "monstera-17cm": 1}
