"""Limits of the whole application: over HTTP, behind proxies, for assistants and for browsers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from plantly.app import create_app
from plantly.settings import load_settings
from tests.integration.test_web_pages import serving
from tests.support.clock import MovableClock
from tests.support.mcp_wire import headers_for, message
from tests.support.pay_shop import text_of
from tests.support.shop import HINT, Json

pytestmark = pytest.mark.anyio

HERE, THERE = "203.0.113.7", "198.51.100.9"
JADE: Json = {"product_id": "jade", "quantity": 1}


@asynccontextmanager
async def opened(url: str, clock: MovableClock, **changes: str) -> AsyncIterator[httpx.AsyncClient]:
    environment = {"PLANTLY_DATABASE_URL": url, **changes}
    async with serving(create_app(load_settings(environment), clock=clock)) as client:
        yield client


async def post(
    client: httpx.AsyncClient, method: str, params: Json, address: str = HERE
) -> httpx.Response:
    body = message(method, params, era="initialize")
    headers = dict(headers_for(body, era="initialize", version="2025-11-25"))
    headers |= {"host": "127.0.0.1:8000", "x-forwarded-for": address}
    return await client.post("/mcp", json=body, headers=headers)


async def call(
    client: httpx.AsyncClient, tool: str, arguments: Json, address: str = HERE, **meta: str
) -> Json:
    params: Json = {"name": tool, "arguments": arguments}
    if meta:
        params["_meta"] = {f"openai/{name}": value for name, value in meta.items()}
    answer = await post(client, "tools/call", params, address)
    assert answer.status_code == 200, answer.text
    result: Json = answer.json()["result"]
    return result


def code_of(result: Json) -> str | None:
    error: dict[str, Any] = result["structuredContent"].get("error", {})
    return error.get("code")


async def test_without_a_name_the_address_is_the_caller(shop_url: str, clock: MovableClock) -> None:
    said = "cart_writes=2/min"
    async with opened(shop_url, clock, PLANTLY_LIMITS=said) as client:
        found = [code_of(await call(client, "update_cart", {"lines": [JADE]})) for _ in range(3)]
        assert found == [None, None, "rate_limited"]
        # A hop that the caller made up stands further to the left.
        forged = f"192.0.2.1, {HERE}"
        result = await call(client, "update_cart", {"lines": [JADE]}, forged)
        assert code_of(result) == "rate_limited"
        assert code_of(await call(client, "update_cart", {"lines": [JADE]}, THERE)) is None
        assert code_of(await call(client, "update_cart", {"lines": [JADE]}, session=HINT)) is None


async def test_making_up_shoppers_ends_at_the_address(shop_url: str, clock: MovableClock) -> None:
    said = "cart_writes=1/min, cart_writes_address=2/min, host_factor=3"
    async with opened(shop_url, clock, PLANTLY_LIMITS=said) as client:
        for n in range(6):
            result = await call(client, "update_cart", {"lines": [JADE]}, subject=f"user-{n}")
            assert code_of(result) is None
        result = await call(client, "update_cart", {"lines": [JADE]}, subject="user-6")
        assert code_of(result) == "rate_limited"
        assert result["structuredContent"]["error"]["retry_after_seconds"] == 10


async def test_two_applications_count_together_whoever_asks(
    shop_url: str, clock: MovableClock
) -> None:
    said = {"PLANTLY_LIMITS": "misses=4/hour", "PLANTLY_LANE": "false"}
    async with opened(shop_url, clock, **said) as one, opened(shop_url, clock, **said) as other:
        asked = {"order_number": "PL-4X7K-9Q2M-TB3V-H6WD"}
        found = [
            code_of(await call(client, "get_order_status", asked))
            for client in (one, other, one, other, one, other)
        ]
        assert found == ["not_found"] * 4 + ["rate_limited"] * 2


async def test_a_flood_of_requests_is_answered_over_http(
    shop_url: str, clock: MovableClock
) -> None:
    said = "reads=3/min, host_factor=2"
    async with opened(shop_url, clock, PLANTLY_LIMITS=said) as client:
        for _ in range(6):
            assert (await post(client, "tools/list", {})).status_code == 200
        refused = await post(client, "tools/list", {})
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "10"
        assert refused.headers["ratelimit-policy"] == '"requests";q=6;w=60'
        assert refused.json()["error"]["retry_after_seconds"] == 10
        assert (await post(client, "tools/list", {}, THERE)).status_code == 200
        browser = {"X-Forwarded-For": HERE}
        for _ in range(3):
            assert (await client.get("/", headers=browser)).status_code == 200
        page = await client.get("/", headers=browser)
        assert page.status_code == 429
        assert page.text.endswith("Please try again in 20 seconds.")
        for path in ("/healthz", "/readyz", "/health"):
            assert (await client.get(path, headers=browser)).status_code != 429
        webhook = await client.post("/webhooks/sandbox", headers=browser, content=b"{}")
        assert webhook.status_code == 401
        # This machine itself says no address, and is not counted.
        for _ in range(20):
            assert (await client.get("/")).status_code == 200
        clock.advance(timedelta(seconds=20))
        assert (await client.get("/", headers=browser)).status_code == 200


async def test_trusting_no_proxy_counts_the_connection(
    sqlite_shop_url: str, clock: MovableClock
) -> None:
    said = {"PLANTLY_LIMITS": "reads=1/min, host_factor=1", "PLANTLY_TRUSTED_PROXIES": "none"}
    async with opened(sqlite_shop_url, clock, **said) as client:
        assert (await post(client, "tools/list", {}, HERE)).status_code == 200
        assert (await post(client, "tools/list", {}, THERE)).status_code == 429


async def test_codes_in_cart_links_are_guessed_only_so_often(
    shop_url: str, clock: MovableClock
) -> None:
    link = "/cart/jade-9cm:2"
    ours = {"X-Forwarded-For": HERE, "Sec-Fetch-Site": "same-origin"}
    async with opened(shop_url, clock, PLANTLY_LIMITS="codes_address=3/hour") as client:

        async def look(code: str) -> str:
            return text_of(await client.get(f"{link}?code={code}", headers=ours))

        right = await look("WELCOME10")
        for code in ("GUESS1", "WELCOME10", "GUESS2", "GUESS3"):
            await look(code)
        said = {await look(code) for code in ("GUESS4", "WELCOME10", "FREESHIP")}
        assert len(said) == 1
        assert right not in said
        assert "leave discount codes out for now" in said.pop()
        # So says the button, and without a code it goes on.
        refused = await client.post(f"{link}?code=FREESHIP", headers=ours)
        assert refused.status_code == 429
        assert (await client.post(link, headers=ours)).status_code == 303
        assert "leave discount codes" not in text_of(await client.get(link, headers=ours))
        clock.advance(timedelta(hours=1))
        assert await look("WELCOME10") == right


async def test_cart_links_begin_only_so_many_checkouts(shop_url: str, clock: MovableClock) -> None:
    ours = {"X-Forwarded-For": HERE, "Sec-Fetch-Site": "same-origin"}
    said = "checkout_starts_address=2/hour"
    async with opened(shop_url, clock, PLANTLY_LIMITS=said) as client:
        for status in (303, 303, 429):
            answer = await client.post("/cart/jade-9cm:1", headers=ours)
            assert answer.status_code == status
