"""Every state of the hosted pages in a browser: for everybody, both ways, on any screen."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Route

from plantly.db import open_database
from tests.support.browser import axe_violations, running_browser, watched_page
from tests.support.clock import MovableClock
from tests.support.page_scenes import Scenes, page_scenes
from tests.support.pay_shop import open_pay_shop
from tests.support.shop import stock_shop

_HOME: Final = "http://127.0.0.1:9/checkout/page"
_TURNED: Final = frozenset({"details-wrong", "payment", "order-returned"})
"""What is looked at in full from right to left, too: the rest differs by its words only."""
_WIDTHS: Final = (800, 390, 320)
_FORM: Final = """
window.gr4vy = { setup({ element, onEvent }) {
  document.querySelector(element).append("The form of the provider.");
  onEvent("optionsLoaded");
} };
"""
"""What stands for the provider's script; without it, the page says what is the matter."""
_SMALL_TARGETS: Final = """
() => [...document.querySelectorAll("button, select, input, textarea, summary, .tongues a")]
  .filter((one) => one.offsetParent && !one.matches(".only-read, [type=radio], [type=checkbox]"))
  .filter((one) => one.getBoundingClientRect().height < 43.5)
  .map((one) => one.outerHTML.slice(0, 80))
"""
_SMALL_TEXT: Final = """
() => [...document.querySelectorAll("input, select, textarea")]
  .filter((one) => one.offsetParent && !one.matches("[type=radio], [type=checkbox]"))
  .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16)
  .map((one) => one.outerHTML.slice(0, 80))
"""


@pytest.fixture(scope="module")
def scenes(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Scenes]:
    """Answer every page once in each of two languages."""
    found = {}
    # A loop of the browser may be running in this thread.
    with ThreadPoolExecutor(1) as aside:
        for language in ("de", "ar"):
            folder = tmp_path_factory.mktemp(language)
            walk = _answers(migrated_sqlite, folder, language)
            found[language] = aside.submit(asyncio.run, walk).result()
    return found


async def _answers(template: Path, folder: Path, language: str) -> Scenes:
    shutil.copyfile(template, folder / "shop.sqlite3")
    url, clock = f"sqlite:///{folder / 'shop.sqlite3'}", MovableClock()
    db = open_database(url, clock=clock)
    try:
        await db.write(stock_shop)
        async with open_pay_shop(url, db, clock) as shop:
            return await page_scenes(shop, language)
    finally:
        await db.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.mark.parametrize(("language", "scheme"), [("ar", "light"), ("de", "dark")])
def test_every_state_can_be_used_by_everybody(
    chromium: Browser, scenes: Mapping[str, Scenes], language: str, scheme: str
) -> None:
    with watched_page(chromium, color_scheme=scheme, reduced_motion="reduce") as watched:
        problems = []
        for name, answer in scenes[language].items():
            script = "" if name == "form-away" else _FORM
            _open(watched.page, answer.text, dict(answer.headers), script)
            problems += [f"{name}: {problem}" for problem in _problems(watched.page)]
            if scheme == "dark" or name in _TURNED:
                problems += [f"{name}: {one}" for one in axe_violations(watched.page)]
        assert problems == []
        watched.assert_clean()


def _open(page: Page, html: str, headers: dict[str, str], script: str) -> None:
    """Show an answer under its own policy, with the provider's script; pictures are not there."""

    def answer(route: Route) -> None:
        if route.request.is_navigation_request():
            route.fulfill(status=200, body=html, headers=headers)
        elif route.request.resource_type == "script":
            route.fulfill(status=200, body=script, content_type="text/javascript")
        else:
            route.fulfill(status=200, body="", content_type="image/png")

    headers.pop("content-length", None)
    headers.pop("refresh", None)
    page.unroute_all()
    page.route("**/*", answer)
    page.goto(_HOME)


def _problems(page: Page) -> list[str]:
    found = []
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{wide} wide at {width}"] if wide > width else []
    found += [f"small: {html}" for html in page.evaluate(_SMALL_TARGETS)]
    return found + [f"zooms in: {html}" for html in page.evaluate(_SMALL_TEXT)]
