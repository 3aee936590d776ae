"""A shop is switched to another provider by settings alone, and a shopper buys as before."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Watched, axe_violations, running_browser, watched_page
from tests.support.fakes import FakeProvider
from tests.support.fakes.gr4vy_provider import FakeGr4vy
from tests.support.fakes.serving import postman, running_fake
from tests.support.fakes.stripe_provider import FakeStripe
from tests.support.http import running_shop
from tests.support.purchase import PAYING_SECONDS, Conversation, fill_in, open_checkout, press_pay

ORDER: Final = re.compile(r"PL(-[0-9A-Z]{4}){4}")
PATIENCE: Final = PAYING_SECONDS * 1000
TOTAL: Final = 4352
"""A monstera for 34.99, its way for 5.99, and the tax of California."""


def pay_in_the_page(page: Page, what: str) -> None:
    """Choose in the form of Gr4vy, which lies in a page of the shop, and press Pay there."""
    form = page.frame_locator("#embed iframe")
    form.get_by_label({"pay": "A card that is approved", "decline": "declined"}[what]).check()
    page.get_by_role("button", name=re.compile("^Pay ")).click()


def pay_elsewhere(page: Page, what: str) -> None:
    """Press a button of Stripe's page."""
    name = {"pay": "Pay", "decline": "Pay with a card that is declined"}[what]
    page.get_by_role("button", name=name, exact=True).click()


MAKERS: Final[Mapping[str, Callable[..., FakeProvider]]] = {
    "gr4vy": FakeGr4vy,
    "stripe": FakeStripe,
}
WAYS: Final[Mapping[str, Callable[[Page, str], None]]] = {
    "gr4vy": pay_in_the_page,
    "stripe": pay_elsewhere,
}


@dataclass
class Switched:
    """A shop at a provider that runs beside it."""

    url: str
    fake: FakeProvider
    answers: list[int]

    def pay(self, page: Page, what: str) -> None:
        """Decide what becomes of the payment, on whatever page the provider has."""
        WAYS[self.fake.name](page, what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module", params=list(MAKERS))
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Switched]:
    folder: Path = tmp_path_factory.mktemp("shop")
    with (
        running_fake(MAKERS[request.param]) as fake,
        running_shop(folder, **fake.environment()) as server,
        postman(fake, server.url) as answers,
    ):
        yield Switched(server.url, fake, answers)


@contextmanager
def shopper(browser: Browser, shop: Switched) -> Iterator[Watched]:
    """Open a browser that asks nobody but the shop and its provider, and complains of nothing."""
    asked: set[str] = set()
    with watched_page(browser, viewport={"width": 1280, "height": 1400}) as watched:
        watched.context.on("request", lambda request: asked.add(_origin(request.url)))
        yield watched
        watched.assert_clean()
    assert asked <= {shop.url, shop.fake.origin, ""}


def _origin(url: str) -> str:
    """Give the origin of an address that leads anywhere, an empty text for all others."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme.startswith("http") else ""


def test_a_shopper_buys_a_plant_by_clicking_only(browser: Browser, shop: Switched) -> None:
    with shopper(browser, shop) as watched:
        conversation = Conversation(watched.page, shop.url)
        widget, page = open_checkout(conversation)
        fill_in(page)
        press_pay(page)
        shop.pay(page, "pay")
        expect(page.get_by_text(ORDER).first).to_be_visible(timeout=PATIENCE)
        assert page.url.startswith(shop.url)
        found = ORDER.search(page.inner_text("body"))
        assert found is not None
        conversation.page.bring_to_front()
        expect(widget.get_by_text(found[0]).first).to_be_visible(timeout=PATIENCE)
        status = conversation.call("get_order_status", {"order_number": found[0]})
        expect(status.get_by_text(found[0]).first).to_be_visible()
        assert watched.page.locator("#log").get_attribute("data-errors") == "0"
    paid = [shop.fake.ledger(ref) for ref in shop.fake.sessions()]
    assert [(entry.captured_minor, entry.charges) for entry in paid[-1:]] == [(TOTAL, 1)]
    assert set(shop.answers) == {200}


def test_a_declined_card_is_followed_by_another_one(browser: Browser, shop: Switched) -> None:
    with shopper(browser, shop) as watched:
        _, page = open_checkout(Conversation(watched.page, shop.url))
        fill_in(page)
        press_pay(page)
        shop.pay(page, "decline")
        expect(page.get_by_text("declined").first).to_be_visible(timeout=PATIENCE)
        if page.url.startswith(shop.url):
            press_pay(page)
        shop.pay(page, "pay")
        expect(page.get_by_text(ORDER).first).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shop", ["gr4vy"], indirect=True, scope="module")
def test_a_page_with_the_form_of_a_provider_is_accessible_and_fits(
    browser: Browser, shop: Switched, scheme: str
) -> None:
    size = {"width": 390, "height": 900}
    with watched_page(browser, viewport=size, color_scheme=scheme) as watched:
        _, page = open_checkout(Conversation(watched.page, shop.url))
        fill_in(page)
        press_pay(page)
        expect(page.get_by_role("button", name=re.compile("^Pay "))).to_be_enabled()
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        watched.assert_clean()
