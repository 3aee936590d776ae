"""A shopper without a mouse buys a plant: a real server, the conversation, the page, and back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from plantly.words import words_for
from tests.support.browser import running_browser, watched_page
from tests.support.http import RunningServer, running_shop
from tests.support.keyboard import Keyboard
from tests.support.purchase import PAYING_SECONDS, Conversation

ORDER = re.compile(r"PL(-[0-9A-Z]{4}){4}")
_SAID = words_for("en").t


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_shop(tmp_path_factory.mktemp("shop")) as server:
        yield server


def test_a_shopper_buys_a_plant_by_keyboard_alone(browser: Browser, shop: RunningServer) -> None:
    with watched_page(browser, viewport={"width": 1280, "height": 1400}) as watched:
        conversation = Conversation(watched.page, shop.url)
        widget = conversation.call("list_products")
        expect(widget.get_by_role("heading", level=1)).to_be_visible()
        keys = Keyboard(watched.page)
        keys.press("Monstera Deliciosa", "Enter", "button")
        expect(widget.get_by_role("heading", name="Monstera Deliciosa")).to_be_visible()
        keys.press(_SAID("catalog.add_to_cart"), "Space")
        keys.press(re.compile(re.escape(_SAID("catalog.view_cart"))))
        expect(widget.get_by_role("heading", name=_SAID("cart.title"))).to_be_visible()
        keys.press(_SAID("cart.more", name="Monstera Deliciosa, 17 cm pot"), "Space")
        keys.to(_SAID("cart.check_out"))
        with watched.context.expect_page() as opened:
            watched.page.keyboard.press("Enter")

        there = Keyboard(opened.value)
        buy(there)
        page = there.page
        expect(page.get_by_text(ORDER).first).to_be_visible(timeout=PAYING_SECONDS * 1000)
        found = ORDER.search(page.inner_text("body"))
        assert found is not None
        watched.page.bring_to_front()
        expect(widget.get_by_text(found[0]).first).to_be_visible(timeout=PAYING_SECONDS * 1000)
        assert keys.unseen + there.unseen == []
        watched.assert_clean()


def buy(keys: Keyboard) -> None:
    """Fill in the form and pay."""
    keys.page.wait_for_load_state()
    keys.write("E-mail", "ada@example.com")
    keys.choose("Country", "United States")
    keys.write("Full name", "Ada Lovelace")
    keys.write(re.compile("^Address"), "12 Fern Street")
    keys.write("City", "San Francisco")
    keys.choose("State", "California")
    keys.write("ZIP code", "94107")
    keys.page.keyboard.press("Enter")
    expect(keys.page.get_by_role("button", name=re.compile("^Pay "))).to_be_visible()
    keys.press(re.compile("Terms"), "Space", "input")
    keys.press(re.compile("^Pay "))
    expect(keys.page.get_by_role("button", name="Approve")).to_be_visible()
    keys.press(re.compile("Approve"))
