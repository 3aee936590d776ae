"""Whatever is sent wrongly is refused in one sentence that names it, and nothing is written."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.shop import Json, ToolShop, dump

pytestmark = pytest.mark.anyio

ITEM: Json = {"product_id": "jade", "quantity": 1}
NEEDED: dict[str, Json] = {
    "get_product": {"product_id": "jade"},
    "update_cart": {"lines": [ITEM]},
    "start_checkout": {"items": [ITEM]},
    "get_checkout": {"checkout_session_id": "cs_1"},
    "get_order_status": {"order_number": "PL-1"},
    "search": {"query": "jade"},
    "fetch": {"id": "jade"},
}
LISTS_OF_ITEMS = {"update_cart": "lines", "show_cart": "items", "start_checkout": "items"}
QUANTITIES: list[tuple[Any, str]] = [
    (0, "is 0: send a whole number from 1 to 99. To take a line out of the cart, name its"),
    (-1, "is -1: send a whole number from 1 to 99. To take a line out of the cart, name its"),
    (1.5, "must be a whole number, 1 or more, written like 2."),
    (2.0, "must be a whole number, 1 or more, written like 2."),
    ("2", "must be a whole number, 1 or more, written like 2."),
    (True, "must be a whole number, 1 or more, written like 2."),
    (None, "must be a whole number, 1 or more, written like 2."),
    ([2], "must be a whole number, 1 or more, written like 2."),
    (100, "is 100: send a whole number from 1 to 99."),
    (10**9, "is 1000000000: send a whole number from 1 to 99."),
    (10**30, "is too large: send a whole number from 1 to 99."),
    (-(10**30), "is too small: send a whole number from 1 to 99."),
]


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


async def check(shop: ToolShop, tool: str, arguments: Json, field: str) -> str:
    """Check that a call is refused at a field; give the sentence."""
    error = await shop.refused(tool, arguments)
    assert error["code"] in {"invalid_input", "not_found"}, (tool, arguments, error)
    assert error["field"] == field, (tool, arguments, error)
    message: str = error["message"]
    assert field in message, (tool, arguments, error)
    assert message.isprintable()
    assert len(message) < 400
    return message


async def test_impossible_quantities_are_refused(tools: ToolShop) -> None:
    before = await dump(tools.db)
    for tool, name in LISTS_OF_ITEMS.items():
        for quantity, sentence in QUANTITIES:
            items = [ITEM, {"product_id": "monstera", "quantity": quantity}]
            said = await check(tools, tool, {name: items}, f"{name}[1].quantity")
            assert said.startswith(f"{name}[1].quantity {sentence}")
        said = await check(tools, tool, {name: [{"product_id": "jade"}]}, f"{name}[0].quantity")
        assert said == f"{name}[0].quantity must be a whole number, 1 or more, written like 2."
    assert await dump(tools.db) == before


async def test_what_the_shop_does_not_have_is_refused(tools: ToolShop) -> None:
    before = await dump(tools.db)
    for tool, name in LISTS_OF_ITEMS.items():
        for kind in ("product_id", "variant_id"):
            items = [ITEM, {kind: "no-such-thing", "quantity": 1}]
            said = await check(tools, tool, {name: items}, f"{name}[1].{kind}")
            assert "send one that search_products or get_product gave" in said
        await check(tools, tool, {name: [{"quantity": 1}]}, f"{name}[0]")
    await check(tools, "get_product", {"product_id": "no-such-thing"}, "product_id")
    await check(tools, "get_product", {"product_ids": ["a", "b"]}, "product_ids")
    await check(tools, "fetch", {"id": "no-such-thing"}, "id")
    assert await dump(tools.db) == before


async def test_an_unknown_argument_is_refused_and_the_known_ones_are_named(
    tools: ToolShop,
) -> None:
    before = await dump(tools.db)
    for tool in await tools.tools():
        for name in ("total", "amount_minor", "currency", "api_key", "Search", "__class__"):
            said = await check(tools, tool, {**NEEDED.get(tool, {}), name: 1}, name)
            assert said.startswith(f"{name} is not an argument: leave {name} out. This tool takes ")
    for tool, name in LISTS_OF_ITEMS.items():
        for key in ("unit_amount", "discount", "total_minor"):
            said = await check(tools, tool, {name: [{**ITEM, key: 1}]}, f"{name}[0].{key}")
            assert f"{name}[0] takes product_id, variant_id, quantity" in said
    assert await dump(tools.db) == before


def properties(schema: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Give every argument of a tool with its path, those inside lists too."""
    for name, part in schema.get("properties", {}).items():
        yield f"{path}{name}", part
        if part.get("type") == "array" and part["items"].get("type") == "object":
            yield from properties(part["items"], f"{path}{name}[0].")


