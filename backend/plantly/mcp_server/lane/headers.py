"""Which requests have headers plain enough for the lane."""

from collections.abc import Iterable, Mapping
from typing import Final

from mcp.server.streamable_http import check_accept_headers
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from mcp.shared.inbound import MCP_METHOD_HEADER, MCP_NAME_HEADER, MCP_PROTOCOL_VERSION_HEADER
from mcp_types import DEFAULT_NEGOTIATED_VERSION
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS
from starlette.requests import Request
from starlette.types import Scope

RawHeaders = Mapping[bytes, bytes]

VERSION: Final = MCP_PROTOCOL_VERSION_HEADER.encode()
METHOD: Final = MCP_METHOD_HEADER.encode()
NAME: Final = MCP_NAME_HEADER.encode()

_LENGTH: Final = b"content-length"
_READ_BY_SECURITY: Final = (b"content-type", b"accept", b"host", b"origin")
_MEANT_ONCE: Final = frozenset({*_READ_BY_SECURITY, _LENGTH, VERSION, METHOD, NAME})
_MOST_DIGITS: Final = 9
_LONGEST: Final = 1024
_MOST_VERDICTS: Final = 256


def states_too_long(headers: RawHeaders, limit: int) -> bool:
    """Tell whether the body is said to be longer than `limit`, or of no length at all."""
    length = headers.get(_LENGTH, b"0")
    return not length.isdigit() or len(length) > _MOST_DIGITS or int(length) > limit


class HeaderGate:
    """Say which protocol version a request speaks, if the SDK would let its headers in.

    The SDK's own checks decide, once for each combination of the headers that they read. What they
    let in is remembered; what they refuse is theirs to refuse, each time.
    """

    def __init__(self, settings: TransportSecuritySettings) -> None:
        self._security = TransportSecurityMiddleware(settings)
        self._let_in: dict[tuple[bytes | None, ...], str] = {}

    async def version_of(self, scope: Scope, headers: RawHeaders) -> str | None:
        """Give the version, or None when the request is the SDK's to judge."""
        lines = scope["headers"]
        if len(lines) != len(headers) and _twice(name for name, _ in lines):
            return None
        get = headers.get
        combination = (
            get(b"content-type"),
            get(b"accept"),
            get(b"host"),
            get(b"origin"),
            get(VERSION),
        )
        version = self._let_in.get(combination)
        if version is None:
            version = await self._ask_the_sdk(scope, headers)
            if version is not None and sum(map(len, filter(None, combination))) <= _LONGEST:
                if len(self._let_in) >= _MOST_VERDICTS:
                    self._let_in.clear()
                self._let_in[combination] = version
        return version

    async def _ask_the_sdk(self, scope: Scope, headers: RawHeaders) -> str | None:
        stated = headers.get(VERSION)
        version = DEFAULT_NEGOTIATED_VERSION if stated is None else stated.decode("latin-1")
        # The eras disagree about odd content types, so only the usual one is plain.
        media_type = headers.get(b"content-type", b"").split(b";")[0].strip()
        if version not in KNOWN_PROTOCOL_VERSIONS or media_type != b"application/json":
            return None
        request = Request(scope)
        if await self._security.validate_request(request, is_post=True) is not None:
            return None
        takes_json, _ = check_accept_headers(request)
        return version if takes_json else None


def _twice(names: Iterable[bytes]) -> bool:
    """Tell whether a header that decides something stands there more than once."""
    deciding = [name for name in names if name in _MEANT_ONCE]
    return len(deciding) != len(set(deciding))
