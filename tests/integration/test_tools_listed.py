"""What hosts and models read before they call anything: names, words, schemas, annotations."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp_types import Tool

from plantly.mcp_server.toolbook import Toolbook
from plantly.services.catalog_file import write_catalog
from plantly.services.shop_file import apply_shop
from plantly.widgets import load_widgets
from tests.support.clock import MovableClock
from tests.support.shop import Json, ToolShop, document, garden, open_tools, stock_shop

pytestmark = pytest.mark.anyio

RENDER = {
    "list_products": "product-catalog",
    "show_cart": "shopping-cart",
    "start_checkout": "checkout",
    "get_order_status": "order-status",
}
DATA = {
    "search_products",
    "get_product",
    "update_cart",
    "get_checkout",
    "get_store_policies",
    "search",
    "fetch",
}
WRITES = {"update_cart", "start_checkout"}
SNAPSHOT = "a42b697b8dbbc427e5b2aeaaced83a7863b7bdfb28e4d652aba82abc58f89f80"
"""Hosts freeze a tool list when they review it, so no word of it changes by accident.

The list changed on purpose? Then this is its new digest, and the change is one to announce.
"""


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give one small shop: the tool list does not depend on the database."""
    return sqlite_shop_url


@pytest.fixture
async def stable(shop_url: str, clock: MovableClock) -> AsyncIterator[ToolShop]:
    environment = {"PLANTLY_WIDGET_URIS": "stable"}
    async with open_tools(shop_url, clock=clock, environment=environment) as shop:
        yield shop


def meta(tool: Tool) -> Json:
    assert tool.meta is not None
    return dict(tool.meta)


async def test_the_tools_are_these_and_no_others(tools: ToolShop) -> None:
    assert set(await tools.tools()) == {*RENDER, *DATA}


async def test_every_tool_says_when_to_use_it(tools: ToolShop) -> None:
    for name, tool in (await tools.tools()).items():
        assert tool.title, name
        assert tool.description is not None
        assert tool.description.startswith("Use this when "), name
        assert len(tool.description) <= 400, name


async def test_every_tool_says_what_it_does(tools: ToolShop) -> None:
    for name, tool in (await tools.tools()).items():
        assert tool.annotations is not None
        said = tool.annotations.model_dump(by_alias=True)
        assert said.pop("title") == tool.title
        assert all(type(hint) is bool for hint in said.values()), name
        assert said == {
            "readOnlyHint": name not in WRITES,
            "destructiveHint": name == "update_cart",
            "idempotentHint": name != "update_cart",
            "openWorldHint": False,
        }


async def test_every_tool_says_that_it_is_at_work_in_few_words(tools: ToolShop) -> None:
    for name, tool in (await tools.tools()).items():
        for moment in ("invoking", "invoked"):
            words = meta(tool)[f"openai/toolInvocation/{moment}"]
            assert 0 < len(words) <= 64, name


async def test_render_tools_have_a_widget_and_data_tools_have_none(tools: ToolShop) -> None:
    listed = await tools.client.list_resources()
    uris = {str(resource.uri) for resource in listed.resources}
    for name, tool in (await tools.tools()).items():
        ui = meta(tool)["ui"]
        template = meta(tool).get("openai/outputTemplate", "")
        if name in DATA:
            assert "resourceUri" not in ui, name
            assert not template, name
        else:
            assert RENDER[name] in ui["resourceUri"]
            assert RENDER[name] in template
            assert {ui["resourceUri"], template} <= uris


def names_in(schema: Json) -> Iterator[str]:
    """Give the name of every argument, those inside lists too."""
    for name, part in schema.get("properties", {}).items():
        yield name
        for inner in (part, part.get("items", {}), *part.get("anyOf", [])):
            yield from names_in(inner)


async def test_no_argument_is_an_amount_that_could_decide(tools: ToolShop) -> None:
    money = ("price", "amount", "total", "cost", "currency", "discount", "tax", "fee")
    allowed = {
        "list_products": {"min_price_minor", "max_price_minor"},
        "search_products": {"min_price_minor", "max_price_minor"},
        "show_cart": {"price"},
        "start_checkout": {"price", "discount_codes"},
        "update_cart": {"discount_codes"},
    }
    for name, tool in (await tools.tools()).items():
        found = {arg for arg in names_in(tool.input_schema) if any(word in arg for word in money)}
        assert found == allowed.get(name, set()), name
    price = (await tools.tools())["start_checkout"].input_schema["properties"]["items"]["items"]
    assert "Never decides" in price["properties"]["price"]["description"]


