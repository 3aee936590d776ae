"""Money that was only authorized is captured once, exactly, or let go of once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select, update

from plantly.db import Database, UnitOfWork
from plantly.db.tables import OutboxRow, PaymentRow
from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.payment import FactKind, PaymentStatus
from plantly.payments.gateway import PaymentRef, Snapshot
from plantly.payments.sandbox import SandboxGateway
from plantly.services.carts import CartChange, update_cart
from plantly.services.order_mails import MAIL_TOPIC
from plantly.services.payment_events import apply_facts
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from plantly.services.workflows.errands import close_session
from plantly.services.workflows.outbox import MOST_TRIES, work_outbox
from tests.support.builders import fact
from tests.support.clock import MovableClock
from tests.support.pay_shop import Buyer, PayShop, a_buyer, open_pay_shop, text_of
from tests.support.presses import ready

pytestmark = pytest.mark.anyio

ALOE = "aloe-vera-12cm"


@pytest.fixture
async def shop(shop_url: str, db: Database, clock: MovableClock) -> AsyncIterator[PayShop]:
    """Open a shop whose provider authorizes, and captures when it is told to."""
    environment = {"PLANTLY_SANDBOX_CAPTURE": "manual"}
    async with open_pay_shop(shop_url, db, clock, environment) as opened:
        yield opened


@pytest.fixture
async def buyer(shop: PayShop) -> AsyncIterator[Buyer]:
    async with a_buyer(shop) as somebody:
        yield somebody


async def at_provider(buyer: Buyer) -> str:
    await buyer.fill_in()
    answer = await buyer.press_pay()
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


async def said(shop: PayShop, buyer: Buyer, amount: int, currency: str = "USD") -> None:
    """Let a webhook say that money was authorized."""
    payment = await shop.payment(buyer.token)
    resource = {
        "id": payment.session_ref,
        "reference": payment.reference,
        "status": "authorized",
        "currency": currency,
        "authorized_minor": amount,
    }
    event = {"id": f"evt_{amount}_{currency}", "type": "payment.authorized", "payment": resource}
    assert (await shop.webhook(event)).status_code == 200


async def messages(shop: PayShop) -> list[str]:
    """Give what the outbox was asked for, in that order, but mails."""
    rows = await shop.db.read(
        lambda uow: uow.session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    )
    return [row.topic for row in rows if row.topic != MAIL_TOPIC]


def calls(shop: PayShop, what: str) -> int:
    return sum(call.endswith(what) for call in shop.line.calls)


async def test_what_covers_the_total_is_captured_once_and_becomes_the_order(
    shop: PayShop, buyer: Buyer
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    await shop.till.worker.tick()
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    payment = await shop.payment(buyer.token)
    assert (payment.authorized_minor, payment.captured_minor) == (3810, 3810)
    assert await messages(shop) == ["capture_payment"]
    assert calls(shop, "/captures") == 1
    assert await shop.left(ALOE) == (22, 0)


async def test_stock_stays_held_until_the_capture(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    await said(shop, buyer, 3810)
    assert (await shop.payment(buyer.token)).status is PaymentStatus.AUTHORIZED
    assert await shop.left(ALOE) == (24, 2)
    assert "being confirmed" in await buyer.look()
    await buyer.post("stop")
    assert await shop.status(buyer.token) == "complete_in_progress"


async def test_more_than_the_total_is_captured_for_the_total_exactly(
    shop: PayShop, buyer: Buyer
) -> None:
    await at_provider(buyer)
    await said(shop, buyer, 5000)
    asked = []

    async def capture(*arguments: Any) -> None:
        asked.append(arguments[1:3])
        raise ProviderUnavailable("slow")

    with patch.object(SandboxGateway, "capture", side_effect=capture):
        await shop.till.worker.tick()
    assert asked == [(3810, "USD")]


@pytest.mark.parametrize(("amount", "currency"), [(3809, "USD"), (1, "USD"), (3810, "EUR")])
async def test_what_does_not_cover_the_total_is_let_go_of_and_told(
    shop: PayShop, buyer: Buyer, amount: int, currency: str
) -> None:
    await at_provider(buyer)
    for _ in range(2):
        await said(shop, buyer, amount, currency)
    assert await messages(shop) == ["void_payment"]
    payment = await shop.payment(buyer.token)
    assert (payment.needs_attention, payment.attention_reason) == (True, "wrong_amount")
    assert payment.captured_minor == 0


async def test_a_late_authorization_is_let_go_of(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    shop.clock.advance(timedelta(hours=2))
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "expired"
    for _ in range(2):
        await said(shop, buyer, 3810)
    assert await messages(shop) == ["void_payment"]
    await shop.till.worker.tick()
    assert calls(shop, "/void") == 1
    payment = await shop.payment(buyer.token)
    assert (payment.status, payment.captured_minor) == (PaymentStatus.EXPIRED, 0)


async def test_an_authorization_is_captured_even_when_its_time_is_over(
    shop: PayShop, buyer: Buyer
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    shop.line.provider_down = True
    await shop.till.worker.tick()
    shop.clock.advance(timedelta(minutes=40))
    await shop.till.worker.tick()
    assert await shop.left(ALOE) == (24, 2)
    shop.line.provider_down = False
    for _ in range(3):
        shop.clock.advance(timedelta(minutes=1))
        await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    assert calls(shop, "/cancel") == 0


async def test_a_capture_whose_answer_got_lost_takes_money_once(
    shop: PayShop, buyer: Buyer
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    await said(shop, buyer, 3810)
    shop.line.answers_lost = shop.line.webhooks_lost = True
    await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "complete_in_progress"
    shop.line.answers_lost = False
    for _ in range(2):
        shop.clock.advance(timedelta(minutes=1))
        await shop.till.worker.tick()
    assert await shop.status(buyer.token) == "completed"
    payment = await shop.payment(buyer.token)
    assert (payment.captured_minor, payment.refund_decided_minor) == (3810, 0)


async def test_a_capture_that_is_refused_lets_go_and_asks_a_person(
    shop: PayShop, buyer: Buyer
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    await said(shop, buyer, 3810)
    with patch.object(SandboxGateway, "capture", side_effect=ProviderRejected("no")):
        await shop.till.worker.tick()
    await shop.till.worker.tick()
    assert await messages(shop) == ["capture_payment", "void_payment"]
    assert await shop.status(buyer.token) == "ready_for_payment"
    assert await shop.left(ALOE) == (24, 0)
    assert (await shop.payment(buyer.token)).attention_reason == "capture_failed"


async def test_a_void_that_is_refused_is_left_to_a_person(shop: PayShop, buyer: Buyer) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    await said(shop, buyer, 100)
    with patch.object(SandboxGateway, "void", side_effect=ProviderRejected("no")):
        await shop.till.worker.tick()
    payment = await shop.payment(buyer.token)
    assert payment.attention_reason in {"void_failed", "wrong_amount"}


@pytest.mark.parametrize("shop_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("call", "amount"), [("capture", 3810), ("void", 100)])
async def test_what_is_refused_is_read_by_the_name_that_the_provider_gave_it(
    shop: PayShop, buyer: Buyer, call: str, amount: int
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    await said(shop, buyer, amount)
    payment = await shop.payment(buyer.token)
    read: list[PaymentRef] = []

    async def fetch(_: SandboxGateway, ref: PaymentRef) -> Snapshot | None:
        read.append(ref)
        return None

    with (
        patch.object(SandboxGateway, call, side_effect=ProviderRejected("no")),
        patch.object(SandboxGateway, "fetch", fetch),
    ):
        await work_outbox(shop.db, shop.till.gateway)
    assert read == [PaymentRef(payment.reference, payment.session_ref)]


async def test_a_capture_that_is_never_answered_is_left_to_a_person(
    shop: PayShop, buyer: Buyer
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    await said(shop, buyer, 3810)

    def almost_given_up(uow: UnitOfWork) -> None:
        uow.session.execute(update(OutboxRow).values(attempts=MOST_TRIES - 1))

    await shop.db.write(almost_given_up)
    with patch.object(SandboxGateway, "capture", side_effect=ValueError("odd")):
        await shop.till.worker.tick()
    assert (await shop.payment(buyer.token)).attention_reason == "given_up"


async def test_what_is_authorized_twice_for_one_cart_is_captured_once(
    shop: PayShop, buyer: Buyer
) -> None:
    """The outbox may come to a capture after another session has paid, or after the end."""
    await at_provider(buyer)
    await said(shop, buyer, 3810)

    def end(uow: UnitOfWork) -> None:
        (payment,) = uow.session.scalars(select(PaymentRow))
        apply_facts(uow, "sandbox", payment.reference, [fact(FactKind.CANCELED)], source="webhook")

    await shop.db.write(end)
    await shop.till.worker.tick()
    assert calls(shop, "/captures") == 0
    assert calls(shop, "/void") == 1
    assert await shop.status(buyer.token) == "ready_for_payment"


async def test_money_that_came_meanwhile_is_not_let_go_of(shop: PayShop, buyer: Buyer) -> None:
    await at_provider(buyer)
    await said(shop, buyer, 100)
    payment = await shop.payment(buyer.token)
    paid = [fact(FactKind.CAPTURED, 3810)]
    await shop.db.write(
        lambda uow: apply_facts(uow, "sandbox", payment.reference, paid, source="webhook")
    )
    await shop.till.worker.tick()
    assert calls(shop, "/void") == 0
    assert await shop.status(buyer.token) == "completed"


async def test_a_capture_that_came_too_late_at_the_provider_needs_nobody(
    shop: PayShop, buyer: Buyer
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("abandon", pay_page)
    shop.line.webhooks_lost = True
    await said(shop, buyer, 3810)
    await shop.till.worker.tick()
    assert calls(shop, "/captures") == 1
    payment = await shop.payment(buyer.token)
    assert (payment.status, payment.needs_attention) == (PaymentStatus.CANCELED, False)
    assert await shop.status(buyer.token) == "ready_for_payment"


async def test_a_capture_is_called_off_when_another_session_has_paid_for_the_cart(
    shop: PayShop,
) -> None:
    cart_id = await cart_of(shop, 1)
    first = await ready(shop.db, cart_id=cart_id)
    await cart_of(shop, 2, cart_id)
    second = await ready(shop.db, cart_id=cart_id)
    for checkout in (first, second):
        page = await shop.till.desk.pay(checkout.pressed())
        async with a_buyer(shop, checkout.token) as buyer:
            await buyer.choose("approve", str(page))
            await said(shop, buyer, (await shop.payment(checkout.token)).amount_minor)
    assert await messages(shop) == ["capture_payment"] * 2
    for _ in range(3):
        await shop.till.worker.tick()
    assert calls(shop, "/captures") == 1
    assert calls(shop, "/void") == 1
    assert await shop.status(first.token) == "completed"
    late = await shop.payment(second.token)
    assert (late.status, late.captured_minor) == (PaymentStatus.CANCELED, 0)
    assert await shop.left(ALOE) == (23, 0)


async def test_what_is_authorized_after_another_session_has_paid_is_let_go_of(
    shop: PayShop,
) -> None:
    cart_id = await cart_of(shop, 1)
    first = await ready(shop.db, cart_id=cart_id)
    await cart_of(shop, 2, cart_id)
    second = await ready(shop.db, cart_id=cart_id)
    await shop.till.desk.pay(first.pressed())
    await shop.till.desk.pay(second.pressed())
    paid = await shop.payment(first.token)
    facts = [fact(FactKind.CAPTURED, paid.amount_minor)]
    await shop.db.write(
        lambda uow: apply_facts(uow, "sandbox", paid.reference, facts, source="webhook")
    )
    async with a_buyer(shop, second.token) as buyer:
        await said(shop, buyer, (await shop.payment(second.token)).amount_minor)
    assert await messages(shop) == ["void_payment"]


async def cart_of(shop: PayShop, quantity: int, cart_id: str | None = None) -> str:
    """Put that many aloes into a cart."""

    def fill(uow: UnitOfWork) -> str:
        change = CartChange(lines=(ItemRef(quantity=quantity, product_id="aloe-vera"),))
        view = update_cart(uow, Shopper(), cart_id, change)
        assert view.cart_id is not None
        return view.cart_id

    return await shop.db.write(fill)


async def forget_name(shop: PayShop) -> None:
    """Lose the provider's name for every payment."""

    def forget(uow: UnitOfWork) -> None:
        uow.session.execute(update(PaymentRow).values(session_ref=None))

    await shop.db.write(forget)


async def test_the_name_of_a_payment_is_asked_for_while_it_is_unknown(
    shop: PayShop, buyer: Buyer
) -> None:
    pay_page = await at_provider(buyer)
    await buyer.choose("approve", pay_page)
    await said(shop, buyer, 3810)
    await forget_name(shop)
    await work_outbox(shop.db, shop.till.gateway)
    assert await shop.status(buyer.token) == "completed"


async def test_what_the_provider_has_no_name_for_needs_no_closing(
    shop: PayShop, buyer: Buyer
) -> None:
    await at_provider(buyer)
    payment = await shop.payment(buyer.token)
    await forget_name(shop)
    asked = len(shop.line.calls)

    async def unknown(*_: object) -> None:
        return None

    with patch.object(SandboxGateway, "fetch", unknown):
        await close_session(shop.db, shop.till.gateway, {"reference": payment.reference})
    assert len(shop.line.calls) == asked
