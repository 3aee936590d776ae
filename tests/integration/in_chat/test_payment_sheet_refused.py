"""A press of the payment sheet that cannot pay: nothing is charged, and the sheet says why."""

from datetime import timedelta
from typing import Any

import pytest

from plantly.domain.checkout import SESSION_LIFETIME
from plantly.domain.sandbox_chaos import Chaos
from plantly.mcp_server.tool import closed
from plantly.services.catalog_file import write_catalog
from plantly.services.sandbox_charges import charge_token
from plantly.services.sandbox_ledger import SandboxOrder, open_payment
from plantly.services.workflows.chat_desk import ChatDesk
from tests.support.chat_shop import (
    ADDRESS,
    ChatShop,
    codes,
    page_token,
    pressed,
    total,
)
from tests.support.clock import MovableClock
from tests.support.pay_shop import a_buyer
from tests.support.shop import HINT, OTHER_HINT, document, garden

pytestmark = pytest.mark.anyio

LIFETIME = timedelta(minutes=30)


async def test_a_total_that_has_changed_is_refused_with_the_new_one(shop: ChatShop) -> None:
    checkout = await shop.ready()
    source = garden()
    source["products"][0]["variants"][0]["price_minor"] += 500
    await shop.pay.db.write(lambda uow: write_catalog(uow, document(source)))
    answer = await shop.press(checkout)
    assert codes(answer) == ["quote_changed"]
    assert total(answer) > checkout["totals"][-1]["amount_minor"]
    assert answer["id"] != checkout["payment_sheet"]["id"]
    assert await shop.pay.payments(page_token(checkout)) == []
    paid = await shop.press(answer)
    assert (paid["status"], total(paid)) == ("completed", total(answer))


@pytest.mark.parametrize("name", ["", ".0", ".0000000000000000"])
async def test_without_the_totals_that_were_shown_nothing_is_charged(
    shop: ChatShop, name: str
) -> None:
    checkout = await shop.ready()
    sheet = {"id": f"{checkout['checkout_session_id']}{name}"}
    assert codes(await shop.press(sheet)) == ["quote_changed"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"country": "ZZ"}, "country: Choose one of the countries"),
        ({"line_one": "4111 1111 1111 1111"}, "line1: This looks like a card number"),
        ({"city": None, "name": None}, "city: "),
    ],
)
async def test_an_address_that_cannot_be_used_is_said_without_repeating_it(
    shop: ChatShop, changes: dict[str, Any], words: str
) -> None:
    checkout = await shop.start()
    answer = await shop.press(checkout, fulfillment_address={**ADDRESS, **changes})
    assert codes(answer) == ["invalid"]
    assert words in answer["messages"][0]["content"]
    assert "4111" not in str(answer)
    assert answer["status"] == "incomplete"


async def test_another_delivery_is_another_total(shop: ChatShop) -> None:
    checkout = await shop.ready()
    answer = await shop.press(checkout, fulfillment_option_id="express")
    assert codes(answer) == ["quote_changed"]
    assert answer["fulfillment_option_id"] == "express"
    assert (await shop.press(answer))["status"] == "completed"


async def test_a_delivery_that_there_is_not_is_refused(shop: ChatShop) -> None:
    checkout = await shop.ready()
    answer = await shop.press(checkout, fulfillment_option_id="rocket")
    assert codes(answer)[0] == "quote_changed"
    assert codes(await shop.press(answer))[0] == "invalid_input"


async def test_a_token_is_for_one_press_only(shop: ChatShop) -> None:
    checkout = await shop.ready()
    await shop.press(checkout, "decline")
    answer = await shop.press(checkout, "decline", fulfillment_option_id="express")
    assert codes(answer) == ["idempotency_conflict"]


async def test_what_is_sold_out_is_not_charged(shop: ChatShop) -> None:
    checkout = await shop.ready()
    other = await shop.pay.start(aloe_vera=23)
    async with a_buyer(shop.pay, other) as buyer:
        await buyer.pay()
    answer = await shop.press(checkout)
    assert codes(answer)[0] == "out_of_stock"
    assert await shop.pay.payments(page_token(checkout)) == []


