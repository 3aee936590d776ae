"""Two presses on Pay at once, of which the provider refuses one."""

from collections.abc import AsyncIterator

import pytest

from plantly.db import Database
from plantly.services import paying
from plantly.web.security import COOKIE
from tests.support.clock import MovableClock
from tests.support.pay_shop import Buyer, PayShop, a_buyer, open_pay_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def buyer(shop_url: str, db: Database, clock: MovableClock) -> AsyncIterator[Buyer]:
    async with open_pay_shop(shop_url, db, clock) as shop, a_buyer(shop) as buyer:
        await buyer.fill_in()
        yield buyer


async def _intent(shop: PayShop, buyer: Buyer) -> paying.PaymentIntent:
    secret = next(cookie.value for cookie in buyer.browser.cookies.jar if cookie.name == COOKIE)
    found = await shop.db.write(lambda uow: paying.live_payment(uow, buyer.token, secret))
    assert found is not None
    return found


async def test_a_refusal_that_comes_after_the_start_takes_nothing_back(buyer: Buyer) -> None:
    shop = buyer.shop
    to_provider = await buyer.press_pay()
    intent = await _intent(shop, buyer)
    await shop.db.write(lambda uow: paying.note_rejected(uow, "sandbox", intent))
    assert await shop.status(buyer.token) == "complete_in_progress"
    await buyer.choose("approve", to_provider.headers["location"])
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    assert (await shop.payment(buyer.token)).refunded_minor == 0
