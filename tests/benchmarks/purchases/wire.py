"""A browser and an assistant on one connection that stays open, as little of them as can be."""

import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from tests.benchmarks.calls import Call
from tests.benchmarks.client import WrongAnswerError, response_length
from tests.support.mcp_wire import MODERN

_READ = 1 << 18
_SECONDS_TO_ANSWER = 30.0
_HEADER = re.compile(rb"\r\n([^:\r\n]+): ?([^\r\n]*)")


@dataclass(frozen=True)
class Answer:
    """What came back; of a header that came twice the last one."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One connection to a server, and the cookies of one browser."""

    def __init__(self, port: int) -> None:
        self.cookies: dict[str, str] = {}
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), _SECONDS_TO_ANSWER)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        """Stay open until the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._socket.close()

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Answer:
        """Call a tool."""
        call = Call(tool, "tools/call", {"name": tool, "arguments": dict(arguments)})
        return self._ask(call.encode(MODERN, self._port), 200)

    def get(self, path: str) -> Answer:
        """Read a page."""
        return self._ask(self._head("GET", path) + b"\r\n", 200)

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """Send a form that leads to another page."""
        body = urlencode(form).encode()
        head = self._head("POST", path) + (
            b"content-type: application/x-www-form-urlencoded\r\n"
            b"content-length: %d\r\n\r\n" % len(body)
        )
        return self._ask(head + body, 303)

    def _head(self, method: str, path: str) -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        cookie = f"cookie: {cookies}\r\n" if cookies else ""
        host = f"127.0.0.1:{self._port}"
        return f"{method} {path} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n{cookie}".encode()

    def _ask(self, request: bytes, status: int) -> Answer:
        self._socket.sendall(request)
        heard = b""
        while (length := response_length(heard)) is None or len(heard) < length:
            part = self._socket.recv(_READ)
            if not part:
                raise WrongAnswerError(f"The server hung up after {heard!r:.200}.")
            heard += part
        head, _, body = heard.partition(b"\r\n\r\n")
        found = {name.decode().lower(): value.decode() for name, value in _HEADER.findall(head)}
        answer = Answer(int(head[9:12]), found, body)
        if answer.status != status:
            raise WrongAnswerError(f"{request!r:.120} was answered with {heard!r:.400}")
        if "set-cookie" in found:
            name, _, value = found["set-cookie"].partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def said(answer: Answer) -> dict[str, Any]:
    """Give what a tool said.

    Raises:
        WrongAnswerError: It refused.

    """
    result = json.loads(answer.body)["result"]
    if result.get("isError"):
        raise WrongAnswerError(f"A tool refused: {answer.body!r:.400}")
    structured: dict[str, Any] = result["structuredContent"]
    return structured
