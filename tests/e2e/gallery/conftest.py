"""What the galleries share: a browser, the widgets, and a stage."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Watched, running_browser, watched_page
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
def stage_page(browser: Browser) -> Iterator[Watched]:
    with watched_page(browser, viewport={"width": 900, "height": 1000}) as watched:
        yield watched
