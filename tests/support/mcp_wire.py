"""Speak to an MCP endpoint in bare ASGI messages: nothing is corrected, nothing is added."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from starlette.types import ASGIApp, Message

MODERN: Final = "2026-07-28"
HOST = "shop.test"
Era = Literal["initialize", "2026-07-28"]
ERAS: tuple[Era, Era] = ("initialize", "2026-07-28")

ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
_NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


@dataclass(frozen=True)
class Exchange:
    """One HTTP request, byte for byte, and a sentence that says what is special about it."""

    title: str
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    method: str = "POST"
    path: str = "/mcp"

    def with_headers(self, title: str, *lines: tuple[str, str | None]) -> "Exchange":
        """Replace each named header, or remove it with None; a name given twice stands twice."""
        named = {name for name, _ in lines}
        kept = [line for line in self.headers if line[0] not in named]
        added = [(name, value) for name, value in lines if value is not None]
        return Exchange(f"{self.title}: {title}", (*kept, *added), self.chunks)

    def with_body(self, title: str, *chunks: bytes) -> "Exchange":
        """Send these chunks instead."""
        return Exchange(f"{self.title}: {title}", self.headers, chunks)


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP response, or what the application raised instead."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raised: str = ""

    @property
    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)

    def comparable(self) -> dict[str, Any]:
        """Give all that two servers must agree on: the words, not the spelling of the JSON."""
        headers = dict(self.headers)
        length = headers.pop("content-length", None)
        assert length is None or int(length) == len(self.body)
        body: Any = self.body
        if headers.get("content-type", "").startswith("application/json") and self.body:
            # As text, because Python holds 1, 1.0 and True for equal.
            body = json.dumps(self.json, sort_keys=True)
        return {"status": self.status, "headers": headers, "body": body, "raised": self.raised}


def message(
    method: str, params: object = None, *, era: Era = "initialize", identifier: object = 1
) -> dict[str, Any]:
    """Make the JSON-RPC request; in the 2026-07-28 era its params carry the envelope."""
    whole: dict[str, Any] = {"jsonrpc": "2.0", "id": identifier, "method": method}
    if era == MODERN:
        given = params if isinstance(params, dict) else {}
        whole["params"] = {**given, "_meta": {**ENVELOPE, **given.get("_meta", {})}}
    elif params is not None:
        whole["params"] = params
    return whole


def headers_for(
    whole: Mapping[str, Any], *, era: Era, version: str | None = None
) -> tuple[tuple[str, str], ...]:
    """Give the headers that a well-behaved client sends with this message."""
    lines = [
        ("host", HOST),
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
    ]
    if era == MODERN:
        lines += [("mcp-protocol-version", MODERN), ("mcp-method", str(whole["method"]))]
        params = whole.get("params")
        name = params.get(_NAMED_BY.get(whole["method"], "")) if isinstance(params, dict) else None
        if isinstance(name, str):
            lines.append(("mcp-name", name))
    elif version is not None:
        lines.append(("mcp-protocol-version", version))
    return tuple(lines)


def request(
    method: str,
    params: object = None,
    *,
    era: Era = "initialize",
    version: str | None = "2025-11-25",
    identifier: object = 1,
    title: str = "",
) -> Exchange:
    """Make the exchange of a well-behaved client."""
    whole = message(method, params, era=era, identifier=identifier)
    headers = headers_for(whole, era=era, version=version)
    return Exchange(title or f"{method} ({era})", headers, (json.dumps(whole).encode(),))


async def send(app: ASGIApp, exchange: Exchange) -> Answer:
    """Send the request and give the answer."""
    incoming = _incoming(exchange.chunks)
    outgoing: list[Message] = []

    async def receive() -> Message:
        return next(incoming, {"type": "http.disconnect"})

    async def collect(part: Message) -> None:
        outgoing.append(part)

    raised = ""
    try:
        await app(scope_of(exchange), receive, collect)
    except Exception as error:  # noqa: BLE001 - what an application raises is an answer too
        raised = type(error).__name__
    return _answer(outgoing) if not raised else Answer(0, raised=raised)


def scope_of(exchange: Exchange) -> dict[str, Any]:
    """Give the ASGI scope that a server makes of the request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": exchange.method,
        "scheme": "http",
        "path": exchange.path,
        "raw_path": exchange.path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in exchange.headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


def _incoming(chunks: Iterable[bytes]) -> Iterator[Message]:
    parts = list(chunks) or [b""]
    for number, chunk in enumerate(parts, start=1):
        yield {"type": "http.request", "body": chunk, "more_body": number < len(parts)}


def _answer(outgoing: list[Message]) -> Answer:
    start, *parts = outgoing
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    assert len(headers) == len(start["headers"])
    body = b"".join(part.get("body", b"") for part in parts)
    return Answer(start["status"], headers, body)
