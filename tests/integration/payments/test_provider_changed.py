"""A shop that has changed its payment provider: what the one before has taken is still there."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import OutboxRow, RefundRow
from plantly.domain.payment import FactKind, PaymentStatus
from plantly.payments.gateway import (
    PaymentGateway,
    PaymentRef,
    RefundRequest,
    RefundResult,
    Snapshot,
    StartResult,
)
from plantly.services import paying
from plantly.services.attention import list_attention
from plantly.services.authorizations import CAPTURE_TOPIC, CLOSE_TOPIC, VOID_TOPIC
from plantly.services.buyers import erase_buyer
from plantly.services.payment_care import resolve_payment, what_to_see_to
from plantly.services.payment_events import apply_facts
from plantly.services.refund_decisions import REFUND_TOPIC
from plantly.services.refunds import request_refund
from plantly.services.workflows.outbox import work_outbox
from plantly.services.workflows.pace import Pace, PacedGateway
from plantly.services.workflows.pay import PayDesk
from plantly.services.workflows.reconcile import leave_others
from tests.support.builders import fact
from tests.support.clock import MovableClock
from tests.support.pay_shop import BUYER, ORIGIN, Buyer, PayShop, open_pay_shop

pytestmark = pytest.mark.anyio

ALOE = "aloe-vera-12cm"
on_sqlite = pytest.mark.parametrize("shop_url", ["sqlite"], indirect=True)
_ASKED_WRONGLY = "a payment of another provider was asked for here"


class NewProvider(PacedGateway):
    """The provider that the shop uses now: it knows nothing of what was paid before."""

    name = "stripe"

    async def refund(self, request: RefundRequest) -> RefundResult:  # noqa: ARG002 - as every provider
        """Fail the test: nothing that it could be asked for is its own."""
        pytest.fail(_ASKED_WRONGLY)

    async def start(self, request: object) -> StartResult:  # noqa: ARG002 - as every provider
        """Fail the test as well."""
        pytest.fail(_ASKED_WRONGLY)

    async def fetch(self, ref: PaymentRef) -> Snapshot | None:  # noqa: ARG002 - as every provider
        """Fail the test as well."""
        pytest.fail(_ASKED_WRONGLY)

    async def cancel_session(self, session_ref: str) -> None:  # noqa: ARG002 - as every provider
        """Fail the test as well."""
        pytest.fail(_ASKED_WRONGLY)


def new_provider(shop: PayShop) -> PaymentGateway:
    return NewProvider(shop.till.gateway, Pace(shop.clock))


async def test_money_that_another_provider_took_is_left_to_a_person(
    shop: PayShop, buyer: Buyer
) -> None:
    assert "Thank you" in await buyer.pay()
    reference = (await shop.payment(buyer.token)).reference
    await shop.db.write(lambda uow: request_refund(uow, reference, 1000, "requested", "k"))
    await work_outbox(shop.db, new_provider(shop))

    def look(uow: UnitOfWork) -> tuple[str, bool, list[str]]:
        refund = uow.session.scalars(select(RefundRow)).one()
        message = uow.session.scalars(
            select(OutboxRow).where(OutboxRow.topic == REFUND_TOPIC)
        ).one()
        reasons = [view.reason for view in list_attention(uow, 9)]
        return refund.status, message.done_at is not None, reasons

    assert await shop.db.read(look) == ("failed", True, ["refund_failed"])


async def at_provider(shop: PayShop, buyer: Buyer) -> str:
    """Press Pay, and stay at the provider; give our name for the payment."""
    await buyer.fill_in()
    assert (await buyer.press_pay()).status_code == 303
    return (await shop.payment(buyer.token)).reference


async def reasons(shop: PayShop) -> list[str]:
    views = await shop.db.read(lambda uow: list_attention(uow, 9))
    return [view.reason for view in views]


async def topics_left(shop: PayShop) -> list[str]:
    rows = await shop.db.read(
        lambda uow: uow.session.scalars(select(OutboxRow).where(OutboxRow.done_at.is_(None))).all()
    )
    return [row.topic for row in rows if row.topic in {CAPTURE_TOPIC, VOID_TOPIC, CLOSE_TOPIC}]


async def test_a_payment_begun_elsewhere_is_left_to_a_person_and_let_go_of_by_them(
    shop: PayShop, buyer: Buyer
) -> None:
    reference = await at_provider(shop, buyer)
    shop.clock.advance(timedelta(days=1))
    await leave_others(shop.db, "stripe")
    assert await reasons(shop) == []
    shop.clock.advance(timedelta(hours=1))
    await leave_others(shop.db, "sandbox")
    assert await reasons(shop) == []
    for _ in range(2):
        await leave_others(shop.db, "stripe")
        assert await reasons(shop) == ["other_provider"]
    assert (await shop.db.read(lambda uow: what_to_see_to(uow, "stripe"))).elsewhere == 1
    assert await shop.left(ALOE) == (24, 2)
    await shop.db.write(lambda uow: resolve_payment(uow, reference))
    payment = await shop.payment(buyer.token)
    assert (payment.status, payment.attention_reason) == (PaymentStatus.EXPIRED, None)
    assert await shop.left(ALOE) == (24, 0)
    assert await shop.status(buyer.token) == "ready_for_payment"
    assert "time" in await buyer.look()
    assert (await shop.db.read(lambda uow: what_to_see_to(uow, "stripe"))).elsewhere == 0
    await leave_others(shop.db, "stripe")
    assert await reasons(shop) == []
    erased = await shop.db.write(partial(erase_buyer, email=BUYER["email"]))
    assert erased.canceled == 1


@on_sqlite
async def test_the_worker_leaves_such_payments_to_a_person_by_itself(
    shop_url: str, db: Database, shop: PayShop, buyer: Buyer, clock: MovableClock
) -> None:
    await at_provider(shop, buyer)

    def move(uow: UnitOfWork) -> None:
        payment = uow.payments.by_reference(reference, lock=True)
        assert payment is not None
        payment.provider = "stripe"

    reference = (await shop.payment(buyer.token)).reference
    await db.write(move)
    clock.advance(timedelta(days=1, hours=1))
    async with open_pay_shop(shop_url, db, clock) as later:
        await later.till.worker.tick()
    assert await reasons(shop) == ["other_provider"]


@on_sqlite
async def test_what_came_to_an_end_meanwhile_stays_as_it_is(shop: PayShop, buyer: Buyer) -> None:
    reference = await at_provider(shop, buyer)
    shop.clock.advance(timedelta(days=2))
    await leave_others(shop.db, "stripe")
    total = (await shop.payment(buyer.token)).amount_minor
    paid = [fact(FactKind.CAPTURED, total)]
    await shop.db.write(lambda uow: apply_facts(uow, "sandbox", reference, paid, source="webhook"))
    await shop.db.write(lambda uow: resolve_payment(uow, reference))
    assert await shop.status(buyer.token) == "completed"
    assert await reasons(shop) == []


@on_sqlite
async def test_what_was_authorized_elsewhere_is_asked_for_nowhere(
    shop: PayShop, buyer: Buyer
) -> None:
    reference = await at_provider(shop, buyer)
    total = (await shop.payment(buyer.token)).amount_minor
    told = [fact(FactKind.AUTHORIZED, total)]
    await shop.db.write(lambda uow: apply_facts(uow, "sandbox", reference, told, source="webhook"))
    assert await topics_left(shop) == [CAPTURE_TOPIC]
    await work_outbox(shop.db, new_provider(shop))
    assert await topics_left(shop) == []
    assert await reasons(shop) == ["other_provider"]
    await shop.db.write(lambda uow: resolve_payment(uow, reference))
    payload = {"reference": reference}
    await shop.db.write(lambda uow: uow.outbox.put(CLOSE_TOPIC, "close", payload, uow.now))
    assert await topics_left(shop) == [VOID_TOPIC, CLOSE_TOPIC]
    await work_outbox(shop.db, new_provider(shop))
    assert await topics_left(shop) == []
    assert await reasons(shop) == []
    assert await shop.left(ALOE) == (24, 0)


@on_sqlite
async def test_a_buyer_who_comes_back_asks_the_new_provider_nothing(
    shop: PayShop, buyer: Buyer
) -> None:
    await at_provider(shop, buyer)
    desk = PayDesk(shop.db, new_provider(shop), ORIGIN)
    browser = next(iter(buyer.browser.cookies.values()))
    await desk.look(buyer.token)
    await desk.stop(buyer.token, browser)
    intent = await shop.db.write(lambda uow: paying.live_payment(uow, buyer.token, browser))
    assert intent is not None
    assert await desk.start(buyer.token, intent) is None
    assert await shop.status(buyer.token) == "complete_in_progress"
