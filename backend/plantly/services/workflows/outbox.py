"""Do what has to follow a change: each message at least once, each effect once."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from plantly.db import Database, UnitOfWork
from plantly.domain.errors import ProviderRejected
from plantly.payments.gateway import PaymentGateway
from plantly.services import refunds
from plantly.services.payment_events import REFUND_TOPIC

log = logging.getLogger("plantly.worker")

MOST_TRIES = 20
_AT_ONCE = 10
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(hours=1)

Handler = Callable[[Database, PaymentGateway, Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """One message of the outbox."""

    row_id: int
    topic: str
    payload: Mapping[str, Any]


async def work_outbox(db: Database, gateway: PaymentGateway) -> None:
    """Do everything that is due; what fails is tried again, later each time."""
    for job in await db.read(_due):
        done = await _is_done(db, gateway, job)
        await db.write(partial(_note, job=job, provider=gateway.name, done=done))


async def send_refund(db: Database, gateway: PaymentGateway, payload: Mapping[str, Any]) -> None:
    """Ask the provider for a refund; repeated with the same key it stays one refund."""
    key, name = str(payload["refund"]), gateway.name
    request = await db.read(lambda uow: refunds.refund_to_send(uow, key))
    if request is None:
        return
    try:
        result = await gateway.refund(request)
    except ProviderRejected:
        await db.write(lambda uow: refunds.note_refund_refused(uow, name, key))
    else:
        await db.write(lambda uow: refunds.note_refund(uow, name, key, result))


HANDLERS: Mapping[str, Handler] = {REFUND_TOPIC: send_refund}


async def _is_done(db: Database, gateway: PaymentGateway, job: Job) -> bool:
    try:
        await HANDLERS[job.topic](db, gateway, job.payload)
    except Exception as error:  # noqa: BLE001 - one message must not stop the others
        log.warning("outbox message %s failed: %s", job.topic, type(error).__name__)
        return False
    return True


def _due(uow: UnitOfWork) -> list[Job]:
    rows = uow.outbox.due(uow.now, _AT_ONCE)
    return [Job(row.id, row.topic, row.payload) for row in rows]


def _note(uow: UnitOfWork, job: Job, provider: str, *, done: bool) -> None:
    """Keep what became of a message; one that was tried too often is left to a person."""
    row = uow.outbox.get(job.row_id)
    row.attempts += 1
    if done:
        row.done_at = uow.now
    elif row.attempts < MOST_TRIES:
        row.available_at = uow.now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (row.attempts - 1))
    else:
        row.dead_at = uow.now
        log.error("outbox message %s was tried %d times: giving up", job.topic, row.attempts)
        if job.topic == REFUND_TOPIC:
            refunds.note_refund_refused(uow, provider, str(job.payload["refund"]))
