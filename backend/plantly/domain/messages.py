"""What the shop has to say about a cart or a checkout, in the form of the commerce protocols."""

from dataclasses import dataclass
from typing import Any, Literal

from plantly.domain.said import Said

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

    def as_dict(self) -> dict[str, Any]:
        """Return the message without what it does not say.

        Its numbers stand in `values`, too: whoever writes it in another language needs them.
        """
        fields = {
            "type": self.type,
            "code": self.code,
            "content": self.content,
            "param": self.param,
            "severity": self.severity,
            "resolution": self.resolution,
            "values": (self.content.numbers() or None) if isinstance(self.content, Said) else None,
        }
        return {name: value for name, value in fields.items() if value is not None}
