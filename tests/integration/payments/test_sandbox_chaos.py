"""What a shop makes of a provider that misbehaves: nothing is lost, nothing is paid twice."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import InboxRow, OrderRow, RefundRow, SandboxEventRow, SandboxPaymentRow
from plantly.domain.payment import PaymentStatus
from tests.support.clock import MovableClock
from tests.support.pay_shop import Buyer, PayShop, a_buyer, open_pay_shop

pytestmark = pytest.mark.anyio

WEBHOOK = "POST /webhooks/sandbox"
MINUTE = timedelta(minutes=1)

OpenShop = Callable[[str], AbstractAsyncContextManager[PayShop]]


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


@pytest.fixture
def shop_with(shop_url: str, db: Database, clock: MovableClock) -> OpenShop:
    """Give a way to open the shop with a sandbox that misbehaves; an empty text is a calm one."""

    @asynccontextmanager
    async def opened(chaos: str) -> AsyncIterator[PayShop]:
        environment = {"PLANTLY_SANDBOX_CHAOS": chaos}
        async with open_pay_shop(shop_url, db, clock, environment) as shop:
            yield shop

    return opened


async def rows(db: Database, table: Any) -> list[Any]:
    def read(uow: UnitOfWork) -> list[Any]:
        return list(uow.session.scalars(select(table).order_by(table.id)))

    return await db.read(read)


async def at_provider(buyer: Buyer) -> str:
    """Fill in and press Pay; give the address of the provider's page."""
    await buyer.fill_in()
    answer = await buyer.press_pay()
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def later(shop: PayShop, by: timedelta = MINUTE) -> None:
    """Let time pass, then let the worker work."""
    shop.clock.advance(by)
    await shop.till.worker.tick()


def webhooks(shop: PayShop) -> int:
    return shop.line.calls.count(WEBHOOK)


async def went_back(shop: PayShop) -> tuple[SandboxPaymentRow, RefundRow]:
    """Work until the ledger has given everything back; give its payment and our refund."""
    await shop.till.worker.tick()
    await later(shop)
    (charged,) = await rows(shop.db, SandboxPaymentRow)
    (refund,) = await rows(shop.db, RefundRow)
    given = sum(r["amount_minor"] for r in charged.refunds if r["status"] == "succeeded")
    assert given == charged.captured_minor == refund.amount_minor
    assert refund.status == "succeeded"
    assert await rows(shop.db, OrderRow) == []
    return charged, refund


async def test_duplicates_change_nothing(shop_with: OpenShop) -> None:
    async with shop_with("duplicate=1:5m") as shop, a_buyer(shop) as buyer:
        assert "Thank you" in await buyer.pay()
        assert webhooks(shop) == 2
        before = await shop.payment(buyer.token)
        await later(shop, timedelta(minutes=5))
        await later(shop, timedelta(hours=1))
        assert webhooks(shop) == 3
        after = await shop.payment(buyer.token)
        assert len(before.facts) == len(after.facts) == 1
        assert len(await rows(shop.db, OrderRow)) == len(await rows(shop.db, InboxRow)) == 1
        assert await shop.left("aloe-vera-12cm") == (22, 0)


async def test_an_overtaken_webhook_changes_nothing(shop_with: OpenShop) -> None:
    async with shop_with("reorder=1:10m") as shop, a_buyer(shop) as buyer:
        await buyer.choose("later", await at_provider(buyer))
        await shop.till.worker.tick()
        assert webhooks(shop) == 0
    async with shop_with("") as shop:
        await later(shop)
        assert await shop.status(buyer.token) == "completed"
        await later(shop, timedelta(seconds=1))
        told = [row.type for row in await rows(shop.db, InboxRow)]
        assert told == ["payment.captured", "payment.pending"]
        assert (await shop.payment(buyer.token)).status is PaymentStatus.CAPTURED
        assert await shop.status(buyer.token) == "completed"


async def test_what_nothing_overtakes_comes_late(shop_with: OpenShop) -> None:
    async with shop_with("reorder=1:30s") as shop, a_buyer(shop) as buyer:
        await buyer.pay()
        assert await shop.status(buyer.token) == "complete_in_progress"
        await later(shop, timedelta(seconds=30))
        assert await shop.status(buyer.token) == "completed"


