"""When something breaks inside, nobody outside learns more than that it did."""

import asyncio
import logging
from dataclasses import replace

import pytest
from mcp.shared.exceptions import MCPError

from plantly.domain.errors import ShopError
from plantly.mcp_server import server
from plantly.mcp_server.tool import Answer, ToolContext
from plantly.widgets import Dress
from tests.support.shop import HINT, ToolShop, dump, text_of

pytestmark = pytest.mark.anyio

SECRET = "Server=db;Password=hunter2"
OURS = (
    "Something went wrong on the shop's side. Nothing was left half done; please try again in a "
    "moment."
)


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give one small shop: how failures are told does not depend on the database."""
    return sqlite_shop_url


def break_tool(tools: ToolShop, name: str, error: BaseException) -> None:
    async def handler(context: ToolContext, arguments: object) -> Answer:
        await context.db.write(lambda uow: uow.shop.keep_secret("half", "done"))
        raise error

    specs = tools.parts.toolbook.page.specs
    specs[name] = replace(specs[name], handler=handler)


async def test_an_unexpected_error_is_hidden_from_the_caller_and_from_the_log(
    tools: ToolShop, caplog: pytest.LogCaptureFixture
) -> None:
    several = ExceptionGroup(SECRET, [OSError(SECRET)])
    for error in (RuntimeError(SECRET), KeyError(SECRET), several):
        break_tool(tools, "search", error)
        with caplog.at_level(logging.DEBUG):
            result = await tools.call("search", {"query": SECRET}, HINT)
        assert result.is_error
        assert text_of(result) == OURS
        assert result.structured_content == {"error": {"code": "internal", "message": OURS}}
        assert "hunter2" not in result.model_dump_json()
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "search failed: RuntimeError at test_tools_failures.py:" in said
    assert "search failed: KeyError at" in said
    assert "hunter2" not in caplog.text
    assert HINT not in caplog.text


async def test_a_refusal_of_any_kind_is_said_in_its_own_words(tools: ToolShop) -> None:
    break_tool(tools, "search", ShopError("The shop is closed."))
    error = await tools.refused("search", {"query": "a"})
    assert error == {"code": "shop_error", "message": "The shop is closed."}


async def test_a_tool_that_takes_too_long_is_given_up_on(
    tools: ToolShop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def wait(context: ToolContext, arguments: object) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    specs = tools.parts.toolbook.page.specs
    specs["search"] = replace(specs["search"], handler=wait)
    monkeypatch.setattr(server, "TOOL_SECONDS", 0)
    result = await tools.call("search", {"query": "a"})
    assert result.is_error
    assert text_of(result) == OURS
    assert "search failed: TimeoutError" in caplog.text


async def test_what_was_said_wrongly_is_in_no_log(
    tools: ToolShop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await tools.refused("search", {"query": 1, SECRET: SECRET})
        await tools.refused("get_product", {"product_id": SECRET}, HINT)
        await tools.refused("update_cart", {"cart_id": SECRET, "remove": [SECRET]}, HINT)
    assert "hunter2" not in caplog.text
    assert HINT not in caplog.text


async def test_an_unknown_tool_is_an_error_of_the_protocol(tools: ToolShop) -> None:
    before = await dump(tools.db)
    for name in ("", "listProducts", "list_products ", "__init__", "x" * 300):
        with pytest.raises(MCPError, match="There is no tool") as refused:
            await tools.call(name, {})
        assert "list_products" in str(refused.value)
    assert await dump(tools.db) == before


async def test_an_unknown_resource_is_an_error_of_the_protocol(tools: ToolShop) -> None:
    for uri in ("ui://plantly/nope.html", "file:///etc/passwd", "ui://widget/../settings.py"):
        with pytest.raises(MCPError, match="There is no such resource"):
            await tools.client.read_resource(uri)


async def test_every_listed_resource_can_be_read(tools: ToolShop) -> None:
    listed = await tools.client.list_resources()
    assert len(listed.resources) == 8
    for resource in listed.resources:
        (content,) = (await tools.client.read_resource(str(resource.uri))).contents
        assert content.mime_type == resource.mime_type
        assert content.meta == resource.meta
        assert getattr(content, "text", "").lower().startswith("<!doctype html>")


async def test_resources_are_listed_under_the_addresses_that_tools_name(tools: ToolShop) -> None:
    tools.parts.widgets.wear(Dress("<style>a{}</style>"))
    listed = {str(one.uri) for one in (await tools.client.list_resources()).resources}
    assert listed == {resource.uri for resource in tools.parts.widgets.resources()}


async def test_the_server_says_who_it_is(tools: ToolShop) -> None:
    assert tools.client.server_info is not None
    assert tools.client.server_info.name == "plantly"
    assert tools.client.instructions is not None
    assert "start_checkout" in tools.client.instructions
