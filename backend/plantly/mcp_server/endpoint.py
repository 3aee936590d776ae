"""The door of the endpoint: which paths and HTTP methods there are, and what browsers may read."""

from collections.abc import Iterable, Sequence
from typing import Final

from mcp_types import INVALID_REQUEST, ErrorData, JSONRPCError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MCP_PATHS: Final = frozenset({"/mcp", "/mcp/"})

_BROWSERS_MAY_SEND: Final = (
    "accept, authorization, content-type, "
    "last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id"
)
_PREFLIGHT_SECONDS: Final = "600"


class Endpoint:
    """ASGI application: lets POST through to `app` and answers everything else itself.

    A GET would open a stream that nothing can ever be written to, and hang; without sessions there
    is nothing to DELETE.
    """

    def __init__(self, app: ASGIApp, *, allowed_origins: Sequence[str]) -> None:
        self._app = app
        self._allowed_origins = tuple(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["path"].removeprefix(scope.get("root_path", "")) not in MCP_PATHS:
            await _refusal(404, "Not Found")(scope, receive, send)
            return
        origin = self._listed_origin(scope["headers"]) if self._allowed_origins else None
        if scope["method"] == "POST":
            await self._app(scope, receive, send if origin is None else _readable(send, origin))
        elif scope["method"] == "OPTIONS" and origin is not None and _asks_first(scope):
            await _preflight(origin)(scope, receive, send)
        else:
            await _refusal(405, "Method Not Allowed", allow="POST")(scope, receive, send)

    def _listed_origin(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Give the request's origin if it is in the list, read as the SDK reads it."""
        for name, value in headers:
            if name == b"origin":
                origin = value.decode("latin-1")
                listed = any(_matches(origin, allowed) for allowed in self._allowed_origins)
                return origin if listed else None
        return None


def _matches(origin: str, allowed: str) -> bool:
    if allowed.endswith(":*"):
        return origin.startswith(allowed[:-1])
    return origin == allowed


def _asks_first(scope: Scope) -> bool:
    return "access-control-request-method" in Headers(scope=scope)


def _readable(send: Send, origin: str) -> Send:
    """Let a page of `origin` read the answer."""
    extra = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")]

    async def with_origin(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    return with_origin


def _preflight(origin: str) -> Response:
    return Response(
        status_code=204,
        headers={
            "access-control-allow-origin": origin,
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": _BROWSERS_MAY_SEND,
            "access-control-max-age": _PREFLIGHT_SECONDS,
            "vary": "origin",
        },
    )


def _refusal(status: int, message: str, *, allow: str | None = None) -> Response:
    body = JSONRPCError(
        jsonrpc="2.0", id=None, error=ErrorData(code=INVALID_REQUEST, message=message)
    )
    return Response(
        body.model_dump_json(exclude_unset=True),
        status_code=status,
        headers={} if allow is None else {"allow": allow},
        media_type="application/json",
    )