async def test_a_dropped_webhook_is_healed_by_asking(shop_with: OpenShop) -> None:
    async with shop_with("drop=1") as shop, a_buyer(shop) as buyer:
        await buyer.pay()
        assert await shop.status(buyer.token) == "complete_in_progress"
        await later(shop)
        assert await shop.status(buyer.token) == "completed"
        assert webhooks(shop) == 0
        (event,) = await rows(shop.db, SandboxEventRow)
        assert (event.attempts, event.delivered_at is None) == (0, False)


async def test_a_delayed_webhook_comes_when_everything_is_known(shop_with: OpenShop) -> None:
    async with shop_with("delay=1:5m") as shop, a_buyer(shop) as buyer:
        await buyer.pay()
        await later(shop)
        assert (webhooks(shop), await shop.status(buyer.token)) == (0, "completed")
        await later(shop, timedelta(minutes=5))
        assert webhooks(shop) == 1
        assert len((await shop.payment(buyer.token)).facts) == 1


@pytest.mark.parametrize("seed", range(2))
async def test_a_wrong_amount_never_pays_and_goes_back(shop_with: OpenShop, seed: int) -> None:
    async with shop_with(f"wrong_amount=1,seed={seed}") as shop, a_buyer(shop) as buyer:
        assert "Thank you" not in await buyer.pay()
        charged, refund = await went_back(shop)
        assert charged.captured_minor not in {0, charged.amount_minor}
        assert refund.reason == "wrong_amount"
        assert await shop.left("aloe-vera-12cm") == (24, 0)


async def test_a_wrong_currency_never_pays_and_goes_back(shop_with: OpenShop) -> None:
    async with shop_with("wrong_currency=1") as shop, a_buyer(shop) as buyer:
        assert "Thank you" not in await buyer.pay()
        charged, refund = await went_back(shop)
        assert charged.captured_minor == charged.amount_minor
        assert refund.currency == charged.captured_currency != charged.currency
        assert await shop.left("aloe-vera-12cm") == (24, 0)


@pytest.mark.parametrize("ending", ["abandon", "stop", "expire"])
async def test_a_late_capture_goes_back(shop_with: OpenShop, ending: str) -> None:
    async with shop_with("late_capture=1:2m") as shop, a_buyer(shop) as buyer:
        pay_page = await at_provider(buyer)
        if ending == "abandon":
            await buyer.choose("abandon", pay_page)
        elif ending == "stop":
            await buyer.post("stop")
        else:
            shop.clock.advance(timedelta(hours=2))
        await shop.till.worker.tick()
        assert await shop.status(buyer.token) != "complete_in_progress"
        await later(shop, timedelta(minutes=2))
        charged, refund = await went_back(shop)
        assert (charged.status, refund.reason) == ("captured", "late_capture")
        assert await shop.left("aloe-vera-12cm") == (24, 0)


async def test_a_failure_before_anything_was_done_charges_nothing(shop_with: OpenShop) -> None:
    async with shop_with("fail_before=1") as shop, a_buyer(shop) as buyer:
        await buyer.fill_in()
        assert (await buyer.press_pay()).status_code == 503
        assert await rows(shop.db, SandboxPaymentRow) == []
        token = buyer.token
        cookies = buyer.browser.cookies
    await pays_once(shop_with, token, cookies)


@pytest.mark.parametrize("chaos", ["fail_after=1", "slow=1:9s"])
async def test_an_answer_that_is_lost_or_late_charges_once(shop_with: OpenShop, chaos: str) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    with patch("plantly.web.sandbox_api.sleep", wait):
        async with shop_with(chaos) as shop, a_buyer(shop) as buyer:
            await buyer.fill_in()
            # Whoever asked is gone by the time that a slow answer comes.
            shop.line.answers_lost = chaos.startswith("slow")
            assert (await buyer.press_pay()).status_code == 503
            assert len(await rows(shop.db, SandboxPaymentRow)) == 1
            token = buyer.token
            cookies = buyer.browser.cookies
    assert waited == ([9.0] if chaos.startswith("slow") else [])
    await pays_once(shop_with, token, cookies)


