"""`/readyz` turns red when what follows a payment is not being done, and says which check it is."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from plantly.db import Database, UnitOfWork
from plantly.db.tables import OutboxRow
from plantly.services.workflows.worker import LEASE
from plantly.web.health import health_router
from tests.support.clock import MovableClock
from tests.support.orders import empty_checkout, payment_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def monitor(db: Database, clock: MovableClock) -> AsyncIterator[httpx.AsyncClient]:
    """Ask a server that has just started, whose background work nobody does."""
    app = FastAPI()
    app.include_router(health_router(db, clock))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def ready(monitor: httpx.AsyncClient) -> tuple[int, dict[str, Any]]:
    answer = await monitor.get("/readyz")
    assert (await monitor.get("/healthz")).json() == {"status": "ok"}
    return answer.status_code, answer.json()


OK = (200, {"status": "ok"})


async def work(db: Database) -> None:
    """Let a worker hold the lease for a minute."""
    minute = timedelta(minutes=1)
    assert await db.write(lambda uow: uow.shop.lease(LEASE, "one", uow.now, uow.now + minute))


def hear(uow: UnitOfWork, reference: str | None) -> None:
    uow.inbox.add(
        provider="sandbox",
        event_id=f"evt_{reference}",
        type="payment.captured",
        reference=reference,
        facts=[],
        received_at=uow.now,
        handled_at=None,
        outcome="waiting",
    )


def arrive(uow: UnitOfWork) -> None:
    """Begin a payment, and let a webhook of it wait."""
    payment = payment_of(uow, empty_checkout(uow), 1000)
    payment.next_poll_at = uow.now
    hear(uow, payment.reference)


async def test_nobody_has_to_have_worked_before_the_server_started(
    monitor: httpx.AsyncClient, clock: MovableClock
) -> None:
    assert await ready(monitor) == OK
    clock.advance(timedelta(minutes=2))
    assert await ready(monitor) == OK
    clock.advance(timedelta(seconds=1))
    said = {"status": "unavailable", "worker": "none for more than 2 minutes"}
    assert await ready(monitor) == (503, said)


async def test_a_worker_that_is_back_makes_it_green(
    monitor: httpx.AsyncClient, db: Database, clock: MovableClock
) -> None:
    clock.advance(timedelta(hours=1))
    await work(db)
    assert await ready(monitor) == OK
    await db.write(lambda uow: uow.shop.end_lease(LEASE, "one", uow.now))
    clock.advance(timedelta(minutes=2))
    assert await ready(monitor) == OK
    clock.advance(timedelta(seconds=1))
    assert (await ready(monitor))[0] == 503


async def test_a_webhook_that_waits_although_its_payment_is_known_is_told(
    monitor: httpx.AsyncClient, db: Database, clock: MovableClock
) -> None:
    await db.write(arrive)
    clock.advance(timedelta(minutes=5))
    await work(db)
    assert await ready(monitor) == OK
    clock.advance(timedelta(seconds=1))
    said = {"status": "unavailable", "webhooks": "unhandled for more than 5 minutes"}
    assert await ready(monitor) == (503, said)


async def test_a_webhook_of_an_unknown_payment_is_only_mentioned(
    monitor: httpx.AsyncClient, db: Database, clock: MovableClock
) -> None:
    await db.write(lambda uow: hear(uow, "pay_unknown"))
    clock.advance(timedelta(hours=1))
    await work(db)
    assert await ready(monitor) == OK
    clock.advance(timedelta(seconds=1))
    assert await ready(monitor) == (200, {"status": "ok", "parked_webhooks": 1})


async def test_what_is_overdue_or_was_given_up_on_is_told(
    monitor: httpx.AsyncClient, db: Database, clock: MovableClock
) -> None:
    await db.write(lambda uow: uow.outbox.put("refund_payment", "a", {"refund": "a"}, uow.now))
    clock.advance(timedelta(minutes=10))
    await work(db)
    assert await ready(monitor) == OK
    clock.advance(timedelta(seconds=1))
    said = {"status": "unavailable", "outbox": "overdue by more than 10 minutes"}
    assert await ready(monitor) == (503, said)

    def give_up(uow: UnitOfWork) -> None:
        uow.session.query(OutboxRow).one().dead_at = uow.now

    await db.write(give_up)
    assert await ready(monitor) == (503, {"status": "unavailable", "outbox": "given up on"})


async def test_everything_that_is_wrong_is_named_at_once(
    monitor: httpx.AsyncClient, db: Database, clock: MovableClock
) -> None:
    def neglect(uow: UnitOfWork) -> None:
        arrive(uow)
        uow.outbox.put("refund_payment", "a", {"refund": "a"}, uow.now)

    await db.write(neglect)
    clock.advance(timedelta(days=1))
    status, said = await ready(monitor)
    assert (status, set(said)) == (503, {"status", "webhooks", "outbox", "worker"})
