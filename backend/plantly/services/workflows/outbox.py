"""Do what has to follow a change: each message at least once, each effect once."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from plantly.db import Database, UnitOfWork
from plantly.db.tables import OutboxRow
from plantly.domain.errors import ProviderUnavailable
from plantly.payments.gateway import PaymentGateway
from plantly.services import authorizations, refunds
from plantly.services.authorizations import CAPTURE_TOPIC, CLOSE_TOPIC, VOID_TOPIC
from plantly.services.order_mails import MAIL_TOPIC
from plantly.services.refund_decisions import REFUND_TOPIC
from plantly.services.workflows import errands
from plantly.services.workflows.errands import Errand
from plantly.services.workflows.pace import at_once, unless

log = logging.getLogger("plantly.worker")

MOST_TRIES = 20
LEASE_FOR = timedelta(seconds=20)
"""How long a worker has a message for itself: longer than a step may take."""

_AT_ONCE = 10
_MOST_DOUBLINGS = 12
_OUTAGE_PART = 10
_OUTAGE_WAIT = timedelta(seconds=30)
_OUTAGE_ENDS = timedelta(days=3)
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Job:
    """One message of the outbox."""

    row_id: int
    topic: str
    payload: Mapping[str, Any]
    ours_until: datetime


async def work_outbox(
    db: Database, gateway: PaymentGateway, is_down: Callable[[], bool] = at_once
) -> None:
    """Do everything that is due; what fails is tried again, later each time.

    Mails have a desk of their own, so that a mail server never keeps money waiting.

    Raises:
        ProviderUnavailable: It is down: the rest would wait for nothing.
    """
    for row_id in await db.read(lambda uow: uow.outbox.due(uow.now, _AT_ONCE, but=MAIL_TOPIC)):
        job = await db.write(partial(_claim, row_id=row_id))
        if job is None:
            continue
        with unless(is_down):
            await _work_on(db, gateway, job)


async def _work_on(db: Database, gateway: PaymentGateway, job: Job) -> None:
    try:
        done = await _is_done(db, gateway, job)
    except ProviderUnavailable:
        await db.write(partial(_note_outage, job=job, provider=gateway.name))
        raise
    await db.write(partial(_note, job=job, provider=gateway.name, done=done))


ERRANDS: Mapping[str, Errand] = {
    REFUND_TOPIC: errands.send_refund,
    CAPTURE_TOPIC: errands.send_capture,
    VOID_TOPIC: errands.send_void,
    CLOSE_TOPIC: errands.close_session,
}


async def _is_done(db: Database, gateway: PaymentGateway, job: Job) -> bool:
    try:
        await ERRANDS[job.topic](db, gateway, job.payload)
    except ProviderUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - one message must not stop the others
        log.warning("outbox message %s failed: %s", job.topic, type(error).__name__)
        return False
    return True


def _claim(uow: UnitOfWork, row_id: int) -> Job | None:
    until = uow.now + LEASE_FOR
    row = uow.outbox.claim(row_id, uow.now, until)
    return None if row is None else Job(row.id, row.topic, row.payload, until)


def _note(uow: UnitOfWork, job: Job, provider: str, *, done: bool) -> None:
    """Keep what became of a message; one that was tried too often is left to a person."""
    row = uow.outbox.claimed(job.row_id, job.ours_until)
    if row is None:
        # It took so long that another worker has it, or has done it.
        return
    row.attempts += 1
    row.leased_until = None
    if done:
        row.done_at = uow.now
    elif row.attempts < MOST_TRIES:
        row.available_at = uow.now + _wait(row.attempts)
    else:
        _give_up(uow, row, provider)


def _note_outage(uow: UnitOfWork, job: Job, provider: str) -> None:
    """Try again soon after the provider is back, however often it did not answer.

    The wait grows with the outage, and is a tenth of it at most.
    """
    row = uow.outbox.claimed(job.row_id, job.ours_until)
    if row is None:
        return
    row.attempts += 1
    row.leased_until = None
    age = uow.now - row.created_at
    if age < _OUTAGE_ENDS:
        longest = max(_OUTAGE_WAIT, age / _OUTAGE_PART)
        row.available_at = uow.now + min(longest, _wait(row.attempts))
    else:
        _give_up(uow, row, provider)


def _wait(attempts: int) -> timedelta:
    doublings: int = 1 << min(attempts - 1, _MOST_DOUBLINGS)
    return min(_LONGEST_WAIT, _FIRST_WAIT * doublings)


def _give_up(uow: UnitOfWork, row: OutboxRow, provider: str) -> None:
    row.dead_at = uow.now
    log.error("outbox message %s was tried %d times: giving up", row.topic, row.attempts)
    if row.topic == REFUND_TOPIC:
        refunds.note_refund_given_up(uow, provider, str(row.payload["refund"]))
    elif row.topic in ERRANDS:
        authorizations.note_given_up(uow, str(row.payload["reference"]))
