"""The lane answers as the SDK's app alone answers, to the word."""

import json
from collections.abc import Iterator

import pytest
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

from plantly.mcp_server.lane import ConstantAnswers
from tests.support.differ import differ, endpoint
from tests.support.lane_cases import Subject, protocol_cases
from tests.support.mcp_wire import ERAS, MODERN, Era, Exchange, request, send
from tests.support.sample_server import (
    BROKEN_URI,
    BYTES_URI,
    NOTE_URI,
    TOOLS,
    WIDGET_URI,
    sample_server,
)

pytestmark = pytest.mark.anyio

SUBJECT = Subject("noop", {"a": 1}, WIDGET_URI)


def sample_cases() -> Iterator[Exchange]:
    """Give what only the sample server can be asked: each odd handler, in both eras."""
    for era in ERAS:
        for tool in TOOLS:
            for arguments in (None, {}, {"region": "eu"}):
                params: dict[str, object] = {"name": tool, "arguments": arguments}
                title = f"{tool} with {arguments} ({era})"
                exchange = request("tools/call", params, era=era, identifier="a-b", title=title)
                yield exchange.with_headers("a header of its own", ("x-sample", "seen"))
        for uri in (WIDGET_URI, NOTE_URI, BYTES_URI, BROKEN_URI, "", "not a uri", 7):
            yield request("resources/read", {"uri": uri}, era=era, title=f"{uri} ({era})")
        for code in (-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022, -32042, 0, 5):
            params = {"name": "refuse", "arguments": {"code": code}}
            yield request("tools/call", params, era=era, title=f"refusal {code} ({era})")
        for limit in (0, 1, 100, "many", None):
            params = {"name": "list_products", "arguments": {"limit": limit}}
            yield request("tools/call", params, era=era, title=f"{limit} products ({era})")
    yield from _param_headers()


def _param_headers() -> Iterator[Exchange]:
    for region in ("eu", "é", "", None, 7, 1.5, True, ["eu"]):
        params = {"name": "by_region", "arguments": {"region": region}}
        plain = request("tools/call", params, era=MODERN, title=f"region {region!r}")
        yield plain
        for stated in ("eu", "us", "", "7", "true", "=?base64?w6k=?=", "=?base64?!?="):
            yield plain.with_headers(f"header {stated}", ("mcp-param-region", stated))
        twice = (("mcp-param-region", "eu"), ("mcp-param-region", "eu"))
        yield plain.with_headers("header twice", *twice)


async def test_the_protocol_is_answered_alike() -> None:
    exchanges = list(protocol_cases(SUBJECT))
    assert len(exchanges) >= 220
    assert await differ(sample_server, exchanges) == []


async def test_every_odd_handler_is_answered_alike() -> None:
    assert await differ(sample_server, sample_cases()) == []


async def test_a_server_without_schemas_by_name_is_answered_alike() -> None:
    exchanges = [*sample_cases(), *protocol_cases(SUBJECT)]
    assert await differ(lambda: sample_server(lookup=False), exchanges) == []


@pytest.mark.parametrize("era", ERAS)
async def test_the_plain_calls_really_take_the_lane(
    era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the differ would compare the SDK with itself."""
    replayed = []
    original = StreamableHTTPSessionManager.handle_request

    async def noticed(
        self: StreamableHTTPSessionManager, scope: Scope, receive: Receive, send: Send
    ) -> None:
        replayed.append(scope)
        await original(self, scope, receive, send)

    monkeypatch.setattr(StreamableHTTPSessionManager, "handle_request", noticed)
    app = endpoint(sample_server)
    plain = [
        request("tools/call", {"name": tool, "arguments": {}}, era=era)
        for tool in TOOLS
        if tool != "by_region"
    ]
    plain += [
        request(method, params, era=era)
        for method, params in (
            ("tools/list", None),
            ("resources/list", None),
            ("resources/templates/list", None),
            ("resources/read", {"uri": NOTE_URI}),
            ("prompts/list", None),
            ("prompts/get", {"name": "greet"}),
            ("server/discover" if era == MODERN else "ping", None),
        )
    ]
    async with app.run():
        for exchange in plain:
            await send(app.asgi, exchange)
        assert replayed == []
        await send(app.asgi, request("no/such/method", era=era))
        assert len(replayed) == 1


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "identifier", [0, 7, -3, 2**53, "7", "", "ä🌵", 'quote " and \\', "\u2028"]
)
async def test_an_id_comes_back_as_it_was(era: Era, identifier: str | int) -> None:
    app = endpoint(sample_server, cache=ConstantAnswers())
    async with app.run():
        for _ in range(2):
            for method, params in (("tools/list", None), ("tools/call", {"name": "noop"})):
                answer = await send(
                    app.asgi, request(method, params, era=era, identifier=identifier)
                )
                assert json.dumps(answer.json["id"]) == json.dumps(identifier)
