"""The calls that are measured, as the bytes that a client of each era sends."""

import json
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.client import WrongAnswerError, ask_once
from tests.support.mcp_wire import MODERN, Era, headers_for, message


@dataclass(frozen=True)
class Call:
    """One thing to ask, by the name it has in the report."""

    name: str
    method: str
    params: dict[str, Any]

    def encode(self, era: Era, port: int) -> bytes:
        """Give the whole HTTP request."""
        whole = message(self.method, self.params, era=era)
        body = json.dumps(whole).encode()
        version = None if era == MODERN else "2025-11-25"
        lines = [
            (name, f"127.0.0.1:{port}" if name == "host" else value)
            for name, value in headers_for(whole, era=era, version=version)
        ]
        lines.append(("content-length", str(len(body))))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines)
        return f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + body


NOOP = Call("no-op tool", "tools/call", {"name": "noop", "arguments": {}})
LIST_TOOLS = Call("tools/list", "tools/list", {})
_LIST_RESOURCES = Call("resources/list", "resources/list", {})
_SHOP_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_products", {}),
    ("search_products", {"search": "fern"}),
    ("show_cart", {}),
)


def result_of(port: int, call: Call, era: Era) -> dict[str, Any]:
    """Ask once and give the result.

    Raises:
        WrongAnswerError: the answer is an error of the protocol or of the tool.

    """
    response = ask_once(port, call.encode(era, port))
    answer = json.loads(response.partition(b"\r\n\r\n")[2])
    result = answer.get("result")
    if not isinstance(result, dict) or result.get("isError"):
        raise WrongAnswerError(f"{call.name} ({era}) was answered with {answer!r:.400}")
    return result


def calls_of(port: int) -> list[Call]:
    """Find out which of the calls this server answers, and which widget it serves."""
    tools = {tool["name"] for tool in result_of(port, LIST_TOOLS, "initialize")["tools"]}
    calls = [
        Call(name, "tools/call", {"name": name, "arguments": arguments})
        for name, arguments in _SHOP_CALLS
        if name in tools
    ]
    if "noop" in tools:
        calls.insert(0, NOOP)
    calls.append(LIST_TOOLS)
    resources = result_of(port, _LIST_RESOURCES, "initialize")["resources"]
    widgets = [item["uri"] for item in resources if item["uri"].startswith("ui://")]
    if widgets:
        calls.append(Call("widget read", "resources/read", {"uri": widgets[0]}))
    return calls
