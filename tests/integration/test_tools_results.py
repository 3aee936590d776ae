"""What results hold: what their schema says, words that suffice alone, and nothing internal."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp_types import CallToolResult

from plantly.services.demo import seed_demo
from tests.support.clock import MovableClock
from tests.support.orders import pay
from tests.support.shop import HINT, Json, ToolShop, open_tools, text_of

pytestmark = pytest.mark.anyio

JADE: Json = {"product_id": "jade", "quantity": 2}
FORBIDDEN = re.compile(
    r"(^|_)(row|internal|hash|token|secret|email|phone|address|buyer|created|updated|version_id"
    r"|reference|sku|weight|position|hint)($|_)|_at$"
)
ALLOWED = {
    "get_product": {"sku", "available_at"},
    "start_checkout": {"expires_at"},
    "get_checkout": {"expires_at"},
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")


async def every_result(tools: ToolShop) -> dict[str, list[CallToolResult]]:
    """Call every tool in every way that gives another shape; give the results by tool."""
    cart = await tools.call("update_cart", {"lines": [JADE]}, HINT)
    codes = {"discount_codes": ["WELCOME10", "NOPE"]}
    session = await tools.call("start_checkout", {}, HINT)
    bought = await tools.call("start_checkout", {"items": [{**JADE, "price": 1}]}, HINT)
    paid_id = (bought.structured_content or {})["checkout_session_id"]
    number = await tools.db.write(lambda uow: pay(uow, paid_id))
    many = {"items": [{"product_id": slug, "quantity": 9} for slug in ("jade", "monstera")]}
    calls: list[tuple[str, Json]] = [
        ("list_products", {}),
        ("list_products", {"limit": 1, "search": "a", "sort": "name", "water": "Low"}),
        ("list_products", {"search": "xyzzy"}),
        ("search_products", {"in_stock": False, "category": "Flowering", "min_price_minor": 1}),
        ("get_product", {"product_ids": ["jade", "monstera", "peace-lily", "nope"]}),
        ("update_cart", codes),
        ("show_cart", {}),
        ("show_cart", {"items": []}),
        ("show_cart", many),
        ("start_checkout", many),
        ("get_checkout", {"checkout_session_id": paid_id}),
        ("get_order_status", {"order_number": number}),
        ("get_store_policies", {}),
        ("search", {"query": "a"}),
        ("fetch", {"id": "monstera"}),
        ("fetch", {"id": "policy-returns"}),
    ]
    results = {"update_cart": [cart], "start_checkout": [session, bought]}
    for tool, arguments in calls:
        results.setdefault(tool, []).append(await tools.call(tool, arguments, HINT))
    assert not [r for part in results.values() for r in part if r.is_error]
    return results


def keys_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from keys_in(part)
    if isinstance(value, list):
        for part in value:
            yield from keys_in(part)


async def test_every_result_is_what_its_schema_says(tools: ToolShop) -> None:
    results = await every_result(tools)
    listed = await tools.tools()
    assert results.keys() == listed.keys()
    for name, found in results.items():
        validator = Draft202012Validator(listed[name].output_schema)
        for result in found:
            validator.validate(result.structured_content)


async def test_no_result_holds_anything_internal(tools: ToolShop) -> None:
    for name, found in (await every_result(tools)).items():
        for result in found:
            keys = set(keys_in(result.structured_content)) | set(keys_in(result.meta))
            assert {key for key in keys if FORBIDDEN.search(key)} <= ALLOWED.get(name, set()), name
            said = json.dumps(result.structured_content) + text_of(result)
            moments = MOMENT.findall(said)
            assert len(moments) == ("expires_at" in keys), name
            assert HINT not in said
            assert "SKU-" not in said or name in {"get_product", "fetch"}


async def test_every_text_suffices_alone(tools: ToolShop) -> None:
    results = {
        name: [text_of(r) for r in part] for name, part in (await every_result(tools)).items()
    }
    said = {name: "\n".join(texts) for name, texts in results.items()}
    for part in (
        "(aloe-vera) from $14.99",
        "(jade) $8.99",
        "(monstera) from $34.99",
        "sold out",
        "few left",
    ):
        assert part in said["list_products"]
    assert "No product matches" in results["list_products"][2]
    for part in ("(monstera-21cm): $59.99", "low stock", "Care: Water it", "There is no product"):
        assert part in said["get_product"]
    structured = (await tools.done("show_cart", {}, HINT))["cart_id"]
    for part in (
        f"Cart {structured}, version 2",
        "2 x 100%_Jade",
        "(jade-9cm): $17.98",
        "code 2 is not",
    ):
        assert part in said["update_cart"]
    for part in ("Preview: ", "before shipping and tax", "9 x Monstera"):
        assert part in said["show_cart"]
    assert "http://127.0.0.1:8000/checkout/" in said["start_checkout"]
    assert re.search(r"Checkout cs_\S+ is incomplete: \$", said["start_checkout"])
    assert "is not the one shown before" in said["start_checkout"]
    assert re.search(r"Paid: order PL-\S+ is confirmed\. Total \$", said["get_checkout"])
    assert re.search(r"Order PL-\S+ is confirmed\. Total \$", said["get_order_status"])
    assert "Standard shipping: unfulfilled." in said["get_order_status"]


async def test_the_next_page_can_be_asked_for_from_the_text_alone(tools: ToolShop) -> None:
    seen: list[str] = []
    arguments: Json = {"limit": 2, "sort": "price_desc"}
    while True:
        text = text_of(await tools.call("list_products", arguments))
        seen += re.findall(r"\(([a-z-]+)\) ", text)
        more = re.search(r"More: cursor (\S+)", text)
        if more is None:
            break
        arguments["cursor"] = more[1]
    assert seen == ["monstera", "peace-lily", "snake-plant", "creme-fern", "aloe-vera", "jade"]


async def test_an_empty_cart_is_said_with_its_id(tools: ToolShop) -> None:
    cart = await tools.done("update_cart", {"lines": [JADE]}, HINT)
    empty = await tools.call("update_cart", {"remove": ["jade-9cm"]}, HINT)
    assert text_of(empty).startswith(f"Cart {cart['cart_id']}, version 2 is empty.")
    none = await tools.call("show_cart")
    assert text_of(none) == "The cart is empty. Add something with update_cart."


async def test_pictures_are_for_widgets_alone(tools: ToolShop) -> None:
    results = await every_result(tools)
    listed = results["list_products"][0]
    assert "media" not in set(keys_in(listed.structured_content))
    pictures = (listed.meta or {})["plantly/media"]
    assert pictures["aloe-vera"] == {
        "src": "http://127.0.0.1:8000/media/aloe-vera.svg",
        "alt": "A aloe-vera",
    }
    assert "jade" not in pictures
    assert (listed.meta or {})["plantly/labels"] == {
        "category": "Category",
        "sunlight": "Sunlight",
        "water": "Water",
        "climate": "Climate",
    }
    for name in ("show_cart", "start_checkout"):
        assert "monstera" in (results[name][-1].meta or {})["plantly/media"], name


def size(result: CallToolResult) -> int:
    """Give how many bytes of a result a model reads."""
    written = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return len(written.encode()) + len(text_of(result).encode())


async def test_a_page_of_the_demo_shop_is_lean(sqlite_url: str, clock: MovableClock) -> None:
    async with open_tools(sqlite_url, clock=clock) as shop:
        assert await shop.db.write(seed_demo) >= 24
        await shop.parts.toolbook.refresh()
        for sort in ("featured", "price_asc", "price_desc", "newest", "name", "best_selling"):
            arguments: Json = {"sort": sort}
            for _ in range(2):
                result = await shop.call("list_products", arguments)
                said: Json = result.structured_content or {}
                assert len(said["products"]) == 12
                assert size(result) <= 3072, sort
                arguments = {**arguments, "cursor": said["next_cursor"]}


async def test_the_demo_shop_keeps_the_guides_products(
    sqlite_url: str, clock: MovableClock
) -> None:
    async with open_tools(sqlite_url, clock=clock) as shop:
        await shop.db.write(seed_demo)
        await shop.parts.toolbook.refresh()
        items = [{"product_id": slug, "quantity": 1} for slug in ("aloe-vera", "monstera")]
        cart = await shop.done("show_cart", {"items": items})
        assert [item["unit_amount_minor"] for item in cart["items"]] == [1499, 3499]
        shade = await shop.done("list_products", {"sunlight": ["Low Light", "Indirect Light"]})
        assert shade["total"] > 12
        everything = await shop.done("list_products", {"limit": 50})
        sold_out = [p for p in everything["products"] if p.get("availability") == "out_of_stock"]
        assert sold_out
        ids = [entry["id"] for entry in everything["products"]]
        details = await shop.done("get_product", {"product_ids": ids[:20]})
        sizes = [size for entry in details["products"] for size in entry["variants"]]
        assert {"low_stock", "in_stock"} <= {size["availability"] for size in sizes}
