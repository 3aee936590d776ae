"""The short way to our own server carries what a general client would, and trusts it no more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.abc
import anyio.lowlevel
import httpx
import pytest

from plantly.payments.loopback import LoopbackTransport

pytestmark = pytest.mark.anyio

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def answering(
    *answers: bytes, ends: bool = False
) -> AsyncIterator[tuple[httpx.AsyncClient, list[tuple[int, bytes]]]]:
    """Answer each request with the next of these; note what came, and on which connection."""
    heard: list[tuple[int, bytes]] = []
    left = list(answers)
    connections = 0

    async def serve(stream: anyio.abc.SocketStream) -> None:
        nonlocal connections
        connections += 1
        number = connections
        async with stream:
            async for request in stream:
                heard.append((number, request))
                if not left:
                    await anyio.sleep_forever()
                await stream.send(left.pop(0))
                if ends:
                    return

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra_attributes[anyio.abc.SocketAttribute.local_port]()
    url = f"http://127.0.0.1:{port}"
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        mounts = {url: LoopbackTransport()}
        async with httpx.AsyncClient(mounts=mounts, base_url=url, timeout=5) as client:
            yield client, heard
        tasks.cancel_scope.cancel()


async def test_a_request_goes_whole_and_the_answer_comes_whole() -> None:
    async with answering(ANSWER) as (client, heard):
        answer = await client.post("/a?b=c", json={"d": 1}, headers={"Authorization": "Bearer e"})
    assert (answer.status_code, answer.json()) == (201, {})
    assert answer.headers["content-type"] == "application/json"
    head, _, body = heard[0][1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert (b"Authorization: Bearer e" in head, b"Host: 127.0.0.1:" in head) == (True, True)
    assert body == b'{"d":1}'


async def test_a_connection_is_used_again_until_somebody_closes_it() -> None:
    closing = ANSWER.replace(b"Content-Type", b"Connection: close\r\nContent-Type")
    async with answering(ANSWER, closing, ANSWER) as (client, heard):
        for _ in range(3):
            await client.get("/")
    assert [number for number, _ in heard] == [1, 1, 2]


async def test_a_connection_that_the_server_has_closed_is_not_used() -> None:
    async with answering(ANSWER, ANSWER, ends=True) as (client, heard):
        await client.get("/")
        for _ in range(50):
            # Until the end of the connection has come through.
            await anyio.lowlevel.checkpoint()
        await client.get("/")
    assert [number for number, _ in heard] == [1, 2]


async def test_a_connection_that_was_idle_for_long_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("plantly.payments.loopback.monotonic", lambda: now)
    async with answering(ANSWER, ANSWER) as (client, heard):
        await client.get("/")
        now = 103.0
        await client.get("/")
    assert [number for number, _ in heard] == [1, 2]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        b"x" * 100_000,
    ],
)
async def test_an_answer_that_is_not_ours_is_no_answer(answer: bytes) -> None:
    async with answering(answer, ends=True) as (client, _):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_whoever_does_not_answer_is_not_waited_for() -> None:
    async with answering() as (client, _):
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/", timeout=0.05)


async def test_whoever_hangs_up_leaves_no_connection_behind() -> None:
    async with answering() as (client, heard):
        with anyio.move_on_after(0.05):
            await client.get("/")
        with anyio.move_on_after(0.05):
            await client.get("/")
    assert [number for number, _ in heard] == [1, 2]


@pytest.mark.parametrize(
    ("fails", "told"), [(ConnectionRefusedError, "ConnectError"), (TimeoutError, "ConnectTimeout")]
)
async def test_a_server_that_is_not_there_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, fails: type[OSError], told: str
) -> None:
    async def nobody(*_: object) -> None:
        raise fails

    monkeypatch.setattr("asyncio.open_connection", nobody)
    async with answering() as (client, _):
        with pytest.raises(getattr(httpx, told)):
            await client.get("/")
