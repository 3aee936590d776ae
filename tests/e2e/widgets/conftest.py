"""What the browser tests of the widgets share: a browser, a host, and an eye on what goes wrong."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame

from tests.support.browser import Watched, running_browser, watched_page
from tests.support.fake_shop import Json
from tests.support.strict_host import StrictSession, open_strict, strict_router
from tests.support.widget_host import WidgetHost, open_bare, run_tool, running_widget_host

Play = Callable[..., Frame]
Bare = Callable[..., Frame]
Strict = Callable[..., StrictSession]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the whole session: while it is open, no async test can run in this process.
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def running_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetHost]:
    with running_widget_host(tmp_path_factory.mktemp("dist")) as host:
        yield host


@pytest.fixture
def host(running_host: WidgetHost) -> WidgetHost:
    """Give the host with a new shop."""
    running_host.renew()
    return running_host


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """Give a page on which nothing may go wrong by the end of the test."""
    with watched_page(browser, viewport={"width": 1280, "height": 1200}) as watched:
        yield watched
        watched.assert_clean()
        log = watched.page.locator("#log")
        if log.count():
            assert log.get_attribute("data-errors") == "0", log.inner_text()


@pytest.fixture
def play(watched: Watched, host: WidgetHost) -> Play:
    """Run a tool in the playground and give the frame of its widget."""

    def run(tool: str, arguments: dict[str, Any] | None = None, **state: str) -> Frame:
        return run_tool(watched.page, host, tool, json.dumps(arguments or {}), **state)

    return run


@pytest.fixture
def bare(watched: Watched, host: WidgetHost) -> Bare:
    """Show a widget in a host that does only what the test says."""

    def show(widget: str, **script: Any) -> Frame:
        return open_bare(watched.page, host, widget, script)

    return show


@pytest.fixture(scope="session")
def strict_pages(running_host: WidgetHost) -> None:
    running_host.app.include_router(strict_router(running_host))


@pytest.fixture
def strict(watched: Watched, host: WidgetHost, strict_pages: None) -> Strict:
    """Run a tool and show its widget in the strict host; time moves by hand."""
    watched.page.clock.install()

    def show(widget: str, tool: str, arguments: Json | None = None, **plan: Any) -> StrictSession:
        result = host.shop.call(tool, arguments or {})
        host.shop.calls.clear()
        asked = {"input": arguments or {}, "result": result, **plan}
        return open_strict(watched.page, host, widget, **asked)

    return show
