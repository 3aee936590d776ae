"""Policies, and the connector's search and fetch to the letter of their contract."""

import json

import pytest
from mcp_types import CallToolResult, TextContent

from tests.support.shop import Json, ToolShop, text_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


async def contract(tools: ToolShop, tool: str, arguments: Json) -> Json:
    """Call a connector tool: one text item, and the same object as structured content."""
    result: CallToolResult = await tools.call(tool, arguments)
    assert not result.is_error
    assert [type(item) for item in result.content] == [TextContent]
    said: Json = json.loads(text_of(result))
    assert said == result.structured_content
    return said


async def test_policies_are_given_by_topic_or_all_at_once(tools: ToolShop) -> None:
    everything = await tools.done("get_store_policies")
    assert everything["shop"] == "Fern & Co"
    assert [policy["topic"] for policy in everything["policies"]] == ["shipping", "returns"]
    result = await tools.call("get_store_policies", {"topic": " Returns "})
    assert result.structured_content == {
        "shop": "Fern & Co",
        "policies": [
            {"topic": "returns", "title": "Returns", "text": "Thirty days, in one piece."}
        ],
    }
    assert text_of(result) == "Returns: Thirty days, in one piece."
    error = await tools.refused("get_store_policies", {"topic": "love"})
    assert error["message"] == "topic has no value 'love': send one of shipping, returns."


async def test_search_gives_results_that_can_be_cited(tools: ToolShop) -> None:
    found = await contract(tools, "search", {"query": "creme"})
    assert found == {
        "results": [
            {
                "id": "creme-fern",
                "title": "Crème Fern",
                "url": "http://127.0.0.1:8000/p/creme-fern",
            }
        ]
    }


async def test_search_finds_policies_too(tools: ToolShop) -> None:
    found = await contract(tools, "search", {"query": "returns"})
    assert [result["id"] for result in found["results"]] == ["policy-returns"]
    for query in ("return", "Thirty piece"):
        assert found == await contract(tools, "search", {"query": query})
    assert found["results"][0]["url"] == "http://127.0.0.1:8000/policies#returns"


async def test_search_for_nothing_finds_nothing(tools: ToolShop) -> None:
    for query in ("", "   ", "xyzzy", "%", "\\"):
        assert await contract(tools, "search", {"query": query}) == {"results": []}


async def test_everything_that_search_gives_can_be_fetched(tools: ToolShop) -> None:
    for query in ("a", "e", "shipping returns"):
        for result in (await contract(tools, "search", {"query": query}))["results"]:
            document = await contract(tools, "fetch", {"id": result["id"]})
            assert {key: document[key] for key in result} == result
            assert document["text"]


async def test_fetch_gives_a_product_with_its_prices(tools: ToolShop) -> None:
    document = await contract(tools, "fetch", {"id": "monstera"})
    assert document.keys() == {"id", "title", "text", "url", "metadata"}
    assert document["metadata"] == {
        "category": "Foliage",
        "availability": "in_stock",
        "currency": "USD",
        "price_from": "$34.99",
        "seller": "Fern & Co",
    }
    for part in (
        "All about the monstera.",
        "Water it on Sundays.",
        "Sunlight: Indirect Light",
        "Prices in USD and stock as of 2026-03-02:",
        "17 cm pot (SKU SKU-MONSTERA-17CM): $34.99, in stock",
        "21 cm pot (SKU SKU-MONSTERA-21CM): $59.99 (before: $69.99), low stock",
        "Shipping: Plants leave on Mondays.",
        "Returns: Thirty days, in one piece.",
    ):
        assert part in document["text"]


async def test_fetch_gives_a_policy(tools: ToolShop) -> None:
    document = await contract(tools, "fetch", {"id": "policy-returns"})
    assert document["text"] == "Thirty days, in one piece."
    assert document["title"] == "Returns"


async def test_fetch_refuses_what_search_never_gave(tools: ToolShop) -> None:
    for name in ("nope", "policy-", "policy-love", "monstera-17cm", "%", "Monstera"):
        error = await tools.refused("fetch", {"id": name})
        assert error["message"] == "id names nothing in this shop: send an id that search gave."


async def test_products_are_given_in_full_by_twenties(tools: ToolShop) -> None:
    found = await tools.done("get_product", {"product_id": "monstera"})
    (entry,) = found["products"]
    assert found["messages"] == []
    assert entry["variants"] == [
        {
            "variant_id": "monstera-17cm",
            "sku": "SKU-MONSTERA-17CM",
            "name": "17 cm pot",
            "options": ["monstera-17cm"],
            "price_minor": 3499,
            "availability": "in_stock",
            "default": True,
        },
        {
            "variant_id": "monstera-21cm",
            "sku": "SKU-MONSTERA-21CM",
            "name": "21 cm pot",
            "options": ["monstera-21cm"],
            "price_minor": 5999,
            "compare_at_minor": 6999,
            "availability": "low_stock",
            "available_quantity": 2,
        },
    ]
    assert entry["media"] == [
        {"src": "http://127.0.0.1:8000/media/monstera.svg", "alt": "A monstera"}
    ]
    assert (entry["options"], entry["url"]) == (["Pot size"], "http://127.0.0.1:8000/p/monstera")
    many = await tools.done("get_product", {"product_ids": ["jade"] * 10 + ["aloe-vera"] * 10})
    assert [product["id"] for product in many["products"]] == ["jade", "aloe-vera"]


async def test_products_that_do_not_exist_are_named_beside_those_that_do(tools: ToolShop) -> None:
    result = await tools.call("get_product", {"product_ids": ["jade", "nope", "jade", "x" * 200]})
    said: Json = result.structured_content or {}
    assert [product["id"] for product in said["products"]] == ["jade"]
    assert [m["code"] for m in said["messages"]] == ["not_found", "not_found"]
    assert "There is no product 'nope'." in text_of(result)
    assert all(len(message["content"]) < 120 for message in said["messages"])


async def test_a_product_is_found_by_whatever_names_it(tools: ToolShop) -> None:
    names = ["SKU-MONSTERA-21CM", "jade", "aloe-vera-12cm", "monstera", "aloe-vera-12cm"]
    found = (await tools.done("get_product", {"product_ids": names}))["products"]
    assert [(entry["id"], entry.get("asked_for")) for entry in found] == [
        ("monstera", ["monstera-21cm"]),
        ("jade", None),
        ("aloe-vera", ["aloe-vera-12cm"]),
    ]
    both = {"product_ids": ["monstera-21cm", "SKU-MONSTERA-17CM"]}
    (entry,) = (await tools.done("get_product", both))["products"]
    assert entry["asked_for"] == ["monstera-21cm", "monstera-17cm"]
    text = text_of(await tools.call("get_product", {"product_id": "SKU-MONSTERA-21CM"}))
    large = "- 21 cm pot (monstera-21cm, asked for): $59.99 (before: $69.99), low stock"
    assert text.index(large) < text.index("- 17 cm pot (monstera-17cm): $34.99, in stock")
    for name in ("sku-monstera-21cm", "Monstera", "monstera-99cm", "%"):
        error = await tools.refused("get_product", {"product_id": name})
        assert error["message"].startswith("product_id names nothing in this shop")
