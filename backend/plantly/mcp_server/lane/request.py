"""Which bodies are plain enough for the lane: one call, well formed, in a method that it knows."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pydantic_core
from mcp.server.lowlevel import Server
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundModernRoute,
    classify_inbound_request,
    find_invalid_x_mcp_header,
    x_mcp_header_map,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from plantly.mcp_server.lane.headers import METHOD, NAME, VERSION, RawHeaders

_BOTH_ERAS: Final = frozenset(
    {
        "completion/complete",
        "prompts/get",
        "prompts/list",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "tools/call",
        "tools/list",
    }
)
_METHODS: Final = {
    **dict.fromkeys(HANDSHAKE_PROTOCOL_VERSIONS, _BOTH_ERAS | {"initialize", "ping"}),
    **dict.fromkeys(MODERN_PROTOCOL_VERSIONS, _BOTH_ERAS | {"server/discover"}),
}
_MEMBERS: Final = frozenset({"jsonrpc", "id", "method", "params"})
_NO_PARAMS: Final[dict[str, Any]] = {}
_PARAM_HEADER: Final = b"mcp-param-"
_MOST_SCHEMAS: Final = 256


class PlainCall(NamedTuple):
    """One well-formed request in a method that the lane knows."""

    id: str | int
    method: str
    params: dict[str, Any] | None
    version: str

    @property
    def modern(self) -> bool:
        """Tell whether the request stands alone (2026-07-28), without a handshake before it."""
        return self.version in MODERN_PROTOCOL_VERSIONS


def parse_call(body: bytes, version: str) -> PlainCall | None:
    """Read a call with the four JSON-RPC members and nothing else; None for anything else."""
    try:
        message = pydantic_core.from_json(body)
    except ValueError:
        return None
    if (
        not isinstance(message, dict)
        or not _MEMBERS.issuperset(message)
        or message.get("jsonrpc") != "2.0"
        or not isinstance(message.get("params", _NO_PARAMS), dict)
    ):
        return None
    identifier, method = _plain_id(message.get("id")), message.get("method")
    if identifier is None or not isinstance(method, str) or method not in _METHODS[version]:
        return None
    return PlainCall(identifier, method, message.get("params"), version)


def read_envelope(call: PlainCall, headers: RawHeaders) -> InboundModernRoute | None:
    """Read the 2026-07-28 envelope with the SDK's own ladder; None when a rung fails."""
    routing: dict[str, str] = {}
    for raw, name in _ROUTING:
        value = headers.get(raw)
        if value is not None:
            routing[name] = value.decode("latin-1")
    verdict = classify_inbound_request(
        {"method": call.method, "params": call.params}, headers=routing
    )
    return verdict if isinstance(verdict, InboundModernRoute) else None


class ParamHeaders:
    """Say whether a tool call has `Mcp-Param-*` headers to compare, which the SDK then does."""

    def __init__(self, server: Server[Any]) -> None:
        self._server = server
        self._declaring: dict[int, tuple[object, bool]] = {}

    def matter(self, params: Mapping[str, Any], headers: RawHeaders) -> bool:
        """Tell whether the SDK would compare headers with arguments, or refuse their shape."""
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str) or not (arguments is None or isinstance(arguments, dict)):
            return True
        lookup = self._server.get_tool_input_schema
        if lookup is None:
            # Without a lookup the SDK runs the whole tools/list to find the schema.
            return bool(arguments) or any(header.startswith(_PARAM_HEADER) for header in headers)
        try:
            schema = lookup(name)
        except Exception:  # noqa: BLE001 - the SDK asks again, and says what it makes of it
            return True
        return schema is not None and self._declares(schema)

    def _declares(self, schema: Mapping[str, Any]) -> bool:
        # Walking a schema costs more than the rest of the lane, and schemas are few and long-lived.
        # Holding on to the schema is what makes its identity a safe key.
        known = self._declaring.get(id(schema))
        if known is not None:
            return known[1]
        if len(self._declaring) >= _MOST_SCHEMAS:
            self._declaring.clear()
        declares = find_invalid_x_mcp_header(schema) is None and bool(x_mcp_header_map(schema))
        self._declaring[id(schema)] = (schema, declares)
        return declares


_ROUTING: Final = (
    (VERSION, MCP_PROTOCOL_VERSION_HEADER),
    (METHOD, MCP_METHOD_HEADER),
    (NAME, MCP_NAME_HEADER),
)


def _plain_id(identifier: object) -> str | int | None:
    if isinstance(identifier, bool):  # to Python an int, to JSON-RPC no id
        return None
    return identifier if isinstance(identifier, str | int) else None