async def test_no_argument_asks_for_a_person_or_a_card(tools: ToolShop) -> None:
    personal = ("mail", "phone", "address", "street", "card", "cvc", "password", "token", "name")
    for tool in (await tools.tools()).values():
        found = {
            arg for arg in names_in(tool.input_schema) if any(word in arg for word in personal)
        }
        assert found <= {"name"}


async def test_schemas_are_whole_and_refuse_what_they_do_not_name(tools: ToolShop) -> None:
    for name, tool in (await tools.tools()).items():
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.output_schema is not None
        Draft202012Validator.check_schema(tool.output_schema)
        for schema in (tool.input_schema, tool.output_schema):
            text = json.dumps(schema)
            assert "$ref" not in text, name
            assert '"null"' not in text, name
        assert tool.input_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False


async def test_the_filters_of_the_catalog_are_arguments_with_their_values(tools: ToolShop) -> None:
    for name in ("list_products", "search_products"):
        arguments = (await tools.tools())[name].input_schema["properties"]
        one, many = arguments["water"]["anyOf"]
        assert one == many["items"] == {"type": "string", "enum": ["Low", "Moderate", "Frequent"]}
        assert arguments["water"]["description"] == "Water"


async def test_the_list_is_the_one_that_was_reviewed(stable: ToolShop) -> None:
    listed = await stable.client.list_tools()
    written = [tool.model_dump(by_alias=True, mode="json") for tool in listed.tools]
    digest = hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()
    assert digest == SNAPSHOT


async def test_stable_addresses_do_not_change_with_the_widgets(stable: ToolShop) -> None:
    tools = await stable.tools()
    assert meta(tools["show_cart"])["ui"]["resourceUri"] == "ui://plantly/shopping-cart.html"
    template = meta(tools["show_cart"])["openai/outputTemplate"]
    assert template == "ui://widget/shopping-cart.html"


async def test_new_filters_are_new_arguments_once_they_are_applied(tools: ToolShop) -> None:
    changes: list[int] = []
    toolbook = Toolbook(
        tools.db, load_widgets("http://shop", "hashed"), on_change=lambda: changes.append(1)
    )
    await toolbook.refresh()
    source = garden()
    source["facets"].append({"key": "pets", "title": "Pets", "values": ["Safe"]})
    source["products"][0]["facets"]["pets"] = ["Safe"]
    await tools.db.write(lambda uow: write_catalog(uow, document(source)))
    await toolbook.refresh()
    assert changes == [1]
    assert "pets" not in (toolbook.schema("list_products") or {})["properties"]
    await tools.db.write(lambda uow: apply_shop(uow, uow.shop.current().config))
    await toolbook.refresh()
    await toolbook.refresh()
    assert changes == [1, 1]
    assert "pets" in (toolbook.schema("list_products") or {})["properties"]
    assert toolbook.schema("nope") is None


async def test_a_shop_that_is_not_set_up_lists_its_tools(
    sqlite_url: str, clock: MovableClock
) -> None:
    async with open_tools(sqlite_url, clock=clock) as shop:
        assert set(await shop.tools()) == {*RENDER, *DATA}
        error = await shop.refused("list_products")
        assert error["code"] == "shop_not_ready"


ODD_NAMES = ("model_config", "model_dump", "copy", "json", "schema", "facet_0", "class", "name_")


async def test_a_facet_may_be_called_what_the_merchant_likes(
    sqlite_url: str, clock: MovableClock
) -> None:
    source = garden()
    source["facets"] = [
        {"key": key, "title": key.title(), "values": ["Yes", "No"]} for key in ODD_NAMES
    ]
    for entry in source["products"]:
        entry["facets"] = {key: ["No"] for key in ODD_NAMES}
    source["products"][0]["facets"] = {key: ["Yes"] for key in ODD_NAMES}
    async with open_tools(sqlite_url, clock=clock) as shop:
        await shop.db.write(lambda uow: stock_shop(uow, source))
        await shop.parts.toolbook.refresh()
        for key in ODD_NAMES:
            found = await shop.done("list_products", {key: "Yes"})
            assert [entry["id"] for entry in found["products"]] == ["aloe-vera"]
            assert found["products"][0][key] == ["Yes"]
            assert found["initialFilters"] == {key: ["Yes"]}
            assert (await shop.refused("list_products", {key: "Perhaps"}))["field"] == key
