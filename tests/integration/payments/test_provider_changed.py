"""A shop that has changed its payment provider: what the one before has taken is still there."""

import pytest
from sqlalchemy import select

from plantly.db import UnitOfWork
from plantly.db.tables import OutboxRow, RefundRow
from plantly.payments.gateway import PaymentGateway, RefundRequest, RefundResult
from plantly.services.attention import list_attention
from plantly.services.refund_decisions import REFUND_TOPIC
from plantly.services.refunds import request_refund
from plantly.services.workflows.outbox import work_outbox
from plantly.services.workflows.pace import Pace, PacedGateway
from tests.support.pay_shop import Buyer, PayShop

pytestmark = pytest.mark.anyio


class NewProvider(PacedGateway):
    """The provider that the shop uses now: it knows nothing of what was paid before."""

    name = "stripe"

    async def refund(self, request: RefundRequest) -> RefundResult:  # noqa: ARG002 - as every provider
        """Fail the test: nothing that it could be asked for is its own."""
        pytest.fail("another provider's money was asked for here")


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
