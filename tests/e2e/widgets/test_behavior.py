"""What a widget does when its host, its shop or its line fails it, in both bridges.

The host of these tests is the strict one: whatever happens, nothing out of order may be said.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from plantly.words import words_for
from tests.support.browser import Watched
from tests.support.eventually import eventually, stop_time
from tests.support.strict_host import StrictSession, filled_cart, press
from tests.support.widget_host import WidgetHost

Strict = Callable[..., StrictSession]

both_bridges = pytest.mark.parametrize("bridge", ["apps", "openai"])
PATIENCE = 31_000
SILENCE = 7_000
IDS_AND_VIEW = {
    "cart_id",
    "version",
    "item_count",
    "checkout_session_id",
    "order_number",
    "told",
    "product_id",
    "query",
}


def deliver(session: StrictSession, bridge: str, result: dict[str, Any]) -> None:
    """Give the widget the result of its tool, as this host does."""
    if bridge == "apps":
        session.notify("tool-result", **result)
        return
    globals_ = {"toolOutput": result["structuredContent"], "toolResponseMetadata": result["_meta"]}
    change_globals(session, **globals_)


def change_globals(session: StrictSession, **globals_: Any) -> None:
    post = "globals => document.getElementById('frame').contentWindow.postMessage"
    session.page.evaluate(f"{post}({{ strict: 1, globals }}, '*')", globals_)


def change_context(session: StrictSession, bridge: str, **context: Any) -> None:
    """Let the host change its theme, language, mode..."""
    if bridge == "apps":
        session.notify("host-context-changed", **context)
    else:
        change_globals(session, **context)


def go_offline(session: StrictSession, *, offline: bool) -> None:
    """Say that the line is dead, and that it is back; what calls do meanwhile is another matter."""
    session.page.evaluate("offline => void (window.failing = offline)", offline)
    session.frame.evaluate(
        """offline => {
            Object.defineProperty(navigator, "onLine", { value: !offline, configurable: true });
            window.dispatchEvent(new Event(offline ? "offline" : "online"));
        }""",
        offline,
    )


def wait_for_cart(host: WidgetHost, line: str, quantity: int | None) -> None:
    """Wait until the shop has it: what is shown at once is on its way there."""
    (cart,) = host.shop.carts.values()
    eventually(lambda: cart["lines"].get(line), quantity)


@both_bridges
def test_data_may_come_late_and_twice_and_undoes_nothing(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    arguments = filled_cart(host)
    result = host.shop.call("show_cart", arguments)
    session = strict("shopping-cart", "show_cart", arguments, bridge=bridge, result=None)
    session.page.clock.run_for(500)
    expect(session.frame.locator("main")).to_have_attribute("aria-busy", "true")
    deliver(session, bridge, result)
    field = session.frame.get_by_label("Quantity of Aloe Vera, 12 cm pot")
    expect(field).to_have_value("2")
    field.focus()
    field.evaluate("node => node.dataset.mark = 'same'")
    deliver(session, bridge, result)
    session.page.clock.run_for(500)
    expect(field).to_have_attribute("data-mark", "same")
    expect(field).to_be_focused()
    # Other data is news.
    host.shop.call("update_cart", arguments | {"remove": ["lavender-12cm"]})
    deliver(session, bridge, host.shop.call("show_cart", arguments))
    expect(session.frame.get_by_label("Quantity of Lavender, 12 cm pot")).to_have_count(0)
    assert session.violations() == []


def test_arguments_in_parts_say_that_more_is_to_come(strict: Strict, host: WidgetHost) -> None:
    arguments = filled_cart(host)
    parts = [{"cart_id": "ca"}, {"cart_id": "cart_"}]
    session = strict("shopping-cart", "show_cart", None, result=None, input=None, parts=parts)
    session.page.wait_for_function("window.seen.sizes.length > 0")
    stop_time(session.page)
    # A call that is still being written is not overdue.
    for _ in range(3):
        session.notify("tool-input-partial", arguments={"cart_id": "cart_0"})
        session.heard()
        session.page.clock.run_for(4000)
        expect(session.frame.locator("main")).to_have_attribute("aria-busy", "true")
    assert session.seen("calls") == []
    session.notify("tool-input", arguments=arguments)
    session.heard()
    session.page.clock.run_for(SILENCE)
    press(session.frame, "^Try again")
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    assert session.seen("calls") == [["show_cart", arguments]]
    assert session.violations() == []


@both_bridges
def test_data_that_never_comes_is_asked_for_by_one_press(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    arguments = filled_cart(host)
    session = strict("shopping-cart", "show_cart", arguments, bridge=bridge, result=None)
    session.page.clock.run_for(SILENCE)
    expect(session.frame.locator("main").get_by_text("longer than usual")).to_be_visible()
    assert session.seen("calls") == []
    press(session.frame, "^Try again")
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    assert session.seen("calls") == [["show_cart", arguments]]
    assert session.violations() == []


def test_a_canceled_tool_is_said_and_takes_nothing_away(strict: Strict, host: WidgetHost) -> None:
    arguments = filled_cart(host)
    result = host.shop.call("show_cart", arguments)
    session = strict("shopping-cart", "show_cart", arguments, result=None)
    session.notify("tool-cancelled", reason="user")
    expect(session.frame.locator("main").get_by_text("This was canceled.")).to_be_visible()
    # The sentence follows the language of the host, too.
    session.notify("host-context-changed", locale="de-DE")
    expect(session.frame.locator("main").get_by_text("Das wurde abgebrochen.")).to_be_visible()
    session.notify("host-context-changed", locale="en-US")
    session.notify("tool-result", **result)
    heading = session.frame.get_by_role("heading", name="Your cart")
    expect(heading).to_be_visible()
    session.notify("tool-cancelled", reason="user")
    session.heard()
    expect(heading).to_be_visible()
    assert session.violations() == []


@both_bridges
def test_the_host_may_change_its_clothes_while_something_is_typed(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host), bridge=bridge)
    session.frame.get_by_label("Quantity of Aloe Vera, 12 cm pot").select_text()
    session.page.keyboard.type("7")
    change_context(session, bridge, theme="dark", locale="de-AT", displayMode="fullscreen")
    expect(session.frame.locator("html")).to_have_attribute("data-theme", "dark")
    expect(session.frame.locator("html")).to_have_attribute("lang", "de")
    session.page.set_viewport_size({"width": 420, "height": 700})
    field = session.frame.locator('[data-key="qaloe-vera-12cm"]')
    expect(field).to_have_value("7")
    expect(field).to_be_focused()
    assert host.shop.calls == []
    # Leaving the field stores what was typed, once.
    session.page.keyboard.press("Tab")
    session.page.clock.run_for(500)
    expect(session.frame.get_by_text(re.compile("^8 "))).to_be_visible()
    wait_for_cart(host, "aloe-vera-12cm", 7)
    assert len(host.shop.named("update_cart")) == 1
    assert session.violations() == []


@both_bridges
def test_a_call_that_is_not_answered_is_given_up_and_its_late_answer_counts(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host), bridge=bridge)
    hold = "void (window.holding = new Promise((go) => (window.release = go)))"
    session.page.evaluate(hold)
    press(session.frame, "^One more Aloe Vera")
    session.page.clock.run_for(PATIENCE)
    main = session.frame.locator("main")
    expect(main.get_by_text("No answer came. Please try again.")).to_be_visible()
    session.page.evaluate("window.release()")
    # What it says counts, and there is nothing left to be done again.
    expect(main.get_by_text("4 items")).to_be_visible()
    expect(main.get_by_text("No answer came")).to_have_count(0)
    wait_for_cart(host, "aloe-vera-12cm", 3)
    assert len(host.shop.named("update_cart")) == 1
    assert session.violations() == []


@both_bridges
def test_a_failed_call_is_said_in_our_words_and_offered_again(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host), bridge=bridge)
    session.page.evaluate("void (window.failing = true)")
    press(session.frame, "^One more Aloe Vera")
    session.page.clock.run_for(500)
    said = session.frame.locator("main").get_by_text("That did not work. Please try again.")
    expect(said).to_be_visible()
    # What a host writes into an error is for developers.
    assert session.frame.get_by_text("ECONNRESET").count() == 0
    session.page.evaluate("void (window.failing = false)")
    press(session.frame, "^Try again")
    expect(said).to_have_count(0)
    wait_for_cart(host, "aloe-vera-12cm", 3)
    assert session.violations() == []


@both_bridges
def test_back_online_what_was_asked_is_done_by_itself(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host), bridge=bridge)
    field = session.frame.get_by_label("Quantity of Aloe Vera, 12 cm pot")
    expect(field).to_be_visible()
    go_offline(session, offline=True)
    press(session.frame, "^One more Lavender")
    session.page.clock.run_for(500)
    expect(session.frame.locator("main").get_by_text("You are offline.")).to_be_visible()
    field.select_text()
    session.page.keyboard.type("5")
    go_offline(session, offline=False)
    expect(session.frame.locator("main").get_by_text("4 items")).to_be_visible()
    expect(session.frame.locator("main").get_by_text("You are offline.")).to_have_count(0)
    wait_for_cart(host, "lavender-12cm", 2)
    # What was being typed meanwhile is still there, and not sent before it is finished.
    expect(field).to_have_value("5")
    wait_for_cart(host, "aloe-vera-12cm", 2)
    assert session.violations() == []


def test_whoever_knows_to_be_offline_does_not_wait_long(strict: Strict, host: WidgetHost) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host))
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    go_offline(session, offline=True)
    session.page.evaluate("void (window.holding = new Promise(() => {}))")
    press(session.frame, "^One more Aloe Vera")
    session.page.clock.run_for(4000)
    expect(session.frame.locator("main").get_by_text("You are offline.")).to_be_visible()
    assert session.violations() == []


@both_bridges
def test_a_host_that_is_gone_leaves_what_was_shown(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host), bridge=bridge)
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    session.page.evaluate("void (window.gone = true)")
    press(session.frame, "^Check out")
    session.page.clock.run_for(PATIENCE)
    expect(session.frame.locator("main").get_by_text("No answer came.")).to_be_visible()
    expect(session.frame.get_by_label("Quantity of Aloe Vera, 12 cm pot")).to_be_visible()
    # The host returns.
    session.page.evaluate("void (window.gone = false)")
    press(session.frame, "^Check out")
    expect(session.frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    assert session.violations() == []


def test_the_state_of_a_widget_holds_ids_and_the_view_alone(
    strict: Strict, host: WidgetHost
) -> None:
    session = strict("product-catalog", "list_products", bridge="openai")
    press(session.frame, "^Add Snake Plant")
    session.page.clock.run_for(1500)
    press(session.frame, "View cart")
    press(session.frame, "^Check out")
    expect(session.frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    (session_id,) = host.shop.sessions
    host.shop.pay(session_id)
    session.page.clock.run_for(5000)
    expect(session.frame.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    session.page.clock.run_for(1500)
    eventually(lambda: len(session.seen("states")) > 2, wanted=True)
    states = session.seen("states")
    for state in map(json.loads, states):
        assert set(state["privateContent"] or {}) <= IDS_AND_VIEW, state
        assert set(state["modelContent"]) <= IDS_AND_VIEW, state
    everything = " ".join(states)
    assert re.findall(r"Snake Plant|[$€]|\d+\.\d\d|@|_minor|https?:", everything) == []
    assert session.violations() == []


def test_nothing_is_said_while_the_view_is_being_unloaded(strict: Strict, host: WidgetHost) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host))
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    stop_time(session.page)
    press(session.frame, "^Remove Lavender")
    expect(session.frame.get_by_role("button", name="Undo")).to_be_visible()
    wait_for_cart(host, "lavender-12cm", None)
    eventually(lambda: session.seen("answered"), 1)
    session.heard()
    # The change is there; the model would be told of it within a second.
    session.end()
    session.page.clock.run_for(5000)
    # What was said after all would be a violation, too.
    assert session.seen("contexts") == []
    assert session.violations() == []


@both_bridges
def test_what_a_browser_lacks_or_forbids_is_done_without(
    strict: Strict, host: WidgetHost, watched: Watched, bridge: str
) -> None:
    watched.page.add_init_script(
        """if (window !== window.top) {
            delete window.ResizeObserver;
            delete window.IntersectionObserver;
            for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
                Object.defineProperty(window, name, { get() { throw new DOMException("no"); } });
        }"""
    )
    session = strict("shopping-cart", "show_cart", filled_cart(host), bridge=bridge)
    session.page.clock.run_for(1000)
    press(session.frame, "^Check out")
    expect(session.frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    eventually(lambda: any(height > 100 for _, height in session.seen("sizes")), wanted=True)
    assert session.violations() == []


def test_a_sentence_is_read_aloud_once(strict: Strict, host: WidgetHost) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host))
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    session.frame.evaluate(
        """window.spoken = [];
        new MutationObserver(() => {
            const { textContent } = document.getElementById("live");
            if (textContent) window.spoken.push(textContent);
        }).observe(document.getElementById("live"), { childList: true })"""
    )
    press(session.frame, "^Remove Lavender")
    expect(session.frame.get_by_role("button", name="Undo")).to_be_visible()
    session.page.clock.run_for(200)
    about = "window.spoken.filter((text) => text.includes('Lavender')).length"
    eventually(lambda: session.frame.evaluate(about), 1)
    assert session.violations() == []


@pytest.mark.parametrize("language", ["de-DE", "ar-EG"])
def test_what_the_shop_refuses_is_said_in_the_language_of_the_host(
    strict: Strict, host: WidgetHost, language: str
) -> None:
    arguments = filled_cart(host)
    session = strict("shopping-cart", "show_cart", arguments, context={"locale": language})
    host.shop.refuse("update_cart", "overloaded", "The shop is very busy right now.")
    field = session.frame.locator('[data-key="qaloe-vera-12cm"]')
    field.fill("4")
    field.press("Enter")
    session.page.clock.run_for(500)
    said = words_for(language).t("common.error.overloaded")
    expect(session.frame.locator("main").get_by_text(said)).to_be_visible()
    assert session.violations() == []
