"""Outgoing webhooks for the merchant: who is told, what was told, and what is told again."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from plantly.db import UnitOfWork
from plantly.db.tables import WebhookDeliveryRow, WebhookEndpointRow
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.outgoing import MOST_ENDPOINTS, OVERLAP, TEST_EVENT, read_events
from plantly.outbound.merchant_webhooks import Message
from plantly.services.announcements import body_of

KEPT_FOR = timedelta(days=30)
"""How long what was delivered, or given up on, can be looked at and sent again."""

_SECRET_BITS = 256
_MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint without its secrets."""

    id: str
    url: str
    events: tuple[str, ...]
    created_at: str
    older_secret_until: str | None
    failing_since: str | None
    disabled_at: str | None
    disabled_reason: str | None
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """What one endpoint was told of one event, and how that went."""

    event_id: str
    type: str
    endpoint: str
    state: str
    attempts: int
    created_at: str
    next_at: str | None
    last_status: int | None
    last_failure: str | None


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret, to be shown once."""

    endpoint: EndpointView
    secret: str


def add_endpoint(uow: UnitOfWork, url: str, events: str) -> NewSecret:
    """Tell an address from now on, which was checked; return the secret that signs.

    Raises:
        InvalidInput: It is told already, there are too many, or an event does not exist.
    """
    chosen = read_events(events)
    known = uow.endpoints.at(url)
    if known is not None:
        raise InvalidInput(
            "url",
            f"{url} is told already: see `plantly outgoing show {known.public_id}`, or remove it "
            "first.",
        )
    if len(uow.endpoints.all()) >= MOST_ENDPOINTS:
        raise InvalidInput("url", f"There are {MOST_ENDPOINTS} already: remove one first.")
    endpoint = WebhookEndpointRow(
        public_id=uow.ids.token("whe_"),
        url=url,
        events=list(chosen),
        secret=_new_secret(uow),
        created_at=uow.now,
    )
    uow.endpoints.add(endpoint)
    return NewSecret(_view(uow, endpoint), endpoint.secret)


def list_endpoints(uow: UnitOfWork) -> tuple[EndpointView, ...]:
    """Return everybody who is told, oldest first."""
    return tuple(_view(uow, endpoint) for endpoint in uow.endpoints.all())


def show_endpoint(uow: UnitOfWork, public_id: str) -> EndpointView:
    """Return one of them.

    Raises:
        NotFound: There is none like that.
    """
    return _view(uow, _found(uow, public_id))


def remove_endpoint(uow: UnitOfWork, public_id: str) -> None:
    """Tell an address nothing more, and forget what it was told.

    Raises:
        NotFound: There is none like that.
    """
    uow.endpoints.remove(_found(uow, public_id, lock=True))


def enable_endpoint(uow: UnitOfWork, public_id: str) -> EndpointView:
    """Tell an address again that was switched off.

    Raises:
        NotFound: There is none like that.
        InvalidInput: It is not switched off.
    """
    endpoint = _found(uow, public_id, lock=True)
    if endpoint.disabled_at is None:
        raise InvalidInput("id", f"{public_id} is not switched off.")
    endpoint.disabled_at = endpoint.disabled_reason = endpoint.failing_since = None
    return _view(uow, endpoint)


def rotate_endpoint(uow: UnitOfWork, public_id: str, *, at_once: bool) -> NewSecret:
    """Make a new secret; the one before signs as well for a day, unless it ends `at_once`.

    Raises:
        NotFound: There is none like that.
        InvalidInput: An older secret still signs; the one in use would be lost with it.
    """
    endpoint = _found(uow, public_id, lock=True)
    if not at_once and _older(endpoint, uow.now):
        raise InvalidInput(
            "id",
            f"The secret before this one signs until {endpoint.older_until:%Y-%m-%d %H:%M} UTC: "
            "wait until then, or say --now, which ends both.",
        )
    endpoint.older_secret = None if at_once else endpoint.secret
    endpoint.older_until = None if at_once else uow.now + OVERLAP
    endpoint.secret = _new_secret(uow)
    return NewSecret(_view(uow, endpoint), endpoint.secret)


def signing_secrets(endpoint: WebhookEndpointRow, now: datetime) -> tuple[str, ...]:
    """Return the secrets that sign now, the newest first."""
    return endpoint.secret, *_older(endpoint, now)


def message_to_test(uow: UnitOfWork, public_id: str) -> Message:
    """Return a message that says nothing, to see whether it arrives.

    Raises:
        NotFound: There is none like that.
    """
    endpoint = _found(uow, public_id)
    return Message(
        url=endpoint.url,
        webhook_id=uow.ids.token("evt_"),
        body=body_of(TEST_EVENT, uow.now.isoformat(), {"endpoint": public_id}),
        secrets=signing_secrets(endpoint, uow.now),
    )


def list_deliveries(
    uow: UnitOfWork, limit: int, *, dead: bool = False, endpoint: str | None = None
) -> tuple[DeliveryView, ...]:
    """Return what was told, newest first.

    Raises:
        NotFound: There is no such endpoint.
    """
    endpoint_id = None if endpoint is None else _found(uow, endpoint).id
    rows = uow.deliveries.latest(limit, dead=dead, endpoint_id=endpoint_id)
    return tuple(_delivery(row, public_id) for row, public_id in rows)


def replay_event(uow: UnitOfWork, event_id: str) -> int:
    """Send an event once more to everybody who was told; return to how many.

    Raises:
        NotFound: There is no such event, or not any more.
        InvalidInput: Everybody who was told is switched off.
    """
    rows = uow.deliveries.of_event(event_id)
    if not rows:
        days = KEPT_FOR.days
        raise NotFound("id", f"There is no event {event_id}: they are kept for {days} days.")
    live = {each.id for each in uow.endpoints.listening()}
    wanted = [row for row in rows if row.endpoint_id in live]
    if not wanted:
        text = "Whoever was told is switched off: run `plantly outgoing enable` first."
        raise InvalidInput("id", text)
    return _again(uow, wanted)


def replay_dead(uow: UnitOfWork) -> int:
    """Send again what was given up on, except where it is switched off; return how much that is."""
    sent = 0
    while rows := uow.deliveries.dead(_MOST_AT_ONCE):
        sent += _again(uow, list(rows))
    return sent


def forget_deliveries(uow: UnitOfWork, limit: int) -> int:
    """Delete what was closed long ago; return how much that was."""
    return uow.deliveries.forget(uow.now - KEPT_FOR, limit)


def _again(uow: UnitOfWork, rows: list[WebhookDeliveryRow]) -> int:
    for row in rows:
        row.done_at = row.dead_at = row.leased_until = None
        row.attempts, row.next_at = 0, uow.now
    return len(rows)


def _new_secret(uow: UnitOfWork) -> str:
    """Return a secret in the words of Standard Webhooks."""
    random = uow.ids.bits(_SECRET_BITS).to_bytes(_SECRET_BITS // 8, "big")
    return f"whsec_{base64.b64encode(random).decode('ascii')}"


def _older(endpoint: WebhookEndpointRow, now: datetime) -> tuple[str, ...]:
    older, until = endpoint.older_secret, endpoint.older_until
    return (older,) if older is not None and until is not None and until > now else ()


def _found(uow: UnitOfWork, public_id: str, *, lock: bool = False) -> WebhookEndpointRow:
    endpoint = uow.endpoints.find(public_id, lock=lock)
    if endpoint is None:
        text = f"There is no endpoint {public_id}: see `plantly outgoing list`."
        raise NotFound("id", text)
    return endpoint


def _view(uow: UnitOfWork, endpoint: WebhookEndpointRow) -> EndpointView:
    waiting, dead = uow.deliveries.count(endpoint.id)
    return EndpointView(
        id=endpoint.public_id,
        url=endpoint.url,
        events=tuple(endpoint.events),
        created_at=endpoint.created_at.isoformat(),
        older_secret_until=_written(endpoint.older_until) if _older(endpoint, uow.now) else None,
        failing_since=_written(endpoint.failing_since),
        disabled_at=_written(endpoint.disabled_at),
        disabled_reason=endpoint.disabled_reason,
        waiting=waiting,
        dead=dead,
    )


def _delivery(row: WebhookDeliveryRow, endpoint: str) -> DeliveryView:
    state = "waiting" if row.next_at else ("dead" if row.dead_at else "done")
    return DeliveryView(
        event_id=row.event_id,
        type=row.type,
        endpoint=endpoint,
        state=state,
        attempts=row.attempts,
        created_at=row.created_at.isoformat(),
        next_at=_written(row.next_at),
        last_status=row.last_status,
        last_failure=row.last_failure,
    )


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
