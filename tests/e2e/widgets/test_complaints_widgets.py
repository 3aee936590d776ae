"""What people complain about in widgets inside assistants, as far as a widget can cause it.

The numbers are those of `docs/hosts.md`. The host of these tests is the strict one.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Watched
from tests.support.eventually import eventually
from tests.support.fake_shop import Json
from tests.support.strict_host import StrictSession, filled_cart, open_strict, press
from tests.support.widget_host import WidgetHost

Strict = Callable[..., StrictSession]
Bare = Callable[..., Any]

KEPT: Json = {"imageIds": [], "modelContent": {}}


def remounted(cart: Json, **view: Any) -> Json:
    """Give what a host kept of a widget whose data it has lost."""
    return {**KEPT, "privateContent": {**cart, **view}}


def test_complaint_01_every_widget_finds_the_cart_of_the_others(
    strict: Strict, host: WidgetHost
) -> None:
    cart = filled_cart(host)
    state = remounted(cart, version=1)
    session = strict("product-catalog", "list_products", bridge="openai", state=state)
    press(session.frame, "View cart")
    press(session.frame, "^One more Lavender")
    session.page.clock.run_for(500)
    expect(session.frame.locator("main").get_by_text("$49.96").first).to_be_visible()
    lines = host.shop.carts[cart["cart_id"]]["lines"]
    eventually(lambda: lines["lavender-12cm"], 2)
    assert list(host.shop.carts) == [cart["cart_id"]]
    assert session.violations() == []


@pytest.mark.parametrize(
    ("widget", "tool", "kept"),
    [
        ("shopping-cart", "show_cart", "cart_id"),
        ("order-status", "get_order_status", "order_number"),
        ("checkout", "get_checkout", "checkout_session_id"),
        ("product-catalog", "search_products", "query"),
    ],
    ids=lambda value: str(value) if "-" in str(value) else None,
)
def test_complaint_02_a_reloaded_widget_asks_the_shop_again(
    strict: Strict, host: WidgetHost, widget: str, tool: str, kept: str
) -> None:
    cart = filled_cart(host)
    session_id = host.shop.call("start_checkout", cart)["structuredContent"]["checkout_session_id"]
    values = {
        **cart,
        "order_number": "PL-AAAA-BBBB-CCCC-DDDD",
        "checkout_session_id": session_id,
        "query": {"water": ["Low"]},
    }
    state = {**KEPT, "privateContent": {kept: values[kept]}}
    session = strict(widget, "show_cart", cart, bridge="openai", result=None, state=state)
    session.page.clock.run_for(1500)
    expect(session.frame.locator("main")).not_to_have_attribute("aria-busy", "true")
    asked = values[kept] if kept == "query" else {kept: values[kept]}
    eventually(lambda: session.seen("calls.slice(0, 1)"), [[tool, asked]])
    assert session.violations() == []


def test_complaint_04_an_old_widget_calls_nothing_when_the_conversation_goes_on(
    strict: Strict, host: WidgetHost
) -> None:
    arguments = filled_cart(host)
    session = strict("shopping-cart", "show_cart", arguments)
    field = session.frame.get_by_label("Quantity of Aloe Vera, 12 cm pot")
    field.evaluate("node => node.dataset.mark = 'same'")
    # The same call again, and news of the host: nothing is asked for, nothing is drawn anew.
    session.notify("tool-input", arguments=arguments)
    session.notify("tool-result", **host.shop.call("show_cart", arguments))
    session.notify("host-context-changed", theme="light")
    session.heard()
    session.page.clock.run_for(10_000)
    expect(field).to_have_attribute("data-mark", "same")
    assert session.seen("calls") == []
    assert session.seen("messages") == 0
    assert session.violations() == []


def test_complaint_05_the_handshake_is_the_published_one(
    strict: Strict, host: WidgetHost, watched: Watched
) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host))
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    assert session.violations() == []
    # With the mistake that is made most, this host shows nothing.
    wrong = open_strict(watched.page, host, "shopping-cart", mutation="sends-clientInfo")
    wrong.page.wait_for_function("window.violations.length > 0")
    (violation,) = wrong.violations()
    assert "clientInfo" in violation


def test_complaint_06_a_result_that_only_window_openai_has_is_found(
    strict: Strict, host: WidgetHost
) -> None:
    result = host.shop.call("show_cart", filled_cart(host))
    given = {"toolOutput": result["structuredContent"], "toolResponseMetadata": result["_meta"]}
    session = strict("shopping-cart", "show_cart", bridge="both", result=None, globals=given)
    session.page.clock.run_for(500)
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    assert session.seen("calls") == []
    assert session.violations() == []


def test_complaint_08_the_policy_of_the_widget_is_enough_for_it(
    strict: Strict, host: WidgetHost, watched: Watched
) -> None:
    # A policy that is broken is an error in the console, which fails every one of these tests.
    session = strict("product-catalog", "list_products")
    expect(session.frame.locator("img").first).to_be_visible()
    assert (
        session.frame.evaluate("document.querySelectorAll('base, link, script[src]').length") == 0
    )
    assert watched.console_errors == []


def test_complaint_16_a_widget_that_stayed_blank_says_what_to_do(
    strict: Strict, host: WidgetHost
) -> None:
    arguments = filled_cart(host)
    session = strict("shopping-cart", "show_cart", arguments, result=None)
    session.page.clock.run_for(7000)
    expect(session.frame.locator("main").get_by_text("longer than usual")).to_be_visible()
    press(session.frame, "^Try again")
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    assert session.violations() == []


def test_complaint_17_a_phone_that_lacks_half_of_it_is_enough(
    strict: Strict, host: WidgetHost, watched: Watched
) -> None:
    watched.page.set_viewport_size({"width": 320, "height": 640})
    missing = ["selectFiles", "uploadFile", "requestModal", "requestDisplayMode", "requestCheckout"]
    session = strict(
        "shopping-cart", "show_cart", filled_cart(host), bridge="openai", missing=missing
    )
    press(session.frame, "^Check out")
    expect(session.frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    assert session.violations() == []


def test_complaint_18_a_widget_that_is_mounted_anew_goes_on_where_it_was(
    strict: Strict, host: WidgetHost
) -> None:
    cart = filled_cart(host)
    session = strict(
        "product-catalog",
        "list_products",
        bridge="openai",
        state=remounted(cart, product_id="monstera"),
        globals={"displayMode": "fullscreen"},
    )
    expect(session.frame.get_by_role("heading", name="Monstera", exact=True)).to_be_visible()
    expect(session.frame.get_by_role("button", name="View cart")).to_be_visible()
    assert session.violations() == []


def test_complaint_21_the_payment_sheet_can_be_tried_without_a_host(
    strict: Strict, host: WidgetHost
) -> None:
    arguments = {"items": [{"product_id": "aloe-vera", "quantity": 1}]}
    result = host.shop.call("start_checkout", arguments)
    result["structuredContent"] |= {
        "status": "ready_for_payment",
        "payment_sheet": {"id": "cs_1", "payment_mode": "test"},
    }
    session = strict("checkout", "start_checkout", arguments, bridge="openai", result=result)
    press(session.frame, "^Pay [$]")
    session.page.clock.run_for(500)
    (session_id,) = [name for name in host.shop.sessions if name.endswith("0")]
    wanted = ["get_checkout", {"checkout_session_id": session_id}]
    eventually(lambda: wanted in session.seen("calls"), wanted=True)
    assert session.violations() == []
