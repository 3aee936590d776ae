"""What a tool is: its words, its arguments, and the function that answers it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from plantly.db import Database
from plantly.domain.errors import ShopNotReady
from plantly.services.shopper import Shopper
from plantly.services.workflows.chat_desk import ChatDesk
from plantly.settings import Settings


def closed() -> ChatDesk:
    """Stand for a till that is not there."""
    raise ShopNotReady("The shop takes no payments right now: please try again in a moment.")


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What every tool can use, and who is calling."""

    db: Database
    settings: Settings
    shopper: Shopper
    nudge: Callable[[], None]
    """Asks the background worker to look at once; read tools write nothing themselves."""
    chat: Callable[[], ChatDesk] = closed
    """Gives the desk that takes payments inside a conversation."""

    def media_url(self, path: str) -> str:
        """Return the public address of a picture."""
        return f"{self.settings.public_url}/media/{path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool gives: data, the same in words that suffice alone, and what only widgets need."""

    structured: dict[str, Any]
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effects:
    """What calling a tool does, as the annotations of the protocol say it."""

    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True
    open_world: bool = False
    """It reaches others than this shop: a payment provider."""


Handler = Callable[[ToolContext, Any], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool. `widget` names the widget that shows its results, when there is one.

    `limit` names how often it may be called, where a call is counted in the database.
    """

    name: str
    title: str
    description: str
    arguments: type[BaseModel]
    output: Mapping[str, Any]
    handler: Handler
    invoking: str
    invoked: str
    effects: Effects = Effects()
    widget: str | None = None
    limit: str | None = None
    visible: tuple[Literal["model", "app"], ...] = ("model", "app")
    """Who may call it: the model, and widgets."""
