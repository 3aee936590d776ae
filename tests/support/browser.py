"""A real browser for a test: Chromium, fresh each time, that can reach this machine only."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import axe_core_python
from playwright.sync_api import Browser, BrowserContext, Frame, Page, sync_playwright

_AXE: Final = Path(axe_core_python.__file__).with_name("axe.min.js")
_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser")
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Every other name does not exist.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_HERE: Final = ("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:")
_WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def chromium_path(*, whole: bool = False) -> str:
    """Find the browser: PLANTLY_CHROMIUM, else what is on the PATH, best without windows.

    Chromium draws toolbars for every new page even where nobody sees them; its headless shell is
    the same engine without them, and opens a page in a third of the time. The `whole` browser
    draws frames as shoppers get them, by a clock.
    """
    named = os.environ.get("PLANTLY_CHROMIUM")  # noqa: TID251 - a setting of the tests, not of a shop
    names = reversed(_NAMES) if whole else _NAMES
    found = named or next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise RuntimeError("The tests need Chromium: install it, or set PLANTLY_CHROMIUM.")
    return found


@contextmanager
def running_browser(*, whole: bool = False) -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(whole=whole), headless=True, args=list(_FLAGS)
        )
        yield browser
        browser.close()


@dataclass
class Watched:
    """A browser context that writes down what should never happen."""

    context: BrowserContext
    page: Page
    console_errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """Fail when a script complained or something left this machine."""
        assert self.console_errors == [], self.console_errors
        assert self.outside == []


@contextmanager
def watched_page(browser: Browser, **options: Any) -> Iterator[Watched]:
    """Open a page whose console errors and requests to other machines are written down."""
    context = browser.new_context(**options)
    watched = Watched(context, context.new_page())

    context.on("request", lambda request: _note_request(watched, request.url))
    context.on("console", lambda entry: _note_console(watched, entry.type, entry.text))
    context.on("weberror", lambda error: watched.console_errors.append(str(error.error)))
    yield watched
    context.close()


def axe_violations(frame: Frame | Page) -> list[str]:
    """Check WCAG 2.2 AA in this frame, and say what is wrong and where."""
    frame.evaluate(_AXE.read_text(encoding="utf-8") + "\n;0")
    options = {"runOnly": {"type": "tag", "values": _WCAG}, "iframes": False}
    found = frame.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['html']} ({node['failureSummary']})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def _note_request(watched: Watched, url: str) -> None:
    if not url.startswith(_HERE):
        watched.outside.append(url)


def _note_console(watched: Watched, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        watched.console_errors.append(text)
