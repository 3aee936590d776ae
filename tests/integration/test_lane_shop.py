"""The lane answers for the shop itself as the SDK's app alone does, to the word."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from mcp.server.lowlevel import Server

from plantly.db import Database, open_database
from plantly.mcp_server.server import ServerParts, build_server
from plantly.mcp_server.toolbook import Toolbook
from plantly.settings import load_settings
from plantly.widgets import WidgetSet, load_widgets
from tests.support.differ import differ
from tests.support.lane_cases import Subject, protocol_cases
from tests.support.mcp_wire import ERAS, Exchange, request

pytestmark = pytest.mark.anyio

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_products", {}),
    ("list_products", {"sunlight": ["Low Light", "Indirect Light"]}),
    ("list_products", {"sunlight": "Shade"}),
    ("search_products", {"search": "crème", "sort": "price_desc"}),
    ("get_product", {"product_ids": ["aloe-vera", "unicorn"]}),
    ("get_product", {}),
    ("show_cart", {}),
    ("show_cart", {"items": [{"product_id": "aloe-vera", "quantity": 2, "price": 0.01}]}),
    ("show_cart", {"items": [{"product_id": "aloe-vera", "quantity": 0}]}),
    ("update_cart", {"lines": [{"product_id": "a\x00", "quantity": 1}]}),
    ("start_checkout", {"total": 1}),
    ("get_checkout", {"checkout_session_id": "cs_guess"}),
    ("get_order_status", {"order_number": "PL-1"}),
    ("get_store_policies", {"topic": "returns"}),
    ("search", {"query": "fern"}),
    ("fetch", {"id": "aloe-vera"}),
)


@pytest.fixture
async def db(sqlite_shop_url: str) -> AsyncIterator[Database]:
    db = open_database(sqlite_shop_url)
    yield db
    await db.close()


def shop_cases(widgets: WidgetSet) -> Iterator[Exchange]:
    for era in ERAS:
        for name, arguments in CALLS:
            params = {"name": name, "arguments": arguments}
            yield request("tools/call", params, era=era, title=f"{name} {arguments} ({era})")
        for resource in widgets.resources():
            yield request("resources/read", {"uri": resource.uri}, era=era, title=resource.uri)
        for method in ("tools/list", "resources/list"):
            yield request(method, {}, era=era, title=f"{method} ({era})")


async def test_the_shop_answers_alike_with_and_without_the_lane(db: Database) -> None:
    settings = load_settings({})
    widgets = load_widgets(settings.public_url, "hashed")
    toolbook = Toolbook(db, widgets)
    await toolbook.refresh()

    def shop() -> Server[Any]:
        return build_server(ServerParts(db, settings, widgets, toolbook, lambda: None))

    subject = Subject("list_products", {"limit": 2}, widgets["checkout"].app_uri)
    exchanges = [*shop_cases(widgets), *protocol_cases(subject)]
    assert await differ(shop, exchanges) == []
