"""A whole shop with canaries in it: its application, its worker, and ears on everything."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from mcp.shared import _otel
from opentelemetry import trace
from sqlalchemy import select

from plantly.app import create_app
from plantly.db import Database, open_database
from plantly.db.tables import PaymentRow, SecretRow
from plantly.services.order_links import order_token
from plantly.services.workflows.till import Till
from plantly.services.workflows.worker import Timing
from plantly.settings import load_settings
from tests.support.canaries import (
    CARD,
    PERSON,
    SAID,
    CollectingTracer,
    Ears,
    bytes_of,
    columns_by_name,
    found_in,
    lines_with,
)
from tests.support.clock import MovableClock
from tests.support.mcp_wire import headers_for, message
from tests.support.pay_shop import Buyer, Line, PayShop, _go_on, _Transport
from tests.support.shop import HINT, OTHER_HINT, Json

API_KEY: Final = "sk_canary_key_0123456789abcdef"
WEBHOOK_SECRET: Final = "whsec_canary_0123456789abcdef"
WHERE: Final[Mapping[str, set[str]]] = {
    **{name: {f"buyers.{name}"} for name in SAID},
    "card": set(),
    "api key": set(),
    "webhook secret": set(),
    "hint": set(),
    "cookie": set(),
    "form key": set(),
    "made limits": {"install_secrets.value"},
    "made cursor": {"install_secrets.value"},
    "made order_links": {"install_secrets.value"},
    "order page": set(),
    "made sandbox_api_key": {"install_secrets.value"},
    "made sandbox_webhook_secret": {"install_secrets.value"},
    "page": {"checkout_sessions.page_token", "sandbox_payments.return_url"},
    "idempotency key": {"payments.idempotency_key", "sandbox_payments.idempotency_key"},
}
"""Every canary, and the columns that it may stand in; all others, and every log, are without."""

NOT_WRITTEN: Final = ("card", "api key", "webhook secret", "hint", "cookie", "form key")


@dataclass
class WatchedShop:
    """The shop, its buyer, and what others than the buyer have seen of it."""

    shop: PayShop
    buyer: Buyer
    session: str
    ears: Ears
    url: str
    told: list[str] = field(default_factory=list)
    canaries: dict[str, str] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        """Give the database, to look into it."""
        return self.shop.db

    def everything(self) -> str:
        """Give every canary at once: the worst text that an exception could have."""
        return " | ".join([*PERSON.values(), *self.canaries.values(), CARD])

    async def work(self) -> None:
        """Let the worker work."""
        await self.shop.till.worker.tick()

    async def ask(self, body: Any, **headers: str) -> httpx.Response:
        """Post something to the MCP endpoint, and keep the answer as what a model sees."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        whole = body if isinstance(body, dict) else {"method": "x"}
        sent = {**dict(headers_for(whole, era="initialize", version="2025-11-25")), **headers}
        async with self.shop.browser() as host:
            answer = await host.post(
                "/mcp", content=content, headers={**sent, "host": "127.0.0.1:8000"}
            )
        self.told.append(answer.text)
        return answer

    async def call(self, tool: str, arguments: Any, hint: str | None = HINT) -> Json:
        """Call a tool as a conversation does."""
        params: Json = {"name": tool, "arguments": arguments}
        if hint is not None:
            params["_meta"] = {"openai/session": hint, "openai/subject": PERSON["email"]}
        answer = await self.ask(message("tools/call", params))
        found: Json = answer.json()
        return found

    async def look_around(self) -> None:
        """Look at all that others than the buyer can see: pages, tools, and widgets."""
        number = (await self.shop.page(self.buyer.token)).checkout.order
        asked: list[tuple[str, Json]] = [
            ("get_checkout", {"checkout_session_id": self.session}),
            ("get_order_status", {"checkout_session_id": self.session}),
            ("show_cart", {}),
        ]
        if number is not None:
            asked.append(("get_order_status", {"order_number": number.order_number}))
        for tool, arguments in asked:
            for hint in (HINT, OTHER_HINT, None):
                await self.call(tool, arguments, hint)
        async with self.shop.browser() as eve:
            for path in ("", "?step=details", "/return"):
                page = await eve.get(self.buyer.address + path, follow_redirects=True)
                self.told.append(page.text + str(page.headers))

    async def check(self, *, written: bool = True) -> None:
        """Check that no canary is anywhere that it does not belong."""
        await self.look_around()
        await self._learn()
        every = {**SAID, **self.canaries, "card": CARD}
        assert lines_with(self.ears.heard(), every) == []
        seen = dict(every)
        # The address of the page is what assistants and pages are for: they hand it on.
        for known in ("page", "hint"):
            seen.pop(known)
        for text in self.told:
            assert found_in(text, seen) == [], text
        for name, columns in (await columns_by_name(self.db, every)).items():
            assert columns <= WHERE[name], name
        if written and self.url.startswith("sqlite"):
            stored = bytes_of(self.url)
            found = [name for name in NOT_WRITTEN if self._value(name).encode() in stored]
            assert found == []

    def _value(self, name: str) -> str:
        return CARD if name == "card" else self.canaries[name]

    async def _learn(self) -> None:
        """Note the secrets that came into being meanwhile."""
        cookies = [cookie.value or "" for cookie in self.buyer.browser.cookies.jar]
        self.canaries["cookie"] = cookies[0] if cookies else self.canaries["cookie"]
        rows = await self.db.read(
            lambda uow: list(uow.connection.execute(select(SecretRow.name, SecretRow.value)))
        )
        self.canaries |= {f"made {row.name}": row.value for row in rows}
        await self._learn_order()
        keys = await self.db.read(
            lambda uow: list(uow.connection.execute(select(PaymentRow.idempotency_key)).scalars())
        )
        self.canaries["idempotency key"] = keys[-1] if keys else "no-payment-was-begun"

    async def _learn_order(self) -> None:
        """Note what opens the order's page, once there is an order."""
        order = (await self.shop.page(self.buyer.token)).checkout.order
        number = order.order_number if order else "PL-NONE"
        token = await self.db.read(lambda uow: order_token(uow, number))
        self.canaries["order page"] = token.partition("_")[2]


