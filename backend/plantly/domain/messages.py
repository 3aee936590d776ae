"""What the shop has to say about a cart or a checkout, in the form of the commerce protocols."""

from dataclasses import dataclass
from typing import Literal

MessageType = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Message:
    """One notice for the buyer.

    `param` points at what it is about (`items[0]`), `resolution` says what would settle it.
    """

    type: MessageType
    code: str
    content: str
    param: str | None = None
    severity: str | None = None
    resolution: str | None = None

    def as_dict(self) -> dict[str, str]:
        """Return the message without what it does not say."""
        fields = {
            "type": self.type,
            "code": self.code,
            "content": self.content,
            "param": self.param,
            "severity": self.severity,
            "resolution": self.resolution,
        }
        return {name: value for name, value in fields.items() if value is not None}
