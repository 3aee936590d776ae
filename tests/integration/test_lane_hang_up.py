"""What stays of a call, or of a client that left: nothing."""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from starlette.requests import Request
from starlette.types import Message

from plantly.mcp_server.asgi import McpApp
from plantly.mcp_server.collector import tune_collector
from tests.support.differ import endpoint
from tests.support.mcp_wire import ERAS, Era, Exchange, request, scope_of, send
from tests.support.sample_server import sample_server

Context = ServerRequestContext[Any, Any]


KINDS = {Connection, JSONRPCDispatcher, Request, StreamableHTTPServerTransport}


@pytest.fixture(autouse=True)
def only_what_comes() -> Iterator[None]:
    """Let nobody look through what was there before: a long run of tests leaves millions."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def transports() -> Counter[str]:
    """Count what a request leaves behind if it is not cleaned up."""
    gc.collect()
    return Counter(type(thing).__name__ for thing in gc.get_objects() if type(thing) in KINDS)


async def hang_up(app: McpApp, exchange: Exchange) -> None:
    """Send the request's first chunks, and leave before the last."""
    messages: Iterator[Message] = iter(
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in exchange.chunks
    )

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    async def nobody_listens(message: Message) -> None:
        return

    await app.asgi(scope_of(exchange), receive, nobody_listens)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_leaves_half_way_leaves_nothing(
    era: Era, caplog: pytest.LogCaptureFixture
) -> None:
    whole = request("tools/call", {"name": "noop", "arguments": {}}, era=era)
    halves = [
        whole.with_body("half", whole.chunks[0][:40]),
        whole.with_body("nothing at all"),
        whole.with_body("all but the end", whole.chunks[0]),
        whole.with_headers("an odd one", ("accept", "text/html")).with_body("half", b"{"),
    ]
    app = endpoint(sample_server)
    async with app.run():
        await send(app.asgi, whole)
        tasks, things = len(asyncio.all_tasks()), transports()
        for exchange in halves * 20:
            await hang_up(app, exchange)
        assert len(asyncio.all_tasks()) == tasks
        assert transports() == things
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_a_call_whose_client_left_is_finished_and_forgotten(era: Era) -> None:
    started, gate, finished = anyio.Event(), anyio.Event(), []

    async def work(ctx: Context, params: types.CallToolRequestParams) -> Any:
        started.set()
        await gate.wait()
        finished.append(params.name)
        return types.CallToolResult(content=[])

    app = endpoint(lambda: Server("patient", on_call_tool=work))
    call = request("tools/call", {"name": "noop"}, era=era)
    async with app.run():
        tasks, things = len(asyncio.all_tasks()), transports()
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(hang_up_after_all, app, call)
            await started.wait()
            gate.set()
        assert finished == ["noop"] * 20
        assert len(asyncio.all_tasks()) == tasks
        assert transports() == things


async def hang_up_after_all(app: McpApp, exchange: Exchange) -> None:
    """Send the whole request, and be gone when the answer comes."""
    messages: Iterator[Message] = iter([{"type": "http.request", "body": exchange.chunks[0]}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    async def nobody_listens(message: Message) -> None:
        return

    await app.asgi(scope_of(exchange), receive, nobody_listens)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("tool", ["noop", "crash", "refuse"])
async def test_a_call_leaves_nothing_for_the_collector(tool: str, era: Era) -> None:
    """A collection in the middle of somebody's call is what makes the slowest answers slow."""
    call = request("tools/call", {"name": tool, "arguments": {}}, era=era)
    app = endpoint(sample_server)
    async with app.run():
        await send(app.asgi, call)
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                await send(app.asgi, call)
            assert gc.collect() < 20
        finally:
            gc.enable()


def test_the_collector_lets_what_was_loaded_at_the_start_be() -> None:
    before = gc.get_threshold()
    try:
        tune_collector()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == (20_000, 20, 50)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
