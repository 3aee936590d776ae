"""Deliveries: each at least once, later and later, and never for ever."""

from datetime import timedelta
from functools import partial

import anyio
import httpx
import pytest

from plantly.outbound.merchant_webhooks import Answer, WebhookSender
from plantly.services import outgoing
from plantly.services.readiness import look
from plantly.services.workflows import deliver
from plantly.services.workflows.deliver import AT_ONCE, LEASE_FOR, DeliveryDesk, claim, note
from plantly.services.workflows.expire import forget_old_deliveries
from tests.support.receiver import ToldShop, sender_to

pytestmark = pytest.mark.anyio

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WAITS = (5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR)
LONGEST = timedelta(hours=15, minutes=30)


async def fail_for_good(told: ToldShop, patience: timedelta | None = None) -> None:
    """Let time pass until what waits was given up on."""
    for wait in WAITS:
        told.clock.advance(patience or wait * 1.1)
        await told.deliver()


async def test_what_arrived_is_sent_once_and_signed(told: ToldShop) -> None:
    await told.happen()
    await told.deliver()
    await told.deliver()
    (call,) = told.receiver.calls
    said = told.receiver.verify(call, told.receiver.secret)
    assert (said["type"], said["version"]) == ("payment.needs_attention", 1)
    assert said["timestamp"] == told.clock().isoformat()
    assert call.headers["content-type"] == "application/json"
    (delivery,) = await told.deliveries()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("done", 1, 204)
    assert delivery.event_id == call.id


async def test_what_fails_is_tried_again_later_and_later_and_then_given_up_on(
    told: ToldShop, caplog: pytest.LogCaptureFixture
) -> None:
    told.receiver.answers(500)
    await told.happen()
    await told.deliver()
    for number, wait in enumerate(WAITS, 2):
        told.clock.advance(wait - SECOND)
        await told.deliver()
        assert len(told.receiver.calls) == number - 1, wait
        told.clock.advance(SECOND + wait / 10)
        await told.deliver()
        assert len(told.receiver.calls) == number, wait
    (delivery,) = await told.deliveries()
    assert (delivery.state, delivery.attempts, delivery.next_at) == ("dead", 8, None)
    assert "is given up on" in caplog.text
    assert len({call.id for call in told.receiver.calls}) == 1
    told.clock.advance(timedelta(days=7))
    await told.deliver()
    assert len(told.receiver.calls) == 8


async def test_what_was_given_up_on_is_sent_again_by_hand(told: ToldShop) -> None:
    told.receiver.answers(503)
    await told.happen(2)
    await told.deliver()
    await fail_for_good(told)
    dead = await told.db.read(lambda uow: outgoing.list_deliveries(uow, 10, dead=True))
    assert [each.state for each in dead] == ["dead", "dead"]
    told.receiver.answers(200)
    assert await told.db.write(outgoing.replay_dead) == 2
    await told.deliver()
    assert [each.state for each in await told.deliveries()] == ["done", "done"]
    assert {call.id for call in told.receiver.calls[-2:]} == {each.event_id for each in dead}
    assert await told.db.write(outgoing.replay_dead) == 0
    assert (await told.shown()).failing_since is None


async def test_what_arrived_can_be_sent_again_with_the_same_name(lone: ToldShop) -> None:
    await lone.happen(2)
    await lone.deliver()
    wanted = lone.receiver.calls[0].id
    assert await lone.db.write(lambda uow: outgoing.replay_event(uow, wanted)) == 1
    await lone.deliver()
    assert [call.id for call in lone.receiver.calls].count(wanted) == 2


async def test_a_receiver_that_is_gone_is_told_nothing_more(
    told: ToldShop, caplog: pytest.LogCaptureFixture
) -> None:
    told.receiver.answers(500)
    await told.happen()
    await told.deliver()
    told.receiver.answers(410)
    await told.happen()
    await told.deliver()
    shown = await told.shown()
    assert (shown.disabled_reason, shown.waiting, shown.dead) == ("gone", 0, 2)
    assert f"{told.endpoint} are switched off: gone" in caplog.text
    await told.happen()
    told.clock.advance(LONGEST)
    await told.deliver()
    assert len(told.receiver.calls) == 2
    assert len(await told.deliveries()) == 2
    ready = await told.db.read(lambda uow: look(uow, told.clock()))
    assert (ready.is_ready, ready.switched_off_endpoints) == (True, 1)


async def test_a_receiver_that_fails_for_days_is_told_nothing_more(lone: ToldShop) -> None:
    lone.receiver.answers(500)
    await lone.happen()
    await lone.deliver()
    failing_since = (await lone.shown()).failing_since
    await fail_for_good(lone, LONGEST)
    assert (await lone.shown()).disabled_reason == "silent"
    assert (await lone.shown()).failing_since == failing_since


async def test_a_receiver_that_failed_once_and_days_later_again_gets_its_tries(
    lone: ToldShop,
) -> None:
    lone.receiver.answers(500)
    await lone.happen()
    await lone.deliver()
    lone.receiver.answers(200)
    lone.clock.advance(MINUTE)
    await lone.deliver()
    lone.clock.advance(timedelta(days=10))
    lone.receiver.answers(500)
    await lone.happen()
    await lone.deliver()
    await fail_for_good(lone)
    (_, delivery) = await lone.deliveries()
    assert (delivery.state, (await lone.shown()).disabled_at) == ("dead", None)


