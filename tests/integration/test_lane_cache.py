"""What the lane keeps: answers that are the same for everybody, until they change."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import mcp_types as types
import pytest
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server

from plantly.mcp_server.asgi import McpApp
from plantly.mcp_server.lane import ConstantAnswers
from tests.support.differ import endpoint
from tests.support.mcp_wire import ERAS, Era, request, send

pytestmark = pytest.mark.anyio

Context = ServerRequestContext[Any, Any]
URI = "ui://shelf/leaf.html"
LISTING = request("tools/list")
CALL = request("tools/call", {"name": "noop", "arguments": {}})


def nothing() -> None:
    return


class Shelf:
    """A server whose tools can change, and which counts what its middleware sees."""

    def __init__(self) -> None:
        self.tools = ["first"]
        self.asked: Counter[str] = Counter()
        self.meanwhile: Callable[[], None] = nothing

    def server(self) -> Server[Any]:
        """Make the server."""

        async def count(ctx: Context, call_next: CallNext) -> HandlerResult:
            self.asked[ctx.method] += 1
            return await call_next(ctx)

        async def list_tools(
            ctx: Context, params: types.PaginatedRequestParams | None
        ) -> types.ListToolsResult:
            tools = [types.Tool(name=name, input_schema={"type": "object"}) for name in self.tools]
            self.meanwhile()
            return types.ListToolsResult(tools=tools)

        server: Server[Any] = Server(
            "shelf", on_list_tools=list_tools, on_read_resource=read, on_call_tool=call
        )
        server.middleware.append(count)
        return server


async def read(ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    if params.uri != URI:
        raise ValueError("no such resource")
    contents = types.TextResourceContents(uri=URI, text="<p>leaf</p>")
    return types.ReadResourceResult(contents=[contents])


async def call(ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    return types.CallToolResult(content=[])


async def names(app: McpApp, era: Era = "initialize") -> list[str]:
    answer = await send(app.asgi, request("tools/list", era=era))
    return [tool["name"] for tool in answer.json["result"]["tools"]]


@pytest.mark.parametrize("era", ERAS)
async def test_a_kept_answer_stays_until_it_is_cleared(era: Era) -> None:
    shelf, cache = Shelf(), ConstantAnswers()
    app = endpoint(shelf.server, cache=cache)
    async with app.run():
        assert await names(app, era) == ["first"]
        shelf.tools = ["second"]
        assert await names(app, era) == ["first"]
        assert shelf.asked["tools/list"] == 1
        cache.clear()
        assert await names(app, era) == ["second"]


async def test_an_answer_that_was_overtaken_by_a_change_is_not_kept() -> None:
    shelf, cache = Shelf(), ConstantAnswers()
    app = endpoint(shelf.server, cache=cache)

    def change() -> None:
        shelf.tools = ["second"]
        cache.clear()

    shelf.meanwhile = change
    async with app.run():
        assert await names(app) == ["first"]
        assert await names(app) == ["second"]


async def test_only_constant_successes_of_the_same_question_are_kept() -> None:
    shelf, cache = Shelf(), ConstantAnswers()
    app = endpoint(shelf.server, cache=cache)
    asked = [
        CALL,
        request("resources/read", {"uri": "ui://none"}),
        request("resources/read", {"uri": URI}),
        request("resources/read", {"uri": URI}, version="2025-06-18"),
        request("resources/read", {"uri": URI, "_meta": {"openai/locale": "de"}}),
        request("resources/read", {"uri": URI}, era="2026-07-28"),
    ]
    async with app.run():
        for exchange in asked * 2:
            await send(app.asgi, exchange)
    assert shelf.asked == {"tools/call": 2, "resources/read": 2 + 4}
    assert len(cache) == 4


async def test_the_cache_stays_small_whatever_is_asked() -> None:
    shelf, cache = Shelf(), ConstantAnswers(max_entries=3)
    app = endpoint(shelf.server, cache=cache)
    async with app.run():
        await send(app.asgi, LISTING)
        for number in range(20):
            await send(app.asgi, request("tools/list", {"_meta": {"progressToken": number}}))
            await send(app.asgi, LISTING)
        await send(app.asgi, request("tools/list", {"cursor": "x" * 5000}))
    assert len(cache) == 3
    assert shelf.asked["tools/list"] == 1 + 20 + 1


async def test_without_a_cache_every_call_meets_the_middleware() -> None:
    shelf = Shelf()
    app = endpoint(shelf.server)
    async with app.run():
        for _ in range(3):
            await send(app.asgi, LISTING)
    assert shelf.asked["tools/list"] == 3
