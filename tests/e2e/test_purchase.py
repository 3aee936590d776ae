"""A shopper buys a plant: a real server, a real browser, real webhooks."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import axe_violations, running_browser, watched_page
from tests.support.http import RunningServer, running_shop
from tests.support.purchase import (
    PAYING_SECONDS,
    RECOVERING_SECONDS,
    Conversation,
    fill_in,
    open_checkout,
    pay,
    press_pay,
)

ORDER = re.compile(r"PL(-[0-9A-Z]{4}){4}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_shop(tmp_path_factory.mktemp("shop")) as server:
        yield server


@pytest.mark.parametrize("bridge", ["apps", "openai"])
def test_a_shopper_buys_a_plant_by_clicking_only(
    browser: Browser, shop: RunningServer, bridge: str
) -> None:
    with watched_page(browser, viewport={"width": 1280, "height": 1400}) as watched:
        conversation = Conversation(watched.page, shop.url, bridge)
        widget, page = open_checkout(conversation)
        expect(page.get_by_role("main")).to_contain_text("$34.99")
        fill_in(page)
        pay(page, "Approve")
        expect(page.get_by_text(ORDER).first).to_be_visible(timeout=PAYING_SECONDS * 1000)
        found = ORDER.search(page.inner_text("body"))
        assert found is not None
        conversation.page.bring_to_front()
        expect(widget.get_by_text(found[0]).first).to_be_visible(timeout=PAYING_SECONDS * 1000)

        status = conversation.call("get_order_status", {"order_number": found[0]})
        expect(status.get_by_text(found[0]).first).to_be_visible()
        assert "Monstera Deliciosa" in status.inner_text("body")
        assert watched.page.locator("#log").get_attribute("data-errors") == "0"
        watched.assert_clean()


def test_the_address_of_a_checkout_shows_nothing_personal_to_another_browser(
    browser: Browser, shop: RunningServer
) -> None:
    with watched_page(browser) as watched, watched_page(browser) as stranger:
        _, page = open_checkout(Conversation(watched.page, shop.url))
        fill_in(page)
        expect(page.get_by_text("Ada Lovelace")).to_be_visible()
        stranger.page.goto(page.url)
        seen = stranger.page.content()
        assert "Monstera Deliciosa" in seen
        for personal in ("Ada", "Lovelace", "ada@example.com", "12 Fern Street", "94107"):
            assert personal not in seen


def test_the_address_form_is_the_one_of_the_country(browser: Browser, shop: RunningServer) -> None:
    with watched_page(browser) as watched:
        _, page = open_checkout(Conversation(watched.page, shop.url))
        page.get_by_label("E-mail").fill("ada@example.com")
        page.get_by_label("Full name").fill("Ada Lovelace")
        assert page.get_by_role("button", name="Update the form").count() == 0
        page.get_by_label("Country").select_option("CA")
        expect(page.get_by_label("Province")).to_be_visible()
        page.get_by_label("Country").select_option("DE")
        expect(page.get_by_label("Province")).to_have_count(0)
        expect(page.get_by_role("status")).to_contain_text("an address in Germany")
        page.get_by_label("Postal code").fill("1011")
        page.get_by_label("Address", exact=True).fill("Gartenstraße 5")
        page.get_by_label("City").fill("Berlin")
        watched.assert_clean()
        page.get_by_role("button", name="Continue to delivery").last.click()
        expect(page.get_by_role("alert")).to_contain_text("Enter a postal code such as 26133.")
        assert axe_violations(page) == []
        page.get_by_label("Postal code").fill("10115")
        page.keyboard.press("Enter")
        expect(page.get_by_text("10115 Berlin")).to_be_visible()


def test_without_script_the_form_of_a_country_comes_by_a_button(
    browser: Browser, shop: RunningServer
) -> None:
    with watched_page(browser) as watched:
        _, opened = open_checkout(Conversation(watched.page, shop.url))
        with watched_page(browser, java_script_enabled=False) as plain:
            plain.page.goto(opened.url)
            plain.page.get_by_label("E-mail").fill("ada@example.com")
            plain.page.get_by_label("Country").select_option("CA")
            plain.page.get_by_role("button", name="Update the form").click()
            expect(plain.page.get_by_label("Province")).to_be_visible()
            expect(plain.page.get_by_label("E-mail")).to_have_value("ada@example.com")


def test_a_declined_payment_can_be_tried_again(browser: Browser, shop: RunningServer) -> None:
    with watched_page(browser) as watched:
        _, page = open_checkout(Conversation(watched.page, shop.url))
        fill_in(page)
        pay(page, "Decline")
        expect(page.get_by_text("declined").first).to_be_visible(timeout=PAYING_SECONDS * 1000)
        pay(page, "Approve")
        expect(page.get_by_text(ORDER).first).to_be_visible(timeout=PAYING_SECONDS * 1000)


def test_every_page_of_the_checkout_is_accessible(browser: Browser, shop: RunningServer) -> None:
    size = {"width": 360, "height": 900}
    with watched_page(browser, viewport=size) as watched:
        _, page = open_checkout(Conversation(watched.page, shop.url))
        assert axe_violations(page) == []
        page.get_by_role("button", name="Continue to delivery").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        assert axe_violations(page) == []
        fill_in(page)
        expect(page.get_by_role("button", name=re.compile("^Pay "))).to_be_visible()
        assert axe_violations(page) == []
        page.get_by_label("Discount code").fill("GUESS")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_text("How this total is made").click()
        expect(page.get_by_text("Sales tax 7.25 %").last).to_be_visible()
        assert axe_violations(page) == []
        press_pay(page)
        expect(page.get_by_text("no money moves")).to_be_visible()
        assert axe_violations(page) == []
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text(ORDER).first).to_be_visible(timeout=PAYING_SECONDS * 1000)
        assert axe_violations(page) == []
        page.get_by_role("link", name="See your order").click()
        expect(page.get_by_role("heading", name="Your order is confirmed")).to_be_visible()
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        for path in ("/", "/policies", "/p/monstera", "/playground"):
            page.goto(shop.url + path)
            assert axe_violations(page) == []


def test_a_kill_between_paid_and_shown_loses_nothing(browser: Browser, tmp_path: Path) -> None:
    with running_shop(tmp_path) as server, watched_page(browser) as watched:
        widget, page = open_checkout(Conversation(watched.page, server.url))
        fill_in(page)
        press_pay(page)
        pay_page = page.url
        # The provider is told, and the server dies before anybody could be shown anything.
        paid = httpx.post(pay_page, data={"action": "approve"}, trust_env=False)
        assert paid.status_code == 303
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        port = server.url.rpartition(":")[2]
        with running_shop(tmp_path, PLANTLY_PORT=port) as again:
            assert again.url == server.url
            patience = RECOVERING_SECONDS * 1000
            expect(widget.get_by_text(ORDER).first).to_be_visible(timeout=patience)
            page.goto(paid.headers["location"])
            expect(page.get_by_text(ORDER).first).to_be_visible(timeout=PAYING_SECONDS * 1000)
