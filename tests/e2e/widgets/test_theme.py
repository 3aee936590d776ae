"""The merchant's own look in the widgets: its color, its logo, and grounds of other hosts."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Frame, expect

from plantly.domain.shop import Logo, ShopConfig
from plantly.services.demo import demo_shop_file
from plantly.services.shop_file import read_shop_file
from plantly.widgets import Dress, dress_of
from tests.support.browser import axe_violations
from tests.support.widget_host import WidgetHost

Play = Callable[..., Frame]

MARK = (
    "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAg"
    "MCA5NiAyNCI+PHJlY3Qgd2lkdGg9Ijk2IiBoZWlnaHQ9IjI0IiBmaWxsPSIjYTM3Ii8+PC9zdmc+"
)


@pytest.fixture
def dressed(host: WidgetHost) -> Iterator[Callable[[ShopConfig], None]]:
    """Dress the widgets for one test."""

    def put_on(shop: ShopConfig) -> None:
        host.widgets.wear(dress_of(shop, host.url))

    yield put_on
    host.widgets.wear(Dress())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_shops_color_and_logo_are_in_the_widget(
    play: Play, dressed: Callable[[ShopConfig], None], theme: str
) -> None:
    shop = read_shop_file(demo_shop_file())
    logo = Logo("logo-1.svg", 96, 24, MARK)
    dressed(replace(shop, name="Fern & Co", accent="#ffd400", accent_dark="#331144", logo=logo))
    frame = play("list_products", theme=theme, width="390", display="fullscreen")
    frame.get_by_role("button", name="See all").click()
    mark = frame.get_by_role("img", name="Fern & Co")
    expect(mark).to_be_visible()
    box = mark.bounding_box()
    assert box is not None
    assert box["height"] <= 32
    accent = frame.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--accent')"
    )
    assert accent == {"light": "#ffd400", "dark": "#331144"}[theme]
    assert axe_violations(frame) == []