async def test_who_dies_between_the_call_and_its_note_has_it_sent_once_more(
    told: ToldShop,
) -> None:
    await told.happen()
    (row_id,) = await told.db.read(lambda uow: uow.deliveries.due(1, uow.now, 10))
    (job,) = await told.db.write(lambda uow: claim(uow, [row_id]))
    await told.desk._sender.send(job.message, job.signed_at)
    told.clock.advance(LEASE_FOR - SECOND)
    await told.deliver()
    assert len(told.receiver.calls) == 1
    told.clock.advance(SECOND)
    await told.deliver()
    first, second = told.receiver.calls
    assert (first.id, first.body) == (second.id, second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    await told.db.write(lambda uow: note(uow, job, Answer(500)))
    (delivery,) = await told.deliveries()
    assert (delivery.state, delivery.attempts) == ("done", 1)


async def test_two_workers_at_once_send_it_once(told: ToldShop) -> None:
    rival = DeliveryDesk(told.db, told.desk._sender)
    await told.happen(3 * AT_ONCE)
    async with anyio.create_task_group() as group:
        for desk in (told.desk, rival):
            group.start_soon(desk.look)
    for desk in (told.desk, rival):
        await desk.settled()
    assert len({call.id for call in told.receiver.calls}) == 3 * AT_ONCE
    assert len(told.receiver.calls) == 3 * AT_ONCE


class Slow(httpx.AsyncBaseTransport):
    """Lets everybody wait until it is told to answer, and counts who waits."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.go = anyio.Event()

    async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            await self.go.wait()
        finally:
            self.waiting -= 1
        return httpx.Response(200, stream=httpx.ByteStream(b""))


async def until(condition: object) -> None:
    """Let everybody else have a turn until something is so."""
    assert callable(condition)
    while not condition():
        await anyio.lowlevel.checkpoint()


async def test_a_slow_receiver_holds_up_nobody_else(lone: ToldShop) -> None:
    slow = Slow()
    desk = DeliveryDesk(lone.db, sender_to(slow))
    await lone.happen(2 * AT_ONCE)
    await desk.look()
    await until(lambda: slow.waiting == AT_ONCE)
    await desk.look()
    slow.go.set()
    await desk.settled()
    assert slow.most == AT_ONCE
    assert [each.state for each in await lone.deliveries()] == ["done"] * 2 * AT_ONCE


async def test_a_shop_that_closes_waits_a_moment_and_no_longer(
    lone: ToldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "_STOP_SECONDS", 0.01)
    slow = Slow()
    desk = DeliveryDesk(lone.db, sender_to(slow))
    await lone.happen(AT_ONCE + 1)
    await desk.look()
    await until(lambda: slow.waiting == AT_ONCE)
    await desk.close()
    assert (slow.waiting, {each.state for each in await lone.deliveries()}) == (0, {"waiting"})
    lone.clock.advance(LEASE_FOR)
    await lone.deliver()
    assert len(lone.receiver.calls) == AT_ONCE + 1


async def test_a_shop_that_closes_begins_nothing_more(lone: ToldShop) -> None:
    await lone.happen()
    await lone.desk.close()
    await lone.deliver()
    assert lone.receiver.calls == []


class Broken(WebhookSender):
    """Fails in a way that nobody thought of."""

    async def send(self, *_: object) -> Answer:
        """Fail."""
        raise RuntimeError("with a secret in its text")


async def test_a_failure_that_nobody_thought_of_is_tried_again_and_told_by_its_kind(
    lone: ToldShop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lone.desk, "_sender", Broken.__new__(Broken))
    await lone.happen()
    await lone.deliver()
    assert "RuntimeError" in caplog.text
    assert "with a secret" not in caplog.text
    monkeypatch.undo()
    lone.clock.advance(LEASE_FOR)
    await lone.deliver()
    assert len(lone.receiver.calls) == 1


async def test_a_database_that_fails_is_told_by_its_kind(
    lone: ToldShop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lone.happen()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(deliver, "claim", fail)
    await lone.deliver()
    assert "outgoing webhooks failed: RuntimeError" in caplog.text


async def test_a_receiver_that_is_removed_meanwhile_is_forgotten(lone: ToldShop) -> None:
    await lone.happen()
    jobs = await lone.db.write(lambda uow: claim(uow, uow.deliveries.due(1, uow.now, 10)))
    await lone.db.write(lambda uow: outgoing.remove_endpoint(uow, lone.endpoint))
    for job in jobs:
        await lone.db.write(partial(note, job=job, answer=Answer(200)))
    assert await lone.deliveries() == []


async def test_what_a_rival_has_is_not_claimed(lone: ToldShop) -> None:
    await lone.happen()
    due = await lone.db.read(lambda uow: uow.deliveries.due(1, uow.now, 10))
    assert len(await lone.db.write(lambda uow: claim(uow, due))) == 1
    assert await lone.db.write(lambda uow: claim(uow, due)) == []


async def test_what_was_told_long_ago_is_forgotten_and_what_waits_is_not(lone: ToldShop) -> None:
    await lone.happen()
    await lone.deliver()
    lone.receiver.answers(500)
    await lone.happen()
    lone.clock.advance(timedelta(days=31))
    await forget_old_deliveries(lone.db)
    (left,) = await lone.deliveries()
    assert left.state == "waiting"
