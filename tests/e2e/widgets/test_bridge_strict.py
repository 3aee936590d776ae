"""Every widget against a host that punishes every deviation, and proof that it does."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import TimeoutError as TooLongError

from tests.support.browser import watched_page
from tests.support.eventually import eventually, stop_time
from tests.support.fake_shop import ORDER_NUMBER, Json
from tests.support.strict_host import MUTATIONS, StrictSession, filled_cart, open_strict, press
from tests.support.widget_host import WidgetHost

Strict = Callable[..., StrictSession]

both_bridges = pytest.mark.parametrize("bridge", ["apps", "openai"])

METHODS = (
    "callTool",
    "sendFollowUpMessage",
    "openExternal",
    "requestDisplayMode",
    "notifyIntrinsicHeight",
    "setWidgetState",
    "requestCheckout",
)
STATE = ("widgetState", "toolResponseMetadata", "safeArea", "locale", "theme", "displayMode")
NOT_IN_M365 = ("requestModal", "uploadFile", "getFileDownloadUrl", "requestCheckout")
ITEMS: Json = {"items": [{"product_id": "aloe-vera", "quantity": 2}]}


def pay_and_see_it(session: StrictSession, host: WidgetHost) -> None:
    """Pay on the page that was opened, and wait until the widget has noticed."""
    expect(session.frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    (session_id,) = host.shop.sessions
    links = "links.map((link) => link.split('?')[0])"
    eventually(lambda: session.seen(links), [f"{host.url}/checkout/{session_id}"])
    host.shop.pay(session_id)
    session.page.clock.run_for(4000)
    expect(session.frame.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    session.page.clock.run_for(1500)


def tells_of_the_order(session: StrictSession, told: str) -> bool:
    """Say whether the newest of what was told names the order."""
    return any(ORDER_NUMBER in text for text in session.seen(told)[-1:])


def assert_well_behaved(session: StrictSession, bridge: str) -> None:
    """End the session and see that nothing was ever wrong, nor is after the end."""
    if bridge == "apps":
        assert session.end()["result"] == {}
    session.page.clock.run_for(30_000)
    assert session.violations() == []


@both_bridges
def test_the_catalog_sells_in_the_strict_host(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    session = strict("product-catalog", "list_products", bridge=bridge)
    press(session.frame, "^Add Snake Plant")
    press(session.frame, "View cart")
    press(session.frame, "^One more Snake Plant")
    session.page.clock.run_for(1500)
    press(session.frame, "^Check out")
    pay_and_see_it(session, host)
    told = "contexts" if bridge == "apps" else "states"
    eventually(lambda: tells_of_the_order(session, told), wanted=True)
    assert_well_behaved(session, bridge)


@both_bridges
def test_the_cart_sells_in_the_strict_host(strict: Strict, host: WidgetHost, bridge: str) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host), bridge=bridge)
    expect(session.frame.get_by_role("heading", name="Your cart")).to_be_visible()
    stop_time(session.page)
    for _ in range(3):
        press(session.frame, "^One more Aloe Vera")
    session.page.clock.run_for(400)
    press(session.frame, "^Remove Lavender")
    press(session.frame, "^Undo")
    eventually(lambda: len(host.shop.named("update_cart")), 3)
    expect(session.frame.get_by_role("button", name="Undo")).to_have_count(0)
    session.page.clock.run_for(1500)
    session.page.clock.resume()
    press(session.frame, "^Check out")
    # Reading goes on at the heading of the new view.
    expect(session.frame.get_by_role("heading", name="Waiting for your payment")).to_be_focused()
    pay_and_see_it(session, host)
    if bridge == "apps":
        # Three presses, a removal and its undoing are one thing to tell; the order is the other.
        eventually(lambda: tells_of_the_order(session, "contexts"), wanted=True)
        assert 2 <= len(session.seen("contexts")) <= 3
    assert_well_behaved(session, bridge)


@both_bridges
def test_the_checkout_sells_in_the_strict_host(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    session = strict("checkout", "start_checkout", ITEMS, bridge=bridge)
    press(session.frame, "^Continue to payment")
    pay_and_see_it(session, host)
    assert_well_behaved(session, bridge)


@both_bridges
def test_an_order_is_followed_in_the_strict_host(
    strict: Strict, host: WidgetHost, bridge: str
) -> None:
    arguments = {"order_number": ORDER_NUMBER}
    session = strict("order-status", "get_order_status", arguments, bridge=bridge)
    press(session.frame, "^Track")
    press(session.frame, "^Refresh")
    eventually(lambda: host.shop.calls, [("get_order_status", arguments)])
    assert len(session.seen("links")) == 1
    assert_well_behaved(session, bridge)


def test_a_host_with_both_bridges_is_spoken_to_once(strict: Strict, host: WidgetHost) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host), bridge="both")
    press(session.frame, "^One more Aloe Vera")
    session.page.clock.run_for(2000)
    press(session.frame, "^Check out")
    pay_and_see_it(session, host)
    assert_well_behaved(session, "apps")
    assert len([name for name, _ in session.seen("calls") if name == "start_checkout"]) == 1


def test_what_only_window_openai_can_do_is_done_there(strict: Strict, host: WidgetHost) -> None:
    able: Json = {"serverTools": {}}
    arguments = filled_cart(host)
    session = strict("shopping-cart", "show_cart", arguments, bridge="both", capabilities=able)
    press(session.frame, "^Check out")
    pay_and_see_it(session, host)
    assert_well_behaved(session, "apps")


@pytest.mark.parametrize(
    "able",
    [
        {"serverTools": {}},
        {"openLinks": {}},
        {"serverTools": {}, "openLinks": {}, "updateModelContext": {"text": {}}},
        {"serverTools": {}, "openLinks": {}, "updateModelContext": {"structuredContent": {}}},
    ],
    ids=lambda able: "-".join(able) + "-".join(able.get("updateModelContext", {})),
)
def test_what_a_host_does_not_announce_is_not_asked_for(
    strict: Strict, host: WidgetHost, able: Json
) -> None:
    session = strict("shopping-cart", "show_cart", filled_cart(host), capabilities=able)
    press(session.frame, "^One more Aloe Vera")
    session.page.clock.run_for(2000)
    press(session.frame, "^Check out")
    if "serverTools" not in able:
        expect(session.frame.get_by_text("This assistant cannot do that.").first).to_be_visible()
        assert host.shop.calls == []
    elif "openLinks" not in able:
        # Where no link is opened, its address can be copied.
        expect(session.frame.get_by_label(re.compile("Copy this address"))).to_be_visible()
    else:
        pay_and_see_it(session, host)
    # What is told, in which form, the host checks itself.
    eventually(lambda: bool(session.seen("contexts")), "updateModelContext" in able)
    assert_well_behaved(session, "apps")
    assert bool(session.seen("contexts")) == ("updateModelContext" in able)


def test_whatever_window_openai_lacks_is_done_without(strict: Strict, host: WidgetHost) -> None:
    """One member after the other is missing, then all state, what Microsoft 365 lacks, and all."""
    for missing in (*((name,) for name in METHODS), STATE, NOT_IN_M365, METHODS + STATE):
        host.renew()
        plan: Json = {"bridge": "openai", "missing": missing}
        if missing == NOT_IN_M365:
            plan["globals"] = {"displayMode": "fullscreen"}
        session = strict("shopping-cart", "show_cart", filled_cart(host), **plan)
        press(session.frame, "^Check out")
        if "callTool" in missing:
            end = session.frame.get_by_text("This assistant cannot do that.").first
        elif "openExternal" in missing:
            end = session.frame.get_by_label(re.compile("Copy this address"))
        else:
            end = session.frame.get_by_role("heading", name="Waiting for your payment")
        expect(end).to_be_visible()
        assert session.violations() == [], missing


def test_a_bridge_that_deviates_is_punished(browser: Browser, host: WidgetHost) -> None:
    """Each way to deviate is caught: else the stories above would prove nothing."""
    over = host.shop.call("start_checkout", ITEMS)
    over["structuredContent"]["status"] = "expired"
    plans: dict[str, Json] = {
        "names-its-own-method": {"input": ITEMS},
        "asks-for-what-was-not-announced": {"capabilities": {"serverTools": {}}},
    }
    unpunished = []
    with watched_page(browser) as watched:
        for mutation in MUTATIONS:
            plan = plans.get(mutation, {})
            strict = open_strict(
                watched.page, host, "checkout", result=over, mutation=mutation, **plan
            )
            if not _was_punished(strict):
                unpunished.append(mutation)
    assert unpunished == []


def _was_punished(strict: StrictSession) -> bool:
    """Let the widget come up, start again, be asked, and end: until it is punished."""
    punished = "window.violations.length > 0"
    again = strict.frame.get_by_role("button", name="Start again")
    strict.page.wait_for_function(f"{punished} || window.seen.sizes.length > 0")
    if again.count() and not strict.violations():
        again.click()
        strict.page.evaluate("window.ask('ping')")
        strict.page.wait_for_function(f"{punished} || window.answerTo(9001)")
    if not strict.violations():
        strict.end()
        strict.page.evaluate("window.ask('ping')")
    try:
        strict.page.wait_for_function(punished, timeout=5000)
    except TooLongError:
        return False
    return True
