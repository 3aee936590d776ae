"""Refunds that people and the shop decide on at once: never more than came, never one twice."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import PaymentRow, RefundRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput, NotFound
from plantly.domain.payment import Fact, FactKind, reduce_facts
from plantly.services.attention import end_attention, list_attention
from plantly.services.payment_events import apply_facts
from plantly.services.refund_decisions import give_back
from plantly.services.refunds import RefundDecision, request_refund
from tests.support.builders import fact
from tests.support.pay_shop import Buyer, PayShop
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

TOTAL = 3810


async def paid(buyer: Buyer) -> str:
    """Pay for two aloes; give our name for the payment."""
    assert "Thank you" in await buyer.pay()
    return (await buyer.shop.payment(buyer.token)).reference


async def ask(db: Database, reference: str, amount: int, key: str = "k") -> RefundDecision:
    return await db.write(
        partial(request_refund, reference=reference, amount_minor=amount, reason="asked", key=key)
    )


async def given(db: Database) -> list[tuple[int, str]]:
    """Give amount and status of every refund, oldest first."""
    rows = await db.read(
        lambda uow: uow.session.scalars(select(RefundRow).order_by(RefundRow.id)).all()
    )
    return [(row.amount_minor, row.status) for row in rows]


async def test_a_person_gives_back_a_part_and_then_the_rest(shop: PayShop, buyer: Buyer) -> None:
    reference = await paid(buyer)
    first = await ask(shop.db, reference, 1000, "k1")
    assert (first.amount_minor, first.status, first.left_minor) == (1000, "pending", 2810)
    await shop.till.worker.tick()
    assert (await shop.payment(buyer.token)).refunded_minor == 1000
    assert (await ask(shop.db, reference, 2810, "k2")).left_minor == 0
    await shop.till.worker.tick()
    order = (await shop.page(buyer.token)).checkout.order
    assert order is not None
    assert order.status == "refunded"
    assert await given(shop.db) == [(1000, "succeeded"), (2810, "succeeded")]


async def test_the_same_key_gives_money_back_once(shop: PayShop, buyer: Buyer) -> None:
    reference = await paid(buyer)
    assert await ask(shop.db, reference, 1000) == await ask(shop.db, reference, 1000)
    with pytest.raises(IdempotencyConflict):
        await ask(shop.db, reference, 999)
    assert await given(shop.db) == [(1000, "pending")]


@pytest.mark.parametrize("amount", [0, -1, TOTAL + 1, 2**53])
async def test_an_amount_that_cannot_go_back_is_refused(
    shop: PayShop, buyer: Buyer, amount: int
) -> None:
    reference = await paid(buyer)
    with pytest.raises(InvalidInput):
        await ask(shop.db, reference, amount)
    with pytest.raises(NotFound):
        await ask(shop.db, "pay_unknown", 1)
    assert await given(shop.db) == []


async def test_nothing_goes_back_of_what_never_came(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    await buyer.press_pay()
    payment = await shop.payment(buyer.token)
    with pytest.raises(InvalidInput, match="At most 0"):
        await ask(shop.db, payment.reference, 1)


async def test_many_people_at_once_never_give_back_more_than_came(
    shop: PayShop, buyer: Buyer, shop_url: str
) -> None:
    reference = await paid(buyer)

    def press(uow: UnitOfWork, number: int) -> RefundDecision:
        return request_refund(uow, reference, 1000, "asked", f"k{number}")

    presses = [partial(press, number=number) for number in range(8)]
    results = await asyncio.to_thread(race, shop_url, presses, clock=shop.clock)
    assert sum(isinstance(result, RefundDecision) for result in results) == 3
    assert sum(isinstance(result, InvalidInput) for result in results) == 5
    await shop.till.worker.tick()
    assert (await shop.payment(buyer.token)).refunded_minor == 3000


async def test_a_person_and_the_outbox_at_once_never_give_back_more_than_came(
    shop: PayShop, buyer: Buyer, shop_url: str
) -> None:
    """A second payment goes back by itself, while a person presses Refund for it."""
    reference = await paid(buyer)

    def press(uow: UnitOfWork) -> object:
        return request_refund(uow, reference, 3000, "asked", "k1")

    def by_itself(uow: UnitOfWork) -> object:
        payment = uow.payments.chain("sandbox", reference).payment
        give_back(uow, payment, reduce_facts([fact(FactKind.CAPTURED, TOTAL)]), "late_capture")
        return None

    works = [press, by_itself] * 3
    results = await asyncio.to_thread(race, shop_url, works, clock=shop.clock)
    assert all(not isinstance(r, Exception) or isinstance(r, InvalidInput) for r in results)
    assert sum(amount for amount, _ in await given(shop.db)) == TOTAL
    await shop.till.worker.tick()
    assert (await shop.payment(buyer.token)).refunded_minor == TOTAL


async def test_a_refund_that_fails_later_can_be_given_again_and_a_person_hears_of_it(
    shop: PayShop, buyer: Buyer
) -> None:
    reference = await paid(buyer)
    await ask(shop.db, reference, TOTAL, "k1")
    await shop.till.worker.tick()
    with pytest.raises(InvalidInput):
        await ask(shop.db, reference, 1, "k2")
    (refund,) = await shop.db.read(lambda uow: uow.session.scalars(select(RefundRow)).all())
    failed = Fact("failed", FactKind.REFUND_FAILED, TOTAL, "USD", refund.refund_ref)
    for _ in range(2):
        await shop.db.write(
            lambda uow: apply_facts(uow, "sandbox", reference, [failed], source="webhook")
        )
    (waiting,) = await shop.db.read(partial(list_attention, limit=10))
    assert (waiting.reason, waiting.order_number is not None) == ("refund_failed", True)
    assert (waiting.reference, waiting.captured_minor) == (reference, TOTAL)
    assert await given(shop.db) == [(TOTAL, "failed")]
    assert (await ask(shop.db, reference, 1000, "k3")).left_minor == TOTAL - 1000


async def test_attention_ends_when_a_person_says_so(shop: PayShop, buyer: Buyer) -> None:
    reference = await paid(buyer)

    def flag(uow: UnitOfWork) -> None:
        (payment,) = uow.session.scalars(select(PaymentRow))
        payment.needs_attention, payment.attention_reason = True, "a word from elsewhere"

    await shop.db.write(flag)
    (waiting,) = await shop.db.read(partial(list_attention, limit=10))
    assert waiting.explanation == "a word from elsewhere"
    await shop.db.write(partial(end_attention, reference=reference))
    assert await shop.db.read(partial(list_attention, limit=10)) == ()
    for unknown in (reference, "pay_unknown"):
        with pytest.raises(NotFound):
            await shop.db.write(partial(end_attention, reference=unknown))


async def test_two_currencies_in_one_payment_give_nothing_back_by_themselves(
    shop: PayShop, buyer: Buyer
) -> None:
    reference = await paid(buyer)
    euros = [Fact("other", FactKind.CAPTURED, TOTAL, "EUR")]
    await shop.db.write(lambda uow: apply_facts(uow, "sandbox", reference, euros, source="webhook"))
    with pytest.raises(InvalidInput):
        await ask(shop.db, reference, 1)
    assert (await shop.payment(buyer.token)).attention_reason == "took_more"
