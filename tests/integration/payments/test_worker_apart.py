"""Workers apart from the servers: who works, who takes a message, and which secrets count."""

import contextlib
from datetime import timedelta
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import OutboxRow
from plantly.domain.errors import InvalidWebhook, NotFound, ProviderUnavailable
from plantly.payments.signatures import signed_headers
from plantly.services.payment_changes import PaymentPicture, changes, picture
from plantly.services.secrets import retire_secret, rotate_secret
from plantly.services.workflows import sandbox_keys
from plantly.services.workflows.outbox import ERRANDS, LEASE_FOR, work_outbox
from plantly.services.workflows.till import Till
from plantly.services.workflows.worker import LEASE, Timing
from plantly.settings import load_settings
from tests.support.clock import MovableClock
from tests.support.orders import empty_checkout, payment_of
from tests.support.pay_shop import Buyer, PayShop, _Transport
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

APART = {"PLANTLY_WORKER": "apart"}


async def leads(db: Database, clock: MovableClock) -> bool:
    until = await db.read(lambda uow: uow.shop.leased_until(LEASE))
    return until is not None and until > clock()


async def test_a_server_whose_workers_are_apart_does_none_of_their_work(
    shop: PayShop, buyer: Buyer, db: Database, clock: MovableClock
) -> None:
    await buyer.fill_in()
    pay_page = (await buyer.press_pay()).headers["location"]
    settings = load_settings({"PLANTLY_DATABASE_URL": shop.settings.database_url, **APART})
    till = Till(db, settings, clock=clock, transport=_Transport(shop.line))
    async with till.running():
        await buyer.choose("approve", pay_page)
        await anyio.wait_all_tasks_blocked()
        assert not await leads(db, clock)
    assert await shop.status(buyer.token) == "complete_in_progress"


