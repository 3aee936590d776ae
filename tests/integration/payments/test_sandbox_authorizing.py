"""A sandbox that only authorizes: what its API takes, and what the shop makes of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from plantly.db import Database
from plantly.db.tables import InboxRow, OrderRow, SandboxPaymentRow
from plantly.domain.errors import ProviderRejected
from plantly.domain.payment import FactKind
from plantly.payments.gateway import PaymentRef, PaymentRequest
from plantly.services.sandbox_moves import AUTHORIZED_FOR
from tests.support.clock import MovableClock
from tests.support.pay_shop import Buyer, PayShop, a_buyer, open_pay_shop

pytestmark = pytest.mark.anyio

MANUAL = {"PLANTLY_SANDBOX_CAPTURE": "manual"}


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


@pytest.fixture
async def shop(shop_url: str, db: Database, clock: MovableClock) -> AsyncIterator[PayShop]:
    async with open_pay_shop(shop_url, db, clock, MANUAL) as opened:
        yield opened


@pytest.fixture
async def buyer(shop: PayShop) -> AsyncIterator[Buyer]:
    async with a_buyer(shop) as somebody:
        yield somebody


async def authorized(shop: PayShop, action: str = "approve") -> str:
    """Start a payment that the shop keeps no books of; give the sandbox's name for it."""
    expires_at = shop.clock() + timedelta(minutes=30)
    started = await shop.till.gateway.start(
        PaymentRequest("pay_1", 1000, "USD", "Fern & Co", "http://127.0.0.1/x", "k", expires_at)
    )
    async with shop.browser() as browser:
        await browser.post(httpx.URL(started.redirect_url).path, data={"action": action})
    return started.session_ref


async def ledger(shop: PayShop) -> SandboxPaymentRow:
    return await shop.db.read(lambda uow: uow.session.scalars(select(SandboxPaymentRow)).one())


async def told(shop: PayShop) -> list[str]:
    """Let the webhooks arrive; give what they were about."""
    await shop.till.worker.tick()
    return await shop.db.read(
        lambda uow: list(uow.session.scalars(select(InboxRow.type).order_by(InboxRow.id)))
    )


