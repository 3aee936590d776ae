"""A shop that takes money, without a network: the checkout page, the sandbox, the webhooks."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from html import unescape
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from starlette.types import ASGIApp

from plantly.db import Database, UnitOfWork
from plantly.db.tables import CheckoutRow, PaymentRow, StockRow, VariantRow
from plantly.payments.signatures import signed_headers
from plantly.services import checkout_page
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.checkout_page import Page
from plantly.services.gate import Gate
from plantly.services.limits import keep_limits_secret
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from plantly.services.workflows.pace import Pause
from plantly.services.workflows.till import OpenTill, Till
from plantly.services.workflows.worker import Timing
from plantly.settings import Settings, load_settings
from plantly.web.checkout import checkout_router
from plantly.web.deps import WebDeps
from plantly.web.embed_page import embed_router
from plantly.web.order_page import order_page_router
from plantly.web.sandbox import sandbox_router
from plantly.web.webhooks import webhooks_router
from tests.support.builders import buyer
from tests.support.clock import MovableClock

ORIGIN: Final = "http://127.0.0.1:8000"
BUYER: Final = asdict(buyer())
_TEXT = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.DOTALL)
_HIDDEN = re.compile(r'name="(quote|shown|key|terms)" value="([^"]*)"')

Carry = Callable[[httpx.Request], Awaitable[httpx.Response]]
Watch = Callable[[httpx.Request, Carry], Awaitable[httpx.Response]]


@dataclass
class Line:
    """The line between the shop and its provider: it can be cut, one way or the other."""

    app: FastAPI
    provider_down: bool = False
    answers_lost: bool = False
    webhooks_lost: bool = False
    calls: list[str] = field(default_factory=list)
    apps: dict[int, ASGIApp] = field(default_factory=dict)
    """Servers by their port, where there are several."""
    providers: set[int] = field(default_factory=set)
    """The ports of those that are payment providers, beside the shop's own sandbox."""
    watch: Watch | None = None
    """Stands between the shop and everybody else: it sees each request, and carries it on."""

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Carry a request, unless the line is cut."""
        self.calls.append(f"{request.method} {request.url.path}")
        return await (self.watch(request, self._carry) if self.watch else self._carry(request))

    async def _carry(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        to_provider = path.startswith("/sandbox/") or request.url.port in self.providers
        if (self.provider_down and to_provider) or (self.webhooks_lost and not to_provider):
            raise httpx.ConnectError("the line is cut", request=request)
        app = self.apps.get(request.url.port or 0, self.app)
        answer = await httpx.ASGITransport(cast("Any", app)).handle_async_request(request)
        if self.answers_lost and to_provider:
            await answer.aread()
            raise httpx.ReadTimeout("the answer was lost", request=request)
        return answer


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, line: Line) -> None:
        self._line = line

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._line.handle(request)


@dataclass
class PayShop:
    """A shop with its till open; the worker works when it is told to."""

    app: FastAPI
    db: Database
    till: OpenTill
    line: Line
    clock: MovableClock
    settings: Settings

    def browser(self) -> httpx.AsyncClient:
        """Open a browser that has never been here."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)

    async def start(self, **quantities: int) -> str:
        """Start a checkout of products by slug (`_` for `-`); give the token of its page."""
        wanted = quantities or {"aloe_vera": 2}
        items = tuple(
            ItemRef(quantity=quantity, product_id=slug.replace("_", "-"))
            for slug, quantity in wanted.items()
        )
        request = StartRequest(items=items)
        session = await self.db.write(lambda uow: start_checkout(uow, Shopper(), request))
        return session.page_token

    async def page(self, token: str) -> Page:
        """Look at a page as its owner would, without being one."""
        return await self.db.read(lambda uow: checkout_page.show(uow, token, None))

    async def payments(self, token: str) -> list[PaymentRow]:
        """Give the attempts to pay a session, oldest first."""
        return await self.db.read(lambda uow: _payments(uow, token))

    async def payment(self, token: str) -> PaymentRow:
        """Give the newest attempt."""
        return (await self.payments(token))[-1]

    async def status(self, token: str) -> str:
        """Give where a session stands."""
        return (await self.page(token)).checkout.status.value

    async def left(self, handle: str) -> tuple[int, int]:
        """Give the units of a variant: on hand, and reserved of these."""
        return await self.db.read(lambda uow: _left(uow, handle))

    async def webhook(self, event: Mapping[str, Any], **changes: Any) -> httpx.Response:
        """Deliver an event as the provider would."""
        body = json.dumps(event).encode()
        signing = changes.get("secrets", self.till.sandbox.webhook_secrets)
        headers = signed_headers(signing, body, changes.get("at", self.clock()))
        async with self.browser() as provider:
            return await provider.post("/webhooks/sandbox", content=body, headers=headers)


