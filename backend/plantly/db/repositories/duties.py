"""What the background worker would find to do, from one statement."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from plantly.db.direct import Sql, fetch

# As each kind of work asks for it, but for the provider: what another one left behind counts too.
_OUTBOX = (
    "SELECT 1 FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= :now"
    " AND (leased_until IS NULL OR leased_until <= :now)"
)
_WAITING = Sql(
    "SELECT EXISTS (SELECT 1 FROM sandbox_payments WHERE due_at <= :now)"  # noqa: S608 - words of ours
    " OR EXISTS (SELECT 1 FROM sandbox_events WHERE delivered_at IS NULL AND next_at <= :now),"
    " EXISTS (SELECT 1 FROM payments WHERE next_poll_at <= :now),"
    " EXISTS (SELECT 1 FROM webhook_inbox WHERE handled_at IS NULL),"
    f" EXISTS ({_OUTBOX} AND topic <> :mails),"
    " EXISTS (SELECT 1 FROM webhook_endpoints e JOIN webhook_deliveries d ON d.endpoint_id = e.id"
    " WHERE e.disabled_at IS NULL AND d.next_at <= :now"
    " AND (d.leased_until IS NULL OR d.leased_until <= :now)),"
    f" EXISTS ({_OUTBOX} AND topic = :mails)"
)


@dataclass(frozen=True, slots=True)
class Duties:
    """Which kinds of work there may be something of; whoever does it looks closer."""

    sandbox: bool
    payments: bool
    webhooks: bool
    outbox: bool
    deliveries: bool
    mails: bool


def duties_at(connection: Connection, now: datetime, mail_topic: str) -> Duties:
    """Return what waits at this moment."""
    row = fetch(connection, _WAITING, {"now": now, "mails": mail_topic})[0]
    return Duties(*map(bool, row))
