"""More is asked than there are connections for: whoever waits in vain is told to come again."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from plantly import app as composition
from plantly.app import create_app
from plantly.db import Database, engine, open_database
from plantly.domain.errors import Overloaded
from plantly.payments.signatures import signed_headers
from plantly.settings import load_settings
from tests.support.mcp_wire import headers_for, message
from tests.support.pay_shop import ORIGIN

pytestmark = pytest.mark.anyio

BUSY: Final = "The shop is very busy right now: please try again in a moment."

SECRET: Final = "whsec_0123456789abcdef"


@dataclass
class BusyShop:
    """A shop whose database has one connection, which may be taken."""

    db: Database
    browser: httpx.AsyncClient

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool; give its result."""
        said = message("tools/call", {"name": tool, "arguments": arguments})
        headers = dict(headers_for(said, era="initialize", version="2025-11-25"))
        headers["host"] = urlsplit(ORIGIN).netloc
        answer = await self.browser.post("/mcp", content=json.dumps(said), headers=headers)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()["result"]
        return result


@pytest.fixture
async def shop(
    postgresql_shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BusyShop]:
    opened: list[Database] = []

    def open_small(*args: Any, **kwargs: Any) -> Database:
        opened.append(open_database(*args, **kwargs, pool_size=1))
        return opened[-1]

    monkeypatch.setattr(engine, "_FREE_WITHIN", 0.02)
    monkeypatch.setattr(composition, "open_database", open_small)
    said = {"PLANTLY_DATABASE_URL": postgresql_shop_url, "PLANTLY_WORKER": "apart"}
    said |= {"PLANTLY_LIMITS": "off", "PLANTLY_SANDBOX_WEBHOOK_SECRET": SECRET}
    app = create_app(load_settings(said))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser,
    ):
        yield BusyShop(opened[0], browser)


class Held:
    """The only connection, as long as it is entered."""

    def __init__(self, db: Database) -> None:
        self._connection = db._engine.connect()  # type: ignore[attr-defined]

    async def __aenter__(self) -> None:
        # The shop looks for new tools now and then.
        with anyio.fail_after(5):
            while True:
                try:
                    await self._connection.start()
                except NoConnectionFree:
                    continue
                return

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()


async def test_pages_say_when_to_come_again(
    shop: BusyShop, caplog: pytest.LogCaptureFixture
) -> None:
    pages = ("/p/aloe-vera", f"/checkout/{'a' * 32}", "/cart/aloe-vera-12cm:1")
    async with Held(shop.db):
        for page in pages:
            answer = await shop.browser.get(page)
            assert (answer.status_code, answer.text) == (503, BUSY), page
            assert answer.headers["retry-after"] == "2"
            assert answer.headers["cache-control"] == "no-store"
        ready = await shop.browser.get("/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, "busy")
        assert (await shop.browser.get("/healthz")).status_code == 200
    assert "no connection to the database was free" in caplog.text
    assert (await shop.browser.get(pages[0])).status_code == 200
    assert (await shop.browser.get("/readyz")).status_code == 200


async def test_a_webhook_is_sent_again_in_a_moment(shop: BusyShop) -> None:
    body = json.dumps({"id": "evt_1", "type": "of.no.interest"}).encode()
    headers = signed_headers((SECRET,), body, datetime.now(UTC))
    async with Held(shop.db):
        answer = await shop.browser.post("/webhooks/sandbox", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (503, {"error": "try_again"})
        assert answer.headers["retry-after"] == "2"
    answer = await shop.browser.post("/webhooks/sandbox", content=body, headers=headers)
    assert answer.status_code == 200


async def test_an_assistant_is_told_to_try_again_in_a_moment(shop: BusyShop) -> None:
    items = [{"product_id": "aloe-vera", "quantity": 1}]
    async with Held(shop.db):
        for tool, arguments in (
            ("search_products", {"search": "never asked before"}),
            ("start_checkout", {"items": items}),
        ):
            result = await shop.call(tool, arguments)
            assert result["isError"] is True
            assert result["content"][0]["text"] == BUSY
            said = {"code": "overloaded", "message": BUSY, "retry_after_seconds": 2}
            assert result["structuredContent"] == {"error": said}
    assert (await shop.call("start_checkout", {"items": items}))["isError"] is False


async def test_whoever_waits_for_a_connection_gets_one_or_hears_that_there_is_none(
    shop: BusyShop,
) -> None:
    async with Held(shop.db):
        for ask in (shop.db.read, shop.db.write):
            with pytest.raises(Overloaded):
                await ask(lambda uow: uow.now)
    assert await shop.db.read(lambda uow: uow.shop.exists())
