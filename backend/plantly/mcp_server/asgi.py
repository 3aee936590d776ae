"""The MCP endpoint as one ASGI application: the SDK's streamable HTTP, stateless, POST only."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

from plantly.mcp_server.endpoint import Endpoint
from plantly.mcp_server.lane import ConstantAnswers, Lane

MAX_BODY_BYTES: Final = 262_144


class McpApp:
    """The endpoint (`asgi`) and what must run around it (`run`)."""

    def __init__(self, manager: StreamableHTTPSessionManager, lane: Lane | None) -> None:
        settings = manager.security_settings or TransportSecuritySettings()
        self._manager = manager
        self._lane = lane
        answering: ASGIApp = manager.handle_request if lane is None else lane
        self.asgi: ASGIApp = Endpoint(answering, allowed_origins=settings.allowed_origins)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve while entered: once in an application's life, in its lifespan."""
        async with self._manager.run():
            if self._lane is None:
                yield
                return
            # The manager enters the server's lifespan and keeps what it gives to itself.
            state = self._manager._lifespan_state  # noqa: SLF001
            with self._lane.serving(state):
                yield


def build_mcp_app(
    server: Server[Any],
    *,
    allowed_hosts: Sequence[str],
    allowed_origins: Sequence[str] = (),
    lane: bool = True,
    cache: ConstantAnswers | None = None,
) -> McpApp:
    """Put `server` behind one endpoint that answers POST at /mcp.

    `allowed_hosts` and `allowed_origins` are exact values, or end in `:*` for any port; a request
    from elsewhere is refused (421, 403). `cache` serves only with the lane.
    """
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=list(allowed_hosts),
        allowed_origins=list(allowed_origins),
    )
    manager = StreamableHTTPSessionManager(
        server,
        json_response=True,
        stateless=True,
        security_settings=security,
        max_request_body_size=MAX_BODY_BYTES,
    )
    if not lane:
        return McpApp(manager, None)
    fast = Lane(
        server,
        manager.handle_request,
        security=security,
        body_limit=MAX_BODY_BYTES,
        cache=cache,
    )
    return McpApp(manager, fast)
