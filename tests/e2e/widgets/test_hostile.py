"""Text that wants to be a script, a style or an order stays text, in every widget."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Frame, expect

from tests.support.browser import Watched
from tests.support.fake_shop import Json, fixture
from tests.support.hostile import SHORT
from tests.support.widget_host import WidgetHost

Play = Callable[..., Frame]

_GROUP = 60
_GROUPS = [SHORT[i : i + _GROUP] for i in range(0, len(SHORT), _GROUP)]
_STRANGE = "iframe, object, embed, base, link, meta[http-equiv=refresh], math, template"

each_group = pytest.mark.parametrize("group", range(len(_GROUPS)))
both_bridges = pytest.mark.parametrize("bridge", ["apps", "openai"])


def texts(payload: str, *names: str) -> Json:
    return dict.fromkeys(names, payload)


def poisoned(host: WidgetHost, widget: str, payloads: tuple[str, ...]) -> Json:
    """Give the widget's fixture with a line for each payload, in all of its words."""
    result: Json = copy.deepcopy(fixture(widget, host.url)["result"])
    content = result["structuredContent"]
    rows = "products" if "products" in content else "items"
    first = content[rows][0]
    media: Json = {}
    content[rows] = []
    for i, payload in enumerate(payloads):
        row = {**first, **texts(payload, "name", "variant", "category", "sunlight", "water")}
        row |= {name: f"id-{i}" for name in ("id", "product_id", "variant_id") if name in first}
        if rows == "products":
            row |= {"sunlight": [payload], "water": [payload], "availability": "low_stock"}
        content[rows].append(row)
        media[f"id-{i}"] = {"src": payload, "alt": payload}
    result["_meta"]["plantly/media"] = media
    messages = [{"type": "warning", "code": p, "content": p, "resolution": p} for p in payloads]
    content |= {"messages": messages, "discount_codes": list(payloads)}
    if rows == "products":
        counted = dict.fromkeys(payloads, 1)
        content["filters"] = {"category": counted, "sunlight": counted, payloads[0]: counted}
        content["initialFilters"] = {"search": payloads[0], "sunlight": list(payloads[:3])}
    for total in content.get("totals", ()):
        total["display_text"] = payloads[0]
    if "fulfillment" in content:
        units = [{"variant_id": p, "quantity": 1} for p in payloads]
        parcels = [{"carrier": p, "number": p, "url": p, "items": units} for p in payloads]
        content["fulfillment"] |= {"title": payloads[0], "tracking": parcels}
        content["returns"] = [{"status": p, "items": units} for p in payloads]
        content["reorder_url"] = payloads[0]
    return result


def assert_plain(frame: Frame, watched: Watched) -> None:
    """Nothing ran, nothing new stands in the document, and nothing was asked of anybody."""
    assert frame.evaluate("window.pwned") is None
    assert watched.page.evaluate("window.pwned") is None
    assert frame.locator(_STRANGE).count() == 0
    assert frame.locator("script").filter(has_text="window.pwned").count() == 0
    handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
    assert [n for n in frame.evaluate(handlers) if n.startswith("on")] == []
    links = "[...document.querySelectorAll('[href], [src]')].map(e => e.href || e.src)"
    assert [url for url in frame.evaluate(links) if "script:" in str(url)] == []


@both_bridges
@each_group
def test_a_hostile_catalog_is_only_text(
    play: Play, host: WidgetHost, watched: Watched, group: int, bridge: str
) -> None:
    payloads = _GROUPS[group]
    host.shop.fixed["list_products"] = poisoned(host, "product-catalog", payloads)
    frame = play("list_products", bridge=bridge)
    expect(frame.locator(".card-open").first).to_be_visible()
    assert_plain(frame, watched)


@each_group
def test_a_hostile_product_is_only_text(
    play: Play, host: WidgetHost, watched: Watched, group: int
) -> None:
    payload_group = _GROUPS[group]
    detail: dict[str, Any] = host.shop.call("get_product", {"product_id": "aloe-vera"})
    product = detail["structuredContent"]["products"][0]
    variant = product["variants"][0]
    product |= {
        "description": "\n".join(payload_group),
        "care": "\n".join(payload_group),
        "variants": [
            {**variant, "variant_id": f"v{i}", "name": p} for i, p in enumerate(payload_group)
        ],
        "media": [{"src": payload, "alt": payload} for payload in payload_group],
        "url": payload_group[0],
    }
    host.shop.fixed["get_product"] = detail
    frame = play("list_products")
    frame.locator(".card-open").first.click()
    expect(frame.get_by_text("Care", exact=True).first).to_be_visible()
    assert_plain(frame, watched)


@pytest.mark.parametrize(
    ("tool", "widget"),
    [
        ("show_cart", "shopping-cart"),
        ("start_checkout", "checkout"),
        ("get_order_status", "order-status"),
    ],
)
@each_group
def test_hostile_lines_are_only_text(
    play: Play, host: WidgetHost, watched: Watched, tool: str, widget: str, group: int
) -> None:
    payloads = _GROUPS[group]
    host.shop.fixed[tool] = poisoned(host, widget, payloads)
    frame = play(tool, dict(fixture(widget, host.url)["arguments"]))
    expect(frame.get_by_text(payloads[1].split()[0]).first).to_be_attached()
    assert_plain(frame, watched)
