"""Webhooks in every order, number and disguise, told of every provider."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from plantly.db import open_database
from plantly.db.tables import InboxRow
from tests.support.clock import MovableClock
from tests.support.fakes.outcomes import no_order, one_order
from tests.support.fakes.providers import SIDES
from tests.support.fakes.rig import Rig, open_rig

pytestmark = pytest.mark.anyio

OLDER = "whsec_the_one_before_0123456789abcdef"


async def inbox(rig: Rig) -> int:
    statement = select(func.count()).select_from(InboxRow)
    return await rig.shop.db.read(lambda uow: uow.session.scalars(statement).one())


async def test_a_duplicate_changes_nothing(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    assert set(await rig.deliver(copies=3)) == {200}
    for delivery in list(rig.delivered):
        rig.shop.clock.advance(timedelta(seconds=30))
        assert await rig.post(delivery) == 200
    assert await inbox(rig) == len({delivery.event_id for delivery in rig.delivered})
    await one_order(rig)


async def test_a_duplicate_under_another_name_in_the_headers_changes_nothing(rig: Rig) -> None:
    await rig.pay()
    before = await inbox(rig)
    for delivery in list(rig.delivered):
        renamed = {
            name: "another-delivery" if name.lower().endswith("-id") else value
            for name, value in {**delivery.headers, **rig.side.sign(delivery.body)}.items()
        }
        assert await rig.post_raw(renamed, delivery.body) == 200
    assert await inbox(rig) == before
    await one_order(rig)


async def test_webhooks_out_of_order_say_the_same(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("challenge", ref)
    await rig.side.act("confirm", ref)
    assert set(await rig.deliver(backwards=True)) == {200}
    await one_order(rig)


async def test_webhooks_about_later_money_out_of_order_say_the_same(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("pay_later", ref)
    await rig.side.settle(ref)
    assert set(await rig.deliver(backwards=True, copies=2)) == {200}
    await one_order(rig)


async def test_a_decline_that_comes_after_the_money_changes_nothing(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("decline", ref)
    await rig.collect()
    if not (await rig.ledger(ref)).is_open:
        await rig.deliver()
        ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    assert set(await rig.deliver(backwards=True)) == {200}
    await one_order(rig)


@pytest.fixture
async def rotating(provider: str, sqlite_shop_url: str, clock: MovableClock) -> AsyncIterator[Rig]:
    """Open a shop that knows the secret of yesterday, too."""
    db = open_database(sqlite_shop_url, clock=clock)
    side = SIDES[provider](db, clock)
    side.remember(OLDER)
    async with open_rig(side, sqlite_shop_url, db, clock) as opened:
        yield opened
    await db.close()


async def test_a_secret_is_changed_without_losing_a_webhook(rotating: Rig) -> None:
    ref = await rotating.go_to_pay()
    await rotating.side.act("approve", ref)
    for delivery in await rotating.lose():
        assert await rotating.post(delivery, OLDER) == 200
        assert await rotating.post(delivery) == 200
        assert await rotating.post(delivery, OLDER.replace("one", "two")) == 401
    await one_order(rotating)


async def test_a_forged_webhook_changes_nothing(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    deliveries = await rig.lose()
    known = await inbox(rig)
    for delivery in deliveries:
        body, signed = delivery.body, {**delivery.headers, **rig.side.sign(delivery.body)}
        swapped = body.replace(b'"id"', b'"ID"', 1)
        other = rig.side.sign(b"{}")
        forged = [
            ({}, body),
            (signed, swapped),
            (signed, body + b" "),
            (signed, body[:-1]),
            ({**signed, **other}, body),
            ({**signed, **rig.side.sign(body, "whsec_guessed_by_somebody_0123456789")}, body),
            ({name: value[:-1] for name, value in signed.items()}, body),
            (dict.fromkeys(signed, ""), body),
        ]
        for headers, content in forged:
            assert await rig.post_raw(headers, content) == 401, headers
    assert await inbox(rig) == known
    assert await rig.shop.status(rig.buyer.token) == "complete_in_progress"
    assert await rig.orders() == []
    await rig.settle_down()
    await one_order(rig)


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_webhook_from_another_time_is_refused(rig: Rig, minutes: int) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    (delivery, *_) = await rig.lose()
    rig.shop.clock.advance(timedelta(minutes=minutes))
    signed = {**delivery.headers, **rig.side.sign(delivery.body)}
    rig.shop.clock.advance(timedelta(minutes=-minutes))
    assert await rig.post_raw(signed, delivery.body) == 401
    assert await inbox(rig) == 0
    await rig.settle_down()
    await one_order(rig)


async def test_what_is_signed_and_unknown_is_kept_and_changes_nothing(rig: Rig) -> None:
    ref = await rig.go_to_pay()
    await rig.side.act("approve", ref)
    (delivery, *_) = await rig.lose()
    body = delivery.body
    for word in (b"captured", b"completed", b"succeeded"):
        body = body.replace(word, b"transmogrified")
    assert await rig.post_raw({**delivery.headers, **rig.side.sign(body)}, body) == 200
    assert await rig.orders() == []
    await rig.stop()
    await rig.settle_down()
    assert len(await rig.orders()) <= 1
    await rig.check()


async def test_the_addresses_of_other_providers_answer_nothing(rig: Rig) -> None:
    body = b'{"id":"evt_1","type":"payment.captured"}'
    async with rig.shop.browser() as somebody:
        for name in {"sandbox", "gr4vy", "stripe", "none"} - {rig.name}:
            answer = await somebody.post(
                f"/webhooks/{name}", content=body, headers=rig.side.sign(body)
            )
            assert answer.status_code == 404
    await rig.stop()
    await no_order(rig, "incomplete")
