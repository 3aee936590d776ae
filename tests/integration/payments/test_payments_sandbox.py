"""The sandbox's own API: who may speak to it, what it takes, and what it answers twice."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from plantly.db.tables import SandboxEventRow, SandboxPaymentRow
from tests.support.pay_shop import PayShop

pytestmark = pytest.mark.anyio

PATH = "/sandbox/v1/payments"


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


def order(shop: PayShop, **changes: Any) -> dict[str, Any]:
    values = {
        "reference": "pay_1",
        "amount_minor": 1000,
        "currency": "USD",
        "description": "Fern & Co",
        "return_url": "http://127.0.0.1:8000/back",
        "expires_at": (shop.clock() + timedelta(minutes=30)).isoformat(),
    }
    return {**values, **changes}


async def ask(
    shop: PayShop, method: str, path: str = "", *, key: str | None = "key_1", **options: Any
) -> httpx.Response:
    headers = {"authorization": f"Bearer {shop.till.sandbox.api_key}"}
    if key is not None:
        headers["idempotency-key"] = key
    async with shop.browser() as client:
        return await client.request(
            method, PATH + path, **{"headers": {**headers, **options.pop("headers", {})}, **options}
        )


async def count(shop: PayShop, table: Any) -> int:
    return await shop.db.read(
        lambda uow: uow.session.scalars(select(func.count()).select_from(table)).one()
    )


@pytest.mark.parametrize("authorization", [b"", b"Bearer", b"Bearer guess", b"\xe9"])
async def test_without_the_key_there_is_no_answer(shop: PayShop, authorization: bytes) -> None:
    headers = {"authorization": authorization}
    for method, path in (
        ("POST", ""),
        ("GET", "?reference=x"),
        ("GET", "/x"),
        ("POST", "/x/cancel"),
    ):
        answer = await ask(shop, method, path, headers=headers, json=order(shop))
        assert answer.status_code == 401
    assert await count(shop, SandboxPaymentRow) == 0


async def test_the_same_key_gives_the_same_payment(shop: PayShop) -> None:
    first, second = [await ask(shop, "POST", json=order(shop)) for _ in range(2)]
    assert first.status_code == 200
    assert first.json() == second.json()
    assert first.json()["pay_url"].startswith("http://127.0.0.1:8000/sandbox/pay/")
    assert await count(shop, SandboxPaymentRow) == 1


@pytest.mark.parametrize("change", [{"amount_minor": 1001}, {"reference": "pay_2"}])
async def test_the_same_key_with_another_body_is_a_conflict(
    shop: PayShop, change: dict[str, Any]
) -> None:
    await ask(shop, "POST", json=order(shop))
    answer = await ask(shop, "POST", json=order(shop, **change))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert await count(shop, SandboxPaymentRow) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"amount_minor": 1.5},
        {"amount_minor": True},
        {"amount_minor": "1000"},
        {"amount_minor": 2**53},
        {"currency": "usd"},
        {"currency": "XXX"},
        {"reference": ""},
        {"reference": "a b"},
        {"description": "a\x00b"},
        {"return_url": "javascript:alert(1)"},
        {"expires_at": "2026-03-02T10:00:00"},
        {"expires_at": "2026-03-02T09:30:00Z"},
        {"unknown": 1},
    ],
)
async def test_what_cannot_be_is_refused(shop: PayShop, change: dict[str, Any]) -> None:
    answer = await ask(shop, "POST", json=order(shop, **change))
    assert answer.status_code == 422
    assert await count(shop, SandboxPaymentRow) == 0


@pytest.mark.parametrize("key", [None, "", "k" * 65])
async def test_a_key_is_needed(shop: PayShop, key: str | None) -> None:
    assert (await ask(shop, "POST", key=key, json=order(shop))).status_code == 422


async def test_a_body_has_a_limit(shop: PayShop) -> None:
    assert (await ask(shop, "POST", content=b" " * 20_000)).status_code == 413
    assert (await ask(shop, "POST", content=b"not JSON")).status_code == 422


@pytest.mark.parametrize("path", ["/sbx_unknown", "?reference=unknown", "", "/a%20b", "/%00"])
async def test_what_is_not_there_is_not_found(shop: PayShop, path: str) -> None:
    assert (await ask(shop, "GET", path)).status_code == 404


@pytest.mark.parametrize("path", ["/sbx_unknown/cancel", "/sbx_unknown/refunds", "/%00/cancel"])
async def test_nothing_is_changed_that_is_not_there(shop: PayShop, path: str) -> None:
    answer = await ask(shop, "POST", path, json={"amount_minor": 1, "currency": "USD"})
    assert answer.status_code == 404


async def test_a_canceled_payment_stays_canceled(shop: PayShop) -> None:
    made = (await ask(shop, "POST", json=order(shop))).json()
    for _ in range(2):
        answer = await ask(shop, "POST", f"/{made['id']}/cancel")
        assert answer.json()["status"] == "canceled"
    assert await count(shop, SandboxEventRow) == 1
    found = (await ask(shop, "GET", "?reference=pay_1")).json()
    assert found["id"] == made["id"]


async def test_canceling_too_late_says_expired(shop: PayShop) -> None:
    made = (await ask(shop, "POST", json=order(shop))).json()
    shop.clock.advance(timedelta(hours=1))
    answer = await ask(shop, "POST", f"/{made['id']}/cancel")
    assert answer.json()["status"] == "expired"


async def test_a_pending_payment_cannot_be_canceled(shop: PayShop) -> None:
    made = (await ask(shop, "POST", json=order(shop))).json()
    token = made["pay_url"].rpartition("/")[2]
    async with shop.browser() as browser:
        await browser.post(f"/sandbox/pay/{token}", data={"action": "later"})
    assert (await ask(shop, "POST", f"/{made['id']}/cancel")).status_code == 422


async def test_no_more_is_refunded_than_came(shop: PayShop) -> None:
    made = (await ask(shop, "POST", json=order(shop))).json()
    path = f"/{made['id']}/refunds"

    async def refund(key: str, amount: int) -> httpx.Response:
        return await ask(
            shop, "POST", path, key=key, json={"amount_minor": amount, "currency": "USD"}
        )

    assert (await refund("r0", 1)).status_code == 422
    token = made["pay_url"].rpartition("/")[2]
    async with shop.browser() as browser:
        await browser.post(f"/sandbox/pay/{token}", data={"action": "approve"})
    first = await refund("r1", 600)
    assert first.json()["payment"]["refunds"][0]["amount_minor"] == 600
    assert (await refund("r1", 600)).json() == first.json()
    assert (await refund("r1", 500)).status_code == 409
    assert (await refund("r2", 401)).status_code == 422
    assert (await refund("r3", 400)).status_code == 200
    refunds = (await ask(shop, "GET", f"/{made['id']}")).json()["refunds"]
    assert [r["amount_minor"] for r in refunds] == [600, 400]


async def test_deliveries_wait_longer_and_longer(shop: PayShop) -> None:
    made = (await ask(shop, "POST", json=order(shop))).json()
    await ask(shop, "POST", f"/{made['id']}/cancel")
    shop.line.webhooks_lost = True
    waits = []
    for _ in range(14):
        shop.line.calls.clear()
        await shop.till.worker.tick()
        assert shop.line.calls == ["POST /webhooks/sandbox"]
        due = await shop.db.read(
            lambda uow: uow.session.scalars(select(SandboxEventRow.next_at)).one()
        )
        waits.append((due - shop.clock()).total_seconds())
        shop.clock.set(due)
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == 3600
