"""The server may die before or after any write: trying again ends with one order and one charge."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from plantly.db import Database
from plantly.db.tables import OrderRow, PaymentRow, SandboxPaymentRow
from tests.support.clock import MovableClock
from tests.support.mortal import Crash, MortalDatabase
from tests.support.pay_shop import Buyer, a_buyer, open_pay_shop

pytestmark = pytest.mark.anyio

WRITES = 9
"""How many transactions a purchase takes at least."""


async def go_on(buyer: Buyer) -> bool:
    """Do the next thing that the page offers; say whether the order is there."""
    page = await buyer.look()
    if "Thank you" in page:
        return True
    if "Start over in this browser" in page:
        # The details were kept, but the answer with the cookie never came.
        await buyer.post("start-over")
    elif "Continue to delivery" in page:
        await buyer.fill_in()
    elif "Pay $" in page:
        to_provider = await buyer.press_pay()
        if "/sandbox/pay/" in to_provider.headers.get("location", ""):
            await buyer.choose("approve", to_provider.headers["location"])
    await buyer.shop.till.worker.tick()
    return False


async def count(db: Database, table: type, *conditions: object) -> int:
    statement = select(func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]
    return await db.read(lambda uow: uow.session.scalars(statement).one())


@pytest.mark.parametrize("after_commit", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("dies_at", range(1, WRITES + 1))
async def test_a_purchase_survives_a_crash_anywhere(
    shop_url: str, db: Database, clock: MovableClock, dies_at: int, after_commit: bool
) -> None:
    mortal = MortalDatabase(db, dies_at, after_commit=after_commit)
    token, cookies = None, None
    for _ in range(4):
        try:
            async with open_pay_shop(shop_url, mortal, clock) as shop:
                token = token or await shop.start()
                async with a_buyer(shop, token) as buyer:
                    buyer.browser.cookies = cookies or buyer.browser.cookies
                    cookies = buyer.browser.cookies
                    for _ in range(20):
                        if await go_on(buyer):
                            return await check(mortal)
                        clock.advance(timedelta(seconds=5))
        except (Crash, BaseExceptionGroup):
            # The process is started again; the lease of the one that died has to run out.
            mortal.revive()
            clock.advance(timedelta(seconds=31))
    pytest.fail("the order never came")


async def check(db: MortalDatabase) -> None:
    assert db.writes >= WRITES
    assert await count(db, OrderRow) == 1
    assert await count(db, PaymentRow) == 1
    assert await count(db, SandboxPaymentRow, SandboxPaymentRow.captured_minor > 0) == 1
