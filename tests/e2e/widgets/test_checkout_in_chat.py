"""Paying without leaving the conversation: the form in the widget, and the host's payment sheet."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Frame, expect

from plantly.widgets import EmbedPolicy, WidgetExtras
from tests.support.browser import Watched, axe_violations
from tests.support.fake_chat_shop import FakeChatShop
from tests.support.fake_shop import ORDER_NUMBER
from tests.support.widget_host import WidgetHost, run_tool, running_widget_host, settled

ITEMS = {"items": [{"product_id": "aloe-vera", "quantity": 1}]}

Open = Callable[..., Frame]


def extras(url: str) -> WidgetExtras:
    return WidgetExtras(conversion=True, embed=EmbedPolicy((url,), (url,), (url,)))


@pytest.fixture(scope="module")
def running_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetHost]:
    dist = tmp_path_factory.mktemp("chat-dist")
    with running_widget_host(dist, FakeChatShop, extras) as host:
        yield host


@pytest.fixture
def shop(host: WidgetHost) -> FakeChatShop:
    assert isinstance(host.shop, FakeChatShop)
    return host.shop


@pytest.fixture
def checkout(watched: Watched, host: WidgetHost, shop: FakeChatShop) -> Open:
    """Open the checkout widget in a shop with these ways to pay; time moves only by hand."""

    def start(*ways: str, tool: str = "start_checkout", **state: str) -> Frame:
        for way in ways:
            setattr(shop, way, True)
        watched.page.clock.install()
        arguments: dict[str, Any] = ITEMS
        if tool == "checkout_session":
            arguments = {"checkout_session": {"items": [{"id": "aloe-vera", "quantity": 1}]}}
        return run_tool(watched.page, host, tool, json.dumps(arguments), **state)

    return start


@pytest.mark.parametrize("bridge", ["apps", "openai"])
def test_the_form_stands_in_the_widget_and_its_payment_is_noticed(
    checkout: Open, shop: FakeChatShop, watched: Watched, bridge: str
) -> None:
    frame = checkout("form", bridge=bridge)
    expect(frame.get_by_role("button", name="Pay on our page")).to_be_visible()
    frame.get_by_role("button", name="Pay $14.99").click()
    expect(frame.get_by_text("A form for 1499")).to_be_visible()
    assert shop.named("begin_payment")[0]["quote"] == "quote-of-1499"
    pay = frame.get_by_role("button", name="Pay $14.99")
    expect(pay).to_have_attribute("aria-disabled", "false")
    assert axe_violations(settled(frame)) == []
    pay.click()
    expect(frame.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    expect(frame.locator("main").get_by_text(ORDER_NUMBER)).to_be_visible()
    expect(frame.get_by_text("A form for 1499")).to_have_count(0)


def test_drawing_again_leaves_the_form_alone(
    checkout: Open, shop: FakeChatShop, watched: Watched
) -> None:
    frame = checkout("form")
    frame.get_by_role("button", name="Pay $14.99").click()
    expect(frame.get_by_text("A form for 1499")).to_be_visible()
    frame.evaluate("document.getElementById('embed-fields').dataset.mine = 'yes'")
    (session,) = shop.sessions.values()
    session["messages"] = [{"type": "info", "code": "x", "content": "Something is new."}]
    watched.page.clock.run_for(3500)
    expect(frame.locator("main").get_by_text("Something is new.")).to_be_visible()
    expect(frame.locator("#embed-fields")).to_have_attribute("data-mine", "yes")


def test_a_declined_card_is_said_and_can_be_tried_again(checkout: Open, shop: FakeChatShop) -> None:
    frame = checkout("form")
    shop.outcome = "decline"
    frame.get_by_role("button", name="Pay $14.99").click()
    expect(frame.get_by_text("A form for 1499")).to_be_visible()
    pay = frame.get_by_role("button", name="Pay $14.99")
    expect(pay).to_have_attribute("aria-disabled", "false")
    pay.click()
    expect(frame.locator("main").get_by_text("The card was declined.")).to_be_visible()
    shop.outcome = "approve"
    frame.get_by_role("button", name="Pay $14.99").click()
    expect(frame.get_by_text("A form for 1499")).to_be_visible()


def test_the_terms_are_accepted_first(checkout: Open, shop: FakeChatShop) -> None:
    frame = checkout("form", "terms")
    frame.get_by_role("button", name="Pay $14.99").click()
    expect(frame.get_by_role("checkbox")).to_be_focused()
    frame.get_by_role("checkbox").check()
    assert axe_violations(frame) == []
    frame.get_by_role("button", name="Pay $14.99").click()
    expect(frame.get_by_text("A form for 1499")).to_be_visible()
    # Before they were accepted nothing was begun.
    assert [asked["terms_version"] for asked in shop.named("begin_payment")] == ["1"]


def test_without_details_the_page_comes_first(
    checkout: Open, shop: FakeChatShop, watched: Watched
) -> None:
    shop.ready = False
    frame = checkout("form")
    expect(frame.get_by_text("The delivery details are needed first.")).to_be_visible()
    with watched.context.expect_page():
        frame.get_by_role("button", name="Continue to payment").click()
    assert shop.named("begin_payment") == []


def test_a_refused_payment_is_said(checkout: Open, shop: FakeChatShop) -> None:
    frame = checkout("form")
    shop.refuse("begin_payment", "out_of_stock", "Aloe Vera: none is left.")
    frame.get_by_role("button", name="Pay $14.99").click()
    expect(frame.locator("main").get_by_text("Aloe Vera: none is left.")).to_be_visible()


@pytest.mark.parametrize("tool", ["start_checkout", "checkout_session"])
def test_the_payment_sheet_of_the_host_pays(checkout: Open, watched: Watched, tool: str) -> None:
    frame = checkout("sheet", bridge="openai", tool=tool)
    expect(frame.get_by_text("Test mode: no money moves.")).to_be_visible()
    assert axe_violations(settled(frame)) == []
    frame.get_by_role("button", name="Pay $14.99").click()
    sheet = watched.page.get_by_role("dialog", name="Payment sheet")
    expect(sheet).to_contain_text("Total: 14.99 USD")
    sheet.get_by_role("button", name="Decline").click()
    expect(sheet.get_by_role("alert")).to_have_text("The bank said: decline.")
    sheet.get_by_role("button", name="3-D Secure").click()
    expect(sheet.get_by_role("alert")).to_have_text("The bank said: 3ds.")
    sheet.get_by_role("button", name="Approve").click()
    expect(sheet).to_have_count(0)
    expect(frame.get_by_role("heading", name="Thank you for your order")).to_be_visible()


def test_a_closed_sheet_changes_nothing(checkout: Open, watched: Watched) -> None:
    frame = checkout("sheet", bridge="openai")
    frame.get_by_role("button", name="Pay $14.99").click()
    watched.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(frame.get_by_text("The payment sheet was closed.")).to_be_visible()
    expect(frame.get_by_role("button", name="Pay $14.99")).to_be_visible()


def test_a_host_without_a_sheet_opens_the_page(checkout: Open, watched: Watched) -> None:
    frame = checkout("sheet", bridge="apps")
    with watched.context.expect_page():
        frame.get_by_role("button", name="Continue to payment").click()
