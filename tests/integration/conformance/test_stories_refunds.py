"""Money on its way back, told of every provider: never more than came, never one refund twice."""

from datetime import timedelta
from functools import partial
from typing import cast

import pytest

from plantly.services.refunds import RefundDecision, request_refund
from tests.support.fakes.outcomes import TOTAL
from tests.support.fakes.rig import Rig, Trouble

pytestmark = pytest.mark.anyio


async def ask(rig: Rig, amount: int, key: str = "k") -> RefundDecision:
    """Decide on a refund, as a person at the till does."""
    reference = (await rig.shop.payment(rig.buyer.token)).reference
    return await rig.shop.db.write(
        partial(request_refund, reference=reference, amount_minor=amount, reason="asked", key=key)
    )


async def back(rig: Rig) -> tuple[int, int]:
    """Give what has gone back, at the provider and in the books."""
    ref = await rig.session()
    payment = await rig.shop.payment(rig.buyer.token)
    return (await rig.ledger(ref)).refunded_minor, payment.refunded_minor


async def statuses(rig: Rig) -> list[str]:
    return [refund.status for refund in await rig.refunds()]


async def test_a_part_and_then_the_rest(rig: Rig) -> None:
    await rig.pay()
    await ask(rig, 1000, "k1")
    await rig.work()
    assert await back(rig) == (1000, 1000)
    await rig.deliver()
    await ask(rig, TOTAL - 1000, "k2")
    await rig.work()
    await rig.deliver(copies=2, backwards=True)
    await rig.check()
    assert await back(rig) == (TOTAL, TOTAL)
    assert await statuses(rig) == ["succeeded", "succeeded"]


async def test_all_of_it_at_once(rig: Rig) -> None:
    await rig.pay()
    await ask(rig, TOTAL)
    await rig.work()
    await rig.check()
    assert await back(rig) == (TOTAL, TOTAL)


async def test_two_refunds_of_the_same_amount_are_two(rig: Rig) -> None:
    await rig.pay()
    await ask(rig, 700, "k1")
    await ask(rig, 700, "k2")
    await rig.work(2)
    await rig.check()
    assert await back(rig) == (1400, 1400)


async def test_a_refund_that_the_provider_refuses_is_a_matter_for_a_person(rig: Rig) -> None:
    await rig.pay()
    rig.side.knobs.refund = "refused"
    await ask(rig, 1000, "k1")
    await rig.work(2)
    assert await back(rig) == (0, 0)
    assert await statuses(rig) == ["failed"]
    assert (await rig.payments())[0].needs_attention
    rig.side.knobs.refund = "succeeded"
    await ask(rig, TOTAL, "k2")
    await rig.work()
    await rig.check()
    assert await back(rig) == (TOTAL, TOTAL)


async def test_a_refund_that_takes_its_time(rig: Rig) -> None:
    await rig.pay()
    rig.side.knobs.refund = "pending"
    await ask(rig, 1000)
    await rig.work()
    await rig.deliver()
    assert await back(rig) == (0, 0)
    assert (await rig.ledger(await rig.session())).refund_pending_minor == 1000
    await rig.side.settle_refunds()
    await rig.deliver()
    await rig.check()
    assert await back(rig) == (1000, 1000)


async def test_a_refund_that_fails_in_the_end_counts_no_more(rig: Rig) -> None:
    await rig.pay()
    rig.side.knobs.refund = "pending"
    await ask(rig, 1000, "k1")
    await rig.work()
    await rig.deliver()
    await rig.side.settle_refunds(succeeds=False)
    await rig.deliver(copies=2)
    assert await back(rig) == (0, 0)
    rig.side.knobs.refund = "succeeded"
    await ask(rig, TOTAL, "k2")
    await rig.work()
    await rig.check()
    assert await back(rig) == (TOTAL, TOTAL)


@pytest.mark.parametrize("trouble", ["before", "slow", "unheard"])
async def test_a_refund_whose_answer_gets_lost_is_made_once(rig: Rig, trouble: str) -> None:
    await rig.pay()
    await ask(rig, 1000)
    rig.watch.seen.clear()
    rig.trouble = cast("Trouble", trouble)
    await rig.work(2)
    rig.trouble = None
    await rig.later(timedelta(minutes=1))
    await rig.later(timedelta(minutes=1))
    assert len(rig.watch.keys(rig.side.takes_key)) == 1
    await rig.check()
    assert await back(rig) == (1000, 1000)


async def test_the_webhook_of_a_refund_may_come_before_its_answer(rig: Rig) -> None:
    await rig.pay()
    await ask(rig, 1000)

    async def webhook() -> None:
        assert set(await rig.deliver()) <= {200}

    rig.meanwhile = webhook
    await rig.work()
    await rig.check()
    assert await back(rig) == (1000, 1000)


async def test_the_webhook_of_a_refund_may_be_lost(rig: Rig) -> None:
    await rig.pay()
    rig.side.knobs.refund = "pending"
    await ask(rig, 1000)
    await rig.work()
    await rig.lose()
    await rig.side.settle_refunds()
    await rig.lose()
    await rig.later(timedelta(hours=2))
    await rig.lose()
    assert await back(rig) == (1000, 1000)
    await rig.check()
