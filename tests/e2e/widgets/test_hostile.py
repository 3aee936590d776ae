"""Text that wants to be a script, a style or an order stays text, in every widget."""

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Frame, expect

from tests.support.browser import Watched, watched_page
from tests.support.fake_shop import Json, fixture
from tests.support.gallery import Stage
from tests.support.gallery.stage import add_stage
from tests.support.hostile import SHORT
from tests.support.widget_host import WidgetHost
from tests.support.xss import LIVE, XSS

PAYLOADS: Final = tuple(dict.fromkeys((*XSS, *SHORT)))
_STRANGE: Final = "iframe, object, embed, base, link, meta[http-equiv=refresh], math, template"
_FOUND: Final = """payloads => {
  const everything = [...document.querySelectorAll("*")];
  const said = document.body.textContent.replace(/[\\u2066-\\u2069]/g, "");
  const plain = (text) => text.replace(/[\\u2066-\\u2069]/g, "");
  const address = (node) => String(node.getAttribute("href") ?? node.getAttribute("src") ?? "");
  return {
    ran: window.pwned,
    handlers: everything.flatMap((node) => node.getAttributeNames()).filter((n) => /^on/.test(n)),
    addresses: everything.map(address).filter((url) => /script:|^data:text|pwned/i.test(url)),
    scripts: everything.filter((node) => node.matches("script, style")).length,
    missing: payloads.filter((text) => !said.includes(plain(text))),
  };
}"""
# How texts come into an element: through this hole each would be read as markup.
_TEXTS: Final = re.compile(r"(\w+)\.append\(\.\.\.(\w+)\((\w+)\)\)")
_HOLE: Final = (
    r"\1.append(...\2(\3).map(one=>typeof one=='string'"
    r"?Object.assign(document.createElement('i'),{innerHTML:one}):one))"
)

# What is not a web address; one that is may be asked for a picture where the policy lets it.
_SOURCES: Final = tuple(p for p in PAYLOADS if not re.match(r"https?://", p))

both_bridges = pytest.mark.parametrize("bridge", ["apps", "openai"])


@pytest.fixture(scope="module")
def watched(browser: Browser, running_host: WidgetHost) -> Iterator[Watched]:
    """Give one page with a stage, on which nothing may ask anybody, complain or open a dialog."""
    whole = running_host.widgets["shopping-cart"].html
    leaky, holes = _TEXTS.subn(_HOLE, whole)
    assert holes == 1, "the place where texts come into an element was not found"
    add_stage(running_host, {"leaky": leaky})
    with watched_page(browser, viewport={"width": 900, "height": 1000}) as watched:
        watched.page.on("dialog", lambda dialog: watched.console_errors.append(dialog.message))
        watched.page.goto(f"{running_host.url}/gallery")
        yield watched


@pytest.fixture
def bridge() -> str:
    """Name the bridge of the tests that run over one only."""
    return "apps"


@pytest.fixture
def stage(watched: Watched, host: WidgetHost, bridge: str) -> Stage:
    watched.console_errors.clear()
    watched.outside.clear()
    return Stage(watched.page, host, bridge, width=800)


def poisoned(stage: Stage, widget: str, payloads: Sequence[str] = PAYLOADS) -> Json:
    """Give the widget's fixture with a line for each payload, in all of its words."""
    result: Json = copy.deepcopy(fixture(widget, stage.host.url)["result"])
    content = result["structuredContent"]
    rows = "products" if "products" in content else "items"
    content[rows] = [poisoned_row(content[rows][0], i, p) for i, p in enumerate(payloads)]
    media = {f"id-{i}": {"src": p, "alt": p} for i, p in enumerate(_SOURCES)}
    result["_meta"]["plantly/media"] = media
    messages = [{"type": "warning", "code": p, "content": p, "resolution": p} for p in payloads]
    content |= {"messages": messages, "discount_codes": list(payloads)}
    for total in content.get("totals", ()):
        total["display_text"] = PAYLOADS[0]
    if rows == "products":
        content |= poisoned_filters(result["_meta"])
    if "saved_for_later" in content:
        content["saved_for_later"] = copy.deepcopy(content["items"])
    if "fulfillment" in content:
        content |= poisoned_delivery(content["fulfillment"])
    return result


def poisoned_row(first: Json, number: int, payload: str) -> Json:
    words = ("name", "variant", "category", "sunlight", "water", "available_at")
    row = {**first, **dict.fromkeys(words, payload)}
    row |= {name: f"id-{number}" for name in ("id", "product_id", "variant_id") if name in first}
    if "id" in first:
        row |= {"sunlight": [payload], "water": [payload], "availability": payload}
    return row


def poisoned_filters(meta: Json) -> Json:
    counted = dict.fromkeys(PAYLOADS, 1)
    meta["plantly/labels"] = {**dict.fromkeys(PAYLOADS, "label"), "sunlight": PAYLOADS[0]}
    meta["plantly/facets"] = {"height": {"kind": "range", "unit": PAYLOADS[0]}}
    chosen = {"search": PAYLOADS[0], "sunlight": list(PAYLOADS), "min_height": 3}
    filters = {"category": counted, "sunlight": counted, PAYLOADS[0]: counted}
    words = {"did_you_mean": PAYLOADS[0], "drop": [{"arguments": [PAYLOADS[1]], "total": 3}]}
    return {"filters": filters, "initialFilters": chosen, "help": words}


