"""People, webhooks and deaths at the same moment, told of every provider on both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest

from plantly.db import open_database
from plantly.domain.errors import InvalidInput
from plantly.services.refunds import RefundDecision, request_refund
from tests.support.clock import MovableClock
from tests.support.fakes import Delivery
from tests.support.fakes.outcomes import TOTAL, one_order
from tests.support.fakes.providers import SIDES
from tests.support.fakes.rig import Rig, open_rig
from tests.support.fakes.sides import Side
from tests.support.mortal import Crash, MortalDatabase
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

RESTART = timedelta(seconds=31)
"""How long the lease of a worker that died runs on."""


async def reference_of(rig: Rig) -> str:
    return (await rig.shop.payment(rig.buyer.token)).reference


async def back(rig: Rig) -> tuple[int, int]:
    """Give what has gone back, at the provider and in the books."""
    entry = await rig.ledger(await rig.session())
    return entry.refunded_minor, (await rig.shop.payment(rig.buyer.token)).refunded_minor


async def test_two_people_refund_at_once(both_rig: Rig) -> None:
    rig = both_rig
    await rig.pay()
    reference = await reference_of(rig)
    asked = [
        partial(request_refund, reference=reference, amount_minor=2000, reason="asked", key=key)
        for key in ("ada", "grace", "edsger")
    ]
    answers = await asyncio.to_thread(race, rig.url, asked, clock=rig.shop.clock)
    assert [type(answer) for answer in answers].count(RefundDecision) == 1
    assert [type(answer) for answer in answers].count(InvalidInput) == 2
    await asyncio.gather(rig.work(), rig.deliver(copies=2))
    await rig.check()
    assert await back(rig) == (2000, 2000)


async def test_a_refund_while_webhooks_arrive(both_rig: Rig) -> None:
    rig = both_rig
    await rig.pay()
    reference = await reference_of(rig)
    again = list(rig.delivered)

    async def decide(key: str, amount: int) -> None:
        await rig.shop.db.write(
            partial(request_refund, reference=reference, amount_minor=amount, reason="r", key=key)
        )

    async def meanwhile() -> None:
        await asyncio.gather(*(rig.post(one) for one in again), rig.deliver(), decide("k2", 500))

    await decide("k1", 1000)
    rig.meanwhile = meanwhile
    await rig.work()
    await asyncio.gather(rig.deliver(copies=2), decide("k3", 250))
    await rig.work(2)
    # What happens at the same time may write while the provider is asked for something else.
    rig.watch.seen.clear()
    await rig.check()
    assert await back(rig) == (1750, 1750)


async def test_webhook_buyer_and_worker_at_once(both_rig: Rig) -> None:
    rig = both_rig
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    rig.shop.clock.advance(timedelta(minutes=1))
    await asyncio.gather(rig.deliver(copies=3), rig.buyer.look("/return"), rig.work())
    rig.watch.seen.clear()
    await one_order(rig)


class Mortal:
    """A shop whose process dies when it is told to, and is started again."""

    def __init__(self, side: Side, url: str, db: MortalDatabase, clock: MovableClock) -> None:
        self.side, self.url, self.db, self.clock = side, url, db, clock

    @asynccontextmanager
    async def opened(self, token: str | None = None) -> AsyncIterator[Rig]:
        """Start the process."""
        async with open_rig(self.side, self.url, self.db, self.clock, token) as rig:
            yield rig

    @asynccontextmanager
    async def restarted(self, token: str) -> AsyncIterator[Rig]:
        """Start it again, after it has died."""
        assert self.db.dead
        self.db.revive()
        self.clock.advance(RESTART)
        async with self.opened(token) as rig:
            yield rig


@pytest.fixture
async def mortal(provider: str, shop_url: str, clock: MovableClock) -> AsyncIterator[Mortal]:
    db = open_database(shop_url, clock=clock)
    yield Mortal(SIDES[provider](db, clock), shop_url, MortalDatabase(db), clock)
    await db.close()


@pytest.mark.parametrize("after_commit", [False, True], ids=["before", "after"])
async def test_a_kill_during_a_webhook(mortal: Mortal, after_commit: bool) -> None:
    async with mortal.opened() as rig:
        ref = await rig.go_to_pay()
        await rig.side.act("approve", ref)
        lost: list[Delivery] = await rig.lose()
        mortal.db.die_in(1, after_commit=after_commit)
        for delivery in lost:
            with pytest.raises((Crash, BaseExceptionGroup)):
                await rig.post(delivery)
        token = rig.buyer.token
    async with mortal.restarted(token) as rig:
        # Whoever heard no answer sends it again.
        rig.mail += lost
        await one_order(rig)


@pytest.mark.parametrize(
    ("shop_url", "writes", "after_commit"),
    [
        ("sqlite", 2, True),
        ("sqlite", 3, False),
        ("sqlite", 3, True),
        ("sqlite", 4, False),
        ("postgresql", 3, False),
    ],
    ids=["claimed", "made-and-not-kept", "kept-and-not-done", "not-done", "postgresql"],
    indirect=["shop_url"],
)
async def test_a_kill_during_a_refund(mortal: Mortal, writes: int, after_commit: bool) -> None:
    async with mortal.opened() as rig:
        await rig.pay()
        asked = partial(
            request_refund,
            reference=await reference_of(rig),
            amount_minor=1000,
            reason="asked",
            key="k",
        )
        await rig.shop.db.write(asked)
        mortal.db.die_in(writes, after_commit=after_commit)
        with pytest.raises((Crash, BaseExceptionGroup)):
            await rig.work(4)
        token = rig.buyer.token
    async with mortal.restarted(token) as rig:
        await rig.check()
        assert await back(rig) == (1000, 1000)
        assert (await rig.ledger(await rig.session())).captured_minor == TOTAL
