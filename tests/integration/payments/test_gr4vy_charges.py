"""A buyer who was charged twice for one payment at Gr4vy: both times the money goes back."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from plantly.db import open_database
from plantly.services.attention import list_attention
from tests.support.clock import MovableClock
from tests.support.fakes.gr4vy_provider import FakeGr4vy
from tests.support.fakes.outcomes import TOTAL
from tests.support.fakes.rig import Rig, open_rig
from tests.support.fakes.sides import FakeSide

pytestmark = pytest.mark.anyio


@pytest.fixture
def gr4vy(clock: MovableClock) -> FakeGr4vy:
    return FakeGr4vy(clock, "http://127.0.0.1:9101")


@pytest.fixture
async def rig(gr4vy: FakeGr4vy, sqlite_shop_url: str, clock: MovableClock) -> AsyncIterator[Rig]:
    db = open_database(sqlite_shop_url, clock=clock)
    async with open_rig(FakeSide(gr4vy), sqlite_shop_url, db, clock) as opened:
        yield opened
    await db.close()


@pytest.mark.parametrize("between", [False, True], ids=["at-once", "one-by-one"])
async def test_each_charge_goes_back_by_itself(rig: Rig, gr4vy: FakeGr4vy, between: bool) -> None:
    ref = await rig.go_to_pay()
    await rig.stop()
    gr4vy.approve_late(ref)
    if between:
        await rig.deliver()
    gr4vy.approve_late(ref)
    await rig.lose()
    await rig.later(timedelta(minutes=6))
    await rig.later(timedelta(minutes=54))
    assert (await rig.ledger(ref)).refunded_minor == 2 * TOTAL
    assert [row.amount_minor for row in await rig.refunds()] == [TOTAL, TOTAL]
    assert await rig.orders() == []
    attention = await rig.shop.db.read(lambda uow: list_attention(uow, 10))
    assert "refund_failed" not in [one.reason for one in attention]


@pytest.mark.parametrize("heard", [True, False], ids=["in-order", "refund-first"])
async def test_a_refund_of_the_second_charge_finds_its_payment(
    rig: Rig, gr4vy: FakeGr4vy, heard: bool
) -> None:
    """Webhooks of refunds name their transaction only, and a payment has but one name of it."""
    ref = await rig.pay()
    gr4vy.approve_late(ref)
    capture = await rig.lose()
    gr4vy.refund(gr4vy.of(ref)[1], TOTAL - 1, None)
    refund = await rig.lose()
    for webhooks in (capture, refund) if heard else (refund, capture):
        rig.mail += webhooks
        await rig.deliver()
    soon = rig.shop.clock() + timedelta(seconds=1)
    assert await rig.shop.db.read(lambda uow: uow.inbox.count_parked(soon)) == 0
    await rig.work()
    (payment,) = await rig.payments()
    assert payment.refunded_minor >= TOTAL - 1
    assert not await rig.shop.db.read(lambda uow: uow.inbox.latest(10, unhandled=True))
