"""What buyers do, told of every provider: the same story ends with the same order and money."""

from datetime import timedelta

import httpx
import pytest

from tests.support.fakes.outcomes import TOTAL, no_order, one_order
from tests.support.fakes.rig import Rig
from tests.support.pay_shop import ORIGIN

pytestmark = pytest.mark.anyio


async def test_paid(rig: Rig) -> None:
    ref = await rig.pay()
    assert await rig.shop.status(rig.buyer.token) == "completed"
    assert "Thank you" in await rig.buyer.look()
    assert (await rig.ledger(ref)).captured_minor == TOTAL
    await one_order(rig)


async def test_paid_and_back_before_any_webhook(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    assert "Thank you" in await rig.come_back()
    assert set(await rig.deliver()) == {200}
    await one_order(rig)


async def test_declined_then_paid(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("decline", ref)
    await rig.deliver()
    await rig.work()
    assert await rig.orders() == []
    await rig.come_back()
    if not (await rig.ledger(ref)).is_open:
        ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    await rig.deliver()
    await one_order(rig)


async def test_three_d_secure_passed(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("challenge", ref)
    await rig.deliver()
    await rig.come_back()
    assert await rig.orders() == []
    await rig.side.act("confirm", ref)
    await rig.deliver()
    await one_order(rig)


async def test_three_d_secure_failed(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("challenge", ref)
    await rig.deliver()
    await rig.side.act("fail_challenge", ref)
    await rig.deliver()
    await rig.stop()
    await no_order(rig, "ready_for_payment")


async def test_money_that_is_only_authorized_is_captured_or_let_go_of(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("authorize", ref)
    await rig.deliver()
    await rig.work(2)
    await one_order(rig)


async def test_paid_later(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("pay_later", ref)
    await rig.deliver()
    await rig.come_back()
    assert await rig.orders() == []
    assert await rig.shop.status(rig.buyer.token) == "complete_in_progress"
    await rig.side.settle(ref)
    await rig.deliver()
    await one_order(rig)


async def test_to_be_paid_later_and_never_paid(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("pay_later", ref)
    await rig.deliver()
    await rig.side.settle(ref, succeeds=False)
    await rig.deliver()
    await rig.work()
    assert await rig.shop.status(rig.buyer.token) == "ready_for_payment"
    await no_order(rig, "ready_for_payment")


async def test_abandoned_then_stopped(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("abandon", ref)
    await rig.deliver()
    await rig.come_back()
    await rig.stop()
    assert not (await rig.ledger(ref)).is_open
    await no_order(rig, "ready_for_payment")


async def test_abandoned_then_paid(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("abandon", ref)
    await rig.deliver()
    await rig.stop()
    await rig.pay()
    await one_order(rig)


@pytest.mark.parametrize(
    ("minutes", "status"), [(31, "ready_for_payment"), (120, "expired")], ids=["payment", "session"]
)
async def test_expired(rig: Rig, minutes: int, status: str) -> None:
    ref = await rig.go_to_pay()
    await rig.later(timedelta(minutes=minutes))
    await rig.deliver()
    assert not (await rig.ledger(ref)).is_open
    await no_order(rig, status)


async def test_paid_in_the_last_moment(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    rig.shop.clock.advance(timedelta(minutes=29))
    await rig.side.act("approve", ref)
    await rig.lose()
    rig.shop.clock.advance(timedelta(minutes=31))
    await rig.work(2)
    await one_order(rig)


async def test_money_that_comes_after_a_cancel_goes_back(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.stop()
    await rig.side.act("approve_late", ref)
    await rig.deliver()
    await no_order(rig, "ready_for_payment")
    assert (await rig.ledger(ref)).refunded_minor == TOTAL


async def test_money_that_comes_after_the_end_goes_back(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.later(timedelta(hours=2))
    await rig.deliver()
    await rig.side.act("approve_late", ref)
    await rig.deliver()
    await no_order(rig, "expired")
    assert (await rig.ledger(ref)).refunded_minor == TOTAL


async def test_money_that_comes_late_is_found_without_a_webhook(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.stop()
    await rig.side.act("approve_late", ref)
    await rig.lose()
    await rig.later(timedelta(minutes=6))
    await rig.lose()
    await no_order(rig, "ready_for_payment")


async def test_the_second_payment_of_a_paid_cart_goes_back(rig: Rig) -> None:
    first = await rig.go_to_pay()
    await rig.stop()
    second = await rig.pay()
    await rig.side.act("approve_late", first)
    await rig.deliver()
    await one_order(rig)
    assert (await rig.ledger(first)).refunded_minor == TOTAL
    assert (await rig.ledger(second)).refunded_minor == 0


async def test_pressing_pay_again_goes_on_with_the_same_payment(rig: Rig) -> None:
    first = await rig.go_to_pay()
    again = await rig.buyer.post("pay")
    assert again.status_code == 303
    assert await rig.session() == first
    assert await rig.side.sessions() == [first]
    await rig.side.act("approve", first)
    await rig.deliver()
    await one_order(rig)


async def test_the_policy_of_the_page_lets_pay_lead_to_the_provider(rig: Rig) -> None:
    await rig.buyer.fill_in()
    page = await rig.buyer.browser.get(rig.buyer.address)
    (rule,) = [
        part.split()
        for part in page.headers["content-security-policy"].split(";")
        if part.split()[0] == "form-action"
    ]
    target = httpx.URL((await rig.press_pay()).headers["location"])
    origin = f"{target.scheme}://{target.netloc.decode()}"
    assert target.is_relative_url or origin in {*rule, ORIGIN}
    await rig.stop()
    await no_order(rig, "ready_for_payment")