def with_value(tool: str, path: str, value: Any) -> Json:
    """Build a call in which everything is right but the value at a path."""
    arguments: Json = {**NEEDED.get(tool, {})}
    outer, _, inner = path.partition("[0].")
    arguments[outer] = [{**ITEM, inner: value}] if inner else value
    return arguments


def takes_text(schema: Json) -> bool:
    kinds = [schema, *schema.get("anyOf", [])]
    kinds += [kind["items"] for kind in kinds if kind.get("type") == "array"]
    return any(kind.get("type") == "string" and "enum" not in kind for kind in kinds)


async def test_text_that_is_no_text_is_refused_wherever_text_goes(tools: ToolShop) -> None:
    before = await dump(tools.db)
    seen = 0
    for tool, listed in (await tools.tools()).items():
        for path, schema in properties(listed.input_schema):
            if not takes_text(schema):
                continue
            many = schema.get("type") == "array"
            for value, sentence in (("a\x00b", "NUL character"), ("a\ud800b", "half of a char")):
                arguments = with_value(tool, path, [value] if many else value)
                field = f"{path}[0]" if many else path
                assert sentence in await check(tools, tool, arguments, field)
            seen += 1
    assert seen > 25
    assert await dump(tools.db) == before


WRONG: list[Any] = [{"odd": 1}, 1.5, [[]]]


async def test_the_wrong_type_is_refused_wherever_it_stands(tools: ToolShop) -> None:
    before = await dump(tools.db)
    for tool, listed in (await tools.tools()).items():
        for path, _ in properties(listed.input_schema):
            for value in WRONG:
                if path.endswith("price") and value == 1.5:
                    continue
                error = await tools.refused(tool, with_value(tool, path, value))
                assert error["code"] == "invalid_input", (tool, path, value, error)
                assert error["field"].startswith(path), (tool, path, value, error)
    assert await dump(tools.db) == before


LISTING: list[tuple[Json, str, str]] = [
    ({"limit": 0}, "limit", "is too small: send 1 or more."),
    ({"limit": 51}, "limit", "is too large: send 50 or less."),
    ({"limit": "12"}, "limit", "must be a whole number"),
    ({"min_price_minor": -1}, "min_price_minor", "is too small: send 0 or more."),
    ({"max_price_minor": 10**16}, "max_price_minor", "is too large"),
    ({"max_price_minor": 14.99}, "max_price_minor", "must be a whole number"),
    ({"in_stock": "yes"}, "in_stock", "must be true or false"),
    ({"in_stock": 1}, "in_stock", "must be true or false"),
    ({"sort": "cheap"}, "sort", "must be one of 'relevance', 'featured', 'price_asc'"),
    ({"search": "x" * 301}, "search", "is too long: send at most 300 characters."),
    ({"search": None}, "search", "must be text"),
    ({"category": []}, "category", "must be one value, or a list of values, as text"),
    ({"category": ["x"] * 51}, "category", "must be one value, or a list of values, as text"),
    ({"category": ["a", 1]}, "category", "must be one value, or a list of values, as text"),
    ({"category": "Trees"}, "category", "send one of Succulents, Foliage, Flowering."),
    ({"water": "Wine"}, "water", "has no value 'Wine': send one of Low, Moderate, Frequent."),
    ({"water": ["Low", "low"]}, "water", "has no value 'low'"),
    ({"cursor": "x" * 301}, "cursor", "is too long"),
]


