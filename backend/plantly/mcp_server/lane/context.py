"""The dispatch context of one exchange: a reply can leave, nothing else has a wire."""

from collections.abc import Mapping
from typing import Any

import anyio
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext


class OneReply:
    """What a handler sees of the wire when its request is answered with one JSON body.

    As on the SDK's stateless JSON path: a question to the client raises, and notifications and
    progress are dropped.
    """

    __slots__ = ("_cancel_requested", "message_metadata", "request_id", "transport")

    can_send_request = False

    def __init__(
        self,
        transport: TransportContext,
        request_id: str | int,
        message_metadata: ServerMessageMetadata,
    ) -> None:
        self.transport = transport
        self.request_id = request_id
        self.message_metadata = message_metadata
        self._cancel_requested: anyio.Event | None = None

    @property
    def cancel_requested(self) -> anyio.Event:
        """Give the event that a cancelling peer would set: nobody can, without a session."""
        # Made when asked for: hardly any handler does, and it costs as much as reading the body.
        if self._cancel_requested is None:
            self._cancel_requested = anyio.Event()
        return self._cancel_requested

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,  # noqa: ARG002 - the SDK's protocol
        opts: CallOptions | None = None,  # noqa: ARG002 - the SDK's protocol
    ) -> dict[str, Any]:
        """Refuse: there is no way back to the client."""
        raise NoBackChannelError(method)

    async def notify(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> None:
        """Drop it: the one JSON body holds the answer only."""

    async def progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        """Drop it, like every notification."""
