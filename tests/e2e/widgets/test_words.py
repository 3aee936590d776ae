"""What is read in a widget: in the languages of its host, and before the host is heard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.support.strict_host import filled_cart
from tests.support.widget_host import WidgetHost, open_bare


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Give a page of somebody whose browser speaks Austrian German."""
    context = browser.new_context(locale="de-AT", viewport={"width": 390, "height": 900})
    yield context.new_page()
    context.close()


def _change(page: Page, locale: str) -> None:
    message = {"method": "ui/notifications/host-context-changed", "params": {"locale": locale}}
    page.evaluate("message => window.send(message)", message)


def _expect_language(frame: Frame, language: str, direction: str) -> None:
    expect(frame.locator("html")).to_have_attribute("lang", language)
    expect(frame.locator("html")).to_have_attribute("dir", direction)


def test_until_the_host_says_its_language_the_one_of_the_browser_is_spoken(
    page: Page, host: WidgetHost
) -> None:
    frame = open_bare(page, host, "shopping-cart", {"answerAfter": None})
    expect(frame.locator("main h1")).to_have_text("Warenkorb")
    expect(frame.locator("main p")).to_have_text("Wird geladen")
    assert frame.title() == "Warenkorb"
    _expect_language(frame, "de", "ltr")


def test_the_language_of_the_host_is_followed_whenever_it_changes(
    page: Page, host: WidgetHost
) -> None:
    result = host.shop.call("show_cart", filled_cart(host))
    script = {"answerAfter": 0, "context": {"locale": "ar-EG"}, "result": result}
    frame = open_bare(page, host, "shopping-cart", script)
    expect(frame.locator("h1")).to_have_text("سلتك")
    _expect_language(frame, "ar", "rtl")
    # A Latin name in an Arabic sentence stands alone: what is beside it keeps its place.
    remove = frame.locator('[data-key^="remove"]').first
    expect(remove).to_have_attribute("aria-label", "إزالة \u2068Aloe Vera\u2069")
    price = frame.locator(".grand dd")
    for locale, language, title, amount in (
        ("de-AT", "de", "Ihr Warenkorb", "$\xa0"),
        ("de-DE", "de", "Ihr Warenkorb", "\xa0$"),
        ("es-MX", "es", "Tu carrito", "USD\xa0"),
        ("tlh", "en", "Your cart", "$"),
        ("de_DE", "de", "Ihr Warenkorb", "\xa0$"),
        ("-", "de", "Ihr Warenkorb", "\xa0$"),
        ("en-US", "en", "Your cart", "$"),
    ):
        _change(page, locale)
        expect(frame.locator("h1")).to_have_text(title)
        expect(price).to_contain_text(amount)
        _expect_language(frame, language, "ltr")