async def pays_once(shop_with: OpenShop, token: str, cookies: Any) -> None:
    """Press Pay again at a calm provider: it is the same payment, and it is paid once."""
    async with shop_with("") as shop, a_buyer(shop, token) as buyer:
        buyer.browser.cookies = cookies
        shop.clock.advance(timedelta(seconds=30))
        again = await buyer.post("pay")
        assert again.status_code == 303
        await buyer.choose("approve", again.headers["location"])
        await shop.till.worker.tick()
        assert await shop.status(token) == "completed"
        (charged,) = await rows(shop.db, SandboxPaymentRow)
        assert (charged.status, charged.refunds) == ("captured", [])
        assert len(await rows(shop.db, OrderRow)) == 1


async def test_a_refund_whose_answers_fail_stays_one(shop_with: OpenShop) -> None:
    async with shop_with("wrong_amount=1,drop=1") as shop, a_buyer(shop) as buyer:
        await buyer.pay()
    async with shop_with("fail_after=1") as shop:
        for _ in range(4):
            await later(shop)
        (charged,) = await rows(shop.db, SandboxPaymentRow)
        # Reading fails, too: the shop has not even heard of the money.
        assert charged.refunds == []
    async with shop_with("") as shop:
        await later(shop, timedelta(minutes=15))
        (refund,) = await rows(shop.db, RefundRow)
    async with shop_with("fail_after=1") as shop:
        for _ in range(4):
            await later(shop)
    async with shop_with("") as shop:
        await later(shop, timedelta(hours=1))
        await went_back(shop)
        (charged,) = await rows(shop.db, SandboxPaymentRow)
        assert len(charged.refunds) == 1
        assert refund.amount_minor == charged.captured_minor


async def test_a_pending_refund_is_followed_to_its_end(shop_with: OpenShop) -> None:
    async with shop_with("wrong_amount=1,refund_pending=1:10m") as shop, a_buyer(shop) as buyer:
        await buyer.pay()
        await shop.till.worker.tick()
        (refund,) = await rows(shop.db, RefundRow)
        (charged,) = await rows(shop.db, SandboxPaymentRow)
        assert (refund.status, charged.refunds[0]["status"]) == ("pending", "pending")
        await later(shop, timedelta(minutes=10))
        await went_back(shop)


async def test_a_refund_that_fails_is_left_to_a_person(shop_with: OpenShop) -> None:
    async with shop_with("wrong_amount=1,refund_failed=1:10m") as shop, a_buyer(shop) as buyer:
        await buyer.pay()
        await shop.till.worker.tick()
        await later(shop, timedelta(minutes=10))
        await later(shop)
        (refund,) = await rows(shop.db, RefundRow)
        (charged,) = await rows(shop.db, SandboxPaymentRow)
        assert refund.status == "failed"
        assert [r["status"] for r in charged.refunds] == ["failed"]
        assert (await shop.payment(buyer.token)).needs_attention
        told = {row.type for row in await rows(shop.db, InboxRow)}
        assert told == {"payment.captured", "payment.refund_pending", "payment.refund_failed"}


async def test_everything_at_once_still_ends_well(shop_with: OpenShop) -> None:
    chaos = "duplicate=0.5,reorder=0.5,drop=0.3,delay=0.5:2m,refund_pending=0.5,seed=7"
    async with shop_with(chaos) as shop:
        tokens = []
        for action in ("approve", "later", "abandon", "decline"):
            async with a_buyer(shop) as buyer:
                await buyer.pay(action)
                tokens.append(buyer.token)
        for _ in range(6):
            await later(shop, timedelta(minutes=5))
        states = [await shop.status(token) for token in tokens]
        assert states[:2] == ["completed", "completed"]
        assert "completed" not in states[2:]
        assert await shop.left("aloe-vera-12cm") == (20, 0)


async def test_the_pay_page_says_that_it_misbehaves(shop_with: OpenShop) -> None:
    async with shop_with("drop=0.1,slow=0.1:5s,seed=42") as shop, a_buyer(shop) as buyer:
        page = await buyer.browser.get(await at_provider(buyer))
        assert "misbehaves on purpose: drop=0.1, slow=0.1:5s, seed=42" in page.text
    async with shop_with("") as shop, a_buyer(shop) as buyer:
        page = await buyer.browser.get(await at_provider(buyer))
        assert "TEST: no money moves" in page.text
        assert "misbehaves" not in page.text
