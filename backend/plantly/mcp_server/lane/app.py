"""A thin lane in front of the SDK's app, for the calls that need nothing but an answer.

For every stateless request the SDK builds a transport, memory streams, a dispatcher and task
groups, or encodes the answer twice; that is more than half of what a call costs. The lane
recognises a plain call and runs it through the SDK's own per-request driver, so middleware,
validation and the shape of results stay the SDK's. It only ever answers: what is not plain is
replayed, byte for byte, to the SDK's app, which answers it or refuses it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import ServerRunner, aclose_shielded
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.inbound import InboundModernRoute
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from plantly.mcp_server.lane.body import read_body, replay
from plantly.mcp_server.lane.cache import ConstantAnswers
from plantly.mcp_server.lane.context import OneReply
from plantly.mcp_server.lane.headers import HeaderGate, RawHeaders, states_too_long
from plantly.mcp_server.lane.request import ParamHeaders, PlainCall, parse_call, read_envelope
from plantly.mcp_server.lane.wire import (
    encode_failure,
    encode_id,
    encode_result,
    frame,
    send_json,
    unwritable,
)

_OK: Final = 200
_KIND: Final = "streamable-http"
_HANDSHAKE_TRANSPORT: Final = TransportContext(kind=_KIND, can_send_request=False)
_NO_ENVELOPE: Final = InboundModernRoute("", None, None)


class Lane:
    """ASGI application: answers plain calls itself and hands everything else to the SDK's app."""

    def __init__(
        self,
        server: Server[Any],
        sdk_app: ASGIApp,
        *,
        security: TransportSecuritySettings,
        body_limit: int,
        cache: ConstantAnswers | None = None,
    ) -> None:
        self._server = server
        self._sdk_app = sdk_app
        self._body_limit = body_limit
        self._cache = ConstantAnswers(frozenset()) if cache is None else cache
        self._gate = HeaderGate(security)
        self._param_headers = ParamHeaders(server)
        self._open = False
        self._lifespan_state: Any = None

    @contextmanager
    def serving(self, lifespan_state: Any) -> Iterator[None]:
        """Answer calls while entered, with what the server's lifespan gave."""
        self._lifespan_state, self._open = lifespan_state, True
        try:
            yield
        finally:
            self._lifespan_state, self._open = None, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers: RawHeaders = dict(scope["headers"])
        if not self._open or states_too_long(headers, self._body_limit):
            await self._sdk_app(scope, receive, send)
            return
        heard = await read_body(receive, self._body_limit)
        if heard.hung_up:
            # Nobody is left to answer, and the SDK would write a traceback for each who does this.
            return
        version = await self._gate.version_of(scope, headers)
        if version is not None and heard.body is not None:
            call = parse_call(heard.body, version)
            request = Request(scope, replay(heard, receive))
            if call is not None and await self._answer(call, headers, request, send):
                return
        await self._sdk_app(scope, replay(heard, receive), send)

    async def _answer(
        self, call: PlainCall, headers: RawHeaders, request: Request, send: Send
    ) -> bool:
        """Send the answer; say False, with nothing sent, when the call is the SDK's after all."""
        question = self._cache.question(call, headers)
        kept = None if question is None else self._cache.find(question)
        if kept is not None:
            await send_json(send, _OK, frame(encode_id(call.id), kept))
            return True
        envelope = self._read_envelope(call, headers)
        if envelope is None:
            return False
        generation = self._cache.generation
        result = await self._serve(call, envelope, request)
        if isinstance(result, Exception):
            await send_json(send, *encode_failure(call, result))
            return True
        try:
            encoded = encode_result(result, modern=call.modern)
        except ValueError as reason:
            await send_json(send, *unwritable(reason))
            return True
        if question is not None:
            self._cache.keep(question, encoded, generation)
        await send_json(send, _OK, frame(encode_id(call.id), encoded))
        return True

    def _read_envelope(self, call: PlainCall, headers: RawHeaders) -> InboundModernRoute | None:
        if not call.modern:
            return _NO_ENVELOPE
        if call.method == "tools/call" and self._param_headers.matter(call.params or {}, headers):
            return None
        return read_envelope(call, headers)

    async def _serve(
        self, call: PlainCall, envelope: InboundModernRoute, request: Request
    ) -> dict[str, Any] | Exception:
        transport = _HANDSHAKE_TRANSPORT
        if call.modern:
            transport = TransportContext(
                kind=_KIND, can_send_request=False, headers=request.headers
            )
        metadata = ServerMessageMetadata(request_context=request, can_send_request=False)
        connection = Connection.from_envelope(
            call.version, envelope.client_info, envelope.client_capabilities
        )
        # The SDK's `serve_one`, but for one line.
        runner = ServerRunner(self._server, connection, self._lifespan_state)
        try:
            return await runner.on_request(
                OneReply(transport, call.id, metadata), call.method, call.params
            )
        except Exception as error:  # noqa: BLE001 - the wire decides what a client may know of it
            return error
        finally:
            # The runner caches its own bound method: a cycle, and so nine to sixteen objects of a
            # call that only the collector could free, in the middle of a later one.
            del runner.on_request
            # Closing what nobody has opened takes as long as reading the request.
            if connection.exit_stack._exit_callbacks:  # type: ignore[attr-defined]  # noqa: SLF001
                await aclose_shielded(connection)