async def test_a_worker_apart_does_it_and_hands_over_at_the_end(
    shop: PayShop, buyer: Buyer, db: Database, clock: MovableClock
) -> None:
    await buyer.fill_in()
    await buyer.choose("approve", (await buyer.press_pay()).headers["location"])
    told, stop = anyio.Event(), anyio.Event()

    class ToApp(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await shop.line.handle(request)
            told.set()
            return answer

    till = Till(db, shop.settings, clock=clock, transport=ToApp())
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(till.work, stop)
            await told.wait()
            assert await leads(db, clock)
            stop.set()
    assert await shop.status(buyer.token) == "completed"
    assert not await leads(db, clock)


async def test_a_worker_that_hangs_at_the_end_is_broken_off_and_hands_over(
    shop: PayShop, db: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, stop = anyio.Event(), anyio.Event()

    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            began.set()
            await anyio.sleep_forever()
            raise AssertionError

    monkeypatch.setattr("plantly.services.workflows.worker._STOP_SECONDS", 0.01)
    await db.write(lambda uow: uow.session.add(_unasked(uow)))
    till = Till(db, shop.settings, clock=clock, transport=Silent())
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(till.work, stop)
            await began.wait()
            stop.set()
    assert not await leads(db, clock)


def _unasked(uow: UnitOfWork) -> Any:
    payment = payment_of(uow, empty_checkout(uow), 1000)
    payment.next_poll_at = uow.now
    return payment


async def test_a_message_belongs_to_one_worker_and_is_free_again_when_that_one_died(
    db: Database, shop_url: str, clock: MovableClock
) -> None:
    await db.write(lambda uow: uow.outbox.put("unheard_of", "a", {}, uow.now))

    def claim(uow: UnitOfWork) -> bool:
        due = uow.outbox.due(uow.now, 1)
        return bool(due) and uow.outbox.claim(due[0], uow.now, uow.now + LEASE_FOR) is not None

    assert sorted(race(shop_url, [claim] * 4, clock=clock), key=bool) == [False, False, False, True]
    assert not await db.write(claim)
    clock.advance(LEASE_FOR)
    assert await db.write(claim)


@pytest.mark.parametrize("ends_with", [RuntimeError, ProviderUnavailable])
async def test_a_worker_that_was_too_slow_does_not_note_what_another_one_has_done(
    shop: PayShop,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    ends_with: type[Exception],
) -> None:
    db, gateway = shop.db, shop.till.gateway
    await db.write(lambda uow: uow.outbox.put("slow", "a", {}, uow.now))

    async def dawdle(*_: object) -> None:
        monkeypatch.setitem(ERRANDS, "slow", do_it)
        clock.advance(LEASE_FOR)
        await work_outbox(db, gateway)
        raise ends_with("too late")

    async def do_it(*_: object) -> None:
        clock.advance(timedelta(seconds=1))

    monkeypatch.setitem(ERRANDS, "slow", dawdle)
    with contextlib.suppress(ProviderUnavailable):
        await work_outbox(db, gateway)
    (message,) = await db.read(lambda uow: list(uow.session.scalars(select(OutboxRow))))
    assert (message.attempts, message.done_at, message.leased_until) == (1, clock(), None)


async def test_an_open_shop_takes_both_secrets_until_the_old_one_is_retired(
    shop: PayShop, buyer: Buyer
) -> None:
    event = {"id": "evt_1", "type": "payment.none"}

    async def accepts(secret: str, number: int) -> bool:
        answer = await shop.webhook({**event, "id": f"evt_{number}"}, secrets=(secret,))
        return answer.status_code == 200

    (old,) = shop.till.sandbox.webhook_secrets
    new, _ = await shop.db.write(partial(rotate_secret, name="sandbox-webhook"))
    assert (await accepts(old, 1), await accepts(new, 2)) == (True, False)
    await shop.till.sandbox.refresh()
    assert (await accepts(old, 3), await accepts(new, 4)) == (True, True)
    assert "Thank you" in await buyer.pay()
    await shop.db.write(partial(retire_secret, name="sandbox-webhook"))
    await shop.till.sandbox.refresh()
    assert (await accepts(old, 5), await accepts(new, 6)) == (False, True)


async def test_an_open_shop_pays_with_a_new_key_while_the_old_one_is_still_good(
    shop: PayShop, buyer: Buyer
) -> None:
    old = shop.till.sandbox.api_key
    new, _ = await shop.db.write(partial(rotate_secret, name="sandbox-key"))
    await shop.till.sandbox.refresh()
    assert (shop.till.sandbox.api_key, shop.till.sandbox.older_api_keys) == (new, (old,))
    assert "Thank you" in await buyer.pay()


async def test_an_open_shop_notices_by_itself_even_when_the_database_was_away(
    shop: PayShop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sandbox_keys, "LOOK_EVERY_SECONDS", 0)
    new, _ = await shop.db.write(partial(rotate_secret, name="sandbox-webhook"))
    keys = shop.till.sandbox
    real, looks = keys._db, 0

    class Away:
        async def read(self, work: Any) -> Any:
            nonlocal looks
            looks += 1
            if looks == 1:
                raise OSError("secret")
            found = await real.read(work)
            tasks.cancel_scope.cancel()
            return found

    monkeypatch.setattr(keys, "_db", Away())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keys.keep_fresh)
    assert keys.webhook_secrets[0] == new
    assert "could not be looked at: OSError" in caplog.text


async def test_what_the_settings_say_counts_before_what_is_kept(
    shop: PayShop, clock: MovableClock
) -> None:
    chosen = {
        "PLANTLY_SANDBOX_API_KEY": "a-key-that-was-chosen",
        "PLANTLY_SANDBOX_WEBHOOK_SECRET": "a-secret-of-old-times,a-secret-of-new-times",
    }
    settings = load_settings({"PLANTLY_DATABASE_URL": shop.settings.database_url, **chosen})
    await shop.db.write(partial(rotate_secret, name="sandbox-key"))
    async with Till(shop.db, settings, clock=clock, timing=Timing()).opened() as till:
        assert till.sandbox.api_key == "a-key-that-was-chosen"
        assert till.sandbox.older_api_keys == ()
        body = b'{"id": "evt_1", "type": "payment.none"}'
        headers = signed_headers(("a-secret-of-new-times",), body, clock())
        assert till.gateway.verify(headers, body, clock()).event_id == "evt_1"
        with pytest.raises(InvalidWebhook):
            till.gateway.verify(signed_headers(("another-secret",), body, clock()), body, clock())


async def test_what_nobody_answers_for_days_is_left_to_a_person(
    shop: PayShop, clock: MovableClock
) -> None:
    def ask(uow: UnitOfWork) -> str:
        payment = _unasked(uow)
        payment.session_ref, payment.next_poll_at = "sbx_1", uow.now + timedelta(days=9)
        uow.session.add(payment)
        uow.outbox.put("void_payment", "void", {"reference": payment.reference}, uow.now)
        return str(payment.reference)

    reference = await shop.db.write(ask)
    shop.line.provider_down = True
    for passed in (timedelta(days=3), timedelta(0)):
        with contextlib.suppress(ProviderUnavailable):
            await work_outbox(shop.db, shop.till.gateway)
        clock.advance(passed)
    (message,) = await shop.db.read(lambda uow: list(uow.session.scalars(select(OutboxRow))))
    assert (message.attempts, message.dead_at) == (2, clock())
    payment = await shop.db.read(lambda uow: uow.payments.by_reference(reference))
    assert payment is not None
    assert payment.attention_reason == "given_up"


async def test_a_payment_that_there_is_not_has_no_picture(db: Database) -> None:
    with pytest.raises(NotFound, match="There is no payment pay_9"):
        await db.read(lambda uow: picture(uow, "pay_9"))


def test_every_change_of_a_payment_is_said() -> None:
    before = PaymentPicture(1, "pending", 0, 0, 0, None, None, is_settled=False)
    after = PaymentPicture(3, "captured", 500, 100, 1, "PL-1", "wrong_amount", is_settled=True)
    assert changes(before, before) == ()
    assert changes(before, after) == (
        "2 new facts",
        "status pending -> captured",
        "captured 0 -> 500",
        "refunded 0 -> 100",
        "1 refunds decided",
        "order PL-1 placed",
        "attention none -> wrong_amount",
    )