async def ask(shop: PayShop, path: str, key: str, **body: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {shop.till.sandbox.api_key}", "idempotency-key": key}
    async with shop.browser() as client:
        return await client.post(f"/sandbox/v1/payments/{path}", headers=headers, json=body)


async def test_what_is_authorized_is_captured_and_becomes_an_order(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.pay()
    await shop.till.worker.tick()
    shop.clock.advance(timedelta(minutes=1))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    charged = await ledger(shop)
    assert (charged.status, charged.captured_minor) == ("captured", charged.amount_minor)
    kinds = {fact.kind for fact in (await shop.payment(buyer.token)).facts}
    assert {FactKind.AUTHORIZED, FactKind.CAPTURED} <= kinds


async def test_a_late_authorization_is_let_go_of(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    to_provider = await buyer.press_pay()
    shop.line.webhooks_lost = shop.line.provider_down = True
    await buyer.choose("approve", to_provider.headers["location"])
    shop.line.webhooks_lost = shop.line.provider_down = False
    await buyer.post("stop")
    for _ in range(4):
        await shop.till.worker.tick()
        shop.clock.advance(timedelta(minutes=1))
    charged = await ledger(shop)
    orders = await shop.db.read(lambda uow: list(uow.session.scalars(select(OrderRow))))
    # It was approved before it was stopped: either way, money and order agree.
    assert (charged.status, len(orders)) in {("voided", 0), ("captured", 1)}


async def test_an_authorization_says_so_and_stays_open(shop: PayShop) -> None:
    ref = await authorized(shop)
    read = await shop.till.gateway.fetch(PaymentRef("pay_1", ref))
    assert read is not None
    assert [fact.key for fact in read.facts] == ["authorized:1000:USD"]
    assert not read.closed
    assert await told(shop) == ["payment.authorized"]


async def test_a_capture_is_one_however_often_it_is_asked_for(shop: PayShop) -> None:
    ref = await authorized(shop)
    gateway = shop.till.gateway
    first, again = [await gateway.capture(ref, 1000, "USD", "c1") for _ in range(2)]
    assert first == again
    assert [fact.key for fact in first.facts] == ["captured:1000:USD"]
    assert first.closed
    assert await told(shop) == ["payment.authorized", "payment.captured"]
    conflict = await ask(shop, f"{ref}/captures", "c1", amount_minor=999, currency="USD")
    assert conflict.status_code == 409
    for call in (gateway.capture(ref, 1000, "USD", "c2"), gateway.void(ref, "v1")):
        with pytest.raises(ProviderRejected):
            await call
    assert (await ledger(shop)).captured_minor == 1000


async def test_less_than_what_is_authorized_may_be_captured(shop: PayShop) -> None:
    ref = await authorized(shop)
    captured = await shop.till.gateway.capture(ref, 600, "USD", "c1")
    assert [fact.key for fact in captured.facts] == ["captured:600:USD"]
    too_much = await ask(shop, f"{ref}/refunds", "r1", amount_minor=601, currency="USD")
    assert too_much.status_code == 422


@pytest.mark.parametrize(("amount", "currency"), [(1001, "USD"), (1000, "EUR"), (0, "USD")])
async def test_no_more_and_nothing_else_is_captured(
    shop: PayShop, amount: int, currency: str
) -> None:
    ref = await authorized(shop)
    refused = await ask(shop, f"{ref}/captures", "c1", amount_minor=amount, currency=currency)
    assert refused.status_code == 422
    assert (await ledger(shop)).status == "authorized"


async def test_what_is_let_go_of_stays_so(shop: PayShop) -> None:
    ref = await authorized(shop)
    for key in ("v1", "v1", "v2"):
        void = await shop.till.gateway.void(ref, key)
        assert [fact.kind for fact in void.facts] == [FactKind.CANCELED]
        assert void.closed
    with pytest.raises(ProviderRejected):
        await shop.till.gateway.capture(ref, 1000, "USD", "c1")
    assert await told(shop) == ["payment.authorized", "payment.voided"]


async def test_an_authorization_ends_by_itself(shop: PayShop) -> None:
    ref = await authorized(shop)
    shop.clock.advance(AUTHORIZED_FOR)
    with pytest.raises(ProviderRejected):
        await shop.till.gateway.capture(ref, 1000, "USD", "c1")
    await shop.till.worker.tick()
    assert (await ledger(shop)).status == "expired"
    await shop.till.gateway.void(ref, "v1")
    assert (await ledger(shop)).status == "expired"
    assert "payment.expired" in await told(shop)


@pytest.mark.parametrize("action", ["challenge", "later"])
async def test_nothing_is_taken_or_let_go_of_that_is_not_authorized(
    shop: PayShop, action: str
) -> None:
    ref = await authorized(shop, action)
    for path, body in (
        (f"{ref}/captures", {"amount_minor": 1, "currency": "USD"}),
        (f"{ref}/void", {}),
    ):
        assert (await ask(shop, path, "k1", **body)).status_code == 422
        assert (await ask(shop, path.replace(ref, "sbx_unknown"), "k1", **body)).status_code == 404


async def test_an_unknown_payment_is_a_refusal(shop: PayShop) -> None:
    for call in (
        shop.till.gateway.capture("sbx_unknown", 1, "USD", "c1"),
        shop.till.gateway.void("sbx_unknown", "v1"),
    ):
        with pytest.raises(ProviderRejected):
            await call


async def test_the_pay_page_says_that_money_is_only_set_aside(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    page = await buyer.browser.get((await buyer.press_pay()).headers["location"])
    assert "Approved money is only authorized" in page.text


async def test_partial_refunds_end_each_in_its_own_time(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    environment = {"PLANTLY_SANDBOX_CHAOS": "refund_pending=1:10m"}
    async with open_pay_shop(shop_url, db, clock, environment) as shop:
        ref = await authorized(shop)
        for key, amount in (("r1", 600), ("r1", 600), ("r2", 400)):
            answer = await ask(shop, f"{ref}/refunds", key, amount_minor=amount, currency="USD")
            assert answer.status_code == 200
            clock.advance(timedelta(minutes=4))
        wrong = await ask(shop, f"{ref}/refunds", "r1", amount_minor=600, currency="EUR")
        assert wrong.status_code == 409
        clock.set((await ledger(shop)).due_at or clock())
        await shop.till.worker.tick()
        assert [r["status"] for r in (await ledger(shop)).refunds] == ["succeeded", "pending"]
        clock.advance(timedelta(minutes=8))
        await shop.till.worker.tick()
        assert [r["status"] for r in (await ledger(shop)).refunds] == ["succeeded", "succeeded"]
        assert (await ledger(shop)).due_at is None
