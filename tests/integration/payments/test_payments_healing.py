"""What is lost on the way, or never finished, ends as if nothing had been lost."""

from datetime import timedelta
from functools import partial
from unittest.mock import patch

import pytest
from sqlalchemy import select, update

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow, SandboxPaymentRow
from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.payment import PaymentStatus
from plantly.payments.sandbox import SandboxGateway
from plantly.services.expiry import expire
from tests.support.pay_shop import Buyer, PayShop, text_of

pytestmark = pytest.mark.anyio

ALOE = "aloe-vera-12cm"


async def at_provider(buyer: Buyer) -> str:
    """Fill in and press Pay; give the address of the provider's page."""
    await buyer.fill_in()
    answer = await buyer.press_pay()
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


async def test_a_lost_webhook_is_healed_by_asking(shop: PayShop, buyer: Buyer) -> None:
    pay_page = await at_provider(buyer)
    shop.line.webhooks_lost = True
    await buyer.choose("approve", pay_page)
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "complete_in_progress"
    shop.clock.advance(timedelta(minutes=1))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    payment = await shop.payment(buyer.token)
    assert ([f.source for f in payment.facts], payment.next_poll_at) == (["read"], None)
    shop.line.webhooks_lost = False
    shop.clock.advance(timedelta(minutes=1))
    await shop.till.worker.tick()
    assert await shop.left(ALOE) == (22, 0)


async def test_webhooks_are_sent_again_until_they_are_taken(shop: PayShop, buyer: Buyer) -> None:
    pay_page = await at_provider(buyer)
    shop.line.webhooks_lost = True
    await buyer.choose("approve", pay_page)
    for _ in range(3):
        await shop.till.worker.tick()
    attempts = [call for call in shop.line.calls if call == "POST /webhooks/sandbox"]
    assert len(attempts) == 1
    shop.line.webhooks_lost = False
    shop.clock.advance(timedelta(seconds=2))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"


