"""Mails that nobody took, for the merchant: which, why, and once more."""

from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.services.order_mails import MAIL_TOPIC

_MOST = 1000


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail that was given up on. It names an order, and no person."""

    order_number: str
    kind: str
    trouble: str
    tries: int
    queued_at: str
    given_up_at: str


def list_failed_mails(uow: UnitOfWork) -> tuple[FailedMail, ...]:
    """Return the mails that were given up on, oldest first."""
    return tuple(
        FailedMail(
            order_number=uow.orders.by_row_id(row.payload["order_id"]).order_number,
            kind=row.payload["kind"],
            trouble=row.payload["trouble"],
            tries=row.attempts,
            queued_at=row.created_at.isoformat(),
            given_up_at=row.dead_at.isoformat() if row.dead_at else "",
        )
        for row in uow.outbox.dead(_MOST, only=MAIL_TOPIC)
    )


def retry_failed_mails(uow: UnitOfWork, order_number: str | None = None) -> int:
    """Queue again what was given up on, of one order or of all; return how many mails."""
    count = 0
    for row in uow.outbox.dead(_MOST, only=MAIL_TOPIC):
        order = uow.orders.by_row_id(row.payload["order_id"])
        if order_number in (None, order.order_number):
            row.payload = {k: v for k, v in row.payload.items() if k != "trouble"}
            # As new: what is left of its three days counts from now.
            row.dead_at, row.attempts = None, 0
            row.created_at = row.available_at = uow.now
            count += 1
    return count


def drop_failed_mails(uow: UnitOfWork) -> int:
    """Be done with what was given up on, without sending it; return how many mails."""
    rows = uow.outbox.dead(_MOST, only=MAIL_TOPIC)
    for row in rows:
        row.done_at = uow.now
    return len(rows)
