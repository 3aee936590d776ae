"""The playground as its users drive it: a form, a conversation, troubles, and a link to it all."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import Watched, axe_violations, watched_page
from tests.support.widget_host import WidgetHost

ITEMS = {"items": [{"product_id": "lavender", "quantity": 1}]}
ARGUMENTS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "search": {"type": "string", "description": "Words to look for."},
        "sunlight": {
            "anyOf": [
                {"enum": ["full_sun", "shade"]},
                {"type": "array", "items": {"enum": ["full_sun", "shade"]}},
            ]
        },
        "limit": {"type": "integer", "minimum": 1, "maximum": 20},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"product_id": {"type": "string"}},
                "required": ["product_id"],
            },
        },
    },
}
RESULT = {"type": "object", "properties": {"total": {"type": "string"}}, "required": ["total"]}


def _say_more(route: Route) -> None:
    """Let one tool of the shop in memory have schemas."""
    if "tools/list" not in (route.request.post_data or ""):
        route.continue_()
        return
    answer = route.fetch()
    body: dict[str, Any] = answer.json()
    for tool in body["result"]["tools"]:
        if tool["name"] == "search_products":
            tool |= {"inputSchema": ARGUMENTS, "outputSchema": RESULT}
    route.fulfill(response=answer, json=body)


@pytest.fixture(scope="module")
def lab(browser: Browser, running_host: WidgetHost) -> Iterator[Page]:
    """Give one page for all that needs no fresh one."""
    with watched_page(browser, viewport={"width": 1280, "height": 1000}) as watched:
        watched.context.route("**/mcp", _say_more)
        watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
        watched.page.goto(f"{running_host.url}/playground")
        watched.page.wait_for_selector("html[data-ready]")
        yield watched.page
        watched.assert_clean()


@pytest.fixture
def page(lab: Page, host: WidgetHost) -> Page:
    lab.get_by_role("button", name="New chat").click()
    lab.get_by_role("button", name="Clear").click()
    return lab


def choose(page: Page, tool: str, arguments: dict[str, Any]) -> None:
    page.locator("#tool").select_option(tool)
    page.locator("#raw").check()
    page.locator("#args").fill(json.dumps(arguments))
    page.locator("#raw").uncheck()


def run(page: Page, tool: str, arguments: dict[str, Any]) -> None:
    choose(page, tool, arguments)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("status")).to_have_text("Done")


def test_a_form_is_made_from_the_schema(page: Page, host: WidgetHost) -> None:
    choose(page, "search_products", {})
    page.get_by_label("search", exact=True).fill("fern")
    page.get_by_label("shade").check()
    page.get_by_role("button", name="Add one").click()
    assert json.loads(page.locator("#args").input_value()) == {
        "search": "fern",
        "sunlight": ["shade"],
        "items": [{}],
    }
    expect(page.locator(".field-problem", has_text="is missing")).to_have_text(
        "items[0].product_id is missing."
    )
    page.get_by_role("button", name="Remove items 1").click()
    page.get_by_label("limit").fill("99")
    expect(page.locator(".field-problem", has_text="limit")).to_have_text("limit is more than 20.")
    page.get_by_label("limit").fill("2")
    page.get_by_label("limit").press("Control+Enter")
    expect(page.get_by_role("status")).to_have_text("Done")
    assert host.shop.calls[-1][1] == {"search": "fern", "sunlight": ["shade"], "limit": 2}


def test_a_result_that_breaks_its_schema_is_red(page: Page) -> None:
    run(page, "search_products", {})
    expect(page.locator("#log .wrong .what")).to_have_text(
        "search_products: the result total is not a string"
    )
    expect(page.locator("#errors")).to_have_text("1 error")


def test_messages_are_filtered_copied_and_cleared(page: Page) -> None:
    run(page, "show_cart", ITEMS)
    expect(page.frame_locator("#frame").get_by_role("heading", name="Your cart")).to_be_visible()
    page.get_by_label("Filter messages").fill("tool-result")
    expect(page.locator("#log li:visible")).to_have_count(1)
    page.locator("#log summary:visible").click()
    expect(page.locator("#log pre:visible")).to_contain_text('"structuredContent"')
    page.locator("#log-copy").click()
    expect(page.locator("#log-copy")).to_have_text("Copied")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["what"] == "ui/notifications/tool-result"
    page.get_by_label("Filter messages").fill("")
    page.get_by_label("Folded").check()
    expect(page.locator("#log")).to_be_hidden()
    page.get_by_label("Folded").uncheck()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#log li")).to_have_count(0)


def test_older_widgets_stay_alive_until_they_are_past(page: Page) -> None:
    for _ in range(6):
        run(page, "show_cart", ITEMS)
    expect(page.locator("#chat iframe")).to_have_count(5)
    page.locator("#theme").select_option("dark")
    oldest = page.frame_locator("#chat iframe >> nth=0")
    expect(oldest.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("#theme").select_option("light")
    page.get_by_role("button", name="Show it again").click()
    expect(page.locator(".past")).to_have_count(1)
    assert page.get_attribute("#log", "data-errors") == "0"


def test_nothing_is_called_before_it_is_allowed(page: Page, host: WidgetHost) -> None:
    page.get_by_text("Trouble").click()
    page.get_by_label("Ask before the call").check()
    choose(page, "show_cart", ITEMS)
    page.get_by_role("button", name="Run").click()
    expect(page.frame_locator("#frame").locator("main")).to_have_attribute("aria-busy", "true")
    expect(page.locator('[data-what="ui/notifications/tool-input"]')).to_have_count(0)
    page.get_by_role("button", name="Allow").click()
    expect(page.frame_locator("#frame").get_by_role("heading", name="Your cart")).to_be_visible()
    # The call that was allowed is the first.
    assert host.shop.named("show_cart") == [ITEMS]
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.locator('[data-what="ui/notifications/tool-cancelled"]')).to_have_count(1)
    assert len(host.shop.named("show_cart")) == 1
    page.get_by_label("Ask before the call").uncheck()


def test_calls_fail_get_no_answer_and_are_canceled(page: Page, host: WidgetHost) -> None:
    choose(page, "show_cart", ITEMS)
    for trouble, text in (("next", "The tool answered with an error."), ("never", "canceled")):
        page.locator("#fail").select_option(trouble)
        page.get_by_role("button", name="Run").click()
        if trouble == "never":
            page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("status")).to_have_text(text)
    page.locator("#fail").select_option("")
    assert host.shop.named("show_cart") == []


def test_remounting_ends_the_widget_and_begins_it_anew(page: Page) -> None:
    run(page, "show_cart", ITEMS)
    heading = page.frame_locator("#frame").get_by_role("heading", name="Your cart")
    expect(heading).to_be_visible()
    page.get_by_role("button", name="Remount").click()
    expect(page.locator('[data-what="ui/resource-teardown"]')).to_have_count(1)
    expect(page.locator('[data-what="ui/notifications/tool-result"]')).to_have_count(2)
    expect(heading).to_be_visible()
    assert page.get_attribute("#log", "data-errors") == "0"


def test_a_link_brings_back_the_conversation_and_its_host(
    page: Page, watched: Watched, host: WidgetHost
) -> None:
    run(page, "search_products", {"search": "fern"})
    page.locator("#device").select_option("phone")
    page.locator("#locale").fill("de-DE")
    page.locator("#latency").evaluate("n => n.closest('details').open = true")
    page.locator("#latency").select_option("300")
    run(page, "show_cart", ITEMS)
    page.locator("#copy-link").click()
    expect(page.locator("#copy-link")).to_have_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    page.locator("#latency").select_option("0")
    page.locator("#device").select_option("desktop")
    page.locator("#locale").fill("")

    watched.page.goto(link)
    expect(watched.page.locator(".turn")).to_have_count(2)
    expect(watched.page.get_by_role("status")).to_have_text("Done")
    frame = watched.page.frame_locator("#frame")
    expect(frame.locator("html")).to_have_attribute("lang", "de")
    assert watched.page.locator("#frame").evaluate("frame => frame.clientWidth") == 390
    assert watched.page.locator("#latency").input_value() == "300"


@pytest.mark.parametrize(("look", "part"), [("light", "Call"), ("dark", "Inspect")])
def test_the_page_fits_a_phone(watched: Watched, host: WidgetHost, look: str, part: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    query = {"tool": "show_cart", "args": json.dumps(ITEMS), "run": "1", "look": look}
    page.goto(f"{host.url}/playground?{urlencode(query)}")
    expect(page.frame_locator("#frame").get_by_role("heading", name="Your cart")).to_be_visible()
    parts = page.get_by_role("navigation")
    expect(parts.get_by_role("button", name="Chat")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    parts.get_by_role("button", name=part).click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert axe_violations(page) == []
