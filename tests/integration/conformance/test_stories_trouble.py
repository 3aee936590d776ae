"""What goes wrong on the line and at the provider, told of every provider: no money gets lost."""

from datetime import timedelta
from typing import cast

import pytest

from plantly.db.tables import PaymentRow
from tests.support.fakes.outcomes import TOTAL, no_order, one_order
from tests.support.fakes.rig import Rig, Trouble

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("amount", [TOTAL - 1, TOTAL + 1])
async def test_a_wrong_amount_never_pays_and_goes_back(rig: Rig, amount: int) -> None:
    rig.side.knobs.wrong_amount = amount
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    await rig.deliver()
    assert await rig.orders() == []
    await no_order(rig, "ready_for_payment")
    assert (await rig.ledger(ref)).refunded_minor == amount
    assert (await rig.payments())[0].needs_attention


async def test_a_wrong_currency_never_pays_and_goes_back(rig: Rig) -> None:
    rig.side.knobs.wrong_currency = "EUR"
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    await rig.deliver()
    assert await rig.orders() == []
    await no_order(rig, "ready_for_payment")
    assert (await rig.ledger(ref)).currency == "EUR"
    assert (await rig.payments())[0].needs_attention


async def test_a_provider_that_is_not_reached_takes_nothing(rig: Rig) -> None:
    rig.trouble = "before"
    answer = await rig.press_pay()
    assert answer.status_code == 503
    assert await rig.side.sessions() == []
    rig.trouble = None
    await rig.pay()
    assert len(await rig.side.sessions()) == 1
    await one_order(rig)


@pytest.mark.parametrize("trouble", ["slow", "unheard"])
async def test_an_answer_that_gets_lost_takes_money_once(rig: Rig, trouble: str) -> None:
    rig.trouble = cast("Trouble", trouble)
    assert (await rig.press_pay()).status_code == 503
    rig.trouble = None
    await rig.pay()
    await one_order(rig)
    open_ones = [ref for ref in await rig.side.sessions() if (await rig.ledger(ref)).is_open]
    assert len(await rig.payments()) == 1
    assert len(rig.watch.keys(rig.side.takes_key)) <= 1
    # Where an API knows no idempotency key, what is left over is a session that nobody can reach.
    assert len(await rig.side.sessions()) - len(open_ones) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_provider_is_asked_again(rig: Rig, status: int) -> None:
    rig.side.knobs.busy = status
    assert (await rig.press_pay()).status_code == 503
    rig.side.knobs.busy = None
    await rig.pay()
    await one_order(rig)


async def test_a_provider_that_fails_after_the_deed_takes_money_once(rig: Rig) -> None:
    rig.side.knobs.busy_after = 500
    assert (await rig.press_pay()).status_code == 503
    rig.side.knobs.busy_after = None
    await rig.pay()
    await one_order(rig)


@pytest.mark.parametrize("trouble", ["before", "after"])
async def test_a_provider_that_is_away_when_the_buyer_comes_back(rig: Rig, trouble: str) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    await rig.lose()
    rig.trouble = cast("Trouble", trouble)
    assert "Thank you" not in await rig.come_back()
    await rig.work()
    rig.trouble = None
    await rig.later(timedelta(minutes=2))
    await one_order(rig)


async def test_a_slow_answer_that_still_comes_is_an_answer(rig: Rig) -> None:
    async def time_passes() -> None:
        rig.shop.clock.advance(timedelta(seconds=9))

    rig.meanwhile = time_passes
    await rig.pay()
    await one_order(rig)


async def test_a_webhook_may_come_before_our_own_row_is_written(rig: Rig) -> None:
    """The provider's answer is still on its way, and the money is there already."""

    async def money_comes() -> None:
        (ref,) = await rig.side.sessions()
        await rig.side.act("approve", ref)
        assert set(await rig.deliver()) == {200}

    rig.meanwhile = money_comes
    await rig.press_pay()
    await rig.work(2)
    assert len(await rig.orders()) == 1
    await one_order(rig)


async def test_a_webhook_that_is_lost_for_ever_is_healed_by_asking(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    assert await rig.lose()
    assert await rig.shop.status(rig.buyer.token) == "complete_in_progress"
    await rig.later(timedelta(minutes=1))
    await rig.lose()
    assert await rig.shop.status(rig.buyer.token) == "completed"
    assert {fact.source for fact in (await rig.shop.payment(rig.buyer.token)).facts} == {"read"}
    await one_order(rig)


async def test_a_lost_webhook_and_a_read_tell_the_same(rig: Rig) -> None:
    """What is read after the webhook adds no other words for the same thing."""
    await rig.pay()
    before = await _fact_keys(rig)
    await rig.shop.db.write(
        lambda uow: setattr(uow.session.query(PaymentRow).one(), "next_poll_at", uow.now)
    )
    await rig.work()
    money = {"captured", "refund_succeeded", "declined", "canceled", "expired", "failed"}
    assert {key for key in await _fact_keys(rig) - before if key[1] in money} == set()
    await one_order(rig)


async def _fact_keys(rig: Rig) -> set[tuple[str, str]]:
    payment = await rig.shop.payment(rig.buyer.token)
    return {(fact.fact_key, str(fact.kind)) for fact in payment.facts}
