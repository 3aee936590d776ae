"""What people complain about in shops inside assistants, as far as the server can cause it.

The numbers are those of `docs/hosts.md`, which says what we do about each.
"""

import json
import re
import statistics
import time
from collections.abc import AsyncIterator

import pytest

from plantly.db import UnitOfWork, open_database
from plantly.services.catalog_file import write_catalog
from plantly.services.demo import seed_demo
from plantly.widgets import EmbedPolicy, WidgetExtras, WidgetSet, load_widgets
from tests.support.clock import MovableClock
from tests.support.shop import HINT, Json, ToolShop, document, garden, open_tools, text_of
from tests.support.stock import stock

pytestmark = pytest.mark.anyio

SHOP = "https://plants.example.com"
JADE: Json = {"product_id": "jade", "quantity": 2}
_LOADS = re.compile(r"<(?:link|base|iframe|img)\b|<script\s+[^>]*src|@import|url\(\s*['\"]?http")


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give one small shop: none of this depends on the database."""
    return sqlite_shop_url


@pytest.fixture(scope="module")
def widgets() -> WidgetSet:
    return load_widgets(SHOP, "hashed")


@pytest.fixture
async def another(shop_url: str, clock: MovableClock) -> AsyncIterator[ToolShop]:
    """Give a second worker of the same shop."""
    async with open_tools(shop_url, clock=clock) as shop:
        yield shop


async def test_complaint_01_the_cart_is_the_same_whoever_asks(
    tools: ToolShop, another: ToolShop
) -> None:
    cart = await tools.done("update_cart", {"lines": [JADE]}, HINT)
    assert await another.done("show_cart", {}, HINT) == cart
    # By its id it is found from any conversation, with none at all, and by any widget.
    assert await another.done("show_cart", {"cart_id": cart["cart_id"]}) == cart
    added = {"lines": [JADE], "mode": "add", "expected_version": cart["version"]}
    more = await another.done("update_cart", {"cart_id": cart["cart_id"], **added})
    assert (await tools.done("show_cart", {}, HINT))["item_count"] == more["item_count"] == 4


def test_complaint_03_no_host_shows_a_stale_widget_or_loses_one(widgets: WidgetSet) -> None:
    for widget in widgets.values():
        assert widget.digest in widget.app_uri
        # What was cached under a former address, or under none, gets the widget of today.
        old = widget.app_uri.replace(widget.digest, "0" * len(widget.digest))
        for uri in (old, f"ui://plantly/{widget.name}.html", f"ui://widget/{widget.name}.html"):
            found = widgets.read(uri)
            assert found is not None
            assert found[1] == widget.html
        # There is nothing beside the one file that could be missing.
        assert _LOADS.findall(widget.html) == []


async def test_complaint_07_whichever_template_a_host_prefers_it_gets_the_same_widget(
    tools: ToolShop,
) -> None:
    for tool in (await tools.tools()).values():
        meta = dict(tool.meta or {})
        modern, legacy = meta["ui"].get("resourceUri"), meta.get("openai/outputTemplate")
        # There is no switch between the two: a tool has both keys, or shows nothing.
        assert bool(modern) == bool(legacy)
        if not modern:
            continue
        found = [await tools.client.read_resource(str(uri)) for uri in (modern, legacy)]
        one, other = (answer.contents[0].model_dump() for answer in found)
        assert one["text"] == other["text"]
        assert [one["mime_type"], other["mime_type"]] == [
            "text/html;profile=mcp-app",
            "text/html+skybridge",
        ]


def test_complaint_08_the_policy_is_what_the_bundle_needs_and_there_is_no_base(
    widgets: WidgetSet,
) -> None:
    for widget in widgets.values():
        assert "<base" not in widget.html
        csp = widget.meta_app["ui"]["csp"]
        assert csp == {"resourceDomains": [SHOP]}
        assert widget.meta_app["openai/widgetCSP"] == {
            "connect_domains": [],
            "resource_domains": [SHOP],
            "redirect_domains": [SHOP],
        }


def test_complaint_09_a_payment_form_gets_its_frames_and_nobody_else_does() -> None:
    form = EmbedPolicy(("https://js.pay.example",), ("https://*.pay.example",), ())
    widgets = load_widgets(SHOP, "hashed", extras=WidgetExtras(embed=form))
    frames = {
        name: widget.meta_app["ui"]["csp"].get("frameDomains") for name, widget in widgets.items()
    }
    assert frames.pop("checkout") == ["https://*.pay.example"]
    assert set(frames.values()) == {None}


async def test_complaint_10_every_call_may_meet_another_worker(
    tools: ToolShop, another: ToolShop
) -> None:
    cart = await tools.done("update_cart", {"lines": [JADE]}, HINT)
    session = await another.done("start_checkout", {"cart_id": cart["cart_id"]})
    asked = {"checkout_session_id": session["checkout_session_id"]}
    assert (await tools.done("get_checkout", asked))["checkout_url"] == session["checkout_url"]
    again = await tools.done("start_checkout", {"cart_id": cart["cart_id"]})
    assert again["checkout_session_id"] == session["checkout_session_id"]


async def test_complaint_11_a_tool_list_from_yesterday_still_works(
    tools: ToolShop, clock: MovableClock, shop_url: str
) -> None:
    frozen = await tools.tools()
    source = garden()
    source["facets"].append({"key": "pets", "title": "Pets", "values": ["Safe"]})

    def changed(uow: UnitOfWork) -> None:
        write_catalog(uow, document(source))

    await tools.db.write(changed)
    async with open_tools(shop_url, clock=clock) as today:
        assert set(frozen) == set(await today.tools())
        found = await today.done("list_products", {"sunlight": "Full Sun", "water": ["Low"]})
        assert found["products"]
        for tool in frozen.values():
            uri = (tool.meta or {})["ui"].get("resourceUri")
            assert uri is None or (await today.client.read_resource(uri)).contents


async def test_complaint_12_a_retry_charges_nobody_twice(tools: ToolShop) -> None:
    # Nobody is asked for a key: what makes two calls the same is derived here.
    for tool in (await tools.tools()).values():
        assert not any("idempotency" in name for name in tool.input_schema["properties"])
    cart = await tools.done("update_cart", {"lines": [JADE]}, HINT)
    asked = {"cart_id": cart["cart_id"]}
    sessions = [await tools.done("start_checkout", asked, HINT) for _ in range(3)]
    assert len({session["checkout_session_id"] for session in sessions}) == 1
    added = {**asked, "lines": [JADE], "mode": "add", "expected_version": cart["version"]}
    repeats = [await tools.done("update_cart", added, HINT) for _ in range(3)]
    assert {repeat["item_count"] for repeat in repeats} == {4}
    other = {**added, "lines": [{**JADE, "quantity": 3}]}
    assert (await tools.refused("update_cart", other, HINT))["code"] == "version_conflict"


async def test_complaint_13_no_price_from_outside_decides(tools: ToolShop) -> None:
    honest = await tools.done("start_checkout", {"items": [JADE]})
    forged = await tools.done("start_checkout", {"items": [{**JADE, "price": 0.01}]})
    assert forged["totals"] == honest["totals"]
    for argument in ("total", "amount_minor", "unit_amount_minor", "currency"):
        error = await tools.refused("start_checkout", {"items": [{**JADE, argument: 1}]})
        assert error["code"] == "invalid_input"


async def test_complaint_14_what_changed_since_is_said(tools: ToolShop) -> None:
    lines = [JADE, {"product_id": "creme-fern", "quantity": 1}]
    await tools.done("update_cart", {"lines": lines}, HINT)
    source = garden()
    for entry in source["products"]:
        if entry["slug"] == "jade":
            entry["variants"][0]["price_minor"] = 999
    await tools.db.write(lambda uow: write_catalog(uow, document(source)))
    await tools.db.write(lambda uow: stock(uow, "creme-fern-12cm", on_hand=0))
    said = (await tools.done("show_cart", {}, HINT))["messages"]
    assert {(message["code"], message["param"]) for message in said} == {
        ("price_changed", "items[0]"),
        ("out_of_stock", "items[1]"),
    }


async def test_complaint_15_nobody_has_to_sign_in_to_buy(tools: ToolShop) -> None:
    for tool in (await tools.tools()).values():
        said = tool.model_dump(by_alias=True)
        assert "securitySchemes" not in said | (tool.meta or {})
        asked = json.dumps(tool.input_schema["properties"])
        assert not re.search(r"token|password|api_key|account|sign.?in", asked), tool.name
    # From the first look to the page on which one pays, with nothing that says who asks.
    (found,) = (await tools.done("list_products", {"search": "jade"}))["products"]
    line = {"product_id": found["id"], "quantity": 1}
    cart = await tools.done("update_cart", {"lines": [line]})
    session = await tools.done("start_checkout", {"cart_id": cart["cart_id"]})
    assert session["checkout_url"].startswith("http")
    named = {"checkout_session_id": session["checkout_session_id"]}
    assert (await tools.done("get_checkout", named))["status"] == session["status"]


async def test_complaint_16_without_a_widget_the_text_is_enough(tools: ToolShop) -> None:
    cart = await tools.call("update_cart", {"lines": [JADE]}, HINT)
    session = await tools.call("start_checkout", {}, HINT)
    link = (session.structured_content or {})["checkout_url"]
    assert "100%_Jade" in text_of(cart)
    assert "$17.98" in text_of(cart)
    assert link in text_of(session)


async def test_complaint_19_a_reviewer_finds_what_has_to_be_declared(tools: ToolShop) -> None:
    hints = ("read_only_hint", "destructive_hint", "open_world_hint")
    for tool in (await tools.tools()).values():
        assert all(type(getattr(tool.annotations, hint)) is bool for hint in hints), tool.name
        assert tool.output_schema, tool.name
        assert tool.title, tool.name
        assert re.fullmatch(r"[a-z][a-z_]{2,63}", tool.name)
        assert 40 <= len(tool.description or "") <= 1024, tool.name
        # Who only reads cannot destroy, and says so.
        hint = tool.annotations
        assert hint is not None
        assert not (hint.read_only_hint and hint.destructive_hint), tool.name
    widgets = load_widgets(SHOP, "stable")
    for widget in widgets.values():
        ui = widget.meta_app["ui"]
        assert ui["domain"] == SHOP.replace("http:", "https:")
        assert "*" not in json.dumps(ui["csp"])
        assert type(ui["prefersBorder"]) is bool
        assert widget.meta_app["openai/widgetDescription"]
        assert widget.app_uri == f"ui://plantly/{widget.name}.html"


async def test_complaint_20_a_listing_takes_less_than_people_notice(
    sqlite_url: str, clock: MovableClock
) -> None:
    database = open_database(sqlite_url, clock=clock)
    await database.write(seed_demo)
    await database.close()
    async with open_tools(sqlite_url, clock=clock) as shop:
        await shop.done("list_products")
        taken = []
        for words in ("fern", "low light", "palm", "pot", "easy", "large", "gift"):
            began = time.process_time()
            await shop.done("list_products", {"search": words})
            taken.append(time.process_time() - began)
    # What the server works, not what people wait: a machine that is busy with something else would
    # fail this test for no fault of the shop. The wait is in docs/benchmarks.md.
    assert statistics.median(taken) < 0.15


async def test_complaint_22_each_tool_says_when_to_use_it_and_only_some_show_something(
    tools: ToolShop,
) -> None:
    listed = await tools.tools()
    said = [tool.description or "" for tool in listed.values()]
    assert all(text.startswith("Use this when ") for text in said)
    assert len(set(said)) == len(said)
    shown = {name for name, tool in listed.items() if (tool.meta or {})["ui"].get("resourceUri")}
    assert shown == {"list_products", "show_cart", "start_checkout", "get_order_status"}


async def test_complaint_23_stock_is_what_there_is_now(tools: ToolShop) -> None:
    asked = {"product_id": "jade"}
    (before,) = (await tools.done("get_product", asked))["products"]
    assert before["variants"][0]["availability"] == "in_stock"
    await tools.db.write(lambda uow: stock(uow, "jade-9cm", on_hand=0))
    (after,) = (await tools.done("get_product", asked))["products"]
    assert after["variants"][0]["availability"] == "out_of_stock"
    (listed,) = (await tools.done("list_products", {"search": "jade"}))["products"]
    assert listed["availability"] == "out_of_stock"
