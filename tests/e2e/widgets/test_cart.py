"""Changing a cart, over both bridges."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.support.browser import Watched, axe_violations
from tests.support.eventually import eventually
from tests.support.fake_shop import fixture
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


def quantities(host: WidgetHost) -> list[tuple[str, int]]:
    """List what the shop was asked to change, in its order."""
    return [
        (line["variant_id"], line["quantity"])
        for call in host.shop.named("update_cart")
        for line in call.get("lines", [])
    ]


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
    lines = [{"variant_id": "aloe-vera-12cm", "quantity": 5}]
    eventually(lambda: host.shop.named("update_cart"), [{"cart_id": cart_id, "lines": lines}])


def test_a_quantity_can_be_typed(play: Play, host: WidgetHost, cart_id: str) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    field = frame.get_by_label("Quantity of Lavender, 12 cm pot")
    field.fill("12")
    field.press("Enter")
    expect(frame.locator(".grand dd")).to_have_text("$149.86")
    field.fill("0x")
    field.press("Enter")
    expect(field).to_have_value("12")
    # What is no number was not sent: the next change comes right after the first.
    frame.get_by_role("button", name="One more Aloe Vera, 12 cm pot").click()
    sent = [("lavender-12cm", 12), ("aloe-vera-12cm", 3)]
    eventually(lambda: quantities(host), sent)


def test_one_is_the_least(play: Play, host: WidgetHost, cart_id: str) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    less = frame.get_by_role("button", name="One less Lavender, 12 cm pot")
    expect(less).to_have_attribute("aria-disabled", "true")
    less.click(force=True)
    expect(frame.get_by_label("Quantity of Lavender, 12 cm pot")).to_have_value("1")
    frame.get_by_role("button", name="One more Aloe Vera, 12 cm pot").click()
    eventually(lambda: quantities(host), [("aloe-vera-12cm", 3)])


@both_bridges
def test_a_removed_line_can_be_brought_back(
    play: Play, host: WidgetHost, cart_id: str, bridge: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id}, bridge=bridge)
    frame.get_by_role("button", name="Remove Aloe Vera").click()
    expect(frame.locator("main").get_by_text("1 item", exact=True)).to_be_visible()
    expect(frame.get_by_role("status")).to_have_text("Aloe Vera was removed.")
    frame.get_by_role("button", name="Undo").click()
    expect(frame.locator("main").get_by_text("3 items")).to_be_visible()
    expect(frame.get_by_role("button", name="Undo")).to_have_count(0)
    wanted = {"lavender-12cm": 1, "aloe-vera-12cm": 2}
    eventually(lambda: host.shop.carts[cart_id]["lines"], wanted)


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
    line = frame.get_by_role("listitem").filter(has_text="12 cm pot").first
    expect(line.get_by_text("Only 2 Aloe Vera are left")).to_be_visible()
    expect(frame.get_by_label("Quantity of Aloe Vera, 12 cm pot")).to_have_value("2")
    expect(frame.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_change_that_got_lost_can_be_sent_again(
    play: Play, host: WidgetHost, watched: Watched, cart_id: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    watched.page.evaluate("void (window.realFetch = window.fetch)")
    watched.page.evaluate(
        "void (window.fetch = async () => { throw new Error('The line is dead.'); })"
    )
    frame.get_by_role("button", name="One more Aloe Vera, 12 cm pot").click()
    expect(
        frame.locator("main").get_by_text("That did not work. Please try again.")
    ).to_be_visible()
    watched.page.evaluate("void (window.fetch = window.realFetch)")
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator("main").get_by_text("4 items")).to_be_visible()
    eventually(lambda: host.shop.carts[cart_id]["lines"]["aloe-vera-12cm"], 3)


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
    play: Play, host: WidgetHost, bridge: str
) -> None:
    items = [{"product_id": "aloe-vera", "quantity": 1}, {"product_id": "lavender", "quantity": 1}]
    frame = play("show_cart", {"items": items}, bridge=bridge)
    expect(frame.locator("main").get_by_text("2 items")).to_be_visible()
    assert host.shop.carts == {}
    frame.get_by_role("button", name="One more Lavender, 12 cm pot").click()
    expect(frame.locator("main").get_by_text("3 items")).to_be_visible()
    wanted = [{"aloe-vera-12cm": 1, "lavender-12cm": 2}]
    eventually(lambda: [cart["lines"] for cart in host.shop.carts.values()], wanted)


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


def test_a_removed_line_leaves_at_once_and_the_way_back_has_the_keyboard(
    bare: Play, host: WidgetHost
) -> None:
    result = fixture("shopping-cart", host.url)["result"]
    frame = bare("shopping-cart", answerAfter=0, result=result)
    expect(frame.get_by_role("button", name="Remove Monstera")).to_be_visible()
    # In one breath: no answer can have come.
    left = frame.evaluate(
        """() => {
            const button = document.querySelector('[aria-label="Remove Monstera"]');
            button.focus();
            button.click();
            const focused = document.activeElement.textContent;
            return [document.querySelector('.lines').textContent.includes('Monstera'), focused];
        }"""
    )
    assert left == [False, "Undo"]


def test_a_cart_that_was_changed_somewhere_else_is_shown_as_it_is_now(
    play: Play, host: WidgetHost, cart_id: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id})
    more = frame.get_by_role("button", name="One more Lavender, 12 cm pot")
    expect(more).to_be_visible()
    host.shop.call("update_cart", {"cart_id": cart_id, "remove": ["aloe-vera-12cm"]})
    more.click()
    expect(frame.locator("main").get_by_text("was changed somewhere else")).to_be_visible()
    expect(frame.locator("#live")).to_contain_text("was changed somewhere else")
    expect(frame.locator("main").get_by_text("2 items")).to_be_visible()
    expect(frame.locator(".lines").get_by_text("Aloe Vera")).to_have_count(0)


def test_a_discount_code_gets_the_answer_of_the_shop_beside_it(
    bare: Play, host: WidgetHost, watched: Watched
) -> None:
    result = fixture("shopping-cart", host.url)["result"]
    changed = fixture("shopping-cart", host.url)["result"]
    why = "The discount code is not a code of this shop."
    message = {"type": "warning", "code": "discount_code_invalid", "content": why}
    changed["structuredContent"] |= {
        "version": 4,
        "discount_codes": ["NOPE"],
        "messages": [message | {"param": "discount_codes[0]"}],
    }
    frame = bare("shopping-cart", answerAfter=0, result=result, answers={"update_cart": changed})
    frame.get_by_role("button", name="Have a code?").click()
    frame.get_by_label("Discount code").fill("NOPE")
    frame.get_by_label("Discount code").press("Enter")
    expect(frame.locator(".codes").get_by_text(why)).to_be_visible()
    expect(frame.locator("#live")).to_have_text(why)
    assert axe_violations(frame) == []
    frame.get_by_role("button", name="Remove NOPE").click()
    calls = "received.filter((m) => m.method === 'tools/call').map((m) => m.params.arguments)"
    codes = f"{calls}.map((asked) => asked.discount_codes)"
    eventually(lambda: watched.page.evaluate(codes), [["NOPE"], []])


def test_an_empty_cart_has_a_way_on(bare: Play, host: WidgetHost, watched: Watched) -> None:
    result = fixture("shopping-cart", host.url)["result"]
    result["structuredContent"] |= {"items": [], "item_count": 0, "saved_for_later": []}
    frame = bare("shopping-cart", answerAfter=0, result=result)
    frame.get_by_role("button", name="See products").click()
    said = "received.filter((m) => m.method === 'ui/message').length"
    eventually(lambda: watched.page.evaluate(said), 1)


def test_a_cart_is_read_and_typed_in_arabic(bare: Play, host: WidgetHost, watched: Watched) -> None:
    result = fixture("shopping-cart", host.url)["result"]
    frame = bare("shopping-cart", answerAfter=0, result=result, context={"locale": "ar-EG"})
    expect(frame.get_by_role("heading", name="سلتك")).to_be_visible()
    field = frame.get_by_role("textbox").first
    expect(field).to_have_value("\u0662")
    field.fill("\u0667")
    field.press("Enter")
    calls = "received.filter((m) => m.method === 'tools/call').map((m) => m.params.arguments.lines)"
    wanted = [[{"variant_id": "aloe-vera-12cm", "quantity": 7}]]
    eventually(lambda: watched.page.evaluate(calls), wanted)


def test_a_cart_that_is_loaded_again_while_it_is_paid_goes_on_waiting(
    play: Play, host: WidgetHost, watched: Watched, cart_id: str
) -> None:
    frame = play("show_cart", {"cart_id": cart_id}, bridge="openai")
    with watched.context.expect_page():
        frame.get_by_role("button", name="Check out").click()
    expect(frame.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    (session,) = host.shop.sessions
    host.shop.pay(session)
    watched.page.get_by_role("button", name="Reload").click()
    again = watched.page.frame_locator("#frame")
    expect(again.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    assert len(host.shop.named("start_checkout")) == 1
