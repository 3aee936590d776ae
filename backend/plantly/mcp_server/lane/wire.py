"""Turn an outcome into the bytes, status and headers that the SDK would send."""

import json
import logging
from typing import Any, Final

from mcp.server.runner import modern_error_data
from mcp.shared.inbound import ERROR_CODE_HTTP_STATUS
from mcp.shared.jsonrpc_dispatcher import handler_exception_to_error_data
from mcp_types import INTERNAL_ERROR, ErrorData, JSONRPCError
from pydantic_core import to_json
from starlette.types import Send

from plantly.mcp_server.lane.request import PlainCall

logger = logging.getLogger(__name__)

_OK: Final = 200
_INTERNAL: Final = 500


def encode_id(identifier: str | int) -> bytes:
    """Write a request id as it came: a number as a number, a text as a text."""
    return to_json(identifier)


def frame(identifier: bytes, result: bytes) -> bytes:
    """Splice an encoded id and an encoded result into one JSON-RPC response."""
    return b'{"jsonrpc":"2.0","id":' + identifier + b',"result":' + result + b"}"


def encode_result(result: dict[str, Any], *, modern: bool) -> bytes:
    """Write a result as the era's SDK path does.

    What is no number becomes null. Half a surrogate pair is an error in the initialize era and an
    escape in the 2026-07-28 one.

    Raises:
        ValueError: the result cannot be written; in the initialize era that is HTTP 500.

    """
    try:
        return to_json(result, inf_nan_mode="null")
    except ValueError:
        if not modern:
            raise
        return json.dumps(result, separators=(",", ":")).encode()


def encode_failure(call: PlainCall, error: Exception) -> tuple[int, bytes]:
    """Give the HTTP status and the body for what a handler raised, as the era's SDK path does."""
    if call.modern:
        data = modern_error_data(error)
        message = JSONRPCError(jsonrpc="2.0", id=call.id, error=data)
        body = message.model_dump(mode="json", by_alias=True, exclude_none=True)
        written = json.dumps(body, separators=(",", ":")).encode()
        return ERROR_CODE_HTTP_STATUS.get(data.code, _OK), written
    known = handler_exception_to_error_data(error)
    if known is None:
        logger.error("The handler for %r raised.", call.method, exc_info=error)
        known = ErrorData(code=0, message=str(error))
    return _OK, _as_initialize_era_error(call.id, known)


def unwritable(reason: ValueError) -> tuple[int, bytes]:
    """Give what the initialize era answers when a result cannot be written."""
    logger.error("A result could not be written as JSON.", exc_info=reason)
    error = ErrorData(code=INTERNAL_ERROR, message="Error handling POST request")
    return _INTERNAL, _as_initialize_era_error(None, error)


def _as_initialize_era_error(identifier: str | int | None, error: ErrorData) -> bytes:
    message = JSONRPCError(jsonrpc="2.0", id=identifier, error=error)
    return message.model_dump_json(by_alias=True, exclude_unset=True).encode()


async def send_json(send: Send, status: int, body: bytes) -> None:
    """Send one JSON body."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
