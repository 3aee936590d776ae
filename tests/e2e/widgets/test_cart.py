"""Changing a cart, over both bridges."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.support.browser import Watched
from tests.support.widget_host import WidgetHost

Play = Callable[..., Frame]

both_bridges = pytest.mark.parametrize("bridge", ["apps", "openai"])


@pytest.fixture
def cart_id(host: WidgetHost) -> str:
    lines = [{"product_id": "aloe-vera", "quantity": 2}, {"product_id": "lavender", "quantity": 1}]
    made = host.shop.call("update_cart", {"lines": lines})
    host.shop.calls.clear()
    cart_id: str = made["structuredContent"]["cart_id"]
    return cart_id


@both_bridges
def test_several_presses_become_one_change(
    play: Play, host: WidgetHost, cart_id: str, bridge: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id}, bridge=bridge)
    more = frame.get_by_role("button", name="One more Aloe Vera, 12 cm pot")
    more.focus()
    # In one breath: how quick a test can click is nobody's promise.
    frame.evaluate(
        """() => {
            for (let press = 0; press < 3; press += 1)
                document.querySelector('[aria-label^="One more Aloe Vera"]').click();
        }"""
    )
    # What was asked for shows at once; the total follows.
    expect(frame.get_by_label("Quantity of Aloe Vera, 12 cm pot")).to_have_value("5")
    expect(frame.locator(".grand dd")).to_have_text("$84.94")
    expect(more).to_be_focused()
    assert host.shop.named("update_cart") == [
        {"cart_id": cart_id, "lines": [{"variant_id": "aloe-vera-12cm", "quantity": 5}]}
    ]


def test_a_quantity_can_be_typed(play: Play, host: WidgetHost, cart_id: str) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    field = frame.get_by_label("Quantity of Lavender, 12 cm pot")
    field.fill("12")
    field.press("Enter")
    expect(frame.locator(".grand dd")).to_have_text("$149.86")
    field.fill("0x")
    field.press("Enter")
    expect(field).to_have_value("12")
    assert len(host.shop.named("update_cart")) == 1


def test_one_is_the_least(play: Play, host: WidgetHost, cart_id: str) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    less = frame.get_by_role("button", name="One less Lavender, 12 cm pot")
    expect(less).to_have_attribute("aria-disabled", "true")
    less.click(force=True)
    expect(frame.get_by_label("Quantity of Lavender, 12 cm pot")).to_have_value("1")
    assert host.shop.named("update_cart") == []


@both_bridges
def test_a_removed_line_can_be_brought_back(
    play: Play, host: WidgetHost, cart_id: str, bridge: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id}, bridge=bridge)
    frame.get_by_role("button", name="Remove Aloe Vera").click()
    expect(frame.locator("main").get_by_text("1 item", exact=True)).to_be_visible()
    expect(frame.get_by_role("status")).to_have_text("Aloe Vera was removed. You can undo this.")
    frame.get_by_role("button", name="Undo").click()
    expect(frame.locator("main").get_by_text("3 items")).to_be_visible()
    expect(frame.get_by_role("button", name="Undo")).to_have_count(0)
    assert host.shop.carts[cart_id]["lines"] == {"lavender-12cm": 1, "aloe-vera-12cm": 2}


def test_the_last_line_leaves_an_empty_cart(play: Play, host: WidgetHost, cart_id: str) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    frame.get_by_role("button", name="Remove Aloe Vera").click()
    frame.get_by_role("button", name="Remove Lavender").click()
    expect(frame.locator("main").get_by_text("Your cart is empty.")).to_be_visible()
    expect(frame.get_by_role("button", name="Check out")).to_have_count(0)


@both_bridges
def test_a_refused_quantity_goes_back_and_says_why(
    play: Play, host: WidgetHost, cart_id: str, bridge: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id}, bridge=bridge)
    host.shop.refuse("update_cart", "out_of_stock", "Only 2 Aloe Vera are left: ask for 2.")
    frame.get_by_role("button", name="One more Aloe Vera, 12 cm pot").click()
    expect(frame.locator("main").get_by_text("Only 2 Aloe Vera are left")).to_be_visible()
    expect(frame.get_by_label("Quantity of Aloe Vera, 12 cm pot")).to_have_value("2")
    expect(frame.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_change_that_got_lost_can_be_sent_again(
    play: Play, host: WidgetHost, watched: Watched, cart_id: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    watched.page.evaluate("void (window.realFetch = window.fetch)")
    watched.page.evaluate(
        "void (window.fetch = async () => { throw new Error('The line is dead.'); })"
    )
    frame.get_by_role("button", name="One more Aloe Vera, 12 cm pot").click()
    expect(frame.locator("main").get_by_text("That did not work. Please try again.")).to_be_visible()
    watched.page.evaluate("void (window.fetch = window.realFetch)")
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator("main").get_by_text("4 items")).to_be_visible()
    assert host.shop.carts[cart_id]["lines"]["aloe-vera-12cm"] == 3


def test_offline_is_said_as_it_is(
    play: Play, host: WidgetHost, watched: Watched, cart_id: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    watched.context.set_offline(offline=True)
    watched.page.evaluate(
        "void (window.fetch = async () => { throw new Error('Failed to fetch'); })"
    )
    frame.get_by_role("button", name="Remove Lavender").click()
    expect(frame.locator("main").get_by_text("You are offline.")).to_be_visible()


@both_bridges
def test_a_preview_is_stored_with_its_first_change(
    play: Play, host: WidgetHost, watched: Watched, bridge: str
) -> None:
    items = [{"product_id": "aloe-vera", "quantity": 1}, {"product_id": "lavender", "quantity": 1}]
    frame = play("show_cart", {"items": items}, bridge=bridge)
    expect(frame.locator("main").get_by_text("2 items")).to_be_visible()
    assert host.shop.carts == {}
    frame.get_by_role("button", name="One more Lavender, 12 cm pot").click()
    expect(frame.locator("main").get_by_text("3 items")).to_be_visible()
    expect(watched.page.locator("#log")).to_contain_text("version")
    (stored,) = host.shop.carts.values()
    assert stored["lines"] == {"aloe-vera-12cm": 1, "lavender-12cm": 2}


def test_what_there_is_to_know_stands_at_its_line(
    play: Play, host: WidgetHost, cart_id: str
) -> None:
    message = {"type": "warning", "code": "price_changed", "content": "Lavender now costs $9.99."}
    host.shop.messages = [message | {"param": "items[1]"}]
    frame = play("show_cart", {"cart_id": cart_id})
    line = frame.get_by_role("listitem").filter(has_text="Lavender")
    expect(line.get_by_text("Lavender now costs $9.99.")).to_be_visible()


def test_a_paid_cart_only_shows(play: Play, host: WidgetHost, cart_id: str) -> None:
    message = {"type": "info", "code": "cart_completed", "content": "This cart has been paid."}
    host.shop.messages = [message]
    frame = play("show_cart", {"cart_id": cart_id})
    expect(frame.locator("main").get_by_text("This cart has been paid.")).to_be_visible()
    expect(frame.locator("main").get_by_role("button")).to_have_count(0)
