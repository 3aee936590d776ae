"""The order, in every state and every look."""

from typing import Any

import pytest
from playwright.sync_api import Frame, expect

from tests.support.fake_shop import Json, fixture
from tests.support.gallery import Room, Stage, State, review, review_needs

WIDGET = "order-status"


def order(stage: Stage, **change: Any) -> Json:
    result: Json = fixture(WIDGET, stage.host.url)["result"]
    result["structuredContent"].update(change)
    return result


def shown(stage: Stage, result: Json, **script: Any) -> Frame:
    number = {"order_number": "PL-4X7K-9Q2M-TB3V-H6WD"}
    frame = stage.show(WIDGET, result, input=number, **script)
    expect(frame.locator("main").get_by_role("heading", level=1)).to_be_visible()
    return frame


def plain(stage: Stage, status: str, **change: Any) -> Frame:
    waiting = {"title": "Standard shipping", "status": "unfulfilled", "tracking": []}
    quiet: Json = {"status": status, "fulfillment": waiting, "refunds": [], "returns": []}
    return shown(stage, order(stage, **{**quiet, **change}))


def loading(stage: Stage) -> Frame:
    frame = stage.show(WIDGET, None)
    expect(frame.locator("main")).to_have_attribute("aria-busy", "true")
    return frame


def confirmed(stage: Stage) -> Frame:
    return plain(stage, "confirmed")


def processing(stage: Stage) -> Frame:
    return plain(stage, "processing")


def partly_shipped(stage: Stage) -> Frame:
    parcel = {
        "carrier": "Parcel Post",
        "number": "PP 4471 9032 18",
        "url": "https://track.example/PP4471903218",
        "status": "shipped",
        "items": [{"variant_id": "aloe-vera-12cm", "quantity": 1}],
    }
    partly = {"title": "Standard shipping", "status": "partially_fulfilled", "tracking": [parcel]}
    return plain(stage, "processing", fulfillment=partly)


def shipped_refunded_and_returned_in_part(stage: Stage) -> Frame:
    return shown(stage, order(stage))


def delivered(stage: Stage) -> Frame:
    return plain(stage, "delivered")


def canceled(stage: Stage) -> Frame:
    refund = {"amount_minor": 9262, "status": "pending"}
    return plain(stage, "canceled", refunds=[refund])


def refunded(stage: Stage) -> Frame:
    refund = {"amount_minor": 9262, "status": "succeeded"}
    return plain(stage, "refunded", refunds=[refund])


def a_refund_that_failed(stage: Stage) -> Frame:
    return plain(stage, "delivered", refunds=[{"amount_minor": 1608, "status": "failed"}])


def not_found(stage: Stage) -> Frame:
    sentence = "There is no order with this number. Check it, or open the link in the e-mail."
    error = {"error": {"code": "not_found", "message": sentence}}
    content = [{"type": "text", "text": sentence}]
    result = {"content": content, "structuredContent": error, "isError": True}
    frame = stage.show(WIDGET, result, input={"order_number": "PL-0000-0000-0000-0000"})
    expect(frame.locator(".notice")).to_be_visible()
    return frame


STATES: dict[str, State] = {
    "loading": loading,
    "confirmed": confirmed,
    "processing": processing,
    "partly shipped, with tracking": partly_shipped,
    "shipped, partly refunded, a return": shipped_refunded_and_returned_in_part,
    "delivered": delivered,
    "canceled": canceled,
    "refunded": refunded,
    "a refund that failed": a_refund_that_failed,
    "not found": not_found,
}


@pytest.mark.parametrize("bridge", ["apps", "openai"])
@pytest.mark.parametrize("state", STATES)
def test_the_order_holds_in_every_look(room: Room, state: str, bridge: str) -> None:
    review(room, state, STATES[state], bridge)


@pytest.mark.parametrize(
    "state", ["partly shipped, with tracking", "shipped, partly refunded, a return"]
)
def test_the_order_holds_enlarged_calmed_and_recolored(room: Room, state: str) -> None:
    review_needs(room, STATES[state])
