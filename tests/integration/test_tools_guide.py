"""Calls as the published guide writes them work unchanged, in both eras and on both databases."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from mcp_types import CallToolResult

from tests.support.clock import MovableClock
from tests.support.shop import ERAS, HINT, Json, ToolShop, open_tools, text_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    """Give each protocol era in turn: here the wire itself is the subject."""
    chosen: str = request.param
    return chosen


@pytest.fixture
async def guide(shop_url: str, era: str, clock: MovableClock) -> AsyncIterator[ToolShop]:
    async with open_tools(shop_url, clock=clock, era=era) as shop:
        yield shop


ITEMS: list[Json] = [
    {"product_id": "aloe-vera", "name": "Aloe Vera", "price": 14.99, "quantity": 2},
    {"product_id": "monstera", "name": "Monstera", "price": 34.99, "quantity": 1},
]


async def test_the_guides_purchase(guide: ToolShop) -> None:
    listed = await guide.done("list_products", {"sunlight": ["Low Light", "Indirect Light"]})
    assert {"products", "filters", "initialFilters"} <= listed.keys()
    assert [entry["id"] for entry in listed["products"]] == [
        "monstera",
        "snake-plant",
        "peace-lily",
        "creme-fern",
    ]
    assert listed["initialFilters"] == {"sunlight": ["Low Light", "Indirect Light"]}
    assert listed["filters"]["sunlight"] == {"Low Light": 2, "Indirect Light": 4, "Full Sun": 2}

    cart = await guide.done("show_cart", {"items": ITEMS})
    assert [(item["product_id"], item["quantity"]) for item in cart["items"]] == [
        ("aloe-vera", 2),
        ("monstera", 1),
    ]
    assert cart["messages"] == []
    assert "cart_id" not in cart

    session = await guide.done("start_checkout", {"items": ITEMS})
    assert session["items"] == cart["items"]
    assert session["totals"][-1] == {
        "type": "total",
        "amount_minor": 2 * 1499 + 3499,
        "display_text": "Total",
    }
    assert session["checkout_url"].startswith("http://127.0.0.1:8000/checkout/")


async def test_one_filter_value_needs_no_list(guide: ToolShop) -> None:
    one = await guide.done("list_products", {"water": "Low", "climate": "Arid"})
    many = await guide.done("list_products", {"water": ["Low"], "climate": ["Arid"]})
    assert one == many
    assert one["total"] == 3


async def test_the_conversation_is_the_same_in_every_call(guide: ToolShop) -> None:
    lines = [{"product_id": "jade", "quantity": 2}]
    made = await guide.done("update_cart", {"lines": lines}, HINT)
    assert await guide.done("show_cart", {}, HINT) == made
    first = await guide.done("start_checkout", {}, HINT)
    assert await guide.done("start_checkout", {"cart_id": made["cart_id"]}) == first


def said(result: CallToolResult) -> tuple[str, object, Json]:
    """Give all that is ours; what else stands in `_meta` is the protocol's."""
    meta = {key: value for key, value in (result.meta or {}).items() if key.startswith("plantly/")}
    return text_of(result), result.structured_content, meta


async def test_both_eras_answer_the_same(guide: ToolShop, era: str) -> None:
    other = ERAS[1 - ERAS.index(era)]
    calls: list[tuple[str, Json]] = [
        ("list_products", {"limit": 3}),
        ("show_cart", {"items": ITEMS}),
        ("get_product", {"product_id": "nope"}),
        ("start_checkout", {"items": [{"product_id": "jade", "quantity": 0}]}),
    ]
    here = [await guide.call(*call) for call in calls]
    tools = await guide.tools()
    async with ToolShop(guide.parts).talking(other) as there:
        answers = await asyncio.gather(*(there.call(*call) for call in calls))
        assert await there.tools() == tools
    assert [said(answer) for answer in answers] == [said(answer) for answer in here]
