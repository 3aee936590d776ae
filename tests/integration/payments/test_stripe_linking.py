"""Webhooks and answers of Stripe that come early, late, twice, or not at all."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest

from plantly.db import UnitOfWork, open_database
from plantly.domain.checkout import PAYMENT_LIFETIME
from plantly.services.payment_care import show_payment
from plantly.services.refunds import request_refund
from tests.support.clock import MovableClock
from tests.support.fakes.outcomes import TOTAL, no_order, one_order
from tests.support.fakes.rig import Rig, open_rig
from tests.support.fakes.sides import FakeSide
from tests.support.fakes.stripe_ledger import FakeRefund
from tests.support.fakes.stripe_provider import FakeStripe

pytestmark = pytest.mark.anyio


@pytest.fixture
def stripe(clock: MovableClock) -> FakeStripe:
    return FakeStripe(clock, "http://127.0.0.1:9102")


@pytest.fixture
async def rig(stripe: FakeStripe, sqlite_shop_url: str, clock: MovableClock) -> AsyncIterator[Rig]:
    db = open_database(sqlite_shop_url, clock=clock)
    async with open_rig(FakeSide(stripe), sqlite_shop_url, db, clock) as opened:
        yield opened
    await db.close()


def nothing_waits(uow: UnitOfWork) -> bool:
    return not uow.inbox.latest(10, unhandled=True)


async def refunded(rig: Rig) -> int:
    (payment,) = await rig.payments()
    found = await rig.shop.db.read(lambda uow: show_payment(uow, payment.reference))
    return found.payment.refunded_minor


async def test_a_webhook_before_our_own_row_has_its_name_pays_the_order(
    rig: Rig, stripe: FakeStripe
) -> None:
    """Stripe has made the session and the buyer has paid before our answer arrives."""

    async def pay() -> None:
        stripe.approve(stripe.sessions()[0])
        assert set(await rig.deliver()) == {200}

    rig.meanwhile = pay
    await rig.press_pay()
    await one_order(rig)
    assert (await rig.payments())[0].session_ref == stripe.sessions()[0]


async def test_a_crash_after_the_call_finds_the_same_session_again(
    rig: Rig, stripe: FakeStripe
) -> None:
    rig.trouble = "after"
    assert (await rig.press_pay()).status_code == 503
    assert (await rig.payments())[0].session_ref is None
    rig.trouble = None
    await rig.work()
    assert (await rig.payments())[0].session_ref is None
    rig.shop.clock.advance(timedelta(minutes=2))
    await rig.work()
    assert [(await rig.payments())[0].session_ref] == stripe.sessions()
    ref = await rig.go_to_pay()
    assert stripe.sessions() == [ref]
    stripe.approve(ref)
    await rig.deliver()
    await one_order(rig)


async def test_what_was_left_open_by_a_crash_is_closed_at_stripe(
    rig: Rig, stripe: FakeStripe
) -> None:
    rig.trouble = "after"
    await rig.press_pay()
    rig.trouble = None
    await rig.later(PAYMENT_LIFETIME)
    await rig.settle_down()
    await no_order(rig, "expired")


async def test_a_refund_from_the_dashboard_names_the_money_only(
    rig: Rig, stripe: FakeStripe
) -> None:
    ref = await rig.pay()
    stripe.refund(ref, 810, {})
    assert set(await rig.deliver()) == {200}
    assert await refunded(rig) == 810
    assert await rig.shop.db.read(nothing_waits)
    await rig.check()


async def test_a_refund_that_is_told_first_waits_for_its_money(
    rig: Rig, stripe: FakeStripe
) -> None:
    ref = await rig.go_to_pay()
    stripe.approve(ref)
    paid = list(await rig.lose())
    stripe.refund(ref, TOTAL, {})
    await rig.deliver()
    assert await refunded(rig) == 0
    assert not await rig.shop.db.read(nothing_waits)
    for delivery in paid:
        await rig.post(delivery)
    await rig.work(2)
    assert await refunded(rig) == TOTAL
    assert await rig.shop.db.read(nothing_waits)


async def test_a_refund_whose_answer_is_lost_for_days_is_made_once(
    rig: Rig, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox tries for longer than Stripe remembers keys."""
    make = stripe.refund

    def make_and_fail(session_ref: str, amount: int, metadata: Mapping[str, str]) -> FakeRefund:
        stripe.knobs.busy_after = 500
        return make(session_ref, amount, metadata)

    monkeypatch.setattr(stripe, "refund", make_and_fail)
    ref = await rig.pay()
    (payment,) = await rig.payments()
    await rig.shop.db.write(
        lambda uow: request_refund(uow, payment.reference, 810, "asked", "once")
    )
    await rig.work()
    stripe.knobs.busy_after = None
    assert stripe.ledger(ref).refunded_minor == 810
    await rig.lose()
    await rig.later(timedelta(hours=30))
    await rig.settle_down()
    assert stripe.ledger(ref).refunded_minor == 810
    assert await refunded(rig) == 810


async def test_a_card_that_is_declined_leaves_the_page_open_for_another_one(
    rig: Rig, stripe: FakeStripe
) -> None:
    ref = await rig.go_to_pay()
    stripe.decline(ref)
    await rig.deliver()
    assert (await rig.payments())[0].status.value == "created"
    stripe.approve(ref)
    await rig.deliver()
    await one_order(rig)
