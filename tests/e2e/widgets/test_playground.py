"""The playground is strict: what a real host would not accept is an error here."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from plantly.widgets.guard import GZIP_LIMIT
from tests.support.browser import Watched, axe_violations, watched_page
from tests.support.widget_host import WidgetHost, run_tool, widget_frame

HELLO = {
    "protocolVersion": "2026-01-26",
    "appInfo": {"name": "leaf", "version": "1"},
    "appCapabilities": {},
}
READY = [
    {"id": 1, "method": "ui/initialize", "params": HELLO},
    {"method": "ui/notifications/initialized"},
]


@pytest.fixture(scope="module")
def page(browser: Browser, running_host: WidgetHost) -> Iterator[Page]:
    """Give a page whose widgets were replaced by one that says only what the test wants."""
    with watched_page(browser) as watched:
        silent = "<!doctype html><title>leaf</title>"
        watched.context.route(
            "**/playground/frame/**",
            lambda route: route.fulfill(body=silent, content_type="text/html"),
        )
        run_tool(watched.page, running_host, "show_cart")
        yield watched.page


@pytest.fixture
def frame(page: Page, host: WidgetHost) -> Frame:
    """Give a new frame and an empty log."""
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Run").click()
    frame = widget_frame(page)
    frame.wait_for_url("**/playground/frame/**")
    frame.evaluate("window.heard = []; addEventListener('message', (e) => heard.push(e.data))")
    return frame


def say(frame: Frame, *messages: Any) -> None:
    for message in messages:
        whole = {"jsonrpc": "2.0", **message} if isinstance(message, dict) else message
        frame.evaluate("message => parent.postMessage(message, '*')", whole)
        if isinstance(message, dict) and message.get("method") == "ui/initialize":
            frame.wait_for_function("heard.length > 0")


def errors(page: Page) -> list[str]:
    wrong = page.locator("#log .wrong")
    wrong.first.wait_for()
    texts: list[str] = wrong.locator(".what").all_text_contents()
    assert page.get_attribute("#log", "data-errors") == str(wrong.count())
    return texts


def test_a_good_handshake_gets_its_data(page: Page, frame: Frame) -> None:
    say(frame, *READY)
    frame.wait_for_function("heard.length === 3")
    methods = frame.evaluate("heard.map((m) => m.method ?? 'answer')")
    assert methods == ["answer", "ui/notifications/tool-input", "ui/notifications/tool-result"]
    assert page.get_attribute("#log", "data-errors") == "0"


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in HELLO.items() if name != key}


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        (without("protocolVersion"), "protocolVersion is missing"),
        (without("appCapabilities"), "appCapabilities is missing"),
        ({**without("appInfo"), "clientInfo": HELLO["appInfo"]}, "appInfo needs name and version"),
        ({**HELLO, "appInfo": {"name": "leaf"}}, "appInfo needs name and version"),
        ({**HELLO, "appCapabilities": {"availableDisplayModes": ["huge"]}}, "unknown mode"),
    ],
)
def test_a_wrong_handshake_is_refused(
    page: Page, frame: Frame, params: dict[str, Any], problem: str
) -> None:
    say(frame, {"id": 1, "method": "ui/initialize", "params": params})
    (error,) = errors(page)
    assert problem in error
    assert frame.evaluate("heard[0].error.code") == -32600


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        ([READY[1]], "ui/notifications/initialized came before ui/initialize"),
        ([{"id": 1, "method": "ping"}], "ping came before ui/initialize"),
        ([READY[0], {"id": 2, "method": "ping"}], "ping came before ui/notifications/initialized"),
        ([*READY, READY[0]], "ui/initialize came twice"),
        ([*READY, {"id": 2, "method": "tools/list"}], "unknown request tools/list"),
        ([*READY, {"method": "ui/notifications/hello"}], "unknown notification"),
        ([*READY, {"id": None, "method": "ping"}], "neither a text nor a number"),
        ([*READY, {"id": 2, "method": "ping", "params": []}], "params is not an object"),
        ([*READY, {"id": 2}], "a response has an id, and a result or an error"),
        ([*READY, "hello"], "this is not JSON-RPC 2.0"),
        (
            [*READY, {"id": 2, "method": "tools/call", "params": {"name": "show_cart"}}],
            "needs a name and an object of arguments",
        ),
        (
            [*READY, {"id": 2, "method": "ui/open-link", "params": {"url": "javascript:alert(1)"}}],
            "only http and https",
        ),
        ([*READY, {"id": 2, "method": "ui/open-link", "params": {"url": "/x"}}], "no absolute URL"),
        (
            [
                *READY,
                {
                    "id": 2,
                    "method": "ui/message",
                    "params": {"role": "user", "content": {"type": "text", "text": "x"}},
                },
            ],
            "an array of blocks",
        ),
        (
            [*READY, {"id": 2, "method": "ui/update-model-context", "params": {}}],
            "nothing to tell the model",
        ),
        (
            [*READY, {"id": 2, "method": "ui/request-display-mode", "params": {"mode": "huge"}}],
            "unknown display mode",
        ),
        (
            [*READY, {"method": "ui/notifications/size-changed", "params": {"height": "1"}}],
            "needs numbers",
        ),
    ],
)
def test_wrong_order_and_wrong_shape_are_counted(
    page: Page, frame: Frame, messages: list[Any], problem: str
) -> None:
    say(frame, *messages)
    (error,) = errors(page)
    assert problem in error


@pytest.mark.parametrize(
    ("tool", "problem"),
    [("list_products", "not visible to widgets"), ("no_such_tool", "there is no tool")],
)
def test_a_widget_may_call_only_what_is_visible_to_it(
    page: Page, frame: Frame, host: WidgetHost, tool: str, problem: str
) -> None:
    call = {"id": 2, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
    say(frame, *READY, call)
    (error,) = errors(page)
    assert problem in error
    assert host.shop.named("list_products") == []


def test_what_a_widget_says_is_a_turn_and_what_it_tells_stands_in_place(
    page: Page, frame: Frame
) -> None:
    message = {"role": "user", "content": [{"type": "text", "text": "Is it safe for cats?"}]}
    first = {"content": [{"type": "text", "text": "One fern is in the cart."}]}
    second = {"content": [{"type": "text", "text": "The cart is empty."}]}
    say(
        frame,
        *READY,
        {"id": 2, "method": "ui/update-model-context", "params": first},
        {"id": 3, "method": "ui/update-model-context", "params": second},
        {"id": 4, "method": "ui/message", "params": message},
    )
    expect(page.locator("#chat .bubble").last).to_have_text("Is it safe for cats?")
    expect(page.locator(".known")).to_have_text("The model knows: The cart is empty.")
    assert page.get_attribute("#log", "data-errors") == "0"


def test_what_the_host_does_not_offer_is_neither_announced_nor_done(
    page: Page, frame: Frame
) -> None:
    page.get_by_text("What the host offers").click()
    links = page.get_by_label("Links", exact=True)
    links.uncheck()
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Run").click()
    silent = widget_frame(page)
    silent.wait_for_url("**/playground/frame/**")
    silent.evaluate("window.heard = []; addEventListener('message', (e) => heard.push(e.data))")
    link = {"id": 2, "method": "ui/open-link", "params": {"url": "https://shop.example"}}
    say(silent, *READY, link)
    (error,) = errors(page)
    assert "openLinks" not in silent.evaluate("heard[0].result.hostCapabilities")
    # A widget that is still there would be mounted anew, in the midst of the next test.
    page.get_by_role("button", name="New chat").click()
    links.check()
    page.get_by_text("What the host offers").click()
    assert "does not offer" in error


def test_a_widget_may_float_beside_the_conversation(page: Page, frame: Frame) -> None:
    ask = {"id": 2, "method": "ui/request-display-mode", "params": {"mode": "pip"}}
    say(frame, *READY, ask)
    expect(page.locator("#stage")).to_have_attribute("data-display", "pip")
    page.get_by_label("Display", exact=True).select_option("inline")
    expect(page.locator("#stage")).to_have_attribute("data-display", "inline")


def test_a_forbidden_load_is_red_and_in_the_report(page: Page, frame: Frame) -> None:
    seen = {"plantlyProbe": 1, "what": "violation", "directive": "img-src", "blocked": "http://x/"}
    frame.evaluate("message => parent.postMessage(message, '*')", seen)
    (error,) = errors(page)
    assert "img-src forbids http://x/" in error
    page.get_by_role("tab", name="Report").click()
    expect(page.locator("#report")).to_contain_text("img-src: http://x/")
    expect(page.locator("#report")).to_contain_text(f"within {GZIP_LIMIT // 1024} KiB")
    page.get_by_role("tab", name="Report").press("ArrowLeft")
    expect(page.locator("#log")).to_be_visible()


def test_the_same_state_comes_back_from_the_address(watched: Watched, host: WidgetHost) -> None:
    page = watched.page
    page.goto(f"{host.url}/playground")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Tool", exact=True).select_option("search_products")
    page.get_by_label("Arguments as JSON").fill('{"search": "fern"}')
    page.get_by_label("Theme").select_option("dark")
    page.get_by_label("Device").select_option("phone")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#structured")).to_contain_text("boston-fern")
    expect(page.locator("#text")).to_have_text("search_products answered.")
    expect(page.locator("#stage")).to_contain_text("no widget")
    page.reload()
    expect(page.locator("#structured")).to_contain_text("boston-fern")
    assert page.get_by_label("Theme").input_value() == "dark"
    assert page.get_by_label("Width").input_value() == "390"
    assert page.get_by_label("Tool", exact=True).input_value() == "search_products"


def test_every_tool_has_an_example_that_works(watched: Watched, host: WidgetHost) -> None:
    page = watched.page
    page.goto(f"{host.url}/playground")
    page.wait_for_selector("html[data-ready]")
    for tool in ("list_products", "get_product", "update_cart", "start_checkout", "get_checkout"):
        page.get_by_label("Tool", exact=True).select_option(tool)
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_role("status")).to_have_text("Done")
        assert host.shop.calls[-1][0] == tool


def test_one_page_load_is_one_conversation(watched: Watched, host: WidgetHost) -> None:
    hints: list[str] = []
    page = watched.page
    page.on("request", lambda request: hints.append(_hint(request.post_data or "")))
    for _ in range(2):
        frame = run_tool(page, host, "show_cart", "{}")
        expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    seen = list(dict.fromkeys(hint for hint in hints if hint))
    assert len(seen) == 2
    assert all(len(hint) == 32 for hint in seen)


def _hint(body: str) -> str:
    if "tools/call" not in body:
        return ""
    hint: str = json.loads(body)["params"]["_meta"]["openai/session"]
    return hint


def test_arguments_that_are_no_json_are_said(watched: Watched, host: WidgetHost) -> None:
    page = watched.page
    page.goto(f"{host.url}/playground")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Arguments as JSON").fill("{sunlight}")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("not JSON")


def test_a_widget_can_ask_for_the_whole_screen(page: Page, frame: Frame) -> None:
    ask = {"id": 2, "method": "ui/request-display-mode", "params": {"mode": "fullscreen"}}
    say(frame, *READY, ask)
    stage = page.locator("#stage")
    expect(stage).to_have_attribute("data-display", "fullscreen")
    page.get_by_role("button", name="Leave full screen").click()
    expect(stage).to_have_attribute("data-display", "inline")
    frame.wait_for_function("heard.at(-1).params?.displayMode === 'inline'")
    assert frame.evaluate("heard.at(-1).method") == "ui/notifications/host-context-changed"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_itself_is_accessible(watched: Watched, host: WidgetHost, theme: str) -> None:
    frame = run_tool(watched.page, host, "show_cart", "{}", theme=theme)
    expect(frame.get_by_role("heading", name="Your cart")).to_be_visible()
    assert axe_violations(watched.page) == []
