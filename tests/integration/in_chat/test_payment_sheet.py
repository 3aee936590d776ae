"""Paying with an assistant's payment sheet: the token pays what was shown, once."""

from datetime import timedelta
from typing import Any

import anyio
import pytest

from plantly.db import Database
from plantly.services.catalog_file import write_catalog
from tests.support.chat_shop import (
    ADDRESS,
    ALOES,
    ChatShop,
    codes,
    open_chat_shop,
    page_token,
    pressed,
    total,
)
from tests.support.clock import MovableClock
from tests.support.pay_shop import a_buyer
from tests.support.shop import HINT, Json, document, dump, garden

pytestmark = pytest.mark.anyio

SHEET = {"PLANTLY_PAYMENT_SHEET": "true"}


async def test_the_sheet_is_shown_what_will_be_paid_and_nothing_personal(shop: ChatShop) -> None:
    checkout = await shop.ready()
    sheet = checkout["payment_sheet"]
    assert sheet["status"] == checkout["status"] == "ready_for_payment"
    assert sheet["payment_mode"] == "test"
    assert sheet["payment_provider"] == {
        "provider": "sandbox",
        "merchant_id": "sandbox",
        "supported_payment_methods": [{"type": "card"}],
    }
    (line,) = sheet["line_items"]
    assert line["item"] == {"id": "aloe-vera-12cm", "quantity": 2}
    assert line["base_amount"] - line["discount"] == line["subtotal"]
    assert line["subtotal"] + line["tax"] == line["total"]
    assert [row["type"] for row in sheet["totals"]] == [
        "items_base_amount",
        "subtotal",
        "fulfillment",
        "tax",
        "total",
    ]
    rows = {row["type"]: row["amount"] for row in sheet["totals"]}
    assert rows["subtotal"] + rows["fulfillment"] + rows["tax"] == rows["total"]
    assert rows["total"] == checkout["totals"][-1]["amount_minor"]
    (option,) = sheet["fulfillment_options"]
    assert option["id"] == sheet["fulfillment_option_id"] == "standard"
    assert (option["type"], option["total"]) == ("shipping", 595)
    assert all(link["url"].startswith("http") for link in sheet["links"])
    for personal in ("ada@", "Ada", "Fern Street", "94107"):
        assert personal not in str(checkout)


async def test_before_the_details_are_known_the_sheet_is_not_ready(shop: ChatShop) -> None:
    checkout = await shop.start()
    assert checkout["payment_sheet"]["status"] == "incomplete"
    assert "fulfillment_options" not in checkout["payment_sheet"]
    answer = await shop.press(checkout)
    assert codes(answer) == ["missing"]
    assert answer["checkout_url"] == checkout["checkout_url"]
    assert await shop.pay.payments(page_token(checkout)) == []


async def test_a_token_pays_and_gives_the_order(shop: ChatShop) -> None:
    checkout = await shop.ready()
    answer = await shop.press(checkout)
    assert answer["status"] == "completed"
    assert answer["id"] == checkout["payment_sheet"]["id"]
    assert total(answer) == checkout["totals"][-1]["amount_minor"]
    paid = await shop.look(checkout)
    assert answer["order"] == {
        "id": paid["order"]["order_number"],
        "checkout_session_id": checkout["checkout_session_id"],
        "permalink_url": checkout["checkout_url"],
    }
    assert "payment_sheet" not in paid
    assert await shop.pay.left("aloe-vera-12cm") == (22, 0)


async def test_the_same_token_pays_once_however_often_it_comes(shop: ChatShop) -> None:
    checkout = await shop.ready()
    first = await shop.press(checkout)
    before = await dump(shop.pay.db)
    assert await shop.press(checkout) == first
    assert await dump(shop.pay.db) == before
    assert (await shop.press(checkout, "approve_2"))["order"] == first["order"]
    assert len(await shop.pay.payments(page_token(checkout))) == 1


async def test_ten_presses_at_once_pay_once(shop: ChatShop) -> None:
    checkout = await shop.ready()
    answers: list[Json] = []

    async def press() -> None:
        answers.append(await shop.press(checkout))

    async with anyio.create_task_group() as crowd:
        for _ in range(10):
            crowd.start_soon(press)
    assert {answer["status"] for answer in answers} <= {"completed", "complete_in_progress"}
    last = await shop.press(checkout)
    assert last["status"] == "completed"
    assert len(await shop.pay.payments(page_token(checkout))) == 1


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("decline", "payment_declined"),
        ("3ds", "requires_3ds"),
        ("tok_of_nobody", "payment_declined"),
    ],
)
async def test_a_payment_that_came_to_nothing_is_said_in_the_sheet(
    shop: ChatShop, token: str, code: str
) -> None:
    checkout = await shop.ready()
    answer = await shop.press(checkout, token)
    assert codes(answer) == [code]
    assert answer["status"] == "ready_for_payment"
    assert await shop.pay.left("aloe-vera-12cm") == (24, 0)
    again = await shop.press(checkout, token)
    assert codes(again) == [code]
    assert len(await shop.pay.payments(page_token(checkout))) == 1
    assert (await shop.press(answer, "approve_2"))["status"] == "completed"
    await shop.pay.till.worker.tick()
    assert await shop.pay.status(page_token(checkout)) == "completed"


