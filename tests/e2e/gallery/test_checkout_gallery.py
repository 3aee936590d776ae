"""The checkout, in every state and every look."""

from typing import Any, Final

import pytest
from playwright.sync_api import Frame, expect

from tests.support.fake_shop import ORDER_NUMBER, Json, fixture
from tests.support.gallery import Room, Stage, State, review, review_needs

WIDGET: Final = "checkout"
_DECLINED: Final = {
    "type": "error",
    "code": "payment_declined",
    "content": "The card was declined. Nothing was charged.",
}


def session(stage: Stage, **change: Any) -> Json:
    result: Json = fixture(WIDGET, stage.host.url)["result"]
    result["structuredContent"].update({"expires_at": "2099-01-01T00:00:00Z", **change})
    return result


def shown(stage: Stage, result: Json, **script: Any) -> Frame:
    # What is asked again meanwhile answers the same.
    script.setdefault("answers", {"get_checkout": result})
    frame = stage.show(WIDGET, result, input={"cart_id": "cart_1"}, **script)
    expect(frame.locator("main").get_by_role("heading", level=1)).to_be_visible()
    return frame


def loading(stage: Stage) -> Frame:
    frame = stage.show(WIDGET, None)
    expect(frame.locator("main")).to_have_attribute("aria-busy", "true")
    return frame


def summary(stage: Stage) -> Frame:
    return shown(stage, session(stage))


def waiting(stage: Stage) -> Frame:
    frame = shown(stage, session(stage))
    frame.locator('[data-key="pay"]').click()
    expect(frame.locator(".waiting")).to_be_visible()
    return frame


def confirming(stage: Stage) -> Frame:
    return shown(stage, session(stage, status="complete_in_progress", estimated=False))


def declined(stage: Stage) -> Frame:
    again = {"status": "ready_for_payment", "estimated": False, "messages": [_DECLINED]}
    return shown(stage, session(stage, **again))


def expired(stage: Stage) -> Frame:
    return shown(stage, session(stage, status="expired"))


def canceled(stage: Stage) -> Frame:
    return shown(stage, session(stage, status="canceled"))


def paid(stage: Stage) -> Frame:
    order = {"order_number": ORDER_NUMBER, "status": "confirmed"}
    return shown(stage, session(stage, status="completed", estimated=False, order=order))


def link_refused(stage: Stage) -> Frame:
    frame = shown(stage, session(stage), links="refuse")
    frame.locator('[data-key="pay"]').click()
    expect(frame.locator("#address")).to_be_visible()
    return frame


def offline(stage: Stage) -> Frame:
    answers = {"get_checkout": [{"broken": "The line is dead."}]}
    frame = shown(stage, session(stage), answers=answers)
    frame.locator('[data-key="pay"]').click()
    expect(frame.locator(".notice")).to_be_visible()
    return frame


def failed(stage: Stage) -> Frame:
    sentence = "The cart is empty: put something into it first."
    error = {"error": {"code": "invalid_input", "message": sentence}}
    result = {"content": [], "structuredContent": error, "isError": True}
    frame = stage.show(WIDGET, result)
    expect(frame.locator(".notice")).to_be_visible()
    return frame


STATES: dict[str, State] = {
    "loading": loading,
    "summary": summary,
    "opened and waiting": waiting,
    "confirming": confirming,
    "payment failed": declined,
    "expired": expired,
    "canceled": canceled,
    "paid": paid,
    "link refused": link_refused,
    "offline": offline,
    "failed": failed,
}


@pytest.mark.parametrize("bridge", ["apps", "openai"])
@pytest.mark.parametrize("state", STATES)
def test_the_checkout_holds_in_every_look(room: Room, state: str, bridge: str) -> None:
    review(room, state, STATES[state], bridge)


@pytest.mark.parametrize("state", ["summary", "opened and waiting", "paid"])
def test_the_checkout_holds_enlarged_calmed_and_recolored(room: Room, state: str) -> None:
    review_needs(room, STATES[state])
