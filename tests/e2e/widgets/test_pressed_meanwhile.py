"""What a shopper presses while something is on its way, fails, or has just been done."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.e2e.widgets.conftest import Strict
from tests.support.browser import Watched
from tests.support.eventually import eventually
from tests.support.fake_shop import Json
from tests.support.http import wait_until
from tests.support.strict_host import press
from tests.support.widget_host import WidgetHost

Play = Callable[..., Frame]
_CLOSED = "The shop is closed for a moment."


def asked(host: WidgetHost, tool: str, count: int) -> list[Json]:
    """Give the arguments of the calls of a tool once there are so many of them."""
    wait_until(lambda: len(host.shop.named(tool)) >= count, f"{count} calls of {tool}")
    return host.shop.named(tool)


def cart_beside_the_list(play: Play) -> Frame:
    """Put a Snake Plant into the cart from the list, and look at the cart there."""
    frame = play("list_products")
    press(frame, "^Add Snake Plant")
    press(frame, "in cart.*View cart$")
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    return frame


def test_a_payment_in_another_tab_is_noticed_on_coming_back(
    strict: Strict, host: WidgetHost
) -> None:
    session = strict("product-catalog", "list_products")
    frame = session.frame
    press(frame, "^Add Snake Plant")
    press(frame, "View cart$")
    hide = "away => Object.defineProperty(document, 'hidden', { configurable: true, value: away })"
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    frame.evaluate(hide, True)
    press(frame, "^Check out$")
    expect(frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    eventually(lambda: len(session.seen("links")), 1)
    host.shop.pay(next(iter(host.shop.sessions)))
    session.page.clock.run_for(10_000)
    frame.evaluate(hide, False)
    frame.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(frame.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    # While nobody looked nothing was asked.
    assert len(host.shop.named("get_checkout")) == 1


def test_a_change_on_its_way_to_the_shop_is_not_sent_again_by_checking_out(
    play: Play, host: WidgetHost
) -> None:
    frame = cart_beside_the_list(play)
    with host.shop.holding():
        press(frame, "^One more Snake Plant")
        asked(host, "update_cart", 2)
        press(frame, "^Check out$")
    asked(host, "start_checkout", 1)
    assert len(host.shop.named("update_cart")) == 2


@pytest.mark.parametrize("tool", ["list_products", "show_cart"])
def test_check_out_is_begun_once_however_often_it_is_pressed(
    play: Play, watched: Watched, host: WidgetHost, tool: str
) -> None:
    if tool == "list_products":
        frame = cart_beside_the_list(play)
    else:
        frame = play(tool, {"items": [{"product_id": "aloe-vera", "quantity": 1}]})
        expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    before = len(host.shop.named("update_cart"))
    with watched.context.expect_page() as opened, host.shop.holding("start_checkout"):
        with host.shop.holding("update_cart"):
            press(frame, "^One more")
            press(frame, "^Check out$")
            asked(host, "update_cart", before + 1)
        # The answer to the change draws the button anew: it is not busy any more.
        press(frame, "^Check out$")
    assert "lang=en" in opened.value.url
    expect(frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    assert len(host.shop.named("start_checkout")) == 1


def test_nobody_pays_for_what_they_have_just_changed_in_vain(play: Play, host: WidgetHost) -> None:
    frame = cart_beside_the_list(play)
    host.shop.refuse("update_cart", "internal", _CLOSED)
    # Checking out is pressed before the answer is there, however slow this machine is.
    with host.shop.holding():
        press(frame, "^One more Snake Plant")
        press(frame, "^Check out$")
    expect(frame.locator("main").get_by_text(_CLOSED)).to_be_visible()
    expect(frame.get_by_role("status")).to_have_text(_CLOSED)
    press(frame, "^Check out$")
    expect(frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    assert len(host.shop.named("start_checkout")) == 1
    items = [{"product_id": "aloe-vera", "quantity": 1}, {"product_id": "monstera", "quantity": 1}]
    frame = play("show_cart", {"items": items})
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    host.shop.refuse("update_cart", "internal", _CLOSED)
    with host.shop.holding():
        press(frame, "^One more Aloe Vera")
        press(frame, "^Check out$")
    expect(frame.locator("main").get_by_text(_CLOSED)).to_be_visible()
    press(frame, "^Check out$")
    expect(frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    assert len(host.shop.named("start_checkout")) == 2


def test_what_was_pressed_since_is_stored_although_the_write_before_it_failed(
    play: Play, host: WidgetHost
) -> None:
    items = [{"product_id": "aloe-vera", "quantity": 1}, {"product_id": "monstera", "quantity": 1}]
    frame = play("show_cart", {"items": items})
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    host.shop.refuse("update_cart", "internal", _CLOSED)
    with host.shop.holding():
        press(frame, "^One more Aloe Vera")
        asked(host, "update_cart", 1)
        press(frame, "^One more Monstera")
    lines = asked(host, "update_cart", 2)[1]["lines"]
    assert [line["quantity"] for line in lines] == [1, 2]
    # What failed is still said.
    expect(frame.locator("main").get_by_text(_CLOSED)).to_be_visible()
    expect(frame.get_by_label(re.compile("^Quantity of Monstera"))).to_have_value("2")


def test_what_is_added_again_is_no_more_to_be_put_back(play: Play) -> None:
    frame = cart_beside_the_list(play)
    press(frame, "^Remove Snake Plant")
    expect(frame.get_by_role("button", name="Undo")).to_be_visible()
    press(frame, "^Back to the shop")
    press(frame, "^Add.* Snake Plant")
    press(frame, "View cart$")
    expect(frame.get_by_role("button", name="Check out")).to_be_visible()
    expect(frame.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_price_in_thousands_and_words_not_sent_yet_are_what_was_typed(
    play: Play, host: WidgetHost
) -> None:
    frame = play("list_products")
    press(frame, "^See all")
    most = frame.get_by_role("textbox", name="Price: Up to")
    most.fill("1,000")
    most.press("Enter")
    dear = {"max_price_minor": 100_000}
    eventually(lambda: host.shop.last("search_products"), dear)
    frame.get_by_role("searchbox").fill("fern")
    frame.get_by_role("checkbox", name="In stock only").click()
    wanted = {"max_price_minor": 100_000, "search": "fern", "in_stock": True}
    # Two questions in one moment may reach the shop in any order; what counts is what was chosen.
    eventually(lambda: wanted in host.shop.named("search_products"), wanted=True)
    expect(frame.get_by_role("button", name="Remove In stock only")).to_be_visible()
    expect(frame.get_by_role("button", name="Remove fern")).to_be_visible()
