"""What hosts read of the tools that are there only where the shop asks for them."""

import json
from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp_types import Tool

from tests.support.clock import MovableClock
from tests.support.fakes.gr4vy_provider import FakeGr4vy
from tests.support.shop import ERAS, Json, ToolShop, open_tools

pytestmark = pytest.mark.anyio

ADDED = {
    "PLANTLY_PAYMENT_SHEET": {"complete_checkout"},
    "PLANTLY_CHECKOUT_CONVERSION": {"checkout_session"},
}
HINTS = {
    "complete_checkout": (False, True, True, True),
    "checkout_session": (False, False, True, False),
    "begin_payment": (False, False, True, True),
}
"""Read-only, destructive, idempotent, open world."""


async def listed(url: str, clock: MovableClock, era: str = "auto", **on: str) -> dict[str, Tool]:
    async with open_tools(url, clock=clock, era=era, environment=on) as shop:
        return await shop.tools()


def meta(tool: Tool) -> Json:
    assert tool.meta is not None
    return dict(tool.meta)


def names_in(schema: Json) -> Iterator[str]:
    for name, part in schema.get("properties", {}).items():
        yield name
        for inner in (part, part.get("items", {})):
            yield from names_in(inner)


@pytest.mark.parametrize("era", ERAS)
async def test_each_flag_adds_its_tool_and_changes_no_other(
    shop_url: str, clock: MovableClock, era: str
) -> None:
    usual = await listed(shop_url, clock, era, PLANTLY_WIDGET_URIS="stable")
    for flag, names in ADDED.items():
        on = {flag: "true", "PLANTLY_WIDGET_URIS": "stable"}
        tools = await listed(shop_url, clock, era, **on)
        assert set(tools) - set(usual) == names
        for name, tool in usual.items():
            if name not in {"start_checkout", "get_checkout"}:
                assert tools[name] == tool
            assert tools[name].input_schema == tool.input_schema


@pytest.fixture
async def tools(shop_url: str, clock: MovableClock) -> dict[str, Tool]:
    """List the tools with all that the sandbox can do, and the widget's with Gr4vy."""
    on = dict.fromkeys(ADDED, "true")
    gr4vy = FakeGr4vy(clock, "http://127.0.0.1:9101").environment()
    embedded = await listed(shop_url, clock, **gr4vy, PLANTLY_CHECKOUT_MODE="embedded")
    return {**await listed(shop_url, clock, **on), "begin_payment": embedded["begin_payment"]}


async def test_they_say_when_to_use_them_and_what_they_do(tools: dict[str, Tool]) -> None:
    for name, hints in HINTS.items():
        tool = tools[name]
        assert tool.description is not None
        assert tool.description.startswith("Use this when ")
        assert len(tool.description) <= 400
        assert tool.annotations is not None
        said = tool.annotations.model_dump(by_alias=True)
        assert said.pop("title") == tool.title
        assert tuple(said.values()) == hints, name
        for moment in ("invoking", "invoked"):
            assert 0 < len(meta(tool)[f"openai/toolInvocation/{moment}"]) <= 64


async def test_only_hosts_and_widgets_call_what_pays(tools: dict[str, Tool]) -> None:
    for name in ("complete_checkout", "begin_payment"):
        assert meta(tools[name])["ui"] == {"visibility": ["app"]}
        assert meta(tools[name])["openai/widgetAccessible"] is True
    assert meta(tools["checkout_session"])["ui"]["visibility"] == ["model", "app"]


async def test_their_schemas_are_whole(tools: dict[str, Tool]) -> None:
    for name in HINTS:
        tool = tools[name]
        assert tool.output_schema is not None
        for schema in (tool.input_schema, tool.output_schema):
            Draft202012Validator.check_schema(schema)
            text = json.dumps(schema)
            assert "$ref" not in text
            assert '"null"' not in text
        assert tool.input_schema["type"] == "object"
    amounts = {"price", "amount", "total", "currency"}
    assert not amounts & set(names_in(tools["complete_checkout"].input_schema))
    items = tools["checkout_session"].input_schema["properties"]["checkout_session"]
    item = items["properties"]["items"]["items"]
    assert item["required"] == ["id", "quantity"]
    assert "Never decides" in item["properties"]["price"]["description"]
    assert "offerId" in item["properties"]


@pytest.mark.parametrize("uris", ["hashed", "stable"])
async def test_the_widget_of_the_contract_has_the_address_of_the_contract(
    shop_url: str, clock: MovableClock, uris: str
) -> None:
    on = {"PLANTLY_CHECKOUT_CONVERSION": "true", "PLANTLY_WIDGET_URIS": uris}
    address = "ui://widget/checkout-session.html"
    async with open_tools(shop_url, clock=clock, environment=on) as shop:
        tool = (await shop.tools())["checkout_session"]
        assert meta(tool)["ui"]["resourceUri"] == address
        assert meta(tool)["openai/outputTemplate"] == address
        found = await shop.client.list_resources()
        assert [str(r.uri) for r in found.resources].count(address) == 1
        read = await shop.client.read_resource(address)
        assert read.contents[0].mime_type == "text/html;profile=mcp-app"


async def test_results_are_as_their_schemas_say(shop_url: str, clock: MovableClock) -> None:
    on = dict.fromkeys(ADDED, "true")
    async with open_tools(shop_url, clock=clock, environment=on) as shop:
        items: Json = {"checkout_session": {"items": [{"id": "jade", "quantity": 1}]}}
        await _fits(shop, "checkout_session", items)
        await _fits(shop, "start_checkout", {"items": [{"product_id": "jade", "quantity": 1}]})


async def _fits(shop: ToolShop, name: str, arguments: Json) -> None:
    schema = (await shop.tools())[name].output_schema
    result = await shop.done(name, arguments)
    Draft202012Validator(schema).validate(result)
    assert result["payment_sheet"]["totals"]
