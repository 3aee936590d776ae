"""Disputes: what a bank takes back from an order that was paid at Stripe."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.tables import RefundRow
from plantly.domain.dispute import DisputeStatus
from plantly.domain.errors import InvalidInput
from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import PaymentRef
from plantly.services.attention import list_attention
from plantly.services.orders import MerchantOrder, show_order
from plantly.services.payment_care import PaymentHistory, resolve_payment, show_payment
from plantly.services.payment_events import apply_facts
from plantly.services.refunds import request_refund
from plantly.services.workflows.reconcile import read_payment
from tests.support.clock import MovableClock
from tests.support.fakes.outcomes import TOTAL
from tests.support.fakes.rig import Rig, open_rig
from tests.support.fakes.sides import FakeSide
from tests.support.fakes.stripe_provider import FakeStripe

pytestmark = pytest.mark.anyio

LOST = ["order.placed", "order.disputed", "order.dispute_closed"]


@pytest.fixture
def stripe(clock: MovableClock) -> FakeStripe:
    return FakeStripe(clock, "http://127.0.0.1:9102")


@pytest.fixture
async def rig(stripe: FakeStripe, sqlite_shop_url: str, clock: MovableClock) -> AsyncIterator[Rig]:
    db = open_database(sqlite_shop_url, clock=clock)
    async with open_rig(FakeSide(stripe), sqlite_shop_url, db, clock) as opened:
        yield opened
    await db.close()


async def history(rig: Rig) -> list[str]:
    """Give the kinds of what happened to the one order, refunds and mails apart."""
    return [entry.kind for entry in (await shown(rig)).history]


async def shown(rig: Rig) -> MerchantOrder:
    (order,) = await rig.orders()
    return await rig.shop.db.read(lambda uow: show_order(uow, order.order_number))


async def money(rig: Rig) -> PaymentHistory:
    (payment,) = await rig.payments()
    return await rig.shop.db.read(lambda uow: show_payment(uow, payment.reference))


async def reasons(db: Database) -> list[str]:
    return [one.reason for one in await db.read(lambda uow: list_attention(uow, 10))]


async def refund(rig: Rig, amount: int, key: str) -> None:
    (payment,) = await rig.payments()
    await rig.shop.db.write(
        lambda uow: request_refund(uow, payment.reference, amount, "asked", key)
    )


async def test_a_lost_dispute_takes_money_and_changes_nothing_else(
    rig: Rig, stripe: FakeStripe
) -> None:
    ref = await rig.pay()
    name = stripe.dispute(ref, "needs_response", 3000)
    assert set(await rig.deliver(copies=2)) == {200}
    assert await reasons(rig.shop.db) == ["disputed"]
    assert (await money(rig)).payment.disputed_minor == 3000
    stripe.move_dispute(ref, name, "lost")
    await rig.deliver()
    assert await reasons(rig.shop.db) == ["dispute_lost"]
    found = await money(rig)
    payment = found.payment
    assert (payment.status, payment.captured_minor, payment.refunded_minor) == (
        "captured",
        TOTAL,
        0,
    )
    assert [(one.dispute, one.status, one.amount_minor) for one in found.disputes] == [
        (name, "lost", 3000)
    ]
    order = await shown(rig)
    assert (order.view.status, order.view.total_minor) == ("confirmed", TOTAL)
    assert [one.status for one in order.disputes] == ["lost"]
    assert await history(rig) == LOST


async def test_what_a_dispute_has_taken_is_never_given_back_as_well(
    rig: Rig, stripe: FakeStripe
) -> None:
    ref = await rig.pay()
    stripe.dispute(ref, "needs_response", 3000)
    await rig.deliver()
    with pytest.raises(InvalidInput, match="At most 810 minor units"):
        await refund(rig, 811, "too much")
    name = stripe.all[ref].disputes[0].id
    stripe.move_dispute(ref, name, "won")
    await rig.deliver()
    assert await reasons(rig.shop.db) == []
    await refund(rig, TOTAL, "all of it")
    await rig.settle_down()
    assert (await money(rig)).payment.refunded_minor == TOTAL
    assert "order.dispute_closed" in await history(rig)
    await rig.check()


async def test_a_question_takes_nothing_and_is_told_of(rig: Rig, stripe: FakeStripe) -> None:
    ref = await rig.pay()
    name = stripe.dispute(ref, "warning_needs_response")
    await rig.deliver()
    found = await money(rig)
    assert (found.payment.disputed_minor, found.disputes[0].status) == (0, "inquiry")
    assert await reasons(rig.shop.db) == ["disputed"]
    await refund(rig, TOTAL, "settled with the buyer")
    stripe.move_dispute(ref, name, "warning_closed")
    await rig.settle_down()
    assert await reasons(rig.shop.db) == []
    await rig.check()


async def test_one_of_two_disputes_still_needs_somebody(rig: Rig, stripe: FakeStripe) -> None:
    ref = await rig.pay()
    first = stripe.dispute(ref, "needs_response", 1000)
    stripe.dispute(ref, "needs_response", 1500)
    stripe.move_dispute(ref, first, "won")
    await rig.deliver()
    assert await reasons(rig.shop.db) == ["disputed"]
    assert (await money(rig)).payment.disputed_minor == 1500


async def test_whoever_dealt_with_it_is_not_called_again(rig: Rig, stripe: FakeStripe) -> None:
    ref = await rig.pay()
    name = stripe.dispute(ref, "needs_response")
    await rig.deliver()
    (payment,) = await rig.payments()
    await rig.shop.db.write(lambda uow: resolve_payment(uow, payment.reference))
    stripe.move_dispute(ref, name, "under_review")
    await rig.deliver()
    assert await reasons(rig.shop.db) == []
    stripe.move_dispute(ref, name, "won")
    await rig.deliver()
    assert await reasons(rig.shop.db) == []


async def test_a_dispute_that_nobody_told_of_is_found_by_a_read(
    rig: Rig, stripe: FakeStripe
) -> None:
    ref = await rig.pay()
    stripe.dispute(ref, "lost")
    await rig.lose()
    (payment,) = await rig.payments()
    gateway = rig.shop.till.gateway

    await read_payment(rig.shop.db, gateway, PaymentRef(payment.reference, ref))
    assert await history(rig) == LOST


async def test_a_dispute_waits_for_the_money_that_it_is_about(rig: Rig, stripe: FakeStripe) -> None:
    """Stripe's own words for it name the money only, which is unknown here at first."""
    ref = await rig.go_to_pay()
    stripe.approve(ref)
    paid = list(await rig.lose())
    stripe.dispute(ref, "lost")
    await rig.deliver()
    assert await rig.orders() == []
    for delivery in paid:
        await rig.post(delivery)
    await rig.work(2)
    assert await history(rig) == LOST
    assert await reasons(rig.shop.db) == ["dispute_lost"]
    await rig.shop.db.read(_nothing_waits)


