"""Money that cannot become an order goes back, once, and a person hears of what is odd."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select, update

from plantly.db import UnitOfWork
from plantly.db.tables import OutboxRow, RefundRow, SandboxPaymentRow
from plantly.domain.errors import ProviderRejected
from plantly.domain.payment import PaymentStatus
from plantly.payments.sandbox import SandboxGateway
from plantly.services.carts import CartChange, update_cart
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from plantly.services.workflows.outbox import MOST_TRIES
from tests.support.pay_shop import Buyer, PayShop, a_buyer, text_of

pytestmark = pytest.mark.anyio

ALOE = "aloe-vera-12cm"


async def at_provider(buyer: Buyer) -> str:
    """Fill in and press Pay; give the address of the provider's page."""
    await buyer.fill_in()
    answer = await buyer.press_pay()
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


async def refunds(shop: PayShop) -> list[RefundRow]:
    return await shop.db.read(lambda uow: list(uow.session.scalars(select(RefundRow))))


async def captured(shop: PayShop, buyer: Buyer, event_id: str, **changes: Any) -> None:
    """Let the provider's ledger and its webhook say that money came."""
    payment = await shop.payment(buyer.token)
    amount = changes.get("captured_minor", payment.amount_minor)
    currency = changes.get("currency", payment.currency)

    def write_ledger(uow: UnitOfWork) -> None:
        uow.session.execute(
            update(SandboxPaymentRow)
            .where(SandboxPaymentRow.public_id == payment.session_ref)
            .values(status="captured", captured_minor=amount, currency=currency)
        )

    await shop.db.write(write_ledger)
    resource = {
        "id": payment.session_ref,
        "reference": payment.reference,
        "status": "captured",
        "currency": currency,
        "captured_minor": amount,
        "refunds": [],
    }
    event = {"id": event_id, "type": "payment.captured", "payment": resource}
    assert (await shop.webhook(event)).status_code == 200


