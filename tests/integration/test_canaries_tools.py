"""What is sent to the tools, in whatever argument and however broken, is kept and told nowhere."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest

from plantly.mcp_server import server
from plantly.services import carts, orders
from plantly.services import checkout as checkouts
from tests.support.canaries import (
    CARD,
    CARDS,
    PERSON,
    SAID,
    Ears,
    columns_with,
    found_in,
    listening,
)
from tests.support.clock import MovableClock
from tests.support.foreign_ids import placed, places_for_text
from tests.support.mcp_wire import message
from tests.support.shop import Json
from tests.support.watched_shop import WatchedShop, open_watched_shop, trace_to

pytestmark = pytest.mark.anyio

CODES: Final = "discount_codes"
"""The one argument that is kept as it came, for it is no place for a person: only codes are."""


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    with listening() as heard:
        trace_to(heard, monkeypatch)
        yield heard


@pytest.fixture
async def watched(shop_url: str, clock: MovableClock, ears: Ears) -> AsyncIterator[WatchedShop]:
    async with open_watched_shop(shop_url, clock, ears) as shop:
        yield shop


async def listed(watched: WatchedShop) -> list[Json]:
    found: list[Json] = (await watched.ask(message("tools/list"))).json()["result"]["tools"]
    assert found
    return found


async def test_a_card_number_in_any_argument_is_kept_and_logged_nowhere(
    watched: WatchedShop,
) -> None:
    for tool in await listed(watched):
        schema = tool["inputSchema"]
        for path in dict.fromkeys(places_for_text(schema)):
            for number in (CARD, CARDS[1]):
                await watched.call(tool["name"], placed(schema, path, number))
        for path in numbers_in(schema):
            await watched.call(tool["name"], placed(schema, path, int(CARD)))
    watched.told.clear()  # What somebody looks for may be said back to them, and to nobody else.
    await watched.check()


def numbers_in(schema: Json) -> list[tuple[str, ...]]:
    """Name the places of the outer arguments that take a number."""
    kinds = {"integer", "number"}
    return [(name,) for name, inner in schema["properties"].items() if inner.get("type") in kinds]


async def test_a_price_that_is_a_card_number_is_kept_nowhere(watched: WatchedShop) -> None:
    for price in (4111111111111111, 41111111111111.11, 378282246310005, 3782822463100.05):
        items: Json = {"items": [{"product_id": "jade", "quantity": 1, "price": price}]}
        answer = await watched.call("start_checkout", items)
        assert answer["result"]["isError"] is False
        assert await columns_with(watched.db, "378282246310005") == set()
    watched.told.clear()
    await watched.check()


async def test_a_card_number_is_no_discount_code(watched: WatchedShop) -> None:
    jade: Json = {"product_id": "jade", "quantity": 1}
    for number in CARDS:
        for tool, arguments in (
            ("update_cart", {"lines": [jade], CODES: [number]}),
            ("start_checkout", {"items": [jade], CODES: ["WELCOME10", number]}),
        ):
            result = (await watched.call(tool, arguments))["result"]
            assert result["isError"] is True
            assert result["structuredContent"]["error"]["field"] == CODES
            assert number not in json.dumps(result)
    await watched.check()


async def test_what_a_person_says_of_themselves_to_a_tool_is_kept_nowhere(
    watched: WatchedShop,
) -> None:
    for tool in await listed(watched):
        schema = tool["inputSchema"]
        for path in dict.fromkeys(places_for_text(schema)):
            if CODES in path:
                continue
            for value in (PERSON["name"], PERSON["email"]):
                await watched.call(tool["name"], placed(schema, path, value))
        # An argument that there is not, by its name and by its value.
        for extra in ({"email": PERSON["email"]}, {"address": dict(PERSON)}, {"card_number": CARD}):
            answer = await watched.call(tool["name"], extra)
            assert found_in(json.dumps(answer), {**SAID, "card": CARD}) == []
    watched.told.clear()  # As above.
    await watched.check()


# What methods and tools are called is no secret: the SDK names spans after them.
BROKEN: Final[tuple[Any, ...]] = (
    b"{",
    b"\xff",
    json.dumps(dict(PERSON)).encode(),
    json.dumps([dict(PERSON)]).encode(),
    (json.dumps(dict(PERSON)) * 2000).encode(),
    message("tools/call", {"arguments": dict(PERSON)}),
    message("tools/call", {"name": "show_cart", "arguments": list(PERSON.values())}),
    message("tools/call", {"name": "show_cart", "arguments": {}, "_meta": list(PERSON.values())}),
    message("tools/call", {"name": "show_cart", "arguments": {"cart_id": dict(PERSON)}}),
    message("resources/read", {"uri": f"ui://widget/{PERSON['line1']}.html"}),
    message("initialize", {"clientInfo": {"name": PERSON["name"], "version": CARD}}),
)


async def test_a_call_that_cannot_be_read_is_not_logged(watched: WatchedShop) -> None:
    for body in BROKEN:
        await watched.ask(body)
        await watched.ask(body, **{"mcp-protocol-version": "2026-07-28"})
    watched.told.clear()  # The SDK tells its own caller what it could not read.
    await watched.check()


CRASHES: Final = (
    (server, "shopper_from_hint"),
    (server, "visitor_of"),
    (server, "parse"),
    (server, "answer"),
    (server, "_result"),
    (carts, "show_cart"),
    (carts, "update_cart"),
    (checkouts, "start_checkout"),
    (checkouts, "get_checkout"),
    (orders, "get_order"),
)


@pytest.mark.parametrize(
    ("owner", "name"), CRASHES, ids=[f"{owner.__name__}-{name}" for owner, name in CRASHES]
)
@pytest.mark.parametrize("lane", ["true", "false"])
async def test_a_tool_that_fails_with_everything_in_its_text_tells_nothing(
    sqlite_shop_url: str,
    clock: MovableClock,
    ears: Ears,
    owner: Any,
    name: str,
    lane: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = {"PLANTLY_LANE": lane}
    async with open_watched_shop(sqlite_shop_url, clock, ears, said) as watched:

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError(watched.everything())

        monkeypatch.setattr(owner, name, fail)
        for tool, arguments in (
            ("show_cart", {}),
            ("update_cart", {"lines": [{"product_id": "jade", "quantity": 1}]}),
            ("start_checkout", {}),
            ("get_checkout", {"checkout_session_id": watched.session}),
            ("get_order_status", {"checkout_session_id": watched.session}),
        ):
            await watched.call(tool, arguments)
        assert any("internal" in text for text in watched.told)
        monkeypatch.undo()
        trace_to(ears, monkeypatch)
        await watched.check()


async def test_widgets_and_lists_know_no_person(watched: WatchedShop) -> None:
    resources = (await watched.ask(message("resources/list"))).json()["result"]["resources"]
    assert resources
    for resource in resources:
        await watched.ask(message("resources/read", {"uri": resource["uri"]}))
    for method in ("tools/list", "prompts/list", "ping"):
        await watched.ask(message(method))
    await watched.check()
