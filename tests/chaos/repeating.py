"""Send the same request many times at once, to several servers."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.mcp_wire import ENVELOPE, MODERN

_ROUNDS = 20
_PAUSE_SECONDS = 0.2
_BUSY = frozenset({500, 502, 503})
_NO_TIME = (b'"code":"internal"', b'"code":"overloaded"')


@dataclass(frozen=True)
class Request:
    """A request, the same each time."""

    path: str
    content: bytes
    headers: Mapping[str, str]


def form(path: str, cookie: str, values: Mapping[str, str]) -> Request:
    """Make the post of a form by the browser with that cookie."""
    kind = {"content-type": "application/x-www-form-urlencoded", "cookie": cookie}
    return Request(path, str(httpx.QueryParams(dict(values))).encode(), kind)


def call(tool: str, **arguments: Any) -> Request:
    """Make the call of a tool."""
    params = {"name": tool, "arguments": arguments, "_meta": ENVELOPE}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "accept": "application/json, text/event-stream",
        "content-type": "application/json",
        "mcp-protocol-version": MODERN,
        "mcp-method": "tools/call",
        "mcp-name": tool,
    }
    return Request("/mcp", json.dumps(body).encode(), headers)


@dataclass(frozen=True)
class Answers:
    """What so many repeats of a request have come to."""

    answers: Sequence[httpx.Response]
    asked_again: int
    """Repeats that a server was too busy for, and that were sent again."""

    def statuses(self) -> set[int]:
        """Give every status that was seen."""
        return {answer.status_code for answer in self.answers}

    def places(self) -> set[str]:
        """Give every place that was led to."""
        return {answer.headers.get("location", "") for answer in self.answers}

    def results(self) -> list[dict[str, Any]]:
        """Give what a tool answered."""
        return [answer.json()["result"]["structuredContent"] for answer in self.answers]


def repeat(origins: Sequence[str], request: Request, times: int) -> Answers:
    """Send a request so many times at once, each time to the next server."""
    return asyncio.run(_repeat(origins, request, times))


async def _repeat(origins: Sequence[str], request: Request, times: int) -> Answers:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
        sending = [_send(client, origins[n % len(origins)], request) for n in range(times)]
        results = await asyncio.gather(*sending)
    return Answers([answer for answer, _ in results], sum(again for _, again in results))


async def _send(
    client: httpx.AsyncClient, origin: str, request: Request
) -> tuple[httpx.Response, int]:
    """Send it until a server has time for it; say how often it had none."""
    for again in range(_ROUNDS):
        answer = await _try(client, origin, request)
        if answer is not None and not _is_busy(answer):
            return answer, again
        await asyncio.sleep(_PAUSE_SECONDS * (1 + again))  # a busy server gets time, as by people
    raise TimeoutError(f"{request.path} was not answered, however often it was sent")


def _is_busy(answer: httpx.Response) -> bool:
    """Say whether a server had no time: it answers so to requests that waited too long."""
    said = answer.content.replace(b" ", b"")
    return answer.status_code in _BUSY or any(code in said for code in _NO_TIME)


async def _try(client: httpx.AsyncClient, origin: str, request: Request) -> httpx.Response | None:
    try:
        return await client.post(
            origin + request.path, content=request.content, headers=dict(request.headers)
        )
    except httpx.TransportError:
        return None
