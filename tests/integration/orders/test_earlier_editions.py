"""Orders of a shop that was opened with an earlier edition, whose tables knew less of them."""

import pytest
from anyio import to_thread
from sqlalchemy import text

from plantly.db import UnitOfWork, migrations
from plantly.domain.errors import InvalidInput
from plantly.domain.payment import Fact, FactKind
from plantly.services.payment_events import apply_facts
from tests.support.order_care import ALOE, OrderDesk, both_engines
from tests.support.rivals import elsewhere

pytestmark = pytest.mark.anyio

GIVEN_THERE = 500


def _by_the_earlier_edition(url: str) -> None:
    """Take the tables back, and up again; that edition changed no order because of a refund."""
    migrations.downgrade(url, "0009")
    elsewhere(url, lambda uow: uow.connection.execute(text("UPDATE orders SET status='confirmed'")))
    assert elsewhere(url, _waiting_mails) == 0
    migrations.upgrade(url)


def _waiting_mails(uow: UnitOfWork) -> int:
    count = text("SELECT COUNT(*) FROM outbox WHERE topic = 'send_mail'")
    return int(uow.connection.execute(count).scalar_one())


async def _give_back_at_the_provider(desk: OrderDesk) -> None:
    said = [
        Fact(f"{kind}:re_there:{GIVEN_THERE}", kind, GIVEN_THERE, "USD", "re_there")
        for kind in (FactKind.REFUND_PENDING, FactKind.REFUND_SUCCEEDED)
    ]
    await desk.do(lambda uow: apply_facts(uow, "sandbox", desk.reference, said, source="webhook"))


@both_engines
async def test_an_order_whose_money_is_back_is_refunded_and_never_sent(
    desk: OrderDesk, shop_url: str
) -> None:
    await desk.refund("one", lines={ALOE: 1})
    await desk.settle()
    await _give_back_at_the_provider(desk)
    await desk.refund("rest")
    await desk.settle()
    before, kinds = await desk.refunds(), {"refund_decided", "refunded"}
    await to_thread.run_sync(_by_the_earlier_edition, shop_url)
    assert await desk.refunds() == before
    assert await desk.states() == ("refunded", "unfulfilled")
    assert set(await desk.kinds()) & kinds == {"refunded"}
    with pytest.raises(InvalidInput, match="refunded"):
        await desk.send()
    known = await desk.kinds()
    await desk.settle()
    await _give_back_at_the_provider(desk)
    assert await desk.kinds() == known


@both_engines
async def test_an_order_goes_on_where_it_was(desk: OrderDesk, shop_url: str) -> None:
    await _give_back_at_the_provider(desk)
    await desk.settle()
    await to_thread.run_sync(_by_the_earlier_edition, shop_url)
    assert await desk.states() == ("confirmed", "unfulfilled")
    assert await desk.kinds() == ["placed", "refunded"]
    await desk.refund("one", lines={ALOE: 1})
    await desk.send()
    await desk.settle()
    assert (await desk.states())[0] == "shipped"
