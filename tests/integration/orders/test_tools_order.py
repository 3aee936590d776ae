"""What an assistant is told of an order that is on its way, partly back, or both."""

from collections.abc import AsyncIterator

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from plantly.domain.parcel import Parcel
from tests.support.clock import MovableClock
from tests.support.order_care import OrderDesk
from tests.support.shop import Json, ToolShop, open_tools, text_of

pytestmark = pytest.mark.anyio

ALOE, MONSTERA = "aloe-vera-12cm", "monstera-17cm"
POST = Parcel("Parcel Post", "PP 12", "https://track.example/12")


@pytest.fixture
async def tools(shop_url: str, clock: MovableClock) -> AsyncIterator[ToolShop]:
    async with open_tools(shop_url, clock=clock) as shop:
        yield shop


async def ask(tools: ToolShop, desk: OrderDesk) -> tuple[Json, str]:
    result = await tools.call("get_order_status", {"order_number": desk.number})
    assert result.structured_content is not None
    schema = (await tools.tools())["get_order_status"].output_schema
    Draft202012Validator(schema).validate(result.structured_content)
    return result.structured_content, text_of(result)


async def test_parcels_refunds_and_returns_are_told_without_the_person(
    tools: ToolShop, desk: OrderDesk
) -> None:
    await desk.send("k1", POST, aloe=2)
    await desk.send("k2")
    await desk.deliver(1)
    await desk.ask_back(note="A note of mine", aloe=1)
    await desk.refund(amount_minor=500)
    seen, text = await ask(tools, desk)
    assert (seen["status"], seen["fulfillment"]["status"]) == ("shipped", "fulfilled")
    assert seen["fulfillment"]["tracking"] == [
        {
            "carrier": "Parcel Post",
            "number": "PP 12",
            "url": "https://track.example/12",
            "status": "delivered",
            "items": [{"variant_id": ALOE, "quantity": 2}],
        },
        {
            "status": "shipped",
            "items": [{"variant_id": ALOE, "quantity": 1}, {"variant_id": MONSTERA, "quantity": 1}],
        },
    ]
    assert seen["refunds"] == [{"amount_minor": 500, "status": "pending"}]
    assert seen["returns"] == [
        {"status": "requested", "items": [{"variant_id": ALOE, "quantity": 1}]}
    ]
    assert seen["reorder_url"].endswith(f"/cart/{ALOE}:3,{MONSTERA}:1")
    for said in (
        "Parcel 2 x Aloe Vera, 12 cm pot delivered: Parcel Post PP 12, follow it at",
        "Refund of $5.00: pending.",
        "Return of 1 x Aloe Vera, 12 cm pot: requested.",
        f"The same again: {seen['reorder_url']}",
    ):
        assert said in text
    for personal in ("alex@example.com", "Alex", "Garden", "A note of mine", "damaged"):
        assert personal not in f"{seen}{text}"


async def test_one_parcel_with_everything_says_no_more_than_that(
    tools: ToolShop, desk: OrderDesk
) -> None:
    await desk.send("k1")
    seen, text = await ask(tools, desk)
    assert seen["fulfillment"]["tracking"] == [{"status": "shipped"}]
    assert "returns" not in seen
    assert "shipped.\n" in text


async def test_a_canceled_order_tells_of_no_delivery(tools: ToolShop, desk: OrderDesk) -> None:
    await desk.cancel()
    seen, text = await ask(tools, desk)
    assert (seen["status"], seen["fulfillment"]["tracking"]) == ("canceled", [])
    assert "unfulfilled" not in text