async def test_a_provider_that_is_down_costs_nothing_and_pay_can_be_pressed_again(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    shop.line.provider_down = True
    answer = await buyer.press_pay()
    assert answer.status_code == 503
    assert "please press Pay again in a moment" in text_of(answer)
    assert await shop.left(ALOE) == (24, 2)
    shop.line.provider_down = False
    again = await buyer.post("pay")
    assert again.status_code == 303
    await buyer.choose("approve", again.headers["location"])
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    assert len(await shop.payments(buyer.token)) == 1


async def test_an_answer_that_got_lost_starts_no_second_payment(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    shop.line.answers_lost = True
    assert (await buyer.press_pay()).status_code == 503
    shop.line.answers_lost = False
    again = await buyer.post("pay")
    rows = await shop.db.read(lambda uow: list(uow.session.scalars(select(SandboxPaymentRow))))
    assert len(rows) == 1
    await buyer.choose("approve", again.headers["location"])
    await shop.till.worker.tick()
    assert "Thank you" in await buyer.look()


async def test_a_payment_whose_start_got_lost_is_found_by_our_name_for_it(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    shop.line.answers_lost = True
    await buyer.press_pay()
    shop.line.answers_lost = False
    shop.clock.advance(timedelta(seconds=10))
    await shop.till.worker.tick()
    payment = await shop.payment(buyer.token)
    assert payment.session_ref is not None
    assert payment.redirect_url is None
    assert (await buyer.post("pay")).headers["location"].startswith(shop.settings.public_url)


async def test_a_payment_that_never_reached_the_provider_lets_go_of_the_stock(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    shop.line.provider_down = True
    await buyer.press_pay()
    shop.line.provider_down = False
    shop.clock.advance(timedelta(seconds=10))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "complete_in_progress"
    shop.clock.advance(timedelta(minutes=30))
    assert (await buyer.post("pay")).headers["location"] == buyer.address
    await shop.till.worker.tick()
    assert (await shop.payment(buyer.token)).status is PaymentStatus.EXPIRED
    assert await shop.status(buyer.token) == "ready_for_payment"
    assert await shop.left(ALOE) == (24, 0)


async def test_a_provider_that_refuses_lets_go_of_the_stock(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    with patch.object(SandboxGateway, "start", side_effect=ProviderRejected("no")):
        answer = await buyer.press_pay()
    assert answer.status_code == 502
    assert "could not be started, and nothing was charged" in text_of(answer)
    assert await shop.left(ALOE) == (24, 0)
    assert (await shop.payment(buyer.token)).status is PaymentStatus.FAILED
    assert "Thank you" in await buyer.pay()


async def test_an_abandoned_session_is_closed_at_the_provider_before_it_expires(
    shop: PayShop, buyer: Buyer
) -> None:
    await at_provider(buyer)
    shop.line.webhooks_lost = True
    shop.clock.advance(timedelta(hours=2))
    shop.line.calls.clear()
    await shop.till.worker.tick()
    payment = await shop.payment(buyer.token)
    asked = [c for c in shop.line.calls if str(payment.session_ref) in c]
    assert [c.partition(" ")[0] for c in asked] == ["POST", "GET"]
    assert asked[0].endswith("/cancel")
    assert await shop.status(buyer.token) == "expired"
    assert await shop.left(ALOE) == (24, 0)
    assert "This checkout has expired" in await buyer.look()
    buyers = await shop.db.read(lambda uow: uow.checkouts.by_page_token(buyer.token))
    assert buyers is not None
    assert buyers.buyer is None


async def test_nothing_expires_while_the_provider_is_down(shop: PayShop, buyer: Buyer) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    shop.line.webhooks_lost = shop.line.provider_down = True
    shop.clock.advance(timedelta(hours=2))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "complete_in_progress"
    assert await shop.left(ALOE) == (24, 2)
    shop.line.provider_down = False
    shop.clock.advance(timedelta(seconds=10))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"


async def test_a_payment_nobody_hears_of_for_a_week_is_left_to_a_person(
    shop: PayShop, buyer: Buyer
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("later", pay_page)
    shop.line.webhooks_lost = True

    def never(uow: UnitOfWork) -> None:
        uow.session.execute(update(SandboxPaymentRow).values(capture_at=None))

    await shop.db.write(never)
    shop.clock.advance(timedelta(minutes=45))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "complete_in_progress"
    shop.clock.advance(timedelta(days=8))
    await shop.till.worker.tick()
    payment = await shop.payment(buyer.token)
    assert (payment.status, payment.next_poll_at) == (PaymentStatus.PENDING, None)
    assert payment.needs_attention
    still = await shop.db.read(lambda uow: uow.session.scalars(select(CheckoutRow)).one())
    assert still.expires_at > shop.clock()


async def test_money_that_comes_late_is_found_without_a_webhook_and_goes_back(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.choose("abandon", await at_provider(buyer))
    await shop.till.worker.tick()
    canceled = await shop.payment(buyer.token)
    assert canceled.status is PaymentStatus.CANCELED
    assert canceled.next_poll_at == shop.clock() + timedelta(minutes=5)

    def take_it_late(uow: UnitOfWork) -> None:
        taken = {"status": "captured", "captured_minor": SandboxPaymentRow.amount_minor}
        uow.session.execute(update(SandboxPaymentRow).values(taken))

    await shop.db.write(take_it_late)
    for _ in range(2):
        shop.clock.advance(timedelta(minutes=5))
        await shop.till.worker.tick()
    payment = await shop.payment(buyer.token)
    assert payment.status is PaymentStatus.CAPTURED
    assert payment.refunded_minor == payment.captured_minor == payment.amount_minor
    assert payment.next_poll_at is None


async def test_a_dead_payment_is_left_alone_after_a_day_and_whatever_the_buyer_does(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.choose("abandon", await at_provider(buyer))
    await shop.till.worker.tick()
    shop.line.calls.clear()
    for _ in range(3):
        await buyer.look("/return")
    assert shop.line.calls == []
    for _ in range(30):
        shop.clock.advance(timedelta(hours=1))
        await shop.till.worker.tick()
    assert len(shop.line.calls) == 3
    payment = await shop.payment(buyer.token)
    assert (payment.next_poll_at, payment.needs_attention) == (None, False)


async def test_coming_back_again_and_again_asks_the_provider_once(
    shop: PayShop, buyer: Buyer
) -> None:
    await at_provider(buyer)
    shop.line.calls.clear()
    for _ in range(5):
        await buyer.look("/return")
    assert len(shop.line.calls) == 1
    shop.line.provider_down = True
    shop.clock.advance(timedelta(minutes=2))
    assert "Your payment is not finished yet" in await buyer.look("/return")


async def test_a_buyer_may_change_something_instead(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    assert "Your payment is not finished yet" in await buyer.look()
    await buyer.post("stop")
    assert "The payment was canceled" in await buyer.look()
    assert await shop.left(ALOE) == (24, 0)
    assert (await buyer.post("stop")).status_code == 303
    await buyer.fill_in(line1="2 Garden Street")
    assert "2 Garden Street" in await buyer.look()


async def test_stopping_works_before_the_provider_ever_answered(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    shop.line.answers_lost = True
    await buyer.press_pay()
    assert (await buyer.post("stop")).status_code == 503
    shop.line.answers_lost = False
    await buyer.post("stop")
    assert (await shop.payment(buyer.token)).status is PaymentStatus.CANCELED
    shop.line.provider_down = True
    await buyer.press_pay()
    shop.line.provider_down = False
    with patch.object(SandboxGateway, "start", side_effect=ProviderRejected("no")):
        await buyer.post("stop")
    assert (await shop.payment(buyer.token)).status is PaymentStatus.FAILED


async def test_a_payment_that_is_under_way_cannot_be_stopped(shop: PayShop, buyer: Buyer) -> None:
    await buyer.pay("later")
    await buyer.post("stop")
    assert await shop.status(buyer.token) == "complete_in_progress"
    assert (await shop.payment(buyer.token)).status is PaymentStatus.PENDING


async def test_a_webhook_may_be_quicker_than_a_read_that_fails(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    payment = await shop.payment(buyer.token)
    resource = {
        "id": payment.session_ref,
        "reference": payment.reference,
        "status": "captured",
        "currency": "USD",
        "captured_minor": payment.amount_minor,
    }

    async def slow(*_: object) -> None:
        await shop.webhook({"id": "evt_1", "type": "payment.captured", "payment": resource})
        raise ProviderUnavailable("too slow")

    shop.clock.advance(timedelta(minutes=1))
    with patch.object(SandboxGateway, "fetch", side_effect=slow):
        await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    assert (await shop.payment(buyer.token)).next_poll_at is None


async def test_a_session_that_was_extended_in_the_meantime_does_not_expire(
    shop: PayShop, buyer: Buyer
) -> None:
    session_id = (await shop.page(buyer.token)).checkout.public_id
    for public_id in (session_id, "cs_unknown"):
        await shop.db.write(partial(expire, public_id=public_id))
    assert await shop.status(buyer.token) == "incomplete"
