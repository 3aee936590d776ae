"""Pages whose every word wants to be a script, in a shop that is open."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import Watched, running_browser, watched_page
from tests.support.hostile import SHORT
from tests.support.hostile_catalog import Said, own_json
from tests.support.http import ROOT, RunningServer, clean_environment, running_shop
from tests.support.purchase import PAYING_SECONDS, Conversation, fill_in, open_checkout, pay
from tests.support.xss import LIVE, XSS

_STRANGE: Final = (
    "iframe, object, embed, base, math, template, video, body body, "
    "link[href*=evil], meta[http-equiv=refresh][content*=script], a[href^='javascript:'], "
    "main script:not([nonce]), main style, [onerror], [onload], [ontoggle], [onfocus]"
)
_FOUND: Final = """strange => ({
  ran: window.pwned,
  strange: [...document.querySelectorAll(strange)].map((node) => node.outerHTML.slice(0, 120)),
  handlers: [...document.querySelectorAll("*")]
    .flatMap((node) => node.getAttributeNames()).filter((name) => name.startsWith("on")),
})"""
_NAME: Final = 96
_FIELD: Final = 120
_CODE: Final = 64
_FORM: Final = 700
_REFUSED: Final = re.compile("status of 4")
_STORED: Final = ("name", "line1", "line2", "city")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    with watched_page(browser, viewport={"width": 1280, "height": 1400}) as watched:
        watched.page.on("dialog", lambda dialog: watched.console_errors.append(dialog.message))
        yield watched
        # A page that refuses what was typed says so with its status, too.
        errors = [error for error in watched.console_errors if not _REFUSED.search(error)]
        assert errors + watched.outside == []


def test_a_page_with_a_hole_is_caught_by_the_same_look(
    browser: Browser, shop: RunningServer
) -> None:
    # Without the policy of the page what became markup runs; with it, it is found all the same.
    for policed, ran in ((False, 1), (True, None)):
        with watched_page(browser) as watched:
            watched.page.route("**/p/**", partial(_leak, policed=policed))
            watched.page.goto(f"{shop.url}/p/aloe-vera", wait_until="load")
            if ran:
                watched.page.wait_for_function("window.pwned")
            found = look(watched.page)
            assert (found["ran"], len(found["handlers"])) == (ran, 2)
            assert len(found["strange"]) >= len(LIVE) - 1
            complaints = [e for e in watched.console_errors if "Content Security Policy" in e]
            assert bool(complaints) is policed
            with pytest.raises(AssertionError):
                assert_plain(watched.page)


def _leak(route: Route, *, policed: bool) -> None:
    """Answer a page in which the name of a product was not escaped."""
    answer = route.fetch()
    html, holes = re.subn(r"<h1[^>]*>", lambda found: found[0] + "".join(LIVE), answer.text())
    assert holes == 1
    gone = {"content-length"} if policed else {"content-length", "content-security-policy"}
    headers = {name: value for name, value in answer.headers.items() if name not in gone}
    route.fulfill(status=200, body=html, headers=headers)


def test_pages_full_of_payloads_run_nothing_and_ask_nobody(
    watched: Watched, tmp_path: Path
) -> None:
    # Beside the scripts some of what is no script but odd.
    file = own_json((*joined(XSS, _NAME), *SHORT[::12]))
    (tmp_path / "hostile.json").write_bytes(file.content)
    (tmp_path / "media").mkdir()
    with running_shop(tmp_path) as shop:
        import_into(tmp_path, tmp_path / "hostile.json")
        (tmp_path / "media" / "p.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        pages = 0
        for said in file.expected:
            answer = watched.page.goto(f"{shop.url}/p/{said.slug}", wait_until="domcontentloaded")
            assert answer is not None
            # What no format can say was left out of the catalog.
            if answer.status == 404:
                continue
            assert_says(watched.page, said)
            pages += 1
        watched.page.goto(f"{shop.url}/", wait_until="networkidle")
        assert_plain(watched.page)
    assert pages >= 150


def test_what_a_shopper_types_is_only_text_while_it_is_refused(
    watched: Watched, shop: RunningServer
) -> None:
    _, page = open_checkout(Conversation(watched.page, shop.url))
    for payload in joined(XSS, _FORM):
        send(page, dict.fromkeys((*_STORED, "email", "phone", "postal_code", "gift_note"), payload))
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.locator("#name").input_value() == " ".join(payload.split("\n"))
        assert_plain(page)


def test_what_a_shopper_types_is_only_text_when_it_is_kept(
    watched: Watched, shop: RunningServer
) -> None:
    _, page = open_checkout(Conversation(watched.page, shop.url))
    fill_in(page)
    chunks = list(joined([p for p in XSS if p.isprintable() and len(p) <= _FIELD], _FIELD))
    address = page.url.partition("?")[0]
    kept = 0
    for start in range(0, len(chunks), len(_STORED)):
        page.goto(f"{address}?step=details")
        texts = islice(cycle(chunks), start, start + len(_STORED))
        send(page, dict(zip(_STORED, texts, strict=True)))
        assert_plain(page)
        kept += page.get_by_role("alert").count() == 0
    assert kept > 20
    # A few only: who goes on guessing codes is stopped.
    for code in list(joined([p for p in XSS if len(p) <= _CODE], _CODE))[:4]:
        page.goto(address)
        page.get_by_label("Discount code").fill(code)
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert_plain(page)
    page.goto(address)
    pay(page, "Approve")
    link = page.get_by_role("link", name="See your order")
    expect(link).to_be_visible(timeout=PAYING_SECONDS * 1000)
    assert_plain(page)
    link.click()
    expect(page.get_by_role("heading", name=re.compile("confirmed"))).to_be_visible()
    assert_plain(page)


def joined(payloads: Sequence[str], longest: int) -> Iterator[str]:
    """Put payloads into as few texts as there is room for."""
    text = ""
    for payload in payloads:
        line = payload.replace("\n", " ").replace("\r", " ").replace("\0", "").strip()
        if text and len(text) + 1 + len(line) > longest:
            yield text
            text = ""
        text = f"{text} {line}".strip()
    yield text


def send(page: Page, typed: dict[str, str]) -> None:
    """Type into the form of the details, and post it."""
    typing = """typed => {
      for (const [name, text] of Object.entries(typed)) {
        const field = document.querySelector(`#details [name=${name}]`);
        if (field) field.value = text;
      }
    }"""
    page.evaluate(typing, typed)
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.evaluate("document.getElementById('details').submit()")


def assert_plain(page: Page) -> None:
    """Check that nothing on the page became anything but text."""
    assert look(page) == {"ran": None, "strange": [], "handlers": []}


def look(page: Page) -> dict[str, Any]:
    """Look for what text must not become."""
    found: dict[str, Any] = page.evaluate(_FOUND, _STRANGE)
    return {**found, "ran": found.get("ran")}


def assert_says(page: Page, said: Said) -> None:
    """Check that the page says the text of the product, and is plain."""
    assert_plain(page)
    assert page.evaluate("document.querySelector('h1').textContent") == said.name


def import_into(data_dir: Path, file: Path) -> None:
    """Import a file into the shop that is open, by a command beside it."""
    env = clean_environment(PYTHONPATH=str(ROOT / "backend"), PLANTLY_DATA_DIR=str(data_dir))
    command = [sys.executable, "-m", "plantly.cli", "catalog", "import", str(file)]
    subprocess.run(command, env=env, cwd=data_dir, check=True, stdout=subprocess.DEVNULL)
