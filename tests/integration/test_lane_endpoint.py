"""The endpoint's door: paths, methods, hosts, origins, and when it is open."""

import json

import pytest
from starlette.types import Message

from tests.support.differ import endpoint
from tests.support.mcp_wire import ERAS, Answer, Era, Exchange, request, scope_of, send
from tests.support.sample_server import sample_server

pytestmark = pytest.mark.anyio

CALL = request("tools/call", {"name": "noop", "arguments": {}})


def shaped(method: str, *lines: tuple[str, str], path: str = "/mcp") -> Exchange:
    """Make a request without a body."""
    return Exchange(method, (("host", "shop.test"), *lines), (b"",), method=method, path=path)


async def answer_to(exchange: Exchange, *, lane: bool = True) -> Answer:
    app = endpoint(sample_server, lane=lane)
    async with app.run():
        return await send(app.asgi, exchange)


@pytest.mark.parametrize("lane", [True, False])
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])
async def test_anything_but_post_is_refused_at_once(method: str, lane: bool) -> None:
    answer = await answer_to(shaped(method, ("accept", "text/event-stream")), lane=lane)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json["error"]["message"] == "Method Not Allowed"


@pytest.mark.parametrize("lane", [True, False])
async def test_a_slash_at_the_end_changes_nothing(lane: bool) -> None:
    plain = await answer_to(CALL, lane=lane)
    slashed = await answer_to(Exchange("", CALL.headers, CALL.chunks, path="/mcp/"), lane=lane)
    assert slashed == plain
    assert plain.status == 200


async def test_there_is_nothing_at_other_paths() -> None:
    for path in ("/", "/mcp/x", "/mcpx", ""):
        answer = await answer_to(shaped("POST", path=path))
        assert answer.status == 404


async def test_a_mount_below_another_path_is_still_found() -> None:
    app = endpoint(sample_server)
    scope = scope_of(Exchange("", CALL.headers, CALL.chunks, path="/shop/mcp"))
    scope["root_path"] = "/shop"
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": CALL.chunks[0]}

    async def collect(message: Message) -> None:
        sent.append(message)

    async with app.run():
        await app.asgi(scope, receive, collect)
    assert sent[0]["status"] == 200


async def test_a_websocket_is_closed() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def collect(message: Message) -> None:
        sent.append(message)

    await endpoint(sample_server).asgi({"type": "websocket", "path": "/mcp"}, receive, collect)
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize("lane", [True, False])
@pytest.mark.parametrize("era", ERAS)
async def test_foreign_hosts_and_origins_and_long_bodies_are_refused(era: Era, lane: bool) -> None:
    good = request("tools/list", era=era)
    app = endpoint(sample_server, lane=lane)
    async with app.run():
        host = await send(app.asgi, good.with_headers("", ("host", "evil.test")))
        origin = await send(app.asgi, good.with_headers("", ("origin", "https://evil.test")))
        length = await send(app.asgi, good.with_body("", b" " * 262_145))
    assert [host.status, origin.status, length.status] == [421, 403, 413]
    assert "access-control-allow-origin" not in origin.headers


async def test_nothing_is_answered_before_and_after_the_run() -> None:
    app = endpoint(sample_server)
    assert (await send(app.asgi, CALL)).raised == "RuntimeError"
    async with app.run():
        assert (await send(app.asgi, CALL)).status == 200
    assert (await send(app.asgi, CALL)).raised == "RuntimeError"


async def test_a_listed_origin_may_ask_first_and_read_the_answer() -> None:
    asked = ("access-control-request-method", "POST")
    wanted = ("access-control-request-headers", "content-type, mcp-protocol-version, mcp-method")
    for origin in ("https://chat.test", "http://localhost:5173"):
        preflight = await answer_to(shaped("OPTIONS", ("origin", origin), asked, wanted))
        assert preflight.status == 204
        assert preflight.headers["access-control-allow-origin"] == origin
        assert preflight.headers["access-control-allow-methods"] == "POST"
        allowed = preflight.headers["access-control-allow-headers"].split(", ")
        assert set(wanted[1].split(", ")) <= set(allowed)
        for lane in (True, False):
            answer = await answer_to(CALL.with_headers("", ("origin", origin)), lane=lane)
            assert answer.status == 200
            assert answer.headers["access-control-allow-origin"] == origin
            assert answer.headers["vary"] == "origin"


async def test_a_foreign_origin_gets_no_preflight() -> None:
    asked = ("access-control-request-method", "POST")
    answer = await answer_to(shaped("OPTIONS", ("origin", "https://evil.test"), asked))
    assert answer.status == 405
    assert "access-control-allow-origin" not in answer.headers


async def test_without_an_origin_nothing_is_said_of_origins() -> None:
    assert "access-control-allow-origin" not in (await answer_to(CALL)).headers


@pytest.mark.parametrize("lane", [True, False])
async def test_the_text_of_an_unforeseen_exception_reaches_clients_of_the_initialize_era(
    lane: bool,
) -> None:
    """That is the SDK's way, and why a server's handlers must let no exception through."""
    params = {"name": "crash", "arguments": {}}
    old = await answer_to(request("tools/call", params), lane=lane)
    new = await answer_to(request("tools/call", params, era="2026-07-28"), lane=lane)
    assert "on purpose" in old.json["error"]["message"]
    assert "on purpose" not in json.dumps(new.json)
