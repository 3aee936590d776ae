"""Answers that come late, processes that die while asking, and sessions that must not stay open."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from plantly.db import UnitOfWork
from plantly.db.tables import OutboxRow, SandboxPaymentRow
from plantly.domain.errors import ProviderRejected
from plantly.domain.payment import Fact, FactKind, PaymentStatus
from plantly.payments.gateway import PaymentRequest, StartResult
from plantly.payments.sandbox import SandboxGateway
from plantly.services.authorizations import note_given_up
from plantly.services.payment_events import apply_facts
from plantly.services.workflows import reconcile
from tests.support.pay_shop import Buyer, PayShop
from tests.support.presses import ready

pytestmark = pytest.mark.anyio


class ProcessDiedError(BaseException):
    """The process is gone while it asked."""


async def status_there(shop: PayShop) -> str:
    """Give where the one payment stands at the provider."""
    statement = select(SandboxPaymentRow.status)
    return await shop.db.read(lambda uow: uow.session.scalars(statement).one())


def end(uow: UnitOfWork, reference: str, kind: FactKind = FactKind.FAILED) -> None:
    apply_facts(uow, "sandbox", reference, [Fact("over", kind, 0, "USD")], source="read")


@pytest.mark.parametrize("press", ["pay", "stop"])
async def test_a_start_that_is_answered_too_late_leaves_no_page_to_pay_on(
    shop: PayShop, press: str
) -> None:
    checkout = await ready(shop.db)
    if press == "stop":
        shop.line.provider_down = True
        with pytest.raises(Exception, match="does not answer"):
            await shop.till.desk.pay(checkout.pressed())
        shop.line.provider_down = False
    start = SandboxGateway.start

    async def slow(gateway: SandboxGateway, request: PaymentRequest) -> StartResult:
        answer = await start(gateway, request)
        await shop.db.write(lambda uow: end(uow, request.reference))
        return answer

    with patch.object(SandboxGateway, "start", slow):
        if press == "pay":
            assert await shop.till.desk.pay(checkout.pressed()) is None
        else:
            await shop.till.desk.stop(checkout.token, checkout.press.browser)
    assert await shop.status(checkout.token) == "ready_for_payment"
    assert await status_there(shop) == "open"
    await shop.till.worker.tick()
    assert await status_there(shop) == "canceled"
    assert await shop.left("aloe-vera-12cm") == (24, 0)


async def test_a_session_that_the_provider_never_heard_of_needs_no_closing(
    shop: PayShop, buyer: Buyer
) -> None:
    def ask(uow: UnitOfWork) -> None:
        uow.outbox.put("close_session", "one", {"reference": "pay_unknown"}, uow.now)

    await shop.db.write(ask)
    await shop.till.worker.tick()
    (message,) = await shop.db.read(lambda uow: uow.session.scalars(select(OutboxRow)).all())
    assert message.done_at is not None
    await shop.db.write(lambda uow: note_given_up(uow, "pay_unknown"))


@pytest.mark.parametrize("minutes", [1, 2, 5, 15])
async def test_a_process_that_dies_while_asking_postpones_nothing(
    shop: PayShop, buyer: Buyer, minutes: int
) -> None:
    await buyer.fill_in()
    await buyer.press_pay()
    payment = await shop.payment(buyer.token)
    shop.clock.advance(timedelta(minutes=minutes))

    async def die(*_: Any) -> None:
        raise ProcessDiedError

    with patch.object(SandboxGateway, "fetch", die), pytest.raises(ProcessDiedError):
        await reconcile.check_payment(shop.db, shop.till.gateway, payment.reference)
    due = (await shop.payment(buyer.token)).next_poll_at
    assert due is not None
    assert due - shop.clock() <= timedelta(seconds=20)
    shop.clock.advance(timedelta(seconds=20))
    await shop.till.worker.tick()
    later = (await shop.payment(buyer.token)).next_poll_at
    assert later is not None
    wanted = {1: 2, 2: 5, 5: 15, 15: 30}[minutes]
    assert later - payment.created_at == timedelta(minutes=wanted)


async def test_a_payment_that_is_settled_meanwhile_is_not_asked_about_again(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    await buyer.press_pay()
    payment = await shop.payment(buyer.token)
    paid = Fact("captured", FactKind.CAPTURED, payment.amount_minor, "USD")
    await shop.db.write(
        lambda uow: apply_facts(uow, "sandbox", payment.reference, [paid], source="webhook")
    )
    shop.line.calls.clear()
    await reconcile.check_payment(shop.db, shop.till.gateway, payment.reference)
    assert shop.line.calls == []


async def test_money_on_a_payment_that_we_had_given_up_goes_back(
    shop: PayShop, buyer: Buyer
) -> None:
    """The provider refused, yet took the money: it told us by our name for it alone."""
    await buyer.fill_in()
    with patch.object(SandboxGateway, "start", side_effect=ProviderRejected("no")):
        await buyer.press_pay()
    payment = await shop.payment(buyer.token)
    assert (payment.status, payment.session_ref) == (PaymentStatus.FAILED, None)
    expires_at = payment.expires_at
    started = await shop.till.gateway.start(
        PaymentRequest(payment.reference, 3810, "USD", "Fern", "http://x/", "k", expires_at)
    )
    await buyer.choose("approve", started.redirect_url)
    await shop.till.worker.tick()
    await shop.till.worker.tick()
    payment = await shop.payment(buyer.token)
    assert (payment.session_ref, payment.refunded_minor) == (started.session_ref, 3810)
