"""The stories with the most moving parts, told on both databases."""

from datetime import timedelta
from functools import partial

import pytest

from plantly.services.refunds import request_refund
from tests.support.fakes.outcomes import TOTAL, no_order, one_order
from tests.support.fakes.rig import Rig

pytestmark = pytest.mark.anyio


async def test_a_whole_life(both_rig: Rig) -> None:
    """Declined, tried again, paid while the provider is hard to reach, and given back in parts."""
    rig = both_rig
    ref = await rig.go_to_pay()
    await rig.side.act("decline", ref)
    await rig.deliver()
    await rig.come_back()
    if not (await rig.ledger(ref)).is_open:
        ref = await rig.go_to_pay()
    await rig.side.act("challenge", ref)
    await rig.side.act("confirm", ref)
    rig.trouble = "slow"
    await rig.come_back()
    rig.trouble = None
    await rig.deliver(backwards=True, copies=2)
    await one_order(rig)
    reference = (await rig.shop.payment(rig.buyer.token)).reference
    for key, amount in (("k1", 1000), ("k2", TOTAL - 1000)):
        await rig.shop.db.write(
            partial(request_refund, reference=reference, amount_minor=amount, reason="r", key=key)
        )
    await rig.work()
    await rig.check()
    assert (await rig.ledger(ref)).refunded_minor == TOTAL


async def test_a_session_that_is_canceled_and_paid_all_the_same(both_rig: Rig) -> None:
    rig = both_rig
    ref = await rig.go_to_pay()
    await rig.later(timedelta(hours=2))
    await rig.side.act("approve_late", ref)
    await rig.deliver(copies=2)
    await no_order(rig, "expired")
    assert (await rig.ledger(ref)).refunded_minor == TOTAL