async def test_what_sells_out_at_the_last_moment_is_not_charged(
    shop: ChatShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = await shop.ready()
    monkeypatch.setattr(
        "plantly.db.repositories.stock.StockRepository.hold",
        lambda _self, _payment, units: next(iter(units)),
    )
    answer = await shop.press(checkout)
    assert codes(answer) == ["out_of_stock"]
    assert answer["status"] == "ready_for_payment"


async def test_a_provider_that_takes_no_tokens_charges_nothing(shop: ChatShop) -> None:
    checkout = await shop.ready()
    without = ChatDesk(shop.pay.db, shop.pay.till.paced, shop.pay.till.desk)
    object.__setattr__(shop.tools.parts, "chat", lambda: without)
    assert codes(await shop.press(checkout)) == ["payment_declined"]
    assert await shop.pay.left("aloe-vera-12cm") == (24, 0)


async def test_the_sandbox_charges_a_token_while_the_payment_is_open(
    shop: ChatShop, clock: MovableClock
) -> None:
    order = SandboxOrder("pay_1", 500, "USD", "Fern", "http://shop/", clock() + LIFETIME)
    opened = await shop.pay.db.write(lambda uow: open_payment(uow, "key-1", order))
    clock.advance(LIFETIME)
    charged = await shop.pay.db.write(
        lambda uow: charge_token(uow, Chaos(), opened["id"], "tok_sandbox_approve", manual=False)
    )
    assert (charged["status"], charged["captured_minor"]) == ("expired", 0)


async def test_a_press_after_its_time_charges_nothing(shop: ChatShop, clock: MovableClock) -> None:
    checkout = await shop.ready()
    shop.pay.line.provider_down = True
    await shop.tools.refused("complete_checkout", pressed(checkout), HINT)
    shop.pay.line.provider_down = False
    clock.advance(timedelta(minutes=31))
    assert (await shop.press(checkout))["status"] == "complete_in_progress"
    await shop.pay.till.worker.tick()
    assert codes(await shop.press(checkout)) == ["payment_failed"]


async def test_a_checkout_that_is_over_is_not_charged(shop: ChatShop, clock: MovableClock) -> None:
    checkout = await shop.ready()
    clock.advance(SESSION_LIFETIME + timedelta(seconds=1))
    assert codes(await shop.press(checkout)) == ["checkout_closed"]


async def test_a_cart_that_was_paid_elsewhere_is_not_charged(shop: ChatShop) -> None:
    line = {"lines": [{"product_id": "aloe-vera", "quantity": 1}]}
    await shop.tools.done("update_cart", line, HINT)
    older = await shop.tools.done("start_checkout", {}, HINT)
    await shop.fill_in(older)
    older = await shop.look(older)
    await shop.tools.done("update_cart", {**line, "mode": "add", "expected_version": 1}, HINT)
    newer = await shop.tools.done("start_checkout", {}, HINT)
    async with a_buyer(shop.pay, page_token(newer)) as buyer:
        await buyer.pay()
    assert codes(await shop.press(older)) == ["checkout_closed"]


async def test_a_session_of_another_conversation_is_not_there(shop: ChatShop) -> None:
    checkout = await shop.ready()
    error = await shop.tools.refused("complete_checkout", pressed(checkout), OTHER_HINT)
    assert error["code"] == "not_found"
    unknown = {"id": "cs_nobody.0"}
    error = await shop.tools.refused("complete_checkout", pressed(unknown), HINT)
    assert error["code"] == "not_found"


@pytest.mark.parametrize("token", ["", "a b", "t" * 501, "\u20ac"])
async def test_a_token_that_cannot_be_one_is_refused_by_its_form(
    shop: ChatShop, token: str
) -> None:
    asked = {"checkout_session_id": "cs_1.0", "payment_data": {"token": token}}
    error = await shop.tools.refused("complete_checkout", asked, HINT)
    assert error["field"] == "payment_data.token"
    assert not token or token not in error["message"]


async def test_a_shop_that_is_just_opening_says_so(shop: ChatShop) -> None:
    object.__setattr__(shop.tools.parts, "chat", closed)
    error = await shop.tools.refused("complete_checkout", pressed({"id": "cs_1.0"}), HINT)
    assert error["code"] == "shop_not_ready"