async def test_a_refund_that_a_dispute_was_quicker_than_is_left_to_a_person(
    rig: Rig, stripe: FakeStripe
) -> None:
    ref = await rig.go_to_pay()
    await rig.stop()
    stripe.approve_late(ref)
    stripe.dispute(ref, "lost")
    await rig.deliver()
    await rig.work(2)
    assert await rig.orders() == []
    assert (await rig.ledger(ref)).refunded_minor == 0
    assert await reasons(rig.shop.db) == ["refund_failed"]
    await rig.lose()


async def test_late_money_that_a_bank_has_taken_does_not_go_back_as_well(
    rig: Rig, stripe: FakeStripe
) -> None:
    ref = await rig.go_to_pay()
    await rig.stop()
    stripe.approve_late(ref)
    name = stripe.dispute(ref, "needs_response", 3000)
    await rig.lose()
    await rig.later(timedelta(minutes=6))
    assert [row.amount_minor for row in await rig.refunds()] == [TOTAL - 3000]
    stripe.move_dispute(ref, name, "won")
    await rig.deliver()
    assert sum(row.amount_minor for row in await rig.refunds()) == TOTAL


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Fact("refused", FactKind.REFUND_FAILED, 100, "USD", refund_ref="re_1"), "refund_failed"),
        (Fact("captured:pi_2:9:EUR", FactKind.CAPTURED, 9, "EUR"), "took_more"),
    ],
    ids=["refund", "money"],
)
async def test_a_dispute_that_is_won_hides_nothing_that_a_person_has_to_see_to(
    rig: Rig, said: Fact, reason: str
) -> None:
    await rig.pay()
    (payment,) = await rig.payments()
    asked = await rig.shop.db.write(
        lambda uow: request_refund(uow, payment.reference, 100, "requested", "k")
    )
    assert asked.status == "pending"
    await rig.shop.db.write(lambda uow: _name_refunds(uow, "re_1"))
    for fact in (said, *(fact for fact in FACTS if fact.key in {"opened", "won"})):
        await tell(rig, payment.reference, fact)
    assert await reasons(rig.shop.db) == [reason]


def _name_refunds(uow: UnitOfWork, name: str) -> None:
    for refund in uow.session.scalars(select(RefundRow)):
        refund.refund_ref = name


FACTS = (
    Fact("captured", FactKind.CAPTURED, TOTAL, "USD"),
    Fact("opened", FactKind.DISPUTE_OPENED, 3000, "USD", dispute_ref="du_1"),
    Fact("won", FactKind.DISPUTE_WON, 3000, "USD", dispute_ref="du_1"),
    Fact("lost", FactKind.DISPUTE_LOST, 3000, "USD", dispute_ref="du_1"),
)
ORDERS = list(permutations(FACTS))[::7]


async def tell(rig: Rig, reference: str, fact: Fact) -> None:
    await rig.shop.db.write(
        lambda uow: apply_facts(uow, "stripe", reference, [fact], source="webhook")
    )


@pytest.mark.parametrize("order", ORDERS, ids=lambda o: "-".join(f.key for f in o))
async def test_in_whatever_order_it_is_told_it_ends_the_same(
    rig: Rig, order: tuple[Fact, ...]
) -> None:
    await rig.go_to_pay()
    (payment,) = await rig.payments()
    for fact in order:
        await tell(rig, payment.reference, fact)
    found = await money(rig)
    assert found.payment.disputed_minor == 3000
    assert [one.status for one in found.disputes] == [DisputeStatus.LOST]
    assert await reasons(rig.shop.db) == ["dispute_lost"]
    told = await history(rig)
    assert told[:2] == ["order.placed", "order.disputed"]
    assert set(told[2:]) == {"order.dispute_closed"}


def _nothing_waits(uow: UnitOfWork) -> None:
    assert uow.inbox.latest(10, unhandled=True) == []
