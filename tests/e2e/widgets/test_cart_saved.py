"""Saving for later, and what a line says about its stock, over both bridges."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.support.browser import axe_violations
from tests.support.eventually import eventually
from tests.support.fake_shop import Json, fixture
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


def assert_stored(host: WidgetHost, cart_id: str, lines: Json, saved: Json) -> None:
    """Wait until the shop has what the widget has shown at once."""
    cart = host.shop.carts[cart_id]
    eventually(lambda: (cart["lines"], cart["saved"]), (lines, saved))


@both_bridges
def test_a_line_is_saved_for_later_and_moved_back_by_keyboard(
    play: Play, host: WidgetHost, cart_id: str, bridge: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id}, bridge=bridge)
    frame.get_by_role("button", name="Save for later: Lavender, 12 cm pot").press("Enter")
    saved = frame.get_by_role("region", name="Saved for later")
    back = saved.get_by_role("button", name="Move to cart: Lavender, 12 cm pot")
    # The way back stands where the keyboard is.
    expect(back).to_be_focused()
    expect(frame.locator("main").get_by_text("2 items")).to_be_visible()
    expect(frame.locator("#live")).to_have_text("Lavender is saved for later.")
    assert_stored(host, cart_id, {"aloe-vera-12cm": 2}, {"lavender-12cm": 1})
    back.press("Enter")
    expect(saved).to_have_count(0)
    expect(frame.locator("#live")).to_have_text("Lavender is in the cart.")
    assert_stored(host, cart_id, {"aloe-vera-12cm": 2, "lavender-12cm": 1}, {})


def test_what_was_pressed_just_before_is_saved_with_it(
    play: Play, host: WidgetHost, cart_id: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    frame.evaluate(
        """() => {
            document.querySelector('[aria-label^="One more Aloe Vera"]').click();
            document.querySelector('[aria-label^="Save for later: Aloe Vera"]').click();
        }"""
    )
    expect(frame.get_by_role("button", name="Move to cart: Aloe Vera")).to_be_visible()
    assert_stored(host, cart_id, {"lavender-12cm": 1}, {"aloe-vera-12cm": 3})
    assert host.shop.named("update_cart") == [
        {
            "cart_id": cart_id,
            "lines": [{"variant_id": "aloe-vera-12cm", "quantity": 3}],
            "save_for_later": ["aloe-vera-12cm"],
        }
    ]


def test_something_saved_is_removed_and_brought_back(
    play: Play, host: WidgetHost, cart_id: str
) -> None:
    host.shop.call("update_cart", {"cart_id": cart_id, "save_for_later": ["lavender-12cm"]})
    frame = play("show_cart", {"cart_id": cart_id})
    frame.get_by_role("button", name="Remove Lavender, 12 cm pot from saved").click()
    expect(frame.locator("main").get_by_text("Lavender was removed.")).to_be_visible()
    assert_stored(host, cart_id, {"aloe-vera-12cm": 2}, {})
    frame.get_by_role("button", name="Undo").click()
    expect(frame.get_by_role("button", name="Move to cart: Lavender")).to_be_visible()
    assert_stored(host, cart_id, {"aloe-vera-12cm": 2}, {"lavender-12cm": 1})


def test_an_empty_cart_still_shows_what_is_saved(
    play: Play, host: WidgetHost, cart_id: str
) -> None:
    names = ["aloe-vera-12cm", "lavender-12cm"]
    host.shop.call("update_cart", {"cart_id": cart_id, "save_for_later": names})
    frame = play("show_cart", {"cart_id": cart_id})
    expect(frame.locator("main").get_by_text("Your cart is empty.")).to_be_visible()
    expect(frame.get_by_role("button", name="Move to cart")).to_have_count(2)
    expect(frame.get_by_role("button", name="Check out")).to_have_count(0)


def test_a_preview_is_stored_whole_when_one_of_it_is_saved(play: Play, host: WidgetHost) -> None:
    items = [{"product_id": "aloe-vera", "quantity": 1}, {"product_id": "lavender", "quantity": 1}]
    frame = play("show_cart", {"items": items})
    frame.get_by_role("button", name="Save for later: Lavender, 12 cm pot").click()
    expect(frame.get_by_role("button", name="Move to cart: Lavender")).to_be_visible()
    eventually(lambda: len(host.shop.carts), 1)
    (cart_id,) = host.shop.carts
    assert_stored(host, cart_id, {"aloe-vera-12cm": 1}, {"lavender-12cm": 1})


def test_a_long_list_opens_on_demand(play: Play, host: WidgetHost, cart_id: str) -> None:
    wanted = ["monstera", "snake-plant", "zz-plant", "pothos", "peace-lily"]
    lines = [{"product_id": name, "quantity": 1} for name in wanted if name in host.shop.products]
    host.shop.call("update_cart", {"cart_id": cart_id, "lines": lines})
    names = list(host.shop.carts[cart_id]["lines"])[-5:]
    host.shop.call("update_cart", {"cart_id": cart_id, "save_for_later": names})
    frame = play("show_cart", {"cart_id": cart_id})
    saved = frame.get_by_role("region", name="Saved for later")
    expect(saved.get_by_role("listitem")).to_have_count(3)
    saved.get_by_role("button", name="Show all 5").click()
    expect(saved.get_by_role("listitem")).to_have_count(5)
    expect(saved.get_by_role("listitem").nth(3).get_by_role("button").first).to_be_focused()
    expect(saved.get_by_role("button", name="Show all")).to_have_count(0)


def shown(play: Play, host: WidgetHost, changes: Json, **state: str) -> Frame:
    """Show the fixture of the cart with changes."""
    entry = fixture("shopping-cart", host.url)
    entry["result"]["structuredContent"] |= changes
    host.shop.fixed = {"show_cart": entry["result"]}
    return play("show_cart", entry["arguments"], **state)


def test_each_line_says_how_it_can_be_had(play: Play, host: WidgetHost) -> None:
    frame = shown(play, host, {})
    late = frame.get_by_role("listitem").filter(has_text="Peace Lily")
    expect(late.get_by_text("On backorder · 1 of 3 come later · expected Dec 4")).to_be_visible()
    # Said once, not in a box as well.
    expect(late.locator(".notice")).to_have_count(0)
    saved = frame.get_by_role("region", name="Saved for later")
    expect(saved.get_by_text("Only 2 of Lavender (12 cm pot) are left.")).to_be_visible()
    gone = saved.get_by_role("listitem").filter(has_text="Snake Plant")
    expect(gone.get_by_text("Sold out")).to_be_visible()
    expect(gone.get_by_role("button", name="Move to cart")).to_have_count(0)


def test_an_estimate_takes_the_place_of_the_totals(play: Play, host: WidgetHost) -> None:
    estimate = {
        "country": "DE",
        "deliverable": True,
        "delivery": "post",
        "totals": [
            {"type": "subtotal", "amount_minor": 13394, "display_text": "Subtotal"},
            {"type": "fulfillment", "amount_minor": 1295, "display_text": "By post"},
            {"type": "total", "amount_minor": 14689, "display_text": "Total"},
        ],
        "options": [],
    }
    frame = shown(play, host, {"estimate": estimate})
    expect(frame.locator(".closing")).to_contain_text("By post$12.95")
    expect(frame.locator(".grand")).to_have_text("Estimated total$146.89")
    expect(frame.locator(".closing")).to_contain_text("Estimated for Germany.")


def test_from_right_to_left_nothing_is_cut(bare: Play, host: WidgetHost) -> None:
    result = fixture("shopping-cart", host.url)["result"]
    frame = bare("shopping-cart", answerAfter=0, result=result, context={"locale": "ar-EG"})
    expect(frame.locator("html")).to_have_attribute("dir", "rtl")
    expect(frame.get_by_role("heading", name="محفوظ لوقت لاحق")).to_be_visible()
    assert not frame.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.parametrize("width", ["360", "800"])
def test_an_empty_cart_with_something_saved_is_accessible(
    play: Play, host: WidgetHost, width: str
) -> None:
    changes = {"items": [], "item_count": 0, "messages": []}
    frame = shown(play, host, changes, width=width)
    expect(frame.get_by_role("heading", name="Saved for later")).to_be_visible()
    assert axe_violations(frame) == []
