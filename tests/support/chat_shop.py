"""A shop whose purchases are paid inside a conversation: its tools, its page and its till."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from plantly.db import Database
from plantly.mcp_server.server import ServerParts
from plantly.mcp_server.toolbook import Toolbook
from plantly.services.checkout_page import save_details
from plantly.services.gate import Gate
from plantly.services.limits import keep_limits_secret
from plantly.settings import Settings, load_settings
from plantly.widgets import WidgetExtras, load_widgets
from tests.support.builders import buyer
from tests.support.clock import MovableClock
from tests.support.pay_shop import PayShop, open_shop
from tests.support.shop import HINT, Json, ToolShop

ALOES: Final = {"items": [{"product_id": "aloe-vera", "quantity": 2}]}
BUYER: Final = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
ADDRESS: Final = {
    "name": "Ada Lovelace",
    "line_one": "12 Fern Street",
    "line_two": None,
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94107",
}


@dataclass
class ChatShop:
    """A conversation with a shop that takes money."""

    tools: ToolShop
    pay: PayShop

    async def start(self) -> Json:
        """Start a checkout of two aloes."""
        return await self.tools.done("start_checkout", ALOES, HINT)

    async def look(self, checkout: Json) -> Json:
        """Ask where a checkout stands."""
        asked = {"checkout_session_id": checkout["checkout_session_id"]}
        return await self.tools.done("get_checkout", asked, HINT)

    async def fill_in(self, checkout: Json) -> None:
        """Keep details as the page does when a browser types them."""
        token = page_token(checkout)
        await self.pay.db.write(lambda uow: save_details(uow, token, "a browser", buyer()))

    async def ready(self) -> Json:
        """Start a checkout, and type the details on its page."""
        checkout = await self.start()
        await self.fill_in(checkout)
        return await self.look(checkout)

    async def press(self, checkout: Json, what: str = "approve", **more: Any) -> Json:
        """Press the button of the payment sheet that shows this checkout."""
        return await self.tools.done("complete_checkout", pressed(checkout, what, **more), HINT)


def pressed(checkout: Json, what: str = "approve", **more: Any) -> Json:
    """Give what a sheet sends, with a token that does `what`."""
    token = what if what.startswith("tok_") else f"tok_sandbox_{what}"
    paid = {"token": token, "provider": "sandbox", "billing_address": {"name": "Ada"}}
    sheet = checkout.get("payment_sheet") or checkout
    return {"checkout_session_id": sheet["id"], "buyer": BUYER, "payment_data": paid, **more}


def codes(answer: Json) -> list[str]:
    """Give what went wrong, in the order in which it is said."""
    return [message["code"] for message in answer["messages"] if message["type"] == "error"]


def total(answer: Json) -> int:
    """Give the total of a sheet, which is its last row."""
    assert answer["totals"][-1]["type"] == "total"
    return int(answer["totals"][-1]["amount"])


def page_token(checkout: Json) -> str:
    """Give the token of a checkout's page."""
    return str(checkout["checkout_url"]).rpartition("/")[2]


@asynccontextmanager
async def open_chat_shop(
    url: str, db: Database, clock: MovableClock, environment: Mapping[str, str], era: str = "auto"
) -> AsyncIterator[ChatShop]:
    """Open the shop at a database URL, with a client of that era connected to its tools."""
    settings = load_settings({"PLANTLY_DATABASE_URL": url, **environment})
    async with open_shop(settings, db, clock) as pay:
        parts = await _parts(pay, settings, clock)
        async with ToolShop(parts).talking(era) as tools:
            yield ChatShop(tools, pay)


async def _parts(pay: PayShop, settings: Settings, clock: MovableClock) -> ServerParts:
    extras = WidgetExtras(conversion=settings.in_chat.conversion)
    widgets = load_widgets(settings.public_url, settings.widget_uris, extras=extras)
    toolbook = Toolbook(pay.db, widgets, in_chat=settings.in_chat)
    await toolbook.refresh()
    gate = Gate(settings.limits, settings.trusted_proxies, clock)
    gate.open(await pay.db.write(keep_limits_secret))
    chat = pay.till.chat
    return ServerParts(pay.db, settings, widgets, toolbook, lambda: None, gate, lambda: chat)
