"""The cart, in every state and every look."""

from typing import Any, Final

import pytest
from playwright.sync_api import Frame, expect

from tests.support.fake_shop import Json, fixture
from tests.support.gallery import Room, Stage, State, review, review_needs

WIDGET: Final = "shopping-cart"
LONG: Final = "Variegated Swiss Cheese Plant of the Northern Rainforest, rooted cutting"
UNBROKEN: Final = "Pelargoniumzitronenduftblütenmischung"
_TOTALS: Final = ("items_base_amount", "subtotal", "total")


def cart(stage: Stage, **change: Any) -> Json:
    """Give the cart of the fixture, with nothing to say unless `change` says so."""
    result: Json = fixture(WIDGET, stage.host.url)["result"]
    content = result["structuredContent"]
    content.update({"messages": [], "saved_for_later": [], **change})
    total = sum(item["total_minor"] for item in content["items"])
    content["totals"] = [{"type": kind, "amount_minor": total} for kind in _TOTALS]
    content["item_count"] = sum(item["quantity"] for item in content["items"])
    return result


def lines(stage: Stage) -> list[Json]:
    items: list[Json] = cart(stage)["structuredContent"]["items"]
    plain = [{"availability": "in_stock", "quantity_ahead": 0, "available_at": None}] * 2
    return [items[0], items[1] | plain[0], items[2] | {"quantity": 1} | plain[1]]


def refusal(code: str, message: str, **more: Any) -> Json:
    error = {"error": {"code": code, "message": message}, **more}
    return {"content": [], "structuredContent": error, "isError": True}


def shown(stage: Stage, result: Json, **script: Any) -> Frame:
    frame = stage.show(WIDGET, result, input={"cart_id": "cart_1"}, **script)
    expect(frame.locator("main").get_by_role("heading", level=1)).to_be_visible()
    return frame


def loading(stage: Stage) -> Frame:
    frame = stage.show(WIDGET, None)
    expect(frame.locator("main")).to_have_attribute("aria-busy", "true")
    return frame


def plain(stage: Stage) -> Frame:
    return shown(stage, cart(stage, items=lines(stage)))


def long_names(stage: Stage) -> Frame:
    first, second, third = lines(stage)
    first |= {"name": LONG, "variant": "17 cm pot, hand-thrown terracotta, with saucer"}
    second |= {"name": UNBROKEN, "quantity": 99, "total_minor": 99 * 123_456_00}
    return shown(stage, cart(stage, items=[first, second, third]))


def many_lines(stage: Stage) -> Frame:
    items = [
        line | {"variant_id": f"{line['variant_id']}-{turn}"}
        for turn in range(8)
        for line in lines(stage)
    ]
    return shown(stage, cart(stage, items=items))


def messages(stage: Stage) -> Frame:
    low, changed, gone = lines(stage)
    low |= {"availability": "low_stock"}
    gone |= {"availability": "out_of_stock"}
    said = [
        {
            "type": "warning",
            "code": "price_changed",
            "content": "Monstera now costs $34.99; it was $32.99 when you added it.",
            "param": "items[1]",
        },
        {
            "type": "info",
            "code": "low_stock",
            "content": "Only 2 of Aloe Vera (12 cm pot) are left.",
            "param": "items[0]",
            "values": {"count": 2},
        },
        {
            "type": "error",
            "code": "out_of_stock",
            "content": "Peace Lily (14 cm pot) is sold out.",
            "param": "items[2]",
        },
    ]
    return shown(stage, cart(stage, items=[low, changed, gone], messages=said))


def removed(stage: Stage) -> Frame:
    left = cart(stage, items=lines(stage)[1:], version=4)
    frame = shown(stage, cart(stage, items=lines(stage)), answers={"update_cart": left})
    frame.locator('[data-key="removealoe-vera-12cm"]').click()
    expect(frame.locator('[data-key="undo"]')).to_be_visible()
    return frame


def saved(stage: Stage) -> Frame:
    whole: Json = fixture(WIDGET, stage.host.url)["result"]
    return shown(stage, whole)


def empty(stage: Stage) -> Frame:
    return shown(stage, cart(stage, items=[]))


def empty_with_saved(stage: Stage) -> Frame:
    whole: Json = fixture(WIDGET, stage.host.url)["result"]["structuredContent"]
    return shown(stage, cart(stage, items=[], saved_for_later=whole["saved_for_later"]))


def conflict(stage: Stage) -> Frame:
    now = cart(stage, items=lines(stage)[:2], version=9)["structuredContent"]
    answer = refusal("version_conflict", "The cart has changed meanwhile.", cart=now)
    return changed_in_vain(stage, answer)


def refused(stage: Stage) -> Frame:
    return changed_in_vain(
        stage, refusal("out_of_stock", "Only 2 Aloe Vera are left: ask for 2 or fewer.")
    )


def got_lost(stage: Stage) -> Frame:
    return changed_in_vain(stage, {"broken": "The line is dead."})


def changed_in_vain(stage: Stage, answer: Json) -> Frame:
    frame = shown(stage, cart(stage, items=lines(stage)), answers={"update_cart": answer})
    frame.locator('[data-key="removealoe-vera-12cm"]').click()
    expect(frame.locator(".notice").first).to_be_visible()
    return frame


def paid_for(stage: Stage) -> Frame:
    text = "This cart has been paid: the order is PL-4X7K-9Q2M-TB3V-H6WD."
    closed = [{"type": "info", "code": "cart_completed", "content": text}]
    return shown(stage, cart(stage, items=lines(stage), messages=closed))


def estimated(stage: Stage) -> Frame:
    totals = [
        {"type": "items_base_amount", "amount_minor": 8796},
        {"type": "discount", "amount_minor": 880, "display_text": "WELCOME10"},
        {"type": "subtotal", "amount_minor": 7916},
        {"type": "fulfillment", "amount_minor": 595, "display_text": "Standard shipping"},
        {"type": "tax", "amount_minor": 751},
        {"type": "total", "amount_minor": 9262},
    ]
    there = {"country": "US", "region": "California", "totals": totals}
    return shown(stage, cart(stage, items=lines(stage), estimate=there))


def failed(stage: Stage) -> Frame:
    frame = stage.show(WIDGET, refusal("not_found", "There is no such cart."))
    expect(frame.locator(".notice")).to_be_visible()
    return frame


STATES: dict[str, State] = {
    "loading": loading,
    "lines": plain,
    "long names": long_names,
    "many lines": many_lines,
    "price changed, few left, sold out": messages,
    "removed, with undo": removed,
    "saved for later, backorder": saved,
    "empty": empty,
    "empty, with saved lines": empty_with_saved,
    "changed elsewhere": conflict,
    "refused": refused,
    "a change that got lost": got_lost,
    "paid for": paid_for,
    "estimated for a place": estimated,
    "failed": failed,
}


@pytest.mark.parametrize("bridge", ["apps", "openai"])
@pytest.mark.parametrize("state", STATES)
def test_the_cart_holds_in_every_look(room: Room, state: str, bridge: str) -> None:
    review(room, state, STATES[state], bridge)


@pytest.mark.parametrize(
    "state", ["lines", "saved for later, backorder", "price changed, few left, sold out"]
)
def test_the_cart_holds_enlarged_calmed_and_recolored(room: Room, state: str) -> None:
    review_needs(room, STATES[state])