def poisoned_delivery(fulfillment: Json) -> Json:
    units = [{"variant_id": p, "quantity": 1} for p in PAYLOADS]
    parcels = [{"carrier": p, "number": p, "url": p, "items": units[:3]} for p in PAYLOADS]
    return {
        "fulfillment": {**fulfillment, "title": PAYLOADS[0], "tracking": parcels},
        "returns": [{"status": p, "items": units[:3]} for p in PAYLOADS],
        "refunds": [{"status": p, "amount_minor": 1} for p in PAYLOADS],
        "reorder_url": PAYLOADS[0],
    }


def assert_plain(frame: Frame, watched: Watched, scripts: int) -> None:
    """Nothing ran, nothing new stands in the document, and nothing was asked of anybody."""
    found = look(frame)
    assert found.pop("scripts") == scripts
    nothing: dict[str, Any] = {
        "ran": None,
        "handlers": [],
        "addresses": [],
        "missing": [],
        "strange": 0,
    }
    assert found == nothing
    assert watched.page.evaluate("window.pwned") is None
    watched.assert_clean()


def look(frame: Frame, payloads: Sequence[str] = PAYLOADS) -> dict[str, Any]:
    """Look for what text must not become."""
    found: dict[str, Any] = frame.evaluate(_FOUND, list(payloads))
    return {**found, "ran": found.get("ran"), "strange": frame.locator(_STRANGE).count()}


def own_scripts(stage: Stage, widget: str) -> int:
    """Count what a widget brings itself, before anything was said to it."""
    html = stage.host.widgets[widget].html
    return html.count("<script") + html.count("<style") + (stage.bridge == "openai")


def test_there_are_more_than_three_hundred_payloads() -> None:
    assert len(set(XSS)) >= 300


def test_a_widget_with_a_hole_is_caught_by_the_same_look(stage: Stage, watched: Watched) -> None:
    assert set(LIVE) <= set(XSS)
    frame = stage.show("leaky", poisoned(stage, "shopping-cart", LIVE))
    expect(frame.locator(".line").first).to_be_visible()
    frame.wait_for_function("window.pwned")
    found = look(frame, LIVE)
    assert found["scripts"] > own_scripts(stage, "shopping-cart")
    assert found["ran"] == 1
    for trace in ("handlers", "addresses", "missing", "strange"):
        assert found[trace], trace
    with pytest.raises(AssertionError):
        assert_plain(frame, watched, own_scripts(stage, "shopping-cart"))
    # What is no markup passes through the same hole unharmed: it is the payloads that are caught.
    frame = stage.show("leaky", poisoned(stage, "shopping-cart", ("Aloe & Vera",)))
    expect(frame.locator(".line").first).to_be_visible()
    assert look(frame, ("Aloe & Vera",)) == {
        "ran": None,
        "handlers": [],
        "addresses": [],
        "missing": [],
        "strange": 0,
        "scripts": own_scripts(stage, "shopping-cart"),
    }


@both_bridges
def test_a_hostile_catalog_is_only_text(stage: Stage, watched: Watched, bridge: str) -> None:
    full = {"displayMode": "fullscreen"}
    frame = stage.show("product-catalog", poisoned(stage, "product-catalog"), context=full)
    expect(frame.locator(".card-open")).to_have_count(len(PAYLOADS))
    assert_plain(frame, watched, own_scripts(stage, "product-catalog"))


def test_a_hostile_product_is_only_text(stage: Stage, watched: Watched) -> None:
    detail = stage.shop.call("get_product", {"product_id": "aloe-vera"})
    product = detail["structuredContent"]["products"][0]
    variant = product["variants"][0]
    product |= {
        "name": PAYLOADS[0],
        "description": "\n".join(PAYLOADS),
        "care": "\n".join(PAYLOADS),
        "sunlight": list(PAYLOADS),
        "not_sent_to": list(PAYLOADS[:20]),
        "options": [PAYLOADS[1]],
        "variants": [{**variant, "variant_id": f"v{i}", "name": p} for i, p in enumerate(PAYLOADS)],
        "media": [{"src": payload, "alt": payload} for payload in _SOURCES],
        "url": PAYLOADS[0],
    }
    listed = fixture("product-catalog", stage.host.url)["result"]
    frame = stage.show("product-catalog", listed, answers={"get_product": detail})
    frame.locator(".card-open").first.click()
    expect(frame.locator(".care")).to_be_visible()
    assert_plain(frame, watched, own_scripts(stage, "product-catalog"))


@pytest.mark.parametrize("widget", ["shopping-cart", "checkout", "order-status"])
def test_hostile_lines_are_only_text(stage: Stage, watched: Watched, widget: str) -> None:
    result = poisoned(stage, widget)
    frame = stage.show(widget, result, answers={"get_checkout": result})
    expect(frame.locator(".line").first).to_be_visible()
    unfold = frame.locator('[data-key="all"]')
    if unfold.count():
        unfold.click()
    assert_plain(frame, watched, own_scripts(stage, widget))


@both_bridges
def test_a_hostile_refusal_is_only_text(stage: Stage, watched: Watched, bridge: str) -> None:
    for widget in ("product-catalog", "shopping-cart", "checkout", "order-status"):
        text = "\n".join(PAYLOADS)
        error = {"error": {"code": PAYLOADS[0], "message": text}}
        frame = stage.show(widget, {"content": [], "structuredContent": error, "isError": True})
        expect(frame.locator(".notice")).to_be_visible()
        assert_plain(frame, watched, own_scripts(stage, widget))
