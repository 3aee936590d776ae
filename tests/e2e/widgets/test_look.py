"""What widgets look like on the way, beside the states that the gallery looks at in every way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.support.browser import Watched, axe_violations
from tests.support.fake_shop import Json, fixture
from tests.support.widget_host import WidgetHost, settled

Play = Callable[..., Frame]

WIDGETS = {
    "product-catalog": "14 products",
    "shopping-cart": "Your cart",
    "checkout": "Checkout",
    "order-status": "On its way",
}


@pytest.fixture
def fixtures(host: WidgetHost) -> dict[str, Json]:
    """Let every tool answer with the fixture of its widget."""
    loaded = [fixture(name, host.url) for name in WIDGETS]
    return {entry["tool"]: entry for entry in loaded}


def test_a_name_without_end_takes_three_lines_and_is_whole_for_whoever_asks(
    play: Play, host: WidgetHost
) -> None:
    name = "Variegated Swiss Cheese Plant of the Northern Rainforest " * 4
    for product in host.shop.products.values():
        product["name"] = name.strip()
    frame = play("list_products", width="390")
    card = frame.get_by_role("button", name=name.strip(), exact=True).first
    expect(card).to_have_attribute("title", name.strip())
    line = float(card.evaluate("node => parseFloat(getComputedStyle(node).lineHeight)"))
    box = card.bounding_box()
    assert box is not None
    assert box["height"] <= 3 * line + 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_of_the_catalog_is_accessible(
    play: Play, watched: Watched, host: WidgetHost, theme: str
) -> None:
    frame = play("list_products", {"sunlight": ["Low Light"]}, theme=theme, width="360")
    expect(frame.get_by_role("heading", name="4 products")).to_be_visible()
    assert axe_violations(frame) == []
    settled(frame).get_by_role("button", name="Add Snake Plant to the cart").click()
    expect(frame.get_by_role("button", name="View cart")).to_be_visible()
    settled(frame).get_by_role("button", name="ZZ Plant", exact=True).click()
    expect(frame.get_by_role("heading", name="Care")).to_be_visible()
    assert axe_violations(frame) == []
    settled(frame).get_by_role("button", name="View cart").click()
    expect(frame.get_by_role("button", name="Check out")).to_be_visible()
    settled(frame).get_by_role("button", name="Remove Snake Plant").click()
    expect(frame.get_by_role("button", name="Undo")).to_be_visible()
    assert axe_violations(frame) == []


def test_targets_are_large_enough(play: Play, host: WidgetHost, fixtures: dict[str, Json]) -> None:
    for tool, entry in fixtures.items():
        host.shop.fixed = {tool: entry["result"]}
        frame = play(tool, entry["arguments"], width="360")
        expect(frame.locator("main h1:visible")).to_be_visible()
        small: list[str] = frame.evaluate(
            """() => [...document.querySelectorAll('button, input, select, a')]
                .map((node) => [node, node.getBoundingClientRect()])
                .filter(([node, box]) => box.width > 0 && (box.width < 24 || box.height < 24)
                    && !node.matches('.card-open'))
                .map(([node]) => node.outerHTML)"""
        )
        assert small == []


def test_motion_stops_when_it_is_not_wanted(play: Play, watched: Watched, host: WidgetHost) -> None:
    watched.page.emulate_media(reduced_motion="reduce")
    frame = play("start_checkout", {"items": [{"product_id": "lavender", "quantity": 1}]})
    with watched.context.expect_page():
        frame.get_by_role("button", name="Continue to payment").click()
    expect(frame.locator(".pulse")).to_have_css("animation-name", "none")


def test_a_delivery_that_costs_nothing_is_free(play: Play, host: WidgetHost) -> None:
    result = fixture("checkout", host.url)["result"]
    (delivery,) = (
        row for row in result["structuredContent"]["totals"] if row["type"] == "fulfillment"
    )
    delivery["amount_minor"] = 0
    host.shop.fixed = {"start_checkout": result}
    expect(play("start_checkout").locator("dd").get_by_text("Free")).to_be_visible()


def test_prices_follow_the_currency(play: Play, host: WidgetHost) -> None:
    for currency, text in (("JPY", "¥1,499"), ("KWD", "KWD\u00a01.499"), ("XYZ", "XYZ\u00a014.99")):
        result = fixture("product-catalog", host.url)["result"]
        result["structuredContent"]["currency"] = currency
        host.shop.fixed = {"list_products": result}
        frame = play("list_products")
        expect(frame.locator(".card .price").first).to_have_text(f"from {text}")