async def test_filters_are_refused_with_what_they_take(tools: ToolShop) -> None:
    before = await dump(tools.db)
    for tool in ("list_products", "search_products"):
        for arguments, field, sentence in LISTING:
            assert sentence in await check(tools, tool, arguments, field)
    assert await dump(tools.db) == before


OTHERS: list[tuple[str, Json, str]] = [
    ("get_product", {}, "product_id"),
    ("get_product", {"product_id": "jade", "product_ids": ["jade"]}, "product_id"),
    ("get_product", {"product_ids": ["jade"] * 21}, "product_ids"),
    ("get_product", {"product_ids": []}, "product_id"),
    ("get_product", {"product_id": ""}, "product_id"),
    ("update_cart", {}, "lines"),
    ("update_cart", {"lines": None}, "lines"),
    ("update_cart", {"lines": {}}, "lines"),
    ("update_cart", {"lines": ["jade"]}, "lines[0]"),
    ("update_cart", {"lines": [ITEM, ITEM]}, "lines[1]"),
    ("update_cart", {"lines": [ITEM], "mode": "replace"}, "mode"),
    ("update_cart", {"lines": [ITEM], "expected_version": 1}, "expected_version"),
    ("update_cart", {"lines": [ITEM], "expected_version": -1}, "expected_version"),
    ("update_cart", {"lines": [ITEM], "expected_version": 2**31}, "expected_version"),
    ("update_cart", {"lines": [ITEM], "cart_id": ""}, "cart_id"),
    ("update_cart", {"lines": [ITEM], "discount_codes": list("ABCDEF")}, "discount_codes"),
    ("update_cart", {"remove": ["jade-9cm"]}, "remove"),
    ("show_cart", {"cart_id": "cart_1", "items": [ITEM]}, "items"),
    ("start_checkout", {}, "items"),
    ("start_checkout", {"items": []}, "items"),
    ("start_checkout", {"cart_id": "cart_1", "items": [ITEM]}, "items"),
    ("start_checkout", {"items": [{**ITEM, "price": "14.99"}]}, "items[0].price"),
    ("start_checkout", {"items": [{**ITEM, "price": True}]}, "items[0].price"),
    ("get_checkout", {}, "checkout_session_id"),
    ("get_order_status", {}, "order_number"),
    ("get_order_status", {"order_number": "A", "checkout_session_id": "B"}, "order_number"),
    ("get_store_policies", {"topic": "love"}, "topic"),
    ("search", {}, "query"),
    ("fetch", {}, "id"),
    ("fetch", {"id": "policy-love"}, "id"),
]


async def test_everything_else_is_refused_by_name(tools: ToolShop) -> None:
    before = await dump(tools.db)
    for tool, arguments, field in OTHERS:
        await check(tools, tool, arguments, field)
    assert await dump(tools.db) == before


FORGED = [
    "zz",
    "0",
    "0.",
    ".1",
    "0.x",
    "0.-1",
    "0.1.1",
    "0." + "9" * 19,
    "0.\u0661",
    "9.1",
    "1.1",
    " 0.1",
    "0.1\n",
    "0." + "1" * 290,
    "\U0001f335",
]


async def test_a_forged_cursor_is_refused(tools: ToolShop) -> None:
    for cursor in FORGED:
        said = await check(tools, "list_products", {"cursor": cursor}, "cursor")
        assert said.startswith("cursor is not one of this listing in this sort: send next_cursor")
    first = await tools.done("list_products", {"limit": 2, "sort": "name"})
    for sort in ("featured", "price_asc", "price_desc", "newest"):
        await check(
            tools, "list_products", {"cursor": first["next_cursor"], "sort": sort}, "cursor"
        )
    rest = await tools.done("list_products", {"cursor": first["next_cursor"], "sort": "name"})
    assert len(rest["products"]) == 4