@asynccontextmanager
async def open_watched_shop(
    url: str, clock: MovableClock, ears: Ears, environment: Mapping[str, str] | None = None
) -> AsyncIterator[WatchedShop]:
    """Open the shop with a buyer who has typed everything; listen to it."""
    settings = load_settings(
        {
            "PLANTLY_DATABASE_URL": url,
            "PLANTLY_WORKER": "apart",
            "PLANTLY_LIMITS": "off",
            "PLANTLY_SANDBOX_API_KEY": API_KEY,
            "PLANTLY_SANDBOX_WEBHOOK_SECRET": WEBHOOK_SECRET,
            **(environment or {}),
        }
    )
    line = Line(FastAPI())
    app = create_app(settings, clock=clock, transport=_Transport(line))
    line.app = app
    db = open_database(url, clock=clock)
    till = Till(db, settings, clock=clock, transport=_Transport(line), timing=Timing(pause=_go_on))
    try:
        async with app.router.lifespan_context(app), till.opened() as opened:
            shop = PayShop(app, db, opened, line, clock, settings)
            async with shop.browser() as browser:
                watched = WatchedShop(shop, Buyer(shop, browser, ""), "", ears, url)
                watched.canaries |= {
                    "api key": API_KEY,
                    "webhook secret": WEBHOOK_SECRET,
                    "hint": HINT,
                    "cookie": "no-cookie-was-given-yet",
                    "form key": "canary-form-key-0123456789",
                }
                await _begin(watched)
                yield watched
    finally:
        await db.close()


async def _begin(watched: WatchedShop) -> None:
    """Start a checkout in a conversation, and type everything into its page."""
    items: Json = {"items": [{"product_id": "aloe-vera", "quantity": 2}]}
    started = (await watched.call("start_checkout", items))["result"]["structuredContent"]
    watched.session = started["checkout_session_id"]
    watched.buyer.token = started["checkout_url"].rpartition("/")[2]
    watched.canaries["page"] = watched.buyer.token
    saved = await watched.buyer.fill_in(**PERSON)
    assert saved.status_code == 303, saved.text
    await watched._learn()


def trace_to(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK believe that somebody collects traces; it is us."""
    monkeypatch.setattr(trace, "get_tracer_provider", trace.NoOpTracerProvider)
    monkeypatch.setattr(_otel, "_tracer", CollectingTracer(ears))
