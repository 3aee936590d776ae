"""How far an order is, what comes back of it, and buying it once more."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Frame, expect

from tests.support.browser import Watched, axe_violations
from tests.support.eventually import eventually
from tests.support.fake_shop import ORDER_NUMBER, Json, fixture
from tests.support.widget_host import WidgetHost

Play = Callable[..., Frame]
Bare = Callable[..., Frame]

LINK = "https://shop.example/cart/aloe-vera-12cm:2,peace-lily-14cm:1"


def result_of(host: WidgetHost, **changes: Any) -> Json:
    """Give the fixture of an order with changes."""
    result: Json = fixture("order-status", host.url)["result"]
    result["structuredContent"] |= changes
    return result


def asked(watched: Watched, method: str) -> list[Json]:
    """Give the parameters of everything that the widget asked of a bare host."""
    script = "method => received.filter((m) => m.method === method).map((m) => m.params)"
    found: list[Json] = watched.page.evaluate(script, method)
    return found


@pytest.mark.parametrize("bridge", ["apps", "openai"])
def test_an_order_is_shown_and_read_again(play: Play, host: WidgetHost, bridge: str) -> None:
    frame = play("get_order_status", {"order_number": ORDER_NUMBER}, bridge=bridge)
    expect(frame.get_by_role("heading", name="On its way")).to_be_visible()
    expect(frame.locator('[aria-current="step"]')).to_contain_text("Shipped")
    expect(frame.locator("main").get_by_text("$16.08 was refunded.")).to_be_visible()
    expect(frame.locator("main").get_by_text("Return of 1")).to_be_visible()
    expect(frame.get_by_role("button", name=re.compile("^Track Parcel Post"))).to_have_count(2)
    frame.get_by_role("button", name="Refresh").click()
    expect(frame.get_by_role("status")).to_have_text("On its way")
    eventually(lambda: host.shop.last("get_order_status"), {"order_number": ORDER_NUMBER})


def test_a_parcel_is_followed_by_the_host(bare: Bare, host: WidgetHost, watched: Watched) -> None:
    frame = bare("order-status", answerAfter=0, result=result_of(host))
    frame.get_by_role("button", name="Track Parcel Post PP 4471 9032 26").click()
    wanted = [{"url": "https://track.example/PP4471903226"}]
    eventually(lambda: asked(watched, "ui/open-link"), wanted)
    expect(frame.locator(".notice-error")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("canceled", "This order will not be sent."),
        ("refunded", "What you paid goes back to you."),
    ],
)
def test_an_order_that_is_over_has_a_form_of_its_own(
    bare: Bare, host: WidgetHost, status: str, sentence: str
) -> None:
    refunds = [{"amount_minor": 9262, "status": "pending"}]
    result = result_of(host, status=status, refunds=refunds, returns=[])
    frame = bare("order-status", answerAfter=0, result=result)
    expect(frame.get_by_role("heading", name=f"Order {status}")).to_be_visible()
    expect(frame.locator("main").get_by_text(sentence)).to_be_visible()
    expect(frame.locator("main").get_by_text("$92.62 is on its way back to you.")).to_have_count(1)
    expect(frame.get_by_role("list", name="Progress")).to_have_count(0)
    assert axe_violations(frame) == []


def test_an_order_is_bought_again_as_far_as_it_can_be_had(
    bare: Bare, host: WidgetHost, watched: Watched
) -> None:
    cart = {"structuredContent": {"cart_id": "cart_1", "version": 1}, "content": []}
    result = result_of(host, reorder_url=LINK.replace("aloe-vera-12cm:2", "aloe-vera-12cm:1"))
    frame = bare("order-status", answerAfter=0, result=result, answers={"update_cart": cart})
    frame.get_by_role("button", name="Order again").click()
    expect(frame.locator("main").get_by_text("It is in your cart")).to_be_visible()
    expect(frame.locator("main").get_by_text("Not available now: Monstera")).to_be_visible()
    expect(frame.locator("main").get_by_text("Fewer than last time: Aloe Vera")).to_be_visible()
    lines = [
        {"variant_id": "aloe-vera-12cm", "quantity": 1},
        {"variant_id": "peace-lily-14cm", "quantity": 1},
    ]
    assert asked(watched, "tools/call") == [{"name": "update_cart", "arguments": {"lines": lines}}]
    assert axe_violations(frame) == []
    frame.get_by_role("button", name="See the cart").click()
    expect(frame.get_by_role("button", name="See the cart")).to_be_focused()
    content = [{"type": "text", "text": "Show me my cart."}]
    eventually(lambda: [m["content"] for m in asked(watched, "ui/message")], [content])


def test_where_the_cart_cannot_be_changed_the_page_of_the_shop_does_it(
    bare: Bare, host: WidgetHost, watched: Watched
) -> None:
    frame = bare("order-status", answerAfter=0, result=result_of(host, reorder_url=LINK))
    frame.get_by_role("button", name="Order again").click()
    frame.get_by_role("button", name="Open it on the shop's page").click()
    expect(frame.get_by_role("button", name="Order again")).to_be_visible()
    eventually(lambda: asked(watched, "ui/open-link"), [{"url": LINK}])


def test_an_order_speaks_the_language_of_the_host(bare: Bare, host: WidgetHost) -> None:
    context = {"locale": "de-DE"}
    frame = bare("order-status", answerAfter=0, result=result_of(host), context=context)
    expect(frame.get_by_role("heading", name="Unterwegs")).to_be_visible()
    expect(frame.locator("html")).to_have_attribute("lang", "de")
    expect(frame.locator("main").get_by_text("16,08 $ wurden erstattet.")).to_be_visible()
    expect(frame.locator(".grand")).to_have_text("Gesamt92,62 $".replace(" $", "\xa0$"))
