"""Requests, good and bad, that any MCP server must answer alike with and without the lane."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from tests.support.mcp_wire import (
    ENVELOPE,
    ERAS,
    HOST,
    MODERN,
    Era,
    Exchange,
    headers_for,
    request,
)

BODY_LIMIT = 262_144


@dataclass(frozen=True)
class Subject:
    """What a server under comparison has: a tool that may be called at will, and a resource."""

    tool: str
    arguments: dict[str, Any]
    uri: str

    def call(self, era: Era, **fields: Any) -> Exchange:
        """Make a good tool call."""
        params = {"name": self.tool, "arguments": self.arguments}
        return request("tools/call", params, era=era, **fields)


def protocol_cases(subject: Subject) -> Iterator[Exchange]:
    """Give every request that depends on the protocol alone."""
    yield from _methods(subject)
    for era in ERAS:
        yield from _ids(subject, era)
        yield from _params(subject, era)
        yield from _frames(subject, era)
        yield from _texts(subject, era)
        yield from _negotiation(subject, era)
        yield from _sizes(subject, era)
    yield from _routing_headers(subject)
    yield from _envelopes(subject)


def _methods(subject: Subject) -> Iterator[Exchange]:
    asked: list[tuple[str, object]] = [
        ("tools/list", None),
        ("tools/list", {}),
        ("tools/list", {"cursor": "nowhere"}),
        ("tools/call", {"name": subject.tool, "arguments": subject.arguments}),
        ("tools/call", {"name": "no_such_tool", "arguments": {}}),
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": subject.uri}),
        ("resources/read", {"uri": "ui://nothing/here"}),
        ("resources/subscribe", {"uri": subject.uri}),
        ("prompts/list", {}),
        ("prompts/get", {"name": "greet", "arguments": {"name": "Ada"}}),
        (
            "completion/complete",
            {
                "ref": {"type": "ref/prompt", "name": "greet"},
                "argument": {"name": "a", "value": ""},
            },
        ),
        ("logging/setLevel", {"level": "info"}),
        ("ping", None),
        ("ping", {}),
        ("server/discover", {}),
        ("subscriptions/unheard-of", {}),
        ("notifications/initialized", {}),
        ("no/such/method", {}),
        ("", {}),
    ]
    for method, params in asked:
        for version in (*HANDSHAKE_PROTOCOL_VERSIONS, None):
            title = f"{method} {params} at {version}"
            yield request(method, params, version=version, title=title)
        yield request(method, params, era=MODERN, title=f"{method} {params} at {MODERN}")
    offers: tuple[object, ...] = ("2025-11-25", "2024-11-05", MODERN, "1999-01-01", 7, None)
    for offer in offers:
        hello = {
            "protocolVersion": offer,
            "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"},
        }
        for stated in (None, "2025-03-26"):
            title = f"initialize for {offer}, header {stated}"
            yield request("initialize", hello, version=stated, title=title)
    yield request("initialize", {"protocolVersion": "2025-11-25"}, title="initialize, half")
    yield request("initialize", {}, era=MODERN, title="initialize in the other era")


def _ids(subject: Subject, era: Era) -> Iterator[Exchange]:
    odd: list[object] = [0, -1, 7, 2**53, 2**53 + 1, -(2**63), 2**64, 10**30, 1.0, 1.5, True, False]
    odd += [None, "", "7", "a b", "🌵é", "\u0000", "\u2028", '"\\/', "x" * 1000, [], {}, [1]]
    for identifier in odd:
        title = f"id {identifier!r:.40} ({era})"
        yield subject.call(era, identifier=identifier, title=title)
        yield request(
            "tools/list", {}, era=era, identifier=identifier, title=f"tools/list, {title}"
        )


def _params(subject: Subject, era: Era) -> Iterator[Exchange]:
    odd: list[object] = [None, [], "x", 0, True]
    odd += [{}, {"name": subject.tool}, {"name": 7}, {"name": None}, {"arguments": {}}]
    arguments: list[object] = [None, {}, [], "x", 1, {"\u0000": "\u0000"}, {"a": [1, {"b": None}]}]
    odd += [{"name": subject.tool, "arguments": given} for given in arguments]
    good = {"name": subject.tool, "arguments": subject.arguments}
    metas: list[object] = [None, [], {}, {"openai/locale": "de"}]
    metas += [{"progressToken": 1}, {"progressToken": "t"}, {"progressToken": [True]}]
    odd += [{**good, "extra": True}, *({**good, "_meta": meta} for meta in metas)]
    for params in odd:
        for method in ("tools/call", "tools/list"):
            whole = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            title = f"{method} with params {params!r:.60} ({era})"
            yield _raw(title, era, json.dumps(whole).encode(), like=subject.call(era))
            if (
                era == MODERN
                and isinstance(params, dict)
                and isinstance(params.get("_meta", {}), dict)
            ):
                yield request(method, params, era=era, title=f"{title}, in the envelope")


def _frames(subject: Subject, era: Era) -> Iterator[Exchange]:
    good = json.loads(subject.call(era).chunks[0])
    frames: dict[str, object] = {
        "an extra member": {**good, "extra": 1},
        "a result member": {**good, "result": {}},
        "an error member": {**good, "error": {"code": 1, "message": "x"}},
        "no jsonrpc": _without(good, "jsonrpc"),
        "jsonrpc 1.0": {**good, "jsonrpc": "1.0"},
        "jsonrpc as a number": {**good, "jsonrpc": 2.0},
        "no method": _without(good, "method"),
        "a method that is a number": {**good, "method": 5},
        "a method that is null": {**good, "method": None},
        "no id": _without(good, "id"),
        "no params": _without(good, "params"),
        "params null": {**good, "params": None},
        "a notification": {"jsonrpc": "2.0", "method": "notifications/initialized"},
        "a cancellation": {
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": {"requestId": 1},
        },
        "an odd notification": {"jsonrpc": "2.0", "method": "notifications/none", "params": [1]},
        "a response": {"jsonrpc": "2.0", "id": 1, "result": {}},
        "an error": {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x"}},
        "an empty batch": [],
        "a batch of one": [good],
        "a batch of two": [good, good],
        "a string": "x",
        "a number": 1,
        "null": None,
        "an empty object": {},
    }
    for title, frame in frames.items():
        body = json.dumps(frame).encode()
        yield _raw(f"{title} ({era})", era, body, like=subject.call(era))


def _texts(subject: Subject, era: Era) -> Iterator[Exchange]:
    good = subject.call(era)
    text = good.chunks[0].decode()
    deep = {depth: "[" * depth + "]" * depth for depth in (20, 150, 250, 900, 20_000)}
    bodies: dict[str, bytes] = {
        "nothing": b"",
        "white space only": b" \n\t ",
        "white space around": f"\r\n {text} \n".encode(),
        "garbage": b"garbage",
        "half of it": text[: len(text) // 2].encode(),
        "something after it": f"{text} x".encode(),
        "itself twice": f"{text}{text}".encode(),
        "single quotes": text.replace('"', "'").encode(),
        "a comma too many": text.replace("}", ",}", 1).encode(),
        "a comment": f"/* hello */ {text}".encode(),
        "a byte order mark": b"\xef\xbb\xbf" + text.encode(),
        "UTF-16": text.encode("utf-16"),
        "UTF-32": text.encode("utf-32-le"),
        "bytes that are no UTF-8": text.replace("tools/", "tools\xff/").encode("latin-1"),
        "a NUL byte after it": text.encode() + b"\0",
        "the id twice": text.replace('"id": 1', '"id": 1, "id": 2').encode(),
        "the method twice": text.replace('"id": 1', '"method": "ping", "id": 1').encode(),
        "the params twice": text.replace('"id": 1', '"params": {}, "id": 1').encode(),
        "a member name escaped": text.replace('"id"', '"\\u0069d"').encode(),
    }
    values = {
        "a lone surrogate": '"\\ud800"',
        "a surrogate pair": '"\\ud83c\\udf35"',
        "an escaped NUL": '"\\u0000"',
        "a raw control character": '"\x01"',
        "a raw DEL": '"\x7f"',
        "NaN": "NaN",
        "Infinity": "-Infinity",
        "a huge float": "1e400",
        "a tiny float": "1e-400",
        "a long fraction": "0.1000000000000000055511151231257827",
        "minus zero": "-0",
        "a leading zero": "01",
        "a plus": "+1",
        "a bare point": "1.",
        "a wide integer": str(2**80),
        "an integer of 5,000 digits": "9" * 5000,
        **{f"{depth} brackets deep": nested for depth, nested in deep.items()},
    }
    for title, value in values.items():
        nested = text.replace('"arguments": {', f'"arguments": {{"odd": {value}, ', 1)
        bodies[title] = nested.replace(", }", "}").encode()
    for title, body in bodies.items():
        yield good.with_body(title, body)
    listing = request("tools/list", {}, era=era)
    for depth in (100, 190, 196, 200, 204, 240, 260, 900):
        nested = f'"_meta": {{"odd": {"[" * depth}{"]" * depth}, '
        text = listing.chunks[0].decode().replace('"_meta": {', nested)
        text = text.replace('"params": {}', f'"params": {{{nested[:-2]}}}}}')
        yield listing.with_body(f"{depth} brackets deep ({era})", text.encode())


def _negotiation(subject: Subject, era: Era) -> Iterator[Exchange]:
    good = subject.call(era)
    offered: dict[str, tuple[str | None, ...]] = {
        "accept": (
            *(None, "", "*/*", "application/*", "text/html", "text/event-stream"),
            *(
                "application/json",
                "APPLICATION/JSON",
                "application/json;q=0.1",
                "application/jsonx",
            ),
            *("text/html, application/json ; q=0.2,*/*;q=0", " application/json ,"),
        ),
        "content-type": (
            *(None, "", "text/plain", "application/json; charset=utf-8", "application/jsonp"),
            *("application/json; charset=latin-1", "APPLICATION/JSON", "application/json ;x"),
            *("application/json,text/plain", "application/problem+json", " application/json"),
        ),
        "host": (None, "", "evil.test", f"{HOST}:8000", "localhost:9", "localhost", "SHOP.test"),
        "origin": (
            *("https://chat.test", "https://evil.test", "null", "", "http://localhost:3000"),
            *("https://chat.test.evil.test", "HTTPS://chat.test", "http://localhost"),
        ),
        "mcp-session-id": ("some-session", ""),
        "last-event-id": ("7",),
        "authorization": ("Bearer nothing",),
        "content-length": ("7", "-1", "x", "", str(BODY_LIMIT), str(BODY_LIMIT + 1), "9" * 5000),
        "transfer-encoding": ("chunked",),
        "mcp-protocol-version": (
            *(None, "", "1999-01-01", "2025-11-25", "2025-11-25 ", MODERN, "2026-07-28, x", "é"),
        ),
    }
    for name, values in offered.items():
        for value in values:
            yield good.with_headers(f"{name}: {value!r:.30} ({era})", (name, value))
    for name, value in good.headers:
        twice = (name, value), (name, value)
        yield good.with_headers(f"{name} twice ({era})", *twice)
        yield good.with_headers(f"{name} twice, first odd ({era})", (name, "odd"), (name, value))
        yield good.with_headers(f"{name} twice, second odd ({era})", (name, value), (name, "odd"))
    forwarded = ("x-forwarded-for", "10.0.0.1")
    yield good.with_headers(f"x-forwarded-for twice ({era})", forwarded, forwarded)


def _sizes(subject: Subject, era: Era) -> Iterator[Exchange]:
    good = subject.call(era)
    text = good.chunks[0]
    for size in (BODY_LIMIT - 1, BODY_LIMIT, BODY_LIMIT + 1, 2 * BODY_LIMIT):
        padded = text + b" " * (size - len(text))
        yield good.with_body(f"{size} bytes", padded)
        yield good.with_body(
            f"{size} bytes in three", padded[:5], padded[5:70_000], padded[70_000:]
        )
        stated = ("content-length", str(size))
        yield good.with_headers("length stated", stated).with_body(f"{size} bytes", padded)
    yield good.with_body("byte by byte", *(text[at : at + 1] for at in range(len(text))))
    yield good.with_body("an empty chunk first", b"", text)
    yield good.with_body("an empty chunk last", text, b"")


def _routing_headers(subject: Subject) -> Iterator[Exchange]:
    good = subject.call(MODERN)
    read = request("resources/read", {"uri": subject.uri}, era=MODERN)
    listed = request("tools/list", {}, era=MODERN)
    for exchange in (good, read, listed):
        for value in (None, "", "tools/call", "tools/list", "ping", "TOOLS/CALL", "resources/read"):
            yield exchange.with_headers(f"mcp-method: {value!r}", ("mcp-method", value))
        for value in (None, "", subject.tool, subject.uri, "wrong", "=?base64?bm9vcA==?="):
            yield exchange.with_headers(f"mcp-name: {value!r}", ("mcp-name", value))
        for value in ("=?base64?!?=", "=?base64?bm9vcB==?=", "=?base64?/w==?="):
            yield exchange.with_headers(f"mcp-name: {value!r}", ("mcp-name", value))
        yield exchange.with_headers("mcp-param-region", ("mcp-param-region", "eu"))
    old = subject.call("initialize")
    yield old.with_headers("headers of the other era", ("mcp-method", "x"), ("mcp-name", "y"))


def _envelopes(subject: Subject) -> Iterator[Exchange]:
    version, info, capabilities = ENVELOPE
    broken: dict[str, object] = {
        "null": None,
        "a list": [],
        "empty": {},
        "no version": _without(ENVELOPE, version),
        "no client": _without(ENVELOPE, info),
        "no capabilities": _without(ENVELOPE, capabilities),
        "an older version": {**ENVELOPE, version: "2025-11-25"},
        "an unknown version": {**ENVELOPE, version: "2099-01-01"},
        "a version that is a number": {**ENVELOPE, version: 2026},
        "a version that is null": {**ENVELOPE, version: None},
        "a client that is null": {**ENVELOPE, info: None},
        "a client without a name": {**ENVELOPE, info: {"version": "1"}},
        "a client that is text": {**ENVELOPE, info: "x"},
        "capabilities that are null": {**ENVELOPE, capabilities: None},
        "capabilities that are a list": {**ENVELOPE, capabilities: []},
        "some capabilities": {**ENVELOPE, capabilities: {"elicitation": {}, "unheard": {"of": 1}}},
        "a log level": {**ENVELOPE, "io.modelcontextprotocol/logLevel": "debug"},
        "an odd log level": {**ENVELOPE, "io.modelcontextprotocol/logLevel": "shout"},
        "a trace parent": {**ENVELOPE, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"},
        "an odd trace parent": {**ENVELOPE, "traceparent": 7},
    }
    for title, meta in broken.items():
        for method, params in (
            ("tools/call", {"name": subject.tool, "arguments": subject.arguments}),
            ("tools/list", {}),
            ("resources/read", {"uri": subject.uri}),
        ):
            whole = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": method,
                "params": {**params, "_meta": meta},
            }
            headers = headers_for(whole, era=MODERN)
            exchange = Exchange(
                f"{method}, envelope: {title}", headers, (json.dumps(whole).encode(),)
            )
            yield exchange
            if method == "tools/call":
                for stated in ("2099-01-01", "2025-11-25"):
                    yield exchange.with_headers(
                        f"header {stated}", ("mcp-protocol-version", stated)
                    )


def _raw(title: str, era: Era, body: bytes, *, like: Exchange) -> Exchange:
    return Exchange(title, like.headers, (body,))


def _without(whole: dict[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name != member}
