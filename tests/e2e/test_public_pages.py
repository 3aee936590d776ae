"""The pages that everybody may see: narrow and wide, dark and light, from either side."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browser import axe_violations, running_browser, watched_page
from tests.support.http import running_shop

PAGES = ("/", "/p/monstera", "/policies", "/cart/monstera-17cm:2,nope:1", "/p/nope")
READERS = (("ar", "rtl", 320, "dark"), ("de", "ltr", 1280, "light"))


def check(page: Page, path: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide, path
    assert axe_violations(page) == [], path


def test_public_pages_are_whole_for_every_reader_and_lead_to_a_checkout(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop, running_browser() as browser:
        for tag, direction, width, scheme in READERS:
            options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
            with watched_page(browser, **options) as watched:
                page = watched.page
                for path in PAGES:
                    page.goto(f"{shop.url}{path}?lang={tag}")
                    expect(page.locator("html")).to_have_attribute("dir", direction)
                    check(page, path)
                assert [e for e in watched.console_errors if "404" not in e] == []
                assert watched.outside == []
        with watched_page(browser, java_script_enabled=False, locale="en-US") as watched:
            page = watched.page
            page.goto(shop.url)
            page.get_by_role("link", name="Monstera Deliciosa").click()
            page.get_by_role("link", name="Buy 21 cm pot").click()
            expect(page.get_by_role("heading", name="Your cart")).to_be_visible()
            page.get_by_role("button", name="Check out").click()
            expect(page).to_have_url(re.compile(r"/checkout/"))
            watched.assert_clean()
