"""How this edge says no: one sentence the model can act on, and nothing of our insides."""

import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp_types import CallToolResult, TextContent

from plantly.domain.errors import Overloaded, RateLimited, ShopError

log = logging.getLogger("plantly.tools")

_OURS = (
    "Something went wrong on the shop's side. Nothing was left half done; please try again in a "
    "moment."
)


class Refusal(Exception):
    """A shop error, with data that helps the caller to go on."""

    def __init__(self, error: ShopError, extra: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        super().__init__(error.message)
        self.error = error
        self.extra = extra
        self.meta = meta


def refusal(
    error: ShopError,
    extra: Mapping[str, Any] | None = None,
    meta: Mapping[str, Any] | None = None,
) -> CallToolResult:
    """Return the tool error for something the shop refused."""
    said: dict[str, Any] = {"code": error.code, "message": error.message}
    field = getattr(error, "field", None)
    if field:
        said["field"] = field
    if isinstance(error, RateLimited | Overloaded):
        said["retry_after_seconds"] = error.retry_after
    return CallToolResult(
        content=[TextContent(type="text", text=error.message)],
        structured_content={"error": said, **(extra or {})},
        is_error=True,
        _meta=dict(meta) if meta else None,
    )


def crash(tool: str, error: BaseException) -> CallToolResult:
    """Return the tool error for something nobody expected.

    Its kind and place are logged, but not its text, which could hold what a shopper typed.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-4:]))
    log.error("%s failed: %s at %s", tool, type(error).__name__, place)
    return CallToolResult(
        content=[TextContent(type="text", text=_OURS)],
        structured_content={"error": {"code": "internal", "message": _OURS}},
        is_error=True,
    )
