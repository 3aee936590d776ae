"""The cart, the checkout and the order, as assistants see them."""

from datetime import timedelta
from typing import Any

import pytest

from plantly.db import UnitOfWork
from plantly.domain.checkout import SESSION_LIFETIME, CheckoutStatus
from tests.support.clock import MovableClock
from tests.support.orders import BUYER, pay, refund
from tests.support.shop import HINT, Json, ToolShop, dump, text_of

pytestmark = pytest.mark.anyio

JADE: Json = {"product_id": "jade", "quantity": 2}


def total(result: Json) -> int:
    amount: int = result["totals"][-1]["amount_minor"]
    assert result["totals"][-1]["type"] == "total"
    return amount


async def test_a_forged_price_never_matters(tools: ToolShop) -> None:
    for price in (0.01, 0, 1e-9, 99999999, -8.99, 1e300, 10**400, 8.9900001):
        forged = {**JADE, "price": price, "name": "Free Jade"}
        for tool in ("start_checkout", "show_cart"):
            result = await tools.done(tool, {"items": [forged]})
            assert total(result) == 1798
            assert result["items"][0]["name"] == "100%_Jade"
            assert [(m["code"], m["param"]) for m in result["messages"]] == [
                ("price_changed", "items[0]")
            ]
    honest = await tools.done("start_checkout", {"items": [{**JADE, "price": 8.99}]})
    assert honest["messages"] == []


async def test_a_forged_price_is_said_in_a_repeated_start_too(tools: ToolShop) -> None:
    first = await tools.done("start_checkout", {"items": [JADE]}, HINT)
    assert first["messages"] == []
    forged = await tools.done("start_checkout", {"items": [{**JADE, "price": 0.01}]}, HINT)
    assert forged["checkout_session_id"] == first["checkout_session_id"]
    assert [message["code"] for message in forged["messages"]] == ["price_changed"]
    assert total(forged) == total(first)


async def test_a_start_repeats_to_the_same_session(tools: ToolShop) -> None:
    cart = await tools.done("update_cart", {"lines": [JADE]}, HINT)
    first = await tools.done("start_checkout", {}, HINT)
    before = await dump(tools.db)
    assert await tools.done("start_checkout", {}, HINT) == first
    assert await tools.done("start_checkout", {"cart_id": cart["cart_id"]}, HINT) == first
    assert await dump(tools.db) == before
    await tools.done("update_cart", {"lines": [{**JADE, "quantity": 3}]}, HINT)
    second = await tools.done("start_checkout", {}, HINT)
    assert second["checkout_session_id"] != first["checkout_session_id"]


async def test_a_stale_version_is_answered_with_the_cart_as_it_is(tools: ToolShop) -> None:
    cart = await tools.done("update_cart", {"lines": [JADE]}, HINT)
    await tools.done("update_cart", {"lines": [{**JADE, "quantity": 3}]}, HINT)
    add: Json = {"lines": [JADE], "mode": "add", "expected_version": 1}
    for arguments in (add, {**add, "cart_id": cart["cart_id"]}, {**add, "mode": "set"}):
        result = await tools.call("update_cart", arguments, HINT)
        assert result.is_error
        said: dict[str, Any] = result.structured_content or {}
        assert said["error"]["code"] == "version_conflict"
        assert said["cart"] == await tools.done("show_cart", {}, HINT)
        assert said["cart"]["version"] == 2
        assert text_of(result).startswith("expected_version is 1, but the cart is at version 2.")
    add["expected_version"] = 2
    assert (await tools.done("update_cart", add, HINT))["items"][0]["quantity"] == 5
    assert (await tools.done("update_cart", add, HINT))["items"][0]["quantity"] == 5


async def test_adding_needs_to_know_what_it_adds_to(tools: ToolShop) -> None:
    add: Json = {"lines": [JADE], "mode": "add"}
    first = await tools.done("update_cart", add, HINT)
    assert await tools.done("update_cart", add, HINT) == first
    other = {"lines": [{"product_id": "monstera", "quantity": 1}], "mode": "add"}
    error = await tools.refused("update_cart", other, HINT)
    assert error["code"] == "version_conflict"
    assert error["message"].endswith("send 1.")


async def test_a_checkout_tells_where_it_stands(tools: ToolShop, clock: MovableClock) -> None:
    session = await tools.done("start_checkout", {"items": [JADE]}, HINT)
    asked = {"checkout_session_id": session["checkout_session_id"]}
    assert await tools.done("get_checkout", asked, HINT) == session
    expires = clock() + SESSION_LIFETIME
    assert session["expires_at"] == expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    number = await tools.db.write(lambda uow: pay(uow, session["checkout_session_id"]))
    paid = await tools.done("get_checkout", asked, HINT)
    assert paid["status"] == "completed"
    assert paid["order"] == {"order_number": number, "status": "confirmed"}
    assert total(paid) == 1798 + 595 + round(1798 * 0.0725)
    assert not paid["estimated"]


