"""The provider is away for ten minutes and its webhooks for good: soon everything is settled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import anyio
import pytest
from sqlalchemy import delete, func, select

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow, PaymentRow, RefundRow, SandboxEventRow, SandboxPaymentRow
from plantly.domain.payment import PaymentStatus
from plantly.services import checkout_page, paying, sandbox_ledger
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.pay_press import PayPress
from plantly.services.paying import PaymentIntent
from plantly.services.sandbox_ledger import Action, SandboxOrder
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from plantly.services.workflows.till import Till
from plantly.services.workflows.worker import Timing, Worker
from tests.support.builders import buyer
from tests.support.orders import empty_checkout, payment_of
from tests.support.pay_shop import PayShop, _go_on, _Transport

pytestmark = pytest.mark.anyio

PAYMENTS, ORDERS = 50, 3
BROWSER = "a-browser-of-its-own"


def begin(uow: UnitOfWork, number: int) -> str:
    """Let a buyer go to the provider; give the pay page there."""
    request = StartRequest(items=(ItemRef(quantity=1, product_id="jade"),))
    token = start_checkout(uow, Shopper(), request).page_token
    somebody = buyer(email=f"buyer{number}@example.com")
    assert checkout_page.save_details(uow, token, BROWSER, somebody) == {}
    quote = checkout_page.show(uow, token, BROWSER).checkout.quote_hash
    intent = paying.begin_payment(uow, PayPress(token, BROWSER, quote), "sandbox")
    assert isinstance(intent, PaymentIntent)
    payment = uow.payments.by_reference(intent.reference)
    assert payment is not None
    return take_on(uow, payment)


def begin_without_goods(uow: UnitOfWork) -> str:
    """Begin a payment of nothing in particular, which is quicker."""
    payment = payment_of(uow, empty_checkout(uow), 1000)
    payment.next_poll_at = uow.now + timedelta(minutes=1)
    return take_on(uow, payment)


def take_on(uow: UnitOfWork, payment: PaymentRow) -> str:
    """Let the provider know a payment."""
    order = SandboxOrder(
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        description="Fern & Co",
        return_url="http://127.0.0.1:8000/",
        expires_at=payment.expires_at,
    )
    page: str = sandbox_ledger.open_payment(uow, payment.idempotency_key, order)["page_token"]
    return page


def press_all(shop: PayShop, pages: list[str], action: Action) -> Callable[[UnitOfWork], None]:
    """Let every buyer press the same button at the provider."""

    def work(uow: UnitOfWork) -> None:
        for page in pages:
            sandbox_ledger.press(uow, shop.settings.sandbox.chaos, page, action)

    return work


async def count(shop: PayShop, what: Any, *conditions: Any) -> int:
    statement = select(func.count()).select_from(what).where(*conditions)
    return await shop.db.read(lambda uow: uow.session.scalars(statement).one())


async def pass_time(shop: PayShop, *, minutes: int, step: int) -> int:
    """Let the worker look every so many seconds; give how often the provider was called."""
    shop.line.calls.clear()
    for _ in range(0, minutes * 60, step):
        await shop.till.worker.tick()
        shop.clock.advance(timedelta(seconds=step))
    return sum("/sandbox/v1" in call for call in shop.line.calls)


async def test_what_is_due_is_settled_soon_after_an_outage(shop: PayShop) -> None:
    def arrive(uow: UnitOfWork) -> tuple[list[str], list[str]]:
        paid = [begin(uow, number) for number in range(ORDERS)]
        return paid, [begin_without_goods(uow) for _ in range(PAYMENTS - ORDERS)]

    paid, declined = await shop.db.write(arrive)
    await shop.db.write(press_all(shop, paid, "approve"))
    await shop.db.write(press_all(shop, declined, "decline"))
    await shop.db.write(lambda uow: uow.session.execute(delete(SandboxEventRow)))
    shop.line.provider_down = True
    assert 10 <= await pass_time(shop, minutes=10, step=20) <= 30
    assert await count(shop, OrderRow) == 0
    shop.line.provider_down = False
    calls = await pass_time(shop, minutes=1, step=5)
    assert await count(shop, OrderRow) == ORDERS
    assert await count(shop, PaymentRow, PaymentRow.status == PaymentStatus.DECLINED) == (
        PAYMENTS - ORDERS
    )
    # Each was asked about once.
    assert calls == PAYMENTS


def take_too_much(uow: UnitOfWork) -> None:
    """Let the provider take more than was agreed for the first half of the payments."""
    for row in uow.session.scalars(select(SandboxPaymentRow).limit(3)):
        row.amount_minor += 1


async def test_two_workers_at_once_do_no_harm(shop: PayShop) -> None:
    """Look away from the lease, as two do whose clocks are far apart: every effect comes once."""
    pages = await shop.db.write(lambda uow: [begin(uow, number) for number in range(6)])
    await shop.db.write(take_too_much)
    await shop.db.write(press_all(shop, pages, "approve"))
    rival = Till(
        shop.db,
        shop.settings,
        clock=shop.clock,
        transport=_Transport(shop.line),
        timing=Timing(pause=_go_on),
    )
    with patch.object(Worker, "_take_lease", return_value=True):
        async with rival.opened() as other:
            for _ in range(4):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(shop.till.worker.tick)
                    tasks.start_soon(other.worker.tick)
                shop.clock.advance(timedelta(seconds=21))
    assert await count(shop, OrderRow) == 3
    assert await count(shop, RefundRow, RefundRow.status == "succeeded") == 3
    asked = [call for call in shop.line.calls if call.endswith("/refunds")]
    assert len(asked) == len(set(asked)) == 3
