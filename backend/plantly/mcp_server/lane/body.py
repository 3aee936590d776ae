"""Read a request's body once, and give it back to whoever reads next."""

from typing import NamedTuple

from starlette.types import Message, Receive


class Heard(NamedTuple):
    """The messages that were received; `body` is None when they are no whole body."""

    messages: list[Message]
    body: bytes | None

    @property
    def hung_up(self) -> bool:
        """Tell whether the client left before the body was complete."""
        return bool(self.messages[-1]["type"] == "http.disconnect")


async def read_body(receive: Receive, limit: int) -> Heard:
    """Receive the body, up to `limit` bytes and not a message further."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body = message.get("body", b"")
        return Heard([message], body if len(body) <= limit else None)
    messages, size = [message], len(message.get("body", b""))
    while message["type"] == "http.request" and message.get("more_body", False) and size <= limit:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
    if message["type"] != "http.request" or size > limit:
        return Heard(messages, None)
    return Heard(messages, b"".join(part.get("body", b"") for part in messages))


def replay(heard: Heard, receive: Receive) -> Receive:
    """Give the received messages again, in order, and then what follows."""
    pending = iter(heard.messages)

    async def again() -> Message:
        for message in pending:
            return message
        return await receive()

    return again
