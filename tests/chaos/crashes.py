"""Points at which a process vanishes, put around the product's functions from outside."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from sqlalchemy import Connection

from plantly.db import UnitOfWork
from plantly.db.repositories.stock import StockRepository
from plantly.payments.sandbox import SandboxGateway
from plantly.services import authorizations, paying, payment_events, refunds
from plantly.services.workflows import errands, outbox, till

Moment = Literal["before", "after", "uncommitted", "committed"]
CRASHED = 77
"""How a process ends that vanished at its point."""


@dataclass(frozen=True)
class CrashPoint:
    """A moment of a function: before it, after it, or just before or after its unit's commit."""

    name: str
    holder: Any
    attribute: str
    moment: Moment

    @property
    def title(self) -> str:
        """Give the name by which it is asked for."""
        return f"{self.name}:{self.moment}"


def _points(name: str, holder: Any, attribute: str, *moments: Moment) -> list[CrashPoint]:
    return [CrashPoint(name, holder, attribute, moment) for moment in moments]


PAYING = (
    *_points("intent", paying, "begin_payment", "before", "uncommitted", "committed"),
    *_points("stock hold", StockRepository, "hold", "before", "after"),
    *_points("call", SandboxGateway, "start", "before", "after"),
    *_points("result", paying, "note_started", "before", "uncommitted", "committed"),
    *_points("webhook", till, "receive", "before", "uncommitted", "committed"),
    *_points("stock claim", StockRepository, "claim", "before", "after"),
    *_points("order", payment_events, "place_order", "before", "after"),
)
REFUNDING = (
    *_points("refund claim", outbox, "_claim", "before", "committed"),
    *_points("refund errand", errands, "send_refund", "before", "after"),
    *_points("refund call", SandboxGateway, "refund", "before", "after"),
    *_points("refund result", refunds, "note_refund", "before", "uncommitted", "committed"),
    *_points("refund done", outbox, "_note", "before", "uncommitted", "committed"),
)
CAPTURING = (
    *_points("capture decided", payment_events, "ask_to_capture", "before", "after"),
    *_points("capture errand", errands, "send_capture", "before", "after"),
    *_points("capture to send", authorizations, "capture_to_send", "before", "committed"),
    *_points("capture call", SandboxGateway, "capture", "before", "after"),
    *_points("capture done", outbox, "_note", "before", "uncommitted", "committed"),
)
_ALL = {point.title: point for point in (*PAYING, *REFUNDING, *CAPTURING)}


def vanish_at(title: str) -> None:
    """Let this process end without a word when it comes to the point."""
    point = _ALL[title]
    first = getattr(point.holder, point.attribute)
    if _is_async(first):
        changed = _around_call(first, point.moment)
    elif point.moment in {"uncommitted", "committed"}:
        changed = _around_commit(first, point.moment)
    else:
        changed = _around(first, point.moment)
    setattr(point.holder, point.attribute, changed)
    # The outbox keeps its errands in a table of functions.
    outbox.ERRANDS = {
        topic: changed if errand is first else errand for topic, errand in outbox.ERRANDS.items()
    }


def _is_async(function: Callable[..., Any]) -> bool:
    return bool(function.__code__.co_flags & 0x80)


def _vanish(*_: object) -> None:
    os._exit(CRASHED)


def _around(first: Callable[..., Any], moment: Moment) -> Callable[..., Any]:
    @wraps(first)
    def changed(*given: Any, **named: Any) -> Any:
        if moment == "before":
            _vanish()
        result = first(*given, **named)
        _vanish()
        return result

    return changed


def _around_call(first: Callable[..., Any], moment: Moment) -> Callable[..., Any]:
    @wraps(first)
    async def changed(*given: Any, **named: Any) -> Any:
        if moment == "before":
            _vanish()
        result = await first(*given, **named)
        _vanish()
        return result

    return changed


def _around_commit(first: Callable[..., Any], moment: Moment) -> Callable[..., Any]:
    """Vanish with the unit's work done, before or after the database has heard of its commit."""

    @wraps(first)
    def changed(uow: UnitOfWork, *given: Any, **named: Any) -> Any:
        result = first(uow, *given, **named)
        if moment == "uncommitted":
            uow.finish()
            _vanish()
        _when_committed(uow.connection)
        return result

    return changed


def _when_committed(connection: Connection) -> None:
    """Vanish once the commit of this connection has been answered."""
    dialect = connection.engine.dialect
    first = dialect.do_commit

    def commit(dbapi_connection: Any) -> None:
        first(dbapi_connection)
        _vanish()

    dialect.do_commit = commit  # type: ignore[method-assign]