async def test_money_that_comes_later_makes_the_order_later(
    shop: ChatShop, clock: MovableClock
) -> None:
    checkout = await shop.ready()
    answer = await shop.press(checkout, "later")
    assert (answer["status"], codes(answer)) == ("complete_in_progress", [])
    assert await shop.press(checkout, "later") == answer
    clock.advance(timedelta(minutes=2))
    await shop.pay.till.worker.tick()
    await shop.pay.till.worker.tick()
    assert (await shop.press(checkout, "later"))["status"] == "completed"


async def test_prices_that_a_sheet_sends_are_not_read(shop: ChatShop) -> None:
    checkout = await shop.ready()
    forged: dict[str, Any] = {
        "totals": [{"type": "total", "amount": 1}],
        "amount": 1,
        "currency": "JPY",
    }
    answer = await shop.press(checkout, **forged)
    assert answer["status"] == "completed"
    assert total(answer) == checkout["totals"][-1]["amount_minor"]


async def test_an_address_that_the_sheet_brings_goes_to_its_row_and_nowhere_else(
    shop: ChatShop,
) -> None:
    checkout = await shop.start()
    answer = await shop.press(checkout, fulfillment_address=ADDRESS)
    assert codes(answer) == ["quote_changed"]
    assert answer["status"] == "ready_for_payment"
    paid = await shop.press(answer, fulfillment_address=ADDRESS)
    assert paid["status"] == "completed"
    assert "Fern Street" not in str([checkout, answer, paid])
    tables = await dump(shop.pay.db)
    holds = {name for name, rows in tables.items() if "12 Fern Street" in str(rows)}
    assert holds == {"buyers"}
    assert "tok_sandbox" not in str(tables)


async def test_details_from_the_sheet_are_not_shown_to_a_browser(shop: ChatShop) -> None:
    checkout = await shop.ready()
    answer = await shop.press(checkout, "decline", fulfillment_address={**ADDRESS, "name": "Eve"})
    assert codes(answer) == ["payment_declined"]
    async with a_buyer(shop.pay, page_token(checkout)) as buyer:
        text = await buyer.look()
    assert "Eve" not in text
    assert "begun in another browser" in text


async def test_money_that_is_only_set_aside_makes_the_order_once_it_is_captured(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    manual = {**SHEET, "PLANTLY_SANDBOX_CAPTURE": "manual"}
    async with open_chat_shop(shop_url, db, clock, manual) as shop:
        checkout = await shop.ready()
        assert (await shop.press(checkout))["status"] == "complete_in_progress"
        await shop.pay.till.worker.tick()
        assert (await shop.press(checkout))["status"] == "completed"


async def test_a_payment_begun_on_the_page_is_finished_there(shop: ChatShop) -> None:
    checkout = await shop.start()
    async with a_buyer(shop.pay, page_token(checkout)) as buyer:
        await buyer.fill_in()
        sheet = await shop.look(checkout)
        to_provider = await buyer.press_pay()
        assert codes(await shop.press(sheet)) == ["payment_under_way"]
        await buyer.choose("approve", to_provider.headers["location"])
    await shop.pay.till.worker.tick()
    assert (await shop.press(sheet))["status"] == "completed"
    assert len(await shop.pay.payments(page_token(checkout))) == 1


async def test_a_payment_of_the_sheet_is_not_begun_again_on_the_page(shop: ChatShop) -> None:
    checkout = await shop.start()
    async with a_buyer(shop.pay, page_token(checkout)) as buyer:
        await buyer.fill_in()
        sheet = await shop.look(checkout)
        shop.pay.line.provider_down = True
        error = await shop.tools.refused("complete_checkout", pressed(sheet), HINT)
        assert error["code"] == "provider_unavailable"
        answer = await buyer.post("pay", quote="", option="standard")
        assert answer.headers["location"].endswith(buyer.address)
        shop.pay.line.provider_down = False
        assert (await shop.press(sheet))["status"] == "completed"
    assert len(await shop.pay.payments(page_token(checkout))) == 1


async def test_an_answer_that_was_lost_is_asked_for_again(shop: ChatShop) -> None:
    checkout = await shop.ready()
    shop.pay.line.answers_lost = True
    await shop.tools.refused("complete_checkout", pressed(checkout), HINT)
    shop.pay.line.answers_lost = False
    assert (await shop.press(checkout))["status"] == "completed"
    (payment,) = await shop.pay.payments(page_token(checkout))
    assert payment.captured_minor == payment.amount_minor


async def test_an_order_that_costs_nothing_is_placed(shop: ChatShop) -> None:
    source = garden()
    source["products"][0]["variants"][0]["price_minor"] = 0
    await shop.pay.db.write(lambda uow: write_catalog(uow, document(source)))
    items = {**ALOES, "discount_codes": ["FREESHIP"]}
    checkout = await shop.tools.done("start_checkout", items, HINT)
    await shop.fill_in(checkout)
    checkout = await shop.look(checkout)
    assert total(checkout["payment_sheet"]) == 0
    answer = await shop.press(checkout)
    assert answer["status"] == "completed"
    assert await shop.press(checkout) == answer