@dataclass
class Buyer:
    """A person with a browser at one checkout page."""

    shop: PayShop
    browser: httpx.AsyncClient
    token: str

    @property
    def address(self) -> str:
        """Give the path of the page."""
        return f"/checkout/{self.token}"

    async def look(self, path: str = "") -> str:
        """Read the page, following redirects, as text."""
        answer = await self.browser.get(self.address + path, follow_redirects=True)
        return text_of(answer)

    async def post(self, path: str, **form: str) -> httpx.Response:
        """Send a form of the page."""
        return await self.browser.post(f"{self.address}/{path}", data=form)

    async def fill_in(self, **changes: str) -> httpx.Response:
        """Type the details."""
        return await self.post("details", **{**BUYER, **changes})

    async def press_pay(self, **form: str) -> httpx.Response:
        """Press Pay on the page as it is now."""
        html = (await self.browser.get(self.address)).text
        return await self.post("pay", **{**dict(_HIDDEN.findall(html)), **form})

    async def choose(self, action: str, pay_page: str) -> httpx.Response:
        """Press a button of the provider's page, which leads back to the shop."""
        return await self.browser.post(urlsplit(pay_page).path, data={"action": action})

    async def pay(self, action: str = "approve") -> str:
        """Fill in, press Pay, choose what happens, and let the webhook arrive; read the page."""
        await self.fill_in()
        to_provider = await self.press_pay()
        assert to_provider.status_code == 303, to_provider.text
        await self.choose(action, to_provider.headers["location"])
        await self.shop.till.worker.tick()
        return await self.look()


@asynccontextmanager
async def open_pay_shop(
    url: str,
    db: Database,
    clock: MovableClock,
    environment: Mapping[str, str] | None = None,
    pause: Pause | None = None,
) -> AsyncIterator[PayShop]:
    """Open the shop at a database URL; `pause` is how its worker waits, by default not at all."""
    settings = load_settings({"PLANTLY_DATABASE_URL": url, **(environment or {})})
    async with open_shop(settings, db, clock, pause) as shop:
        yield shop


@asynccontextmanager
async def open_shop(
    settings: Settings, db: Database, clock: MovableClock, pause: Pause | None = None
) -> AsyncIterator[PayShop]:
    """Open the shop with these settings."""
    app = FastAPI(openapi_url=None)
    line = Line(app)
    timing = Timing(pause=pause or _go_on)
    till = Till(db, settings, clock=clock, transport=_Transport(line), timing=timing)
    gate = Gate(settings.limits, settings.trusted_proxies, clock)
    gate.open(await db.write(keep_limits_secret))
    deps = WebDeps(db, settings, till, gate)
    routers = (webhooks_router, sandbox_router, checkout_router, embed_router, order_page_router)
    for router in routers:
        # As the application does it.
        app.router.routes.extend(router(deps).routes)
    async with till.opened() as opened:
        yield PayShop(app, db, opened, line, clock, settings)


@asynccontextmanager
async def a_buyer(shop: PayShop, token: str | None = None) -> AsyncIterator[Buyer]:
    """Open a browser at a checkout page, of two aloes unless there is one already."""
    async with shop.browser() as browser:
        yield Buyer(shop, browser, token or await shop.start())


async def _go_on(_: float) -> None:
    """Wait for nobody: the clock stands still meanwhile."""


def text_of(answer: httpx.Response) -> str:
    """Give what can be read on a page."""
    return " ".join(unescape(_TEXT.sub(" ", answer.text)).split())


def _payments(uow: UnitOfWork, token: str) -> list[PaymentRow]:
    statement = (
        select(PaymentRow)
        .join(CheckoutRow, CheckoutRow.id == PaymentRow.checkout_id)
        .where(CheckoutRow.page_token == token)
        .order_by(PaymentRow.id)
        .options(selectinload(PaymentRow.facts))
    )
    return list(uow.session.scalars(statement))


def _left(uow: UnitOfWork, handle: str) -> tuple[int, int]:
    statement = (
        select(StockRow.on_hand, StockRow.reserved)
        .join(VariantRow, VariantRow.id == StockRow.variant_id)
        .where(VariantRow.handle == handle)
    )
    on_hand, reserved = uow.session.execute(statement).one()
    return on_hand, reserved
