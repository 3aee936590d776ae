"""How a widget finds its host and gets its data, whatever the host does."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.support.browser import Watched
from tests.support.eventually import eventually
from tests.support.fake_shop import Json, fixture
from tests.support.widget_host import WidgetHost

Bare = Callable[..., Frame]
Play = Callable[..., Frame]


def received(page: Page, method: str | None = None) -> list[Json]:
    """Give what the widget sent to the bare host."""
    messages: list[Json] = page.evaluate("window.received")
    return [m for m in messages if method is None or m.get("method") == method]


def send(page: Page, **message: Any) -> None:
    page.evaluate("message => window.send(message)", message)


def give_openai(page: Page, **globals_: Any) -> None:
    """Put a window.openai into the frame before the widget; it writes its calls down."""
    page.add_init_script(
        f"""if (window !== window.top) {{
            window.calls = [];
            window.openai = {{ theme: "light", ...{json.dumps(globals_)} }};
            for (const name of ["callTool", "setWidgetState", "notifyIntrinsicHeight"])
                window.openai[name] = async (...args) => void window.calls.push([name, ...args]);
        }}"""
    )


@pytest.fixture
def cart(host: WidgetHost) -> Json:
    result: Json = fixture("shopping-cart", host.url)["result"]
    return result


def test_the_handshake_comes_first_and_nothing_before_its_answer(
    bare: Bare, watched: Watched, cart: Json
) -> None:
    frame = bare("shopping-cart", answerAfter=700, result=cart)
    watched.page.wait_for_function("window.received.length > 0")
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    first, second, *_ = received(watched.page)
    assert first["method"] == "ui/initialize"
    assert first["params"]["protocolVersion"] == "2026-01-26"
    assert first["params"]["appInfo"] == {"name": "shopping-cart", "version": "1.0.0"}
    assert first["params"]["appCapabilities"] == {"availableDisplayModes": ["inline", "fullscreen"]}
    assert second["method"] == "ui/notifications/initialized"
    assert "id" not in second


def test_a_host_that_is_slow_to_answer_is_still_used(
    bare: Bare, watched: Watched, cart: Json
) -> None:
    frame = bare("shopping-cart", answerAfter=2000, result=cart)
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    assert len(received(watched.page, "ui/initialize")) == 1


def test_data_before_the_answer_is_shown_too(bare: Bare, watched: Watched, cart: Json) -> None:
    frame = bare("shopping-cart")
    watched.page.wait_for_function("window.received.length > 0")
    send(watched.page, method="ui/notifications/tool-result", params=cart)
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()


def test_without_any_host_it_says_so_and_offers_to_try_again(bare: Bare, watched: Watched) -> None:
    watched.page.clock.install()
    frame = bare("shopping-cart")
    expect(frame.locator("main")).to_have_attribute("aria-busy", "true")
    watched.page.clock.run_for(7000)
    expect(frame.locator("main").get_by_text("The assistant takes longer")).to_be_visible()
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator("main").get_by_text("The assistant takes longer")).to_be_visible()
    # Even now the host may answer.
    send(watched.page, id=1, result={"hostContext": {"theme": "dark"}})
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("widget", ["checkout", "order-status"])
def test_what_cannot_be_read_again_is_said(bare: Bare, watched: Watched, widget: str) -> None:
    watched.page.clock.install()
    frame = bare(widget, answerAfter=0)
    watched.page.wait_for_function("window.received.length > 1")
    watched.page.clock.run_for(7000)
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator("main").get_by_text("Ask the assistant")).to_be_visible()


def test_a_failed_tool_shows_its_sentence_as_text(bare: Bare) -> None:
    sentence = "There is no cart <img src=x onerror=alert(1)> here."
    error = {"structuredContent": {"error": {"code": "x", "message": sentence}}, "isError": True}
    frame = bare("shopping-cart", answerAfter=0, result=error)
    expect(frame.locator("main").get_by_text(sentence)).to_be_visible()
    assert frame.locator("img").count() == 0


def test_names_and_pictures_are_never_read_as_html(bare: Bare, cart: Json) -> None:
    name = "<script>window.broken = 1</script><b>Fern</b>"
    cart["structuredContent"]["items"][0]["name"] = name
    cart["_meta"]["plantly/media"]["aloe-vera"]["src"] = "javascript:window.broken=1"
    frame = bare("shopping-cart", answerAfter=0, result=cart)
    expect(frame.locator("main").get_by_text(name)).to_be_visible()
    assert frame.evaluate("window.broken") is None
    assert frame.locator('img[src^="javascript"]').count() == 0


def test_the_host_is_answered_and_after_the_end_nothing_is_said(
    bare: Bare, watched: Watched, cart: Json
) -> None:
    frame = bare("shopping-cart", answerAfter=0, result=cart)
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    asked = ("ping", "ui/unheard-of", "ui/resource-teardown", "ping")
    for id_, method in enumerate(asked, start=901):
        send(watched.page, id=id_, method=method, params={})
    watched.page.wait_for_function("window.received.some((m) => m.id === 903)")
    frame.get_by_role("button", name="One more").first.click()
    frame.evaluate("document.body.style.paddingTop = '300px'")
    frame.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 500)))")
    answers = {m["id"]: m for m in received(watched.page) if m.get("id", 0) > 900}
    assert answers[901]["result"] == {}
    assert answers[902]["error"]["code"] == -32601
    assert answers[903]["result"] == {}
    assert received(watched.page)[-1]["id"] == 903


def test_only_the_window_around_it_is_heard(bare: Bare, watched: Watched, cart: Json) -> None:
    frame = bare("shopping-cart", answerAfter=0)
    watched.page.wait_for_function("window.received.length > 1")
    message = {"jsonrpc": "2.0", "method": "ui/notifications/tool-result", "params": cart}
    frame.evaluate("message => window.postMessage(message, '*')", message)
    send(watched.page, method="ui/notifications/tool-cancelled", params={})
    expect(frame.locator("main").get_by_text("This was canceled.")).to_be_visible()


def test_a_change_of_the_context_is_merged(bare: Bare, watched: Watched, cart: Json) -> None:
    context = {"theme": "light", "locale": "de-DE", "safeAreaInsets": {"top": 11, "left": 0}}
    frame = bare("shopping-cart", answerAfter=0, result=cart, context=context)
    expect(frame.locator("main").get_by_text("133,94")).to_be_visible()
    send(watched.page, method="ui/notifications/host-context-changed", params={"theme": "dark"})
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    expect(frame.locator("main").get_by_text("133,94")).to_be_visible()
    assert frame.evaluate("getComputedStyle(document.body).paddingTop") == "11px"


def test_the_host_dresses_the_widget_with_a_whole_palette_only(
    bare: Bare, watched: Watched, cart: Json
) -> None:
    half = {"--color-background-primary": "rgb(1, 2, 3)", "--font-sans": "monospace"}
    context = {"theme": "dark", "styles": {"variables": half}}
    frame = bare("shopping-cart", answerAfter=0, result=cart, context=context)
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert frame.evaluate(ground) != "rgb(1, 2, 3)"
    assert frame.evaluate("getComputedStyle(document.body).fontFamily") == "monospace"
    whole = {**half, "--color-text-primary": "rgb(250, 250, 250)", "display": "none"}
    change = {"styles": {"variables": whole}}
    send(watched.page, method="ui/notifications/host-context-changed", params=change)
    expect(frame.locator("html")).to_have_css("background-color", "rgb(1, 2, 3)")


def test_right_to_left_languages_turn_the_page(bare: Bare, cart: Json) -> None:
    frame = bare("shopping-cart", answerAfter=0, result=cart, context={"locale": "ar-EG"})
    expect(frame.locator("html")).to_have_attribute("dir", "rtl")


def test_its_height_is_told(bare: Bare, watched: Watched, cart: Json) -> None:
    frame = bare("shopping-cart", answerAfter=0, result=cart)
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()

    def beyond() -> list[bool]:
        height = frame.evaluate("document.documentElement.getBoundingClientRect().height")
        told = [m["params"] for m in received(watched.page, "ui/notifications/size-changed")]
        return [height > 300 and 1 <= params["height"] - height < 2 for params in told[-1:]]

    eventually(beyond, [True])


@pytest.mark.parametrize("shape", ["meta", "mcp_tool_result", "call_tool_result", "no output"])
def test_every_known_shape_of_openai_metadata_is_understood(
    bare: Bare, watched: Watched, cart: Json, shape: str
) -> None:
    output: Json | None = cart["structuredContent"]
    metadata: Json = cart["_meta"]
    if shape != "meta":
        key = "mcp_tool_result" if shape == "no output" else shape
        metadata = {"status": "complete", key: cart}
    if shape == "no output":
        output = None
    give_openai(watched.page, toolOutput=output, toolResponseMetadata=metadata)
    frame = bare("shopping-cart")
    expect(frame.get_by_role("img", name="Drawing of a Monstera in a pot")).to_be_visible()
    told = "window.calls.some(([name]) => name === 'notifyIntrinsicHeight')"
    eventually(lambda: frame.evaluate(told), wanted=True)


def test_openai_data_that_comes_late_is_shown_once(
    bare: Bare, watched: Watched, cart: Json
) -> None:
    watched.page.clock.install()
    give_openai(watched.page, toolOutput=None)
    frame = bare("shopping-cart")
    expect(frame.locator("main")).to_have_attribute("aria-busy", "true")
    watched.page.clock.run_for(400)
    set_globals = """globals => {
        Object.assign(window.openai, globals);
        window.dispatchEvent(new CustomEvent('openai:set_globals', { detail: { globals } }));
    }"""
    frame.evaluate(set_globals, {"toolOutput": cart["structuredContent"]})
    heading = frame.get_by_role("heading", name="Your cart")
    expect(heading).to_be_visible()
    heading.evaluate("node => node.dataset.mark = 'same'")
    frame.evaluate(set_globals, {"maxHeight": 500})
    expect(heading).to_have_count(1)
    frame.evaluate(set_globals, {"theme": "dark"})
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_result_that_only_window_openai_has_is_found(
    bare: Bare, watched: Watched, cart: Json
) -> None:
    give_openai(watched.page, toolOutput=cart["structuredContent"])
    frame = bare("shopping-cart", answerAfter=0, context={"theme": "dark"})
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")


def test_with_its_state_alone_it_asks_the_shop_again(
    play: Play, watched: Watched, host: WidgetHost
) -> None:
    made = host.shop.call("update_cart", {"lines": [{"product_id": "lavender", "quantity": 2}]})
    cart_id = made["structuredContent"]["cart_id"]
    frame = play("show_cart", {"cart_id": cart_id}, bridge="openai")
    expect(frame.locator("main").get_by_text("2 items")).to_be_visible()
    host.shop.calls.clear()
    watched.page.get_by_role("button", name="Reload").click()
    watched.page.wait_for_function("document.querySelectorAll('[data-way=note]').length > 0")
    again = watched.page.frame_locator("#frame")
    expect(again.get_by_text("2 items")).to_be_visible()
    assert host.shop.named("show_cart") == [{"cart_id": cart_id}]
