"""What the galleries share: a browser, the widgets, and a stage."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import running_browser, watched_page
from tests.support.gallery import Room, open_room
from tests.support.gallery.stage import add_stage
from tests.support.widget_host import WidgetHost, running_widget_host


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetHost]:
    with running_widget_host(tmp_path_factory.mktemp("dist")) as host:
        add_stage(host)
        yield host


@pytest.fixture(scope="module")
def room(request: pytest.FixtureRequest, browser: Browser, host: WidgetHost) -> Iterator[Room]:
    """Show the widget that the module is about, in every state on the same page."""
    with watched_page(browser, viewport={"width": 900, "height": 1000}) as watched:
        room = open_room(request.module.WIDGET, watched, host)
        yield room
        room.close()
