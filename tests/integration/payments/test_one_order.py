"""Whatever is pressed, sent or changed at once: one order, of what was agreed to."""

import asyncio

import pytest

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow
from plantly.domain.errors import CheckoutClosed
from plantly.domain.payment import Fact, FactKind
from plantly.services.carts import CartChange, update_cart
from plantly.services.payment_events import apply_facts
from plantly.services.placing import place_order
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from tests.support.pay_shop import PayShop, a_buyer
from tests.support.presses import Ready, ready
from tests.support.rivals import race
from tests.support.shop import dump
from tests.support.stock import stock

pytestmark = pytest.mark.anyio

ALOE = "aloe-vera-12cm"


async def cart(shop: PayShop, quantity: int, cart_id: str | None = None) -> str:
    """Put that many aloes into a cart."""

    def fill(uow: UnitOfWork) -> str:
        line = ItemRef(quantity=quantity, product_id="aloe-vera")
        view = update_cart(uow, Shopper(), cart_id, CartChange(lines=(line,)))
        assert view.cart_id is not None
        return view.cart_id

    return await shop.db.write(fill)


async def capture(shop: PayShop, checkout: Ready) -> None:
    """Let the provider say that the newest attempt has been paid."""
    payment = await shop.payment(checkout.token)
    paid = Fact("captured", FactKind.CAPTURED, payment.amount_minor, payment.currency)
    await shop.db.write(
        lambda uow: apply_facts(uow, "sandbox", payment.reference, [paid], source="webhook")
    )


async def test_an_order_is_placed_once_however_often_and_at_once_it_is_said(
    shop: PayShop, shop_url: str
) -> None:
    checkout = await ready(shop.db)
    await shop.till.desk.pay(checkout.pressed())
    payment = await shop.payment(checkout.token)
    paid = Fact("captured", FactKind.CAPTURED, payment.amount_minor, payment.currency)

    def say(uow: UnitOfWork) -> bool:
        return apply_facts(uow, "sandbox", payment.reference, [paid], source="webhook")

    results = await asyncio.to_thread(race, shop_url, [say] * 8, clock=shop.clock)
    assert results == [True] * 8
    assert len((await dump(shop.db))["orders"]) == 1
    assert await shop.left(ALOE) == (22, 0)

    def again(uow: UnitOfWork) -> OrderRow | None:
        return place_order(uow, uow.payments.chain("sandbox", payment.reference))

    assert await shop.db.write(again) is None


async def test_two_sessions_of_one_cart_become_one_order_and_one_refund(shop: PayShop) -> None:
    cart_id = await cart(shop, 1)
    one = await ready(shop.db, cart_id=cart_id)
    await cart(shop, 2, cart_id)
    two = await ready(shop.db, cart_id=cart_id)
    await shop.till.desk.pay(one.pressed())
    await shop.till.desk.pay(two.pressed())
    await capture(shop, one)
    await capture(shop, two)
    rows = await dump(shop.db)
    assert [len(rows[name]) for name in ("orders", "refunds")] == [1, 1]
    late = await shop.payment(two.token)
    assert (late.captured_minor, late.refund_decided_minor) == (late.amount_minor,) * 2
    assert await shop.left(ALOE) == (23, 0)


async def test_a_session_of_a_paid_cart_cannot_be_paid_any_more(shop: PayShop) -> None:
    cart_id = await cart(shop, 1)
    one = await ready(shop.db, cart_id=cart_id)
    await cart(shop, 2, cart_id)
    two = await ready(shop.db, cart_id=cart_id)
    await shop.till.desk.pay(two.pressed("k1"))
    await shop.till.desk.pay(one.pressed())
    await capture(shop, one)
    await shop.till.desk.stop(two.token, two.press.browser)
    with pytest.raises(CheckoutClosed, match="paid for already"):
        await shop.till.desk.pay(two.pressed("k2"))


async def test_a_cart_that_changes_while_it_is_paid_changes_nothing_about_the_order(
    shop: PayShop,
) -> None:
    cart_id = await cart(shop, 2)
    checkout = await ready(shop.db, cart_id=cart_id)
    await shop.till.desk.pay(checkout.pressed())
    agreed = (await shop.page(checkout.token)).checkout.total_minor
    await cart(shop, 5, cart_id)
    await capture(shop, checkout)
    seen = (await shop.page(checkout.token)).checkout
    assert (seen.status, seen.total_minor) == ("completed", agreed)
    assert [item.quantity for item in seen.items] == [2]
    assert await shop.left(ALOE) == (22, 0)


async def test_several_variants_are_held_all_or_none(shop: PayShop) -> None:
    first = await ready(shop.db, aloe_vera=1, snake_plant=2, jade=3)
    second = await ready(shop.db, aloe_vera=1, snake_plant=2, jade=3)
    await shop.till.desk.pay(first.pressed())
    with pytest.raises(Exception, match="Snake Plant"):
        await shop.till.desk.pay(second.pressed())
    assert await shop.payments(second.token) == []
    assert await shop.left(ALOE) == (24, 1)
    assert await shop.left("jade-9cm") == (50, 3)
    await capture(shop, first)
    assert [await shop.left(h) for h in (ALOE, "snake-plant-12cm", "jade-9cm")] == [
        (23, 0),
        (1, 0),
        (47, 0),
    ]


async def test_a_hold_ends_only_after_the_session_was_closed_and_read_once_more(
    shop: PayShop,
) -> None:
    checkout = await ready(shop.db)
    page = await shop.till.desk.pay(checkout.pressed())
    assert page is not None
    payment = await shop.payment(checkout.token)
    shop.clock.advance(payment.expires_at - shop.clock())
    shop.line.provider_down = shop.line.webhooks_lost = True
    await shop.till.worker.tick()
    assert await shop.left(ALOE) == (24, 2)
    shop.line.provider_down = False
    shop.clock.advance(payment.expires_at - payment.created_at)
    shop.line.calls.clear()
    await shop.till.worker.tick()
    asked = [call for call in shop.line.calls if str(payment.session_ref) in call]
    assert [call.partition(" ")[0] for call in asked] == ["POST", "GET"]
    assert await shop.left(ALOE) == (24, 0)


async def test_stock_is_never_set_below_what_is_reserved(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    page = await shop.till.desk.pay(checkout.pressed())
    with pytest.raises(Exception, match="not_oversold"):
        await shop.db.write(lambda uow: stock(uow, ALOE, on_hand=1))
    await shop.db.write(lambda uow: stock(uow, ALOE, on_hand=2))
    async with a_buyer(shop, checkout.token) as buyer:
        await buyer.choose("approve", str(page))
    await shop.till.worker.tick()
    assert await shop.status(checkout.token) == "completed"
    assert await shop.left(ALOE) == (0, 0)
