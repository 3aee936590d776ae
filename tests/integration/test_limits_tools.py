"""Limits as assistants meet them: a sentence, when to try again, and nothing to learn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from mcp_types import CallToolResult

from plantly.domain.ids import Clock
from tests.support.clock import MovableClock
from tests.support.shop import HINT, OTHER_HINT, Json, ToolShop, open_tools, text_of

pytestmark = pytest.mark.anyio

JADE: Json = {"product_id": "jade", "quantity": 1}


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


@asynccontextmanager
async def limited(url: str, clock: Clock, said: str = "") -> AsyncIterator[ToolShop]:
    async with open_tools(url, clock=clock, environment={"PLANTLY_LIMITS": said}) as shop:
        yield shop


async def call_as(shop: ToolShop, subject: object, tool: str, arguments: Json) -> CallToolResult:
    meta: Any = {"openai/subject": subject, "openai/session": HINT}
    return await shop.client.call_tool(tool, arguments, meta=meta)


async def counted(shop: ToolShop) -> int:
    statement = "SELECT key FROM rate_limits"
    return len(await shop.db.read(lambda uow: uow.connection.exec_driver_sql(statement).all()))


async def test_a_shopper_with_thirty_changes_meets_no_limit(tools: ToolShop) -> None:
    for n in range(30):
        cart = await tools.done("update_cart", {"lines": [{**JADE, "quantity": 1 + n % 9}]}, HINT)
        await tools.done("list_products", {}, HINT)
        await tools.done("show_cart", {"cart_id": cart["cart_id"]}, HINT)
    codes = {"discount_codes": ["WELCOME10", "FREESHIP"]}
    for _ in range(12):
        await tools.done("update_cart", codes, HINT)
        await tools.done("update_cart", {"discount_codes": []}, HINT)
    for _ in range(5):
        session = await tools.done("start_checkout", codes, HINT)
        await tools.done("get_checkout", {"checkout_session_id": session["checkout_session_id"]})


async def test_changing_a_cart_too_often_is_said_with_the_time_to_wait(
    shop_url: str, clock: MovableClock
) -> None:
    async with limited(shop_url, clock, "cart_writes=2/min") as shop:
        for quantity in (1, 2):
            await shop.done("update_cart", {"lines": [{**JADE, "quantity": quantity}]}, HINT)
        error = await shop.refused("update_cart", {"lines": [{**JADE, "quantity": 3}]}, HINT)
        assert error == {
            "code": "rate_limited",
            "message": (
                "The cart was changed very often in a short time. Please try again in 30 seconds."
            ),
            "retry_after_seconds": 30,
        }
        cart = await shop.done("show_cart", {}, HINT)
        assert [item["quantity"] for item in cart["items"]] == [2]
        await shop.done("update_cart", {"lines": [JADE]}, OTHER_HINT)
        clock.advance(timedelta(seconds=30))
        await shop.done("update_cart", {"lines": [JADE]}, HINT)


async def test_a_change_that_is_refused_counts_too(shop_url: str, clock: MovableClock) -> None:
    async with limited(shop_url, clock, "cart_writes=2/min") as shop:
        wrong = {"lines": [{"product_id": "unicorn", "quantity": 1}]}
        stale = {"lines": [JADE], "expected_version": 9}
        assert (await shop.refused("update_cart", wrong, HINT))["code"] == "not_found"
        assert (await shop.refused("update_cart", stale, HINT))["code"] == "invalid_input"
        assert (await shop.refused("update_cart", wrong, HINT))["code"] == "rate_limited"


async def test_a_conflict_counts_too_and_still_shows_the_cart(
    shop_url: str, clock: MovableClock
) -> None:
    async with limited(shop_url, clock, "cart_writes=2/min") as shop:
        await shop.done("update_cart", {"lines": [JADE]}, HINT)
        stale = {"lines": [JADE], "expected_version": 9}
        found = await shop.call("update_cart", stale, HINT)
        assert found.structured_content is not None
        assert found.structured_content["cart"]["version"] == 1
        assert (await shop.refused("update_cart", stale, HINT))["code"] == "rate_limited"


async def test_two_servers_count_together(shop_url: str, clock: MovableClock) -> None:
    said = "checkout_starts=3/hour"
    async with limited(shop_url, clock, said) as one, limited(shop_url, clock, said) as other:
        for shop in (one, other, one):
            await shop.done("start_checkout", {"items": [JADE]}, HINT)
        for shop in (one, other):
            error = await shop.refused("start_checkout", {"items": [JADE]}, HINT)
            assert error["retry_after_seconds"] == 1200


async def test_a_subject_is_one_shopper_in_every_conversation(
    shop_url: str, clock: MovableClock
) -> None:
    async with limited(shop_url, clock, "cart_writes=1/min") as shop:
        first = await call_as(shop, "user-1", "update_cart", {"lines": [JADE]})
        again = await call_as(shop, "user-1", "update_cart", {"lines": [JADE]})
        other = await call_as(shop, "user-2", "update_cart", {"lines": [JADE]})
        assert [first.is_error, again.is_error, other.is_error] == [False, True, False]
        # What is no subject leaves the conversation, then nothing.
        for subject in (7, "", "x" * 300):
            await call_as(shop, subject, "update_cart", {"lines": [JADE]})
        assert await counted(shop) == 3
        for hint in (None, "weak"):
            for _ in range(3):
                await shop.done("update_cart", {"lines": [JADE]}, hint)
        assert await counted(shop) == 3


async def test_a_shop_that_trusts_no_hint_counts_by_none(
    shop_url: str, clock: MovableClock
) -> None:
    environment = {"PLANTLY_LIMITS": "cart_writes=1/min", "PLANTLY_TRUST_HINT": "false"}
    async with open_tools(shop_url, clock=clock, environment=environment) as shop:
        for _ in range(3):
            await shop.done("update_cart", {"lines": [JADE]}, HINT)
        assert await counted(shop) == 0


async def test_guessing_codes_ends_and_learns_nothing(shop_url: str, clock: MovableClock) -> None:
    async with limited(shop_url, clock) as shop:
        await shop.done("update_cart", {"lines": [JADE]}, HINT)
        for n in range(10):
            tried = {"discount_codes": [f"GUESS{n}"]}
            cart = await shop.done("update_cart", tried, HINT)
            assert cart["messages"][0]["code"] == "discount_code_invalid"
            # The same once more is no new guess.
            await shop.done("update_cart", tried, HINT)
        before = await shop.done("show_cart", {}, HINT)
        said = set()
        for code in ("GUESS99", "WELCOME10", "FREESHIP", "SPRING"):
            for tool in ("update_cart", "start_checkout"):
                error = await shop.refused(tool, {"discount_codes": [code]}, HINT)
                assert error["code"] == "rate_limited"
                assert code not in error["message"]
                said.add(str(error))
        assert len(said) == 1
        assert await shop.done("show_cart", {}, HINT) == before
        # Everything else goes on, and in a while codes do too.
        await shop.done("update_cart", {"lines": [{**JADE, "quantity": 3}]}, HINT)
        clock.advance(timedelta(minutes=6))
        cart = await shop.done("update_cart", {"discount_codes": ["WELCOME10"]}, HINT)
        assert cart["discount_codes"] == ["WELCOME10"]


async def test_a_new_cart_for_each_guess_does_not_help(shop_url: str, clock: MovableClock) -> None:
    async with limited(shop_url, clock, "codes=4/hour, host_factor=2") as shop:
        # Nobody in particular: all of them together have twice as much.
        for n in range(8):
            tried = {"lines": [JADE], "discount_codes": [f"GUESS{n}"]}
            await shop.done("update_cart", tried)
        error = await shop.refused("update_cart", {"lines": [JADE], "discount_codes": ["SPRING"]})
        assert error["code"] == "rate_limited"
        items = {"items": [JADE], "discount_codes": ["SPRING"]}
        assert (await shop.refused("start_checkout", items))["code"] == "rate_limited"


async def test_several_guesses_in_one_call_are_several(shop_url: str, clock: MovableClock) -> None:
    async with limited(shop_url, clock, "codes=4/hour") as shop:
        tried = {"items": [JADE], "discount_codes": ["A1", "B1", "C1", "WELCOME10"]}
        await shop.done("start_checkout", tried, HINT)
        await shop.done("start_checkout", {"items": [JADE], "discount_codes": ["D1"]}, HINT)
        last = {"items": [JADE], "discount_codes": ["E1"]}
        assert (await shop.refused("start_checkout", last, HINT))["code"] == "rate_limited"


async def test_ids_that_do_not_exist_are_guessed_only_so_often(
    shop_url: str, clock: MovableClock
) -> None:
    async with limited(shop_url, clock, "misses=6/hour") as shop:
        cart = await shop.done("update_cart", {"lines": [JADE]}, OTHER_HINT)
        wrong: list[tuple[str, Json]] = [
            ("get_order_status", {"order_number": "PL-4X7K-9Q2M-TB3V-H6WD"}),
            ("get_order_status", {"checkout_session_id": "cs_nobody"}),
            ("get_checkout", {"checkout_session_id": "cs_nobody"}),
            ("show_cart", {"cart_id": "cart_nobody"}),
            ("update_cart", {"cart_id": "cart_nobody", "lines": [JADE]}),
            ("start_checkout", {"cart_id": cart["cart_id"]}),
        ]
        for tool, arguments in wrong:
            assert (await shop.refused(tool, arguments, HINT))["code"] == "not_found"
        for tool, arguments in wrong:
            assert (await shop.refused(tool, arguments, HINT))["code"] == "rate_limited"
        # What has no name of its own is no guess, nor is a product that there is not.
        mine = await shop.done("update_cart", {"lines": [JADE]}, HINT)
        await shop.done("show_cart", {}, HINT)
        assert (await shop.refused("get_product", {"product_id": "x"}, HINT))["code"] == "not_found"
        # Right or wrong gets the same answer now.
        error = await shop.refused("show_cart", {"cart_id": mine["cart_id"]}, HINT)
        assert error["code"] == "rate_limited"
        assert error["retry_after_seconds"] == 600
        await shop.done("show_cart", {"cart_id": cart["cart_id"]}, OTHER_HINT)
        clock.advance(timedelta(minutes=10))
        await shop.done("show_cart", {"cart_id": mine["cart_id"]}, HINT)


async def test_asking_again_for_an_order_that_is_not_there_yet_is_no_guess(
    shop_url: str, clock: MovableClock
) -> None:
    async with limited(shop_url, clock, "misses=2/hour") as shop:
        session = await shop.done("start_checkout", {"items": [JADE]}, HINT)
        asked = {"checkout_session_id": session["checkout_session_id"]}
        for _ in range(5):
            error = await shop.refused("get_order_status", asked, HINT)
            assert "has not become an order yet" in error["message"]


async def test_reading_writes_nothing_and_is_limited_all_the_same(
    shop_url: str, clock: MovableClock
) -> None:
    async with limited(shop_url, clock, "reads=3/min") as shop:
        await shop.done("list_products", {}, HINT)
        await shop.done("show_cart", {}, HINT)
        await shop.done("get_product", {"product_id": "jade"}, HINT)
        result = await shop.call("list_products", {}, HINT)
        assert result.is_error
        assert text_of(result) == (
            "Very many requests came in a short time. Please try again in 20 seconds."
        )
        await shop.done("list_products", {}, OTHER_HINT)
        assert await counted(shop) == 0


async def test_switched_off_there_are_no_limits(shop_url: str, clock: MovableClock) -> None:
    async with limited(shop_url, clock, "off") as shop:
        for n in range(12):
            await shop.done("update_cart", {"lines": [JADE], "discount_codes": [f"G{n}"]}, HINT)
            await shop.refused("show_cart", {"cart_id": "cart_nobody"}, HINT)
        assert await counted(shop) == 0


async def test_a_count_that_cannot_be_kept_stops_no_shopper(
    shop_url: str, clock: MovableClock
) -> None:
    async with limited(shop_url, clock) as shop:
        for name, other in (("rate_limits", "elsewhere"), ("elsewhere", "rate_limits")):
            statement = f"ALTER TABLE {name} RENAME TO {other}"
            await shop.db.write(lambda uow, s=statement: uow.connection.exec_driver_sql(s))  # type: ignore[misc]
            change = {"lines": [JADE], "discount_codes": ["NOPE"]}
            await shop.done("update_cart", change, HINT)
            error = await shop.refused("show_cart", {"cart_id": "cart_nobody"}, HINT)
            assert error["code"] == "not_found"
