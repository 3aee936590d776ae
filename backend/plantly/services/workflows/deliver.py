"""Deliver outgoing webhooks, beside everything else that the worker does.

A receiver may be slow, or down for days: nothing here ever keeps a payment waiting. Each delivery
is claimed for a while, sent outside of any transaction, and its outcome is noted. Who dies between
the call and the note has it sent once more, with the same `webhook-id`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import anyio
import httpx

from plantly.db import Database, UnitOfWork
from plantly.db.tables import WebhookEndpointRow
from plantly.domain.outgoing import JITTER_BITS, SILENT_FOR, Disabled, wait_after
from plantly.outbound.address_guard import AddressGuard
from plantly.outbound.merchant_webhooks import Answer, Message, WebhookSender
from plantly.services.outgoing import signing_secrets
from plantly.settings import Settings

log = logging.getLogger("plantly.worker")

LEASE_FOR = timedelta(seconds=30)
"""How long a delivery is somebody's own: longer than a call may take."""

AT_ONCE = 4
"""So many deliveries to one endpoint at the same time: a slow one holds up its own only."""

SWITCHED_OFF = "switched_off"
_GONE = 410
_STOP_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery that was claimed."""

    row_id: int
    endpoint_id: int
    message: Message
    signed_at: datetime
    ours_until: datetime


def checked_address(settings: Settings, url: str) -> str:
    """Return an address that may be told, as it is kept.

    Raises:
        InvalidInput: It is none, or not safe to call.
    """
    return _sender(settings).check(url)


@asynccontextmanager
async def sender_for(
    settings: Settings, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[WebhookSender]:
    """Give the way to the merchant's systems that the settings allow."""
    sender = _sender(settings, transport)
    try:
        yield sender
    finally:
        await sender.aclose()


def _sender(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> WebhookSender:
    return WebhookSender(
        AddressGuard(allow_private=settings.allow_private_fetch),
        local=settings.env != "production",
        transport=transport,
    )


class DeliveryDesk:
    """Delivers in the background: the worker only looks for whom there is something."""

    def __init__(self, db: Database, sender: WebhookSender) -> None:
        self._db = db
        self._sender = sender
        self._running: dict[int, asyncio.Task[None]] = {}
        self._closing = False

    async def look(self) -> None:
        """Begin with every endpoint that something is due for, unless that has begun."""
        self._running = {k: task for k, task in self._running.items() if not task.done()}
        for endpoint_id in await self._db.read(lambda uow: uow.deliveries.endpoints_due(uow.now)):
            if endpoint_id not in self._running:
                self._running[endpoint_id] = asyncio.create_task(self._run(endpoint_id))

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        if self._running:
            await asyncio.wait(self._running.values())

    async def close(self) -> None:
        """Begin nothing more, and break off what takes long; whoever comes next takes it up."""
        self._closing = True
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, endpoint_id: int) -> None:
        """Work through what is due for one endpoint."""
        try:
            while jobs := await self._claim(endpoint_id):
                async with anyio.create_task_group() as group:
                    for job in jobs:
                        group.start_soon(self._deliver, job)
        except Exception as error:  # noqa: BLE001 - the next look finds it due again
            log.warning("outgoing webhooks failed: %s", type(error).__name__)

    async def _claim(self, endpoint_id: int) -> Sequence[Job]:
        if self._closing:
            return ()
        due = await self._db.read(lambda uow: uow.deliveries.due(endpoint_id, uow.now, AT_ONCE))
        return await self._db.write(partial(claim, row_ids=due)) if due else ()

    async def _deliver(self, job: Job) -> None:
        try:
            answer = await self._sender.send(job.message, job.signed_at)
            await self._db.write(partial(note, job=job, answer=answer))
        except Exception as error:  # noqa: BLE001 - it is sent again when the claim has ended
            log.warning("an outgoing webhook failed: %s", type(error).__name__)


@asynccontextmanager
async def delivering(
    db: Database, settings: Settings, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[DeliveryDesk]:
    """Open the desk for as long as the shop runs."""
    async with sender_for(settings, transport) as sender:
        desk = DeliveryDesk(db, sender)
        try:
            yield desk
        finally:
            await desk.close()


def claim(uow: UnitOfWork, row_ids: Sequence[int]) -> list[Job]:
    """Have deliveries for oneself, as far as no rival was quicker."""
    until, jobs = uow.now + LEASE_FOR, []
    for row_id in row_ids:
        claimed = uow.deliveries.claim(row_id, uow.now, until)
        if claimed is not None:
            row, endpoint = claimed
            secrets = signing_secrets(endpoint, uow.now)
            message = Message(endpoint.url, row.event_id, row.body, secrets)
            jobs.append(Job(row.id, endpoint.id, message, uow.now, until))
    return jobs


def note(uow: UnitOfWork, job: Job, answer: Answer) -> None:
    """Keep what became of a delivery, and try again later if it has to be."""
    endpoint = uow.endpoints.get(job.endpoint_id)
    row = uow.deliveries.claimed(job.row_id, job.ours_until)
    if endpoint is None or row is None:
        # It took so long that another worker has it, or it was removed or switched off.
        return
    row.attempts += 1
    row.leased_until = None
    row.last_status, row.last_failure = answer.status, answer.failure
    if answer.is_delivered:
        row.next_at, row.done_at = None, uow.now
        endpoint.failing_since = None
        return
    endpoint.failing_since = endpoint.failing_since or uow.now
    wait = wait_after(row.attempts, uow.ids.bits(JITTER_BITS))
    if answer.status == _GONE or wait is None:
        row.next_at, row.dead_at = None, uow.now
        log.warning("outgoing webhook %s is given up on", row.event_id)
    else:
        row.next_at = uow.now + wait
    if answer.status == _GONE:
        _switch_off(uow, endpoint, Disabled.GONE)
    elif wait is None and uow.now - endpoint.failing_since >= SILENT_FOR:
        _switch_off(uow, endpoint, Disabled.SILENT)


def _switch_off(uow: UnitOfWork, endpoint: WebhookEndpointRow, reason: Disabled) -> None:
    """Tell an endpoint nothing more; what waits for it can be sent again by hand."""
    endpoint.disabled_at, endpoint.disabled_reason = uow.now, reason.value
    uow.deliveries.give_up(endpoint.id, uow.now, SWITCHED_OFF)
    log.warning("outgoing webhooks to %s are switched off: %s", endpoint.public_id, reason.value)
