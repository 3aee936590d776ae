"""Browsing, choosing and adding, over both bridges."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.support.browser import Watched
from tests.support.eventually import eventually
from tests.support.fake_shop import Json
from tests.support.widget_host import WidgetHost, settled

Play = Callable[..., Frame]

both_bridges = pytest.mark.parametrize("bridge", ["apps", "openai"])


def everything(frame: Frame) -> Frame:
    """Open the whole list, with its search and its filters."""
    frame.get_by_role("button", name=re.compile("^See all")).click()
    expect(frame.get_by_role("searchbox")).to_be_visible()
    return frame


def stored(frame: Frame, count: int) -> None:
    """Wait until the shop has answered: what was added counts before, without a total."""
    expect(frame.locator(".bar")).to_contain_text(f"{count} in cart")
    expect(frame.locator(".bar .price")).to_be_visible()


def product(frame: Frame, name: str) -> None:
    frame.get_by_role("button", name=name, exact=True).click()


@both_bridges
def test_filters_ask_the_shop_and_can_be_taken_back(
    play: Play, host: WidgetHost, bridge: str
) -> None:
    frame = play("list_products", {"sunlight": ["Low Light"]}, bridge=bridge)
    expect(frame.get_by_role("heading", name="4 products")).to_be_visible()
    expect(frame.locator(".asked")).to_have_text("Low Light")
    frame.get_by_role("button", name="Search and filter").click()
    expect(frame.get_by_role("checkbox", name="Low Light 4")).to_be_checked()
    frame.get_by_role("checkbox", name=re.compile("^Frequent")).click()
    expect(frame.get_by_role("heading", name="1 product", exact=True)).to_be_visible()
    wanted = {"sunlight": ["Low Light"], "water": ["Frequent"]}
    eventually(lambda: host.shop.last("search_products"), wanted)
    frame.get_by_role("button", name="Remove Sunlight: Low Light").click()
    expect(frame.get_by_role("heading", name="3 products")).to_be_visible()
    frame.get_by_role("button", name="Remove Water: Frequent").click()
    expect(frame.get_by_role("heading", name="14 products")).to_be_visible()
    eventually(lambda: host.shop.last("search_products"), {})


def test_the_keyboard_stays_where_it_was_while_filtering(play: Play) -> None:
    frame = everything(play("list_products"))
    box = frame.get_by_role("checkbox", name=re.compile("^Arid"))
    box.focus()
    box.press("Space")
    expect(frame.get_by_role("heading", name="4 products")).to_be_visible()
    expect(frame.get_by_role("checkbox", name=re.compile("^Arid"))).to_be_focused()


def test_words_are_searched_without_a_button(play: Play, host: WidgetHost) -> None:
    frame = everything(play("list_products"))
    # In one breath: how quick a test can type is nobody's promise.
    frame.get_by_role("searchbox").evaluate(
        """field => {
            for (const letter of 'fern') {
                field.value += letter;
                field.dispatchEvent(new Event('input', { bubbles: true }));
            }
        }"""
    )
    expect(frame.get_by_role("heading", name="2 products")).to_be_visible()
    assert [q for q in host.shop.named("search_products") if "search" in q] == [{"search": "fern"}]
    frame.get_by_role("searchbox").fill("nothing like this")
    frame.get_by_role("searchbox").press("Enter")
    expect(frame.locator("main").get_by_text("Nothing matches.")).to_be_visible()
    frame.get_by_role("button", name="Clear filters").click()
    expect(frame.get_by_role("heading", name="14 products")).to_be_visible()


def test_more_products_come_from_the_shop_when_they_are_asked_for(
    play: Play, host: WidgetHost
) -> None:
    frame = play("list_products")
    cards = frame.get_by_role("listitem").filter(has=frame.locator(".card-open"))
    expect(cards).to_have_count(8)
    everything(frame)
    expect(cards).to_have_count(12)
    frame.get_by_role("button", name="Show more").click()
    expect(cards).to_have_count(14)
    expect(cards.nth(12).locator(".card-open")).to_be_focused()
    expect(frame.get_by_role("button", name="Show more")).to_have_count(0)
    eventually(lambda: host.shop.last("search_products"), {"cursor": "12"})


@both_bridges
def test_a_product_is_opened_chosen_and_added(play: Play, host: WidgetHost, bridge: str) -> None:
    frame = play("list_products", bridge=bridge)
    product(frame, "Monstera")
    expect(frame.get_by_role("heading", name="Monstera")).to_be_focused()
    expect(frame.locator("main").get_by_text("Water when the top of the soil")).to_be_visible()
    expect(frame.get_by_role("radio", name="12 cm pot")).to_be_checked()
    frame.get_by_role("radio", name="12 cm pot").press("ArrowDown")
    expect(frame.get_by_role("radio", name="17 cm pot")).to_be_focused()
    expect(frame.locator(".offer .price")).to_have_text("$43.99Before: $52.99")
    frame.get_by_role("button", name="Add to cart").click()
    expect(frame.get_by_role("button", name=re.compile("1 in cart.*View cart"))).to_be_visible()
    expect(frame.get_by_role("status")).to_have_text("Monstera was added to the cart.")
    stored(frame, 1)
    assert host.shop.named("update_cart") == [
        {"lines": [{"variant_id": "monstera-17cm", "quantity": 1}], "mode": "add"}
    ]
    frame.get_by_role("button", name="Back to the list").click()
    expect(frame.get_by_role("button", name="Monstera", exact=True)).to_be_focused()


def test_a_second_add_names_the_cart_and_its_version(play: Play, host: WidgetHost) -> None:
    frame = play("list_products")
    frame.get_by_role("button", name="Add Snake Plant to the cart").click()
    stored(frame, 1)
    frame.get_by_role("button", name="Add Boston Fern to the cart").click()
    stored(frame, 2)
    (cart_id,) = host.shop.carts
    assert host.shop.named("update_cart")[1] == {
        "lines": [{"product_id": "boston-fern", "quantity": 1}],
        "mode": "add",
        "cart_id": cart_id,
        "expected_version": 1,
    }


@both_bridges
def test_a_cart_that_moved_on_is_added_to_as_it_is_now(
    play: Play, host: WidgetHost, bridge: str
) -> None:
    frame = play("list_products", bridge=bridge)
    frame.get_by_role("button", name="Add Snake Plant to the cart").click()
    stored(frame, 1)
    (cart_id,) = host.shop.carts
    line: Json = {"product_id": "lavender", "quantity": 3}
    host.shop.call("update_cart", {"cart_id": cart_id, "lines": [line]})
    frame.get_by_role("button", name="Add Boston Fern to the cart").click()
    stored(frame, 5)
    assert [q.get("expected_version") for q in host.shop.named("update_cart")] == [None, None, 1, 2]


def test_a_cart_that_is_gone_is_begun_anew(play: Play, host: WidgetHost) -> None:
    frame = play("list_products")
    frame.get_by_role("button", name="Add Snake Plant to the cart").click()
    stored(frame, 1)
    host.shop.refuse("update_cart", "invalid_input", "This cart has been paid.", field="cart_id")
    frame.get_by_role("button", name="Add Boston Fern to the cart").click()
    stored(frame, 1)
    expect(frame.get_by_role("button", name="Add another Boston Fern")).to_be_visible()
    assert len(host.shop.carts) == 2


def test_what_the_shop_refuses_is_said_and_nothing_is_added(play: Play, host: WidgetHost) -> None:
    frame = play("list_products")
    host.shop.refuse("update_cart", "out_of_stock", "Only 2 Snake Plants are left.")
    frame.get_by_role("button", name="Add Snake Plant to the cart").click()
    expect(frame.locator("main").get_by_text("Only 2 Snake Plants are left.")).to_be_visible()
    expect(frame.locator("main").get_by_text("in cart")).to_have_count(0)


def test_a_double_press_adds_once(play: Play, host: WidgetHost) -> None:
    frame = play("list_products")
    product(frame, "Jade Plant")
    expect(frame.locator("main").get_by_text("Care")).to_be_visible()
    with host.shop.holding():
        frame.get_by_role("button", name="Add to cart").dblclick()
    stored(frame, 1)
    assert len(host.shop.named("update_cart")) == 1


def test_a_sold_out_product_cannot_be_added(play: Play, host: WidgetHost) -> None:
    frame = play("list_products")
    expect(frame.get_by_role("button", name=re.compile("Add Moth Orchid"))).to_have_count(0)
    product(frame, "Moth Orchid")
    button = frame.get_by_role("button", name="Sold out")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.click(force=True)
    # What is added after it is all that the shop hears of.
    frame.get_by_role("button", name="Back to the list").click()
    frame.get_by_role("button", name="Add Snake Plant to the cart").click()
    stored(frame, 1)
    assert len(host.shop.named("update_cart")) == 1


def test_a_product_that_cannot_be_read_offers_to_try_again(
    play: Play, host: WidgetHost, watched: Watched
) -> None:
    frame = play("list_products")
    host.shop.refuse("get_product", "internal", "Something went wrong on the shop's side.")
    product(frame, "Aloe Vera")
    expect(frame.locator("main").get_by_text("Something went wrong")).to_be_visible()
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator("main").get_by_text("Care")).to_be_visible()


@both_bridges
def test_the_model_learns_where_the_cart_is(
    play: Play, host: WidgetHost, watched: Watched, bridge: str
) -> None:
    frame = play("list_products", bridge=bridge)
    frame.get_by_role("button", name="Add Snake Plant to the cart").click()
    stored(frame, 1)
    (cart_id,) = host.shop.carts
    told = {"apps": "ui/update-model-context", "openai": "window.openai.setWidgetState"}[bridge]
    entry = watched.page.locator(f'[data-what="{told}"]').last
    expect(entry).to_contain_text(cart_id)
    if bridge == "apps":
        # What a host keeps as the state of the widget names no products.
        expect(entry).to_contain_text("1 x Snake Plant (12 cm pot)")


@both_bridges
def test_the_whole_way_from_the_list_to_the_order(
    play: Play, host: WidgetHost, watched: Watched, bridge: str
) -> None:
    watched.page.clock.install()
    frame = play("list_products", bridge=bridge)
    frame.get_by_role("button", name="Add Snake Plant to the cart").click()
    frame.get_by_role("button", name=re.compile("View cart")).wait_for()
    settled(frame).get_by_role("button", name=re.compile("View cart")).click()
    frame.get_by_role("button", name="One more Snake Plant, 12 cm pot").click()
    with watched.context.expect_page():
        frame.get_by_role("button", name="Check out").click()
    expect(frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    (session_id,) = host.shop.sessions
    (cart_id,) = host.shop.carts
    assert host.shop.carts[cart_id]["lines"] == {"snake-plant-12cm": 2}
    assert host.shop.named("start_checkout") == [{"cart_id": cart_id}]
    expect(watched.page.get_by_role("link", name=session_id)).to_be_visible()
    host.shop.pay(session_id)
    watched.page.clock.run_for(4000)
    expect(frame.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    expect(frame.locator("main").get_by_text("PL-4X7K-9Q2M-TB3V-H6WD")).to_be_visible()
    frame.get_by_role("button", name="Back to the shop").click()
    expect(frame.get_by_role("heading", name="14 products")).to_be_visible()
    expect(frame.locator("main").get_by_text("in cart")).to_have_count(0)