async def test_a_late_capture_after_expiry_goes_back(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    shop.clock.advance(timedelta(hours=2))
    await shop.till.worker.tick()
    await captured(shop, buyer, "evt_late")
    assert await shop.status(buyer.token) == "expired"
    (refund,) = await refunds(shop)
    assert (refund.amount_minor, refund.reason, refund.status) == (3810, "late_capture", "pending")
    await shop.till.worker.tick()
    payment = await shop.payment(buyer.token)
    assert (payment.captured_minor, payment.refunded_minor) == (3810, 3810)
    assert [r.status for r in await refunds(shop)] == ["succeeded"]
    assert not payment.needs_attention


@pytest.mark.parametrize("amount", [1, 3809, 3811, 99_999])
async def test_a_wrong_amount_never_pays_and_goes_back(
    shop: PayShop, buyer: Buyer, amount: int
) -> None:
    await at_provider(buyer)
    await captured(shop, buyer, "evt_wrong", captured_minor=amount)
    assert await shop.status(buyer.token) == "ready_for_payment"
    assert await shop.left(ALOE) == (24, 0)
    await shop.till.worker.tick()
    payment = await shop.payment(buyer.token)
    assert (payment.needs_attention, payment.refunded_minor) == (True, amount)
    assert [(r.reason, r.status) for r in await refunds(shop)] == [("wrong_amount", "succeeded")]


async def test_a_wrong_currency_never_pays_and_goes_back(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    await captured(shop, buyer, "evt_wrong", currency="EUR")
    assert await shop.status(buyer.token) == "ready_for_payment"
    (refund,) = await refunds(shop)
    assert (refund.amount_minor, refund.currency, refund.reason) == (3810, "EUR", "wrong_amount")


async def test_two_currencies_in_one_payment_are_left_to_a_person(
    shop: PayShop, buyer: Buyer
) -> None:
    await at_provider(buyer)
    await captured(shop, buyer, "evt_1", currency="EUR")
    await captured(shop, buyer, "evt_2", captured_minor=5000)
    payment = await shop.payment(buyer.token)
    assert payment.needs_attention
    assert [r.currency for r in await refunds(shop)] == ["EUR"]


async def test_a_second_payment_of_a_paid_session_goes_back(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    first = await shop.payment(buyer.token)
    await buyer.post("stop")
    assert "Thank you" in await buyer.pay()
    with patch.object(PayShop, "payment", return_value=first):
        await captured(shop, buyer, "evt_first")
    (refund,) = await refunds(shop)
    assert (refund.payment_id, refund.reason) == (first.id, "second_payment")
    await shop.till.worker.tick()
    assert [r.status for r in await refunds(shop)] == ["succeeded"]
    assert await shop.left(ALOE) == (22, 0)


async def test_a_payment_without_a_hold_buys_nothing(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    first = await shop.payment(buyer.token)
    await buyer.post("stop")
    await buyer.press_pay()
    with patch.object(PayShop, "payment", return_value=first):
        await captured(shop, buyer, "evt_first")
    assert await shop.status(buyer.token) == "complete_in_progress"
    old, new = await shop.payments(buyer.token)
    assert (old.needs_attention, new.status) == (True, PaymentStatus.CREATED)
    assert [r.payment_id for r in await refunds(shop)] == [old.id]
    assert await shop.left(ALOE) == (24, 2)


async def test_a_cart_is_paid_for_once(shop: PayShop) -> None:
    hint = Shopper("a" * 64)

    def start(uow: UnitOfWork) -> str:
        return start_checkout(uow, hint, StartRequest()).page_token

    async with shop.browser():
        await shop.db.write(lambda uow: _fill_cart(uow, hint, 1))
        first = await shop.db.write(start)
        await shop.db.write(lambda uow: _fill_cart(uow, hint, 2))
        second = await shop.db.write(start)
        await shop.db.write(lambda uow: _fill_cart(uow, hint, 3))
        third = await shop.db.write(start)
    async with (
        a_buyer(shop, first) as one,
        a_buyer(shop, second) as two,
        a_buyer(shop, third) as three,
    ):
        await three.fill_in()
        pay_page = await at_provider(two)
        assert "Thank you" in await one.pay()
        assert await shop.status(third) == "canceled"
        assert "This checkout is closed" in await three.look()
        await two.choose("approve", pay_page)
        await shop.till.worker.tick()
        assert await shop.status(second) == "ready_for_payment"
        (refund,) = await refunds(shop)
        assert refund.reason == "second_payment"
        assert (await two.press_pay()).headers["location"] == two.address
        assert len(await shop.payments(second)) == 1


def _fill_cart(uow: UnitOfWork, shopper: Shopper, quantity: int) -> None:
    line = ItemRef(quantity=quantity, product_id="aloe-vera")
    update_cart(uow, shopper, None, CartChange(lines=(line,)))


async def refunded(shop: PayShop, buyer: Buyer, *said: tuple[str, int]) -> None:
    """Let the provider tell of refunds that somebody made there: status and amount."""
    payment = await shop.payment(buyer.token)
    resource = {
        "id": payment.session_ref,
        "reference": payment.reference,
        "status": "captured",
        "currency": payment.currency,
        "captured_minor": payment.amount_minor,
        "refunds": [
            {"id": f"sbr_{i}", "status": status, "amount_minor": amount}
            for i, (status, amount) in enumerate(said)
        ],
    }
    event = {"id": f"evt_{len(said)}_{said[-1][0]}", "type": "payment.refunded"}
    assert (await shop.webhook({**event, "payment": resource})).status_code == 200


async def test_a_refund_made_at_the_provider_shows_on_the_order(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.pay()
    await refunded(shop, buyer, ("succeeded", 1000))
    order = (await shop.page(buyer.token)).checkout.order
    assert order is not None
    assert order.status == "confirmed"
    for _ in range(2):
        await refunded(shop, buyer, ("succeeded", 1000), ("succeeded", 2810))
    order = (await shop.page(buyer.token)).checkout.order
    assert order is not None
    assert order.status == "refunded"
    assert (await shop.payment(buyer.token)).refunded_minor == 3810
    await refunded(shop, buyer, ("succeeded", 1000), ("succeeded", 2810), ("failed", 1))
    assert not (await shop.payment(buyer.token)).needs_attention


async def test_a_refund_on_its_way_is_asked_about(shop: PayShop, buyer: Buyer) -> None:
    await buyer.pay()
    await refunded(shop, buyer, ("pending", 1000))
    payment = await shop.payment(buyer.token)
    assert payment.next_poll_at == shop.clock() + timedelta(minutes=1)
    shop.clock.advance(timedelta(hours=3))
    shop.line.calls.clear()
    await shop.till.worker.tick()
    assert shop.line.calls == [f"GET /sandbox/v1/payments/{payment.session_ref}"]
    await refunded(shop, buyer, ("pending", 1000), ("succeeded", 1), ("failed", 1))


async def test_a_refund_that_the_provider_refuses_is_left_to_a_person(
    shop: PayShop, buyer: Buyer
) -> None:
    await at_provider(buyer)
    await captured(shop, buyer, "evt_wrong", captured_minor=4000)
    with patch.object(SandboxGateway, "refund", side_effect=ProviderRejected("no")):
        await shop.till.worker.tick()
    assert [r.status for r in await refunds(shop)] == ["failed"]
    assert (await shop.payment(buyer.token)).needs_attention
    await captured(shop, buyer, "evt_again", captured_minor=4000)
    assert len(await refunds(shop)) == 1


async def test_a_refund_survives_lost_answers_and_stays_one(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    await captured(shop, buyer, "evt_wrong", captured_minor=4000)
    shop.line.answers_lost = True
    await shop.till.worker.tick()
    assert [r.status for r in await refunds(shop)] == ["pending"]
    shop.line.answers_lost = False
    await shop.till.worker.tick()
    shop.clock.advance(timedelta(seconds=2))
    await shop.till.worker.tick()
    assert [r.status for r in await refunds(shop)] == ["succeeded"]
    assert (await shop.payment(buyer.token)).refunded_minor == 4000


async def test_a_refund_that_fails_later_is_left_to_a_person(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    shop.clock.advance(timedelta(hours=2))
    await shop.till.worker.tick()
    await captured(shop, buyer, "evt_late")
    await shop.till.worker.tick()
    (refund,) = await refunds(shop)
    payment = await shop.payment(buyer.token)
    resource = {
        "id": payment.session_ref,
        "reference": payment.reference,
        "status": "captured",
        "currency": "USD",
        "captured_minor": 3810,
        "refunds": [{"id": refund.refund_ref, "status": "failed", "amount_minor": 3810}],
    }
    await shop.webhook({"id": "evt_failed", "type": "payment.refunded", "payment": resource})
    assert [r.status for r in await refunds(shop)] == ["failed"]
    payment = await shop.payment(buyer.token)
    assert (payment.refunded_minor, payment.needs_attention) == (0, True)


async def test_a_message_that_was_done_already_asks_nothing(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    await captured(shop, buyer, "evt_wrong", captured_minor=4000)
    await shop.till.worker.tick()

    def forget_that_it_is_done(uow: UnitOfWork) -> None:
        uow.session.execute(update(OutboxRow).values(done_at=None))
        (refund,) = uow.session.scalars(select(RefundRow))
        uow.outbox.put("refund_payment", refund.idempotency_key, {"refund": "other"}, uow.now)

    await shop.db.write(forget_that_it_is_done)
    shop.line.calls.clear()
    await shop.till.worker.tick()
    assert [call for call in shop.line.calls if call.endswith("/refunds")] == []
    (message,) = await shop.db.read(lambda uow: list(uow.session.scalars(select(OutboxRow))))
    assert message.done_at is not None


async def test_more_money_back_than_ever_came_is_left_to_a_person(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.pay()
    await refunded(shop, buyer, ("succeeded", 3000), ("succeeded", 3000))
    payment = await shop.payment(buyer.token)
    assert (payment.needs_attention, payment.refunded_minor) == (True, 3810)
    await refunded(shop, buyer, ("succeeded", 3000), ("failed", 3000))
    assert (await shop.payment(buyer.token)).refunded_minor == 3000


async def test_a_message_that_fails_too_often_is_given_up_on(
    shop: PayShop, buyer: Buyer, caplog: pytest.LogCaptureFixture
) -> None:
    await at_provider(buyer)
    shop.clock.advance(timedelta(hours=2))
    await shop.till.worker.tick()
    await captured(shop, buyer, "evt_late")
    await shop.db.write(lambda uow: uow.outbox.put("unheard_of", "one", {}, uow.now))
    with patch.object(SandboxGateway, "refund", side_effect=RuntimeError):
        for _ in range(MOST_TRIES):
            await shop.till.worker.tick()
            shop.clock.advance(timedelta(hours=1))
    rows = await shop.db.read(lambda uow: list(uow.session.scalars(select(OutboxRow))))
    assert [(row.attempts, row.done_at) for row in rows] == [(MOST_TRIES, None)] * 2
    assert all(row.dead_at is not None for row in rows)
    assert [r.status for r in await refunds(shop)] == ["failed"]
    assert (await shop.payment(buyer.token)).needs_attention
    assert "giving up" in caplog.text


async def test_an_outage_is_waited_for_longer_than_a_message_that_fails(
    shop: PayShop, buyer: Buyer
) -> None:
    await at_provider(buyer)
    shop.clock.advance(timedelta(hours=2))
    await shop.till.worker.tick()
    await captured(shop, buyer, "evt_late")
    shop.line.provider_down = True
    for _ in range(MOST_TRIES + 5):
        await shop.till.worker.tick()
        shop.clock.advance(timedelta(hours=1))
    assert [r.status for r in await refunds(shop)] == ["pending"]
    shop.clock.advance(timedelta(days=3))
    await shop.till.worker.tick()
    assert [r.status for r in await refunds(shop)] == ["failed"]


STORY: tuple[tuple[str, int, list[tuple[str, int]]], ...] = (
    ("pending", 0, []),
    ("captured", 3810, []),
    ("captured", 3810, [("succeeded", 500)]),
)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_the_order_of_events_does_not_matter(
    shop: PayShop, buyer: Buyer, order: tuple[int, ...]
) -> None:
    await at_provider(buyer)
    payment = await shop.payment(buyer.token)
    for number in (*order, *order):
        status, amount, given_back = STORY[number]
        resource = {
            "id": payment.session_ref,
            "reference": payment.reference,
            "status": status,
            "currency": "USD",
            "captured_minor": amount,
            "refunds": [
                {"id": "sbr_1", "status": said, "amount_minor": minor} for said, minor in given_back
            ],
        }
        event = {"id": f"evt_{number}", "type": f"payment.{status}", "payment": resource}
        assert (await shop.webhook(event)).status_code == 200
    payment = await shop.payment(buyer.token)
    state = (payment.status, payment.captured_minor, payment.refunded_minor)
    assert state == (PaymentStatus.CAPTURED, 3810, 500)
    assert await shop.status(buyer.token) == "completed"
    assert await shop.left(ALOE) == (22, 0)
    assert await refunds(shop) == []
