"""An order that costs nothing is placed at once, and nobody is asked for money."""

import pytest

from plantly.domain.payment import PaymentStatus
from plantly.services.paying import FREE
from tests.support.pay_shop import PayShop
from tests.support.presses import ready, set_up

pytestmark = pytest.mark.anyio

GIFT = """
[[discount_codes]]
code = "GIFT"
kind = "percentage"
percent = "100"
limit = 1

[[discounts]]
name = "Nothing to pay for delivery"
kind = "free_shipping"
"""


async def test_an_order_that_costs_nothing_is_placed_at_once(shop: PayShop) -> None:
    await set_up(shop.db, GIFT)
    checkout = await ready(shop.db, codes=("GIFT",))
    shop.line.calls.clear()
    assert await shop.till.desk.pay(checkout.pressed("k1")) is None
    assert await shop.status(checkout.token) == "completed"
    assert await shop.left("aloe-vera-12cm") == (22, 0)
    payment = await shop.payment(checkout.token)
    assert (payment.provider, payment.amount_minor) == (FREE, 0)
    assert (payment.status, payment.next_poll_at) == (PaymentStatus.CAPTURED, None)
    assert [(f.source, f.amount_minor) for f in payment.facts] == [("shop", 0)]
    await shop.till.worker.tick()
    assert shop.line.calls == []
    assert await shop.till.desk.pay(checkout.pressed("k1")) is None
    assert len(await shop.payments(checkout.token)) == 1
    order = (await shop.page(checkout.token)).checkout.order
    assert order is not None
    assert order.status == "confirmed"


async def test_a_free_order_uses_its_discount_up(shop: PayShop) -> None:
    await set_up(shop.db, GIFT)
    first, second = [await ready(shop.db, codes=("GIFT",)) for _ in range(2)]
    await shop.till.desk.pay(first.pressed())
    seen = (await shop.page(second.token)).checkout
    assert seen.total_minor > 0


async def test_a_free_order_of_a_paid_cart_is_not_placed(shop: PayShop) -> None:
    await set_up(shop.db, GIFT)
    checkout = await ready(shop.db, codes=("GIFT",))
    await shop.till.desk.pay(checkout.pressed("k1"))
    assert await shop.till.desk.pay(checkout.pressed("k1")) is None
    with pytest.raises(Exception, match="over"):
        await shop.till.desk.pay(checkout.pressed("k2"))
