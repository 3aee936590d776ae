"""How the sandbox's webhooks travel: several at once, to the shop that registered for them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import anyio
import httpx
import pytest
from sqlalchemy import select

from plantly.db import Database, open_database
from plantly.db.tables import OrderRow, SandboxEventRow, SandboxPaymentRow
from plantly.payments.gateway import PaymentRequest
from plantly.payments.signatures import TIMESTAMP_HEADER, signed_headers
from plantly.services.workflows import sandbox_clock
from tests.support.clock import MovableClock
from tests.support.pay_shop import PayShop, a_buyer, open_pay_shop

pytestmark = pytest.mark.anyio

KNOWN = {
    "PLANTLY_SANDBOX_API_KEY": "sk_sandbox_0123456789",
    "PLANTLY_SANDBOX_WEBHOOK_SECRET": "whsec_new_0123456789,whsec_old_0123456789",
}


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


async def order(shop: PayShop, number: int, **changes: Any) -> httpx.Response:
    """Ask for a payment."""
    body = {
        "reference": f"pay_{number}",
        "amount_minor": 1000,
        "currency": "USD",
        "description": "Fern & Co",
        "return_url": "http://127.0.0.1:8000/back",
        "expires_at": (shop.clock() + timedelta(minutes=30)).isoformat(),
        **changes,
    }
    headers = {
        "authorization": f"Bearer {shop.till.sandbox.api_key}",
        "idempotency-key": f"key_{number}",
    }
    async with shop.browser() as client:
        return await client.post("/sandbox/v1/payments", json=body, headers=headers)


async def canceled(shop: PayShop, number: int, **changes: Any) -> None:
    """Make a webhook: of a payment that is canceled at once."""
    made = await order(shop, number, **changes)
    assert made.status_code == 200, made.text
    await shop.till.gateway.cancel_session(made.json()["id"])


async def undelivered(shop: PayShop) -> int:
    statement = select(SandboxEventRow.id).where(SandboxEventRow.delivered_at.is_(None))
    return len(await shop.db.read(lambda uow: list(uow.session.scalars(statement))))


async def test_eight_webhooks_travel_at_once(shop: PayShop) -> None:
    for number in range(10):
        await canceled(shop, number)
    away, most, everybody = 0, 0, anyio.Event()
    carry = shop.line.handle

    async def slowly(request: httpx.Request) -> httpx.Response:
        nonlocal away, most
        away += 1
        most = max(most, away)
        if away == 8:
            everybody.set()
        await everybody.wait()
        answer = await carry(request)
        away -= 1
        return answer

    with patch.object(shop.line, "handle", slowly):
        await shop.till.worker.tick()
    assert most == 8
    assert await undelivered(shop) == 0


async def test_nothing_new_is_sent_when_the_time_of_the_step_is_over(shop: PayShop) -> None:
    await canceled(shop, 1)
    with patch.object(sandbox_clock, "_SECONDS", -1):
        await shop.till.worker.tick()
    assert await undelivered(shop) == 1
    await shop.till.worker.tick()
    assert await undelivered(shop) == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/hook",
        "http://localhost/hook",
        "http://[::1]:8080/a/b-c_d.e~f",
        "https://shop.example.com/hook",
    ],
)
async def test_webhooks_go_where_the_shop_registered(
    shop_url: str, db: Database, clock: MovableClock, url: str
) -> None:
    environment = {"PLANTLY_PUBLIC_URL": "https://shop.example.com"}
    async with open_pay_shop(shop_url, db, clock, environment) as shop:
        seen: list[str] = []

        async def refused(request: httpx.Request) -> httpx.Response:
            seen.append(str(request.url))
            return httpx.Response(503)

        await canceled(shop, 1, webhook_url=url)
        with patch.object(shop.line, "handle", refused):
            await shop.till.worker.tick()
        assert seen == [url]
        assert await undelivered(shop) == 1


ELSEWHERE = (
    "https://shop.example.com/hook",
    "http://127.0.0.1@evil.example/hook",
    "http://127.0.0.1.evil.example/hook",
    "http://127.0.0.1:8000.evil.example/hook",
    "http://evil.example\\@127.0.0.1/hook",
    "http://127.0.0.1:99999/hook",
    "http://127.0.0.1:0/hook",
    "http://169.254.169.254/latest",
    "http://0.0.0.0/hook",
    "ftp://127.0.0.1/hook",
    "http://127.0.0.1/hook?a=b",
    "http://127.0.0.1",
    "http:///hook",
    "http://[::1/hook",
)


async def test_webhooks_go_to_no_other_machine(shop: PayShop) -> None:
    for url in ELSEWHERE:
        assert (await order(shop, 1, webhook_url=url)).status_code == 422, url


async def test_the_same_key_with_another_address_is_a_conflict(shop: PayShop) -> None:
    assert (await order(shop, 1, webhook_url="http://127.0.0.1:1/a")).status_code == 200
    assert (await order(shop, 1, webhook_url="http://127.0.0.1:1/a")).status_code == 200
    assert (await order(shop, 1, webhook_url="http://127.0.0.1:1/b")).status_code == 409


@pytest.fixture
async def provider(sqlite_shop_url: str, clock: MovableClock) -> AsyncIterator[PayShop]:
    """Open another server, with books of its own, whose sandbox the shop uses."""
    database = open_database(sqlite_shop_url, clock=clock)
    environment = {**KNOWN, "PLANTLY_PORT": "8001"}
    async with open_pay_shop(sqlite_shop_url, database, clock, environment) as opened:
        yield opened
    await database.close()


async def test_one_server_can_be_the_provider_of_another(
    provider: PayShop, postgresql_shop_url: str, clock: MovableClock
) -> None:
    database = open_database(postgresql_shop_url, clock=clock)
    environment = {**KNOWN, "PLANTLY_SANDBOX_URL": "http://127.0.0.1:8001"}
    async with open_pay_shop(postgresql_shop_url, database, clock, environment) as shop:
        for line in (shop.line, provider.line):
            line.apps = {8000: shop.app, 8001: provider.app}
        async with a_buyer(shop) as buyer:
            await buyer.fill_in()
            pay_page = (await buyer.press_pay()).headers["location"]
            assert pay_page.startswith("http://127.0.0.1:8001/sandbox/pay/")
            async with provider.browser() as browser:
                back = await browser.post(httpx.URL(pay_page).path, data={"action": "approve"})
            assert back.headers["location"].startswith("http://127.0.0.1:8000/checkout/")
            await provider.till.worker.tick()
            assert await shop.status(buyer.token) == "completed"
        assert (
            len(await database.read(lambda uow: list(uow.session.scalars(select(OrderRow))))) == 1
        )
        own = await database.read(lambda uow: list(uow.session.scalars(select(SandboxPaymentRow))))
        assert own == []
    await database.close()


async def test_the_gateway_names_no_address_to_its_own_sandbox(shop: PayShop) -> None:
    expires_at = shop.clock() + timedelta(minutes=30)
    await shop.till.gateway.start(
        PaymentRequest("pay_1", 1000, "USD", "Fern & Co", "http://127.0.0.1/x", "k", expires_at)
    )
    made = await shop.db.read(lambda uow: uow.session.scalars(select(SandboxPaymentRow)).one())
    assert made.webhook_url is None


async def test_headers_that_come_twice_prove_no_more_than_once(shop: PayShop) -> None:
    body = b'{"id":"evt_1","type":"report.done"}'
    good = signed_headers(shop.till.sandbox.webhook_secrets, body, shop.clock())
    forged = signed_headers(("whsec_guessed",), body, shop.clock() - timedelta(seconds=1))
    mixed = [(TIMESTAMP_HEADER, forged[TIMESTAMP_HEADER]), *good.items()]
    async with shop.browser() as client:
        for headers in (mixed, [*forged.items(), *good.items()], [*mixed, *mixed]):
            answer = await client.post("/webhooks/sandbox", content=body, headers=headers)
            assert answer.status_code == 401
        # What is signed counts, whatever stands behind it.
        for headers in ([*good.items(), *good.items()], [*good.items(), *forged.items()]):
            answer = await client.post("/webhooks/sandbox", content=body, headers=headers)
            assert answer.status_code == 200
