"""Whether the shop can serve, and whether what follows a payment is being done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from plantly.db import UnitOfWork
from plantly.services.order_mails import MAIL_TOPIC
from plantly.services.workflows.worker import LEASE

HANDLED_WITHIN = timedelta(minutes=5)
"""How long a webhook may wait although its payment is known."""

DONE_WITHIN = timedelta(minutes=10)
"""How long what follows a payment may be overdue."""

WORKER_BACK_WITHIN = timedelta(minutes=2)
"""How long nobody may do the background work."""

PARKED_AFTER = timedelta(hours=1)
"""When a webhook that speaks of an unknown payment is worth a word."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is wrong, by the name of the check, and what is only worth a word."""

    problems: dict[str, str]
    parked_webhooks: int
    switched_off_endpoints: int = 0

    @property
    def is_ready(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.problems


def look(uow: UnitOfWork, started_at: datetime) -> Readiness:
    """Look at everything that has to be in order; nobody need have worked before the start."""
    if not uow.shop.exists():
        return Readiness({"shop": "not set up"}, 0)
    problems = {
        name: text
        for name, text in (
            ("webhooks", _webhooks(uow)),
            ("outbox", _outbox(uow)),
            ("worker", _worker(uow, started_at)),
        )
        if text is not None
    }
    return Readiness(
        problems,
        parked_webhooks=uow.inbox.count_parked(uow.now - PARKED_AFTER),
        switched_off_endpoints=uow.endpoints.count_disabled(),
    )


def _webhooks(uow: UnitOfWork) -> str | None:
    stuck = uow.inbox.count_stuck(uow.now - HANDLED_WITHIN)
    return "unhandled for more than 5 minutes" if stuck else None


def _outbox(uow: UnitOfWork) -> str | None:
    # A mail that nobody takes is no reason to send buyers elsewhere: `plantly doctor` tells of it.
    if uow.outbox.count_dead(but=MAIL_TOPIC):
        return "given up on"
    overdue = uow.outbox.count_overdue(uow.now - DONE_WITHIN, but=MAIL_TOPIC)
    return "overdue by more than 10 minutes" if overdue else None


def _worker(uow: UnitOfWork, started_at: datetime) -> str | None:
    last = max(uow.shop.leased_until(LEASE) or started_at, started_at)
    return "none for more than 2 minutes" if uow.now - last > WORKER_BACK_WITHIN else None