async def test_asking_about_a_payment_in_progress_nudges_and_writes_nothing(
    tools: ToolShop,
) -> None:
    nudges: list[int] = []
    object.__setattr__(tools.parts, "nudge", lambda: nudges.append(1))
    session = await tools.done("start_checkout", {"items": [JADE]}, HINT)
    asked = {"checkout_session_id": session["checkout_session_id"]}
    await tools.done("get_checkout", asked, HINT)
    assert nudges == []

    def set_status(uow: UnitOfWork, status: CheckoutStatus) -> None:
        row = uow.checkouts.by_public_id(session["checkout_session_id"])
        assert row is not None
        row.status, row.total_minor = status, 1798
        row.totals = [{"type": "total", "amount_minor": 1798, "display_text": "Total"}]
        for line in row.lines:
            line.unit_amount_minor = 899

    await tools.db.write(lambda uow: set_status(uow, CheckoutStatus.COMPLETE_IN_PROGRESS))
    before = await dump(tools.db)
    assert (await tools.done("get_checkout", asked, HINT))["status"] == "complete_in_progress"
    assert nudges == [1]
    assert await dump(tools.db) == before
    await tools.db.write(lambda uow: set_status(uow, CheckoutStatus.CANCELED))
    canceled = await tools.call("get_checkout", asked, HINT)
    assert text_of(canceled).endswith("Call start_checkout again to buy.")


async def test_an_order_is_found_by_number_and_by_session(tools: ToolShop) -> None:
    session = await tools.done("start_checkout", {"items": [JADE]}, HINT)
    asked = {"checkout_session_id": session["checkout_session_id"]}
    error = await tools.refused("get_order_status", asked, HINT)
    assert "not become an order yet" in error["message"]
    number = await tools.db.write(lambda uow: pay(uow, session["checkout_session_id"]))
    order = await tools.done("get_order_status", asked, HINT)
    for typed in (number, number.lower(), f" {number} ", number.replace("0", "O")):
        assert await tools.done("get_order_status", {"order_number": typed}) == order
    assert (order["order_number"], order["status"]) == (number, "confirmed")
    assert order["fulfillment"] == {
        "title": "Standard shipping",
        "status": "unfulfilled",
        "tracking": [],
    }
    assert order["items"][0]["variant_id"] == "jade-9cm"
    assert order["refunds"] == []


async def test_a_refund_is_said(tools: ToolShop) -> None:
    session = await tools.done("start_checkout", {"items": [JADE]}, HINT)
    number = await tools.db.write(lambda uow: pay(uow, session["checkout_session_id"]))
    await tools.db.write(lambda uow: refund(uow, number, 899))
    result = await tools.call("get_order_status", {"order_number": number})
    assert result.structured_content is not None
    assert result.structured_content["refunds"] == [{"amount_minor": 899, "status": "succeeded"}]
    assert "Refund of $8.99: succeeded." in text_of(result)


async def test_a_paid_conversation_begins_anew(tools: ToolShop) -> None:
    add: Json = {"lines": [JADE], "mode": "add"}
    first = await tools.done("update_cart", add, HINT)
    session = await tools.done("start_checkout", {}, HINT)
    await tools.db.write(lambda uow: pay(uow, session["checkout_session_id"]))
    second = await tools.done("update_cart", add, HINT)
    assert second["cart_id"] != first["cart_id"]
    old = await tools.done("show_cart", {"cart_id": first["cart_id"]}, HINT)
    assert [message["code"] for message in old["messages"]] == ["cart_completed"]


async def test_an_hour_later_the_same_start_is_another_session(
    tools: ToolShop, clock: MovableClock
) -> None:
    await tools.done("update_cart", {"lines": [JADE]}, HINT)
    first = await tools.done("start_checkout", {}, HINT)
    clock.advance(SESSION_LIFETIME - timedelta(seconds=1))
    assert await tools.done("start_checkout", {}, HINT) == first
    clock.advance(timedelta(seconds=1))
    second = await tools.done("start_checkout", {}, HINT)
    assert second["checkout_session_id"] != first["checkout_session_id"]
    assert second["checkout_url"] != first["checkout_url"]


async def test_the_person_is_nowhere_in_what_assistants_see(tools: ToolShop) -> None:
    session = await tools.done("start_checkout", {"items": [JADE]}, HINT)
    number = await tools.db.write(lambda uow: pay(uow, session["checkout_session_id"]))
    asked = {"checkout_session_id": session["checkout_session_id"]}
    said = [
        (await tools.call("get_checkout", asked, HINT)).model_dump_json(),
        (await tools.call("get_order_status", asked, HINT)).model_dump_json(),
        (await tools.call("get_order_status", {"order_number": number})).model_dump_json(),
    ]
    personal = [value for key, value in BUYER.items() if key not in {"region", "country"}]
    assert not [value for value in personal if any(value in text for text in said)]
