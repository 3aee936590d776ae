"""Mails from the queue to the carrier: each once, to whoever is there when it is sent."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plantly.db import UnitOfWork
from plantly.db.tables import OutboxRow
from plantly.domain.errors import InvalidInput, NotFound
from plantly.domain.order_mail import MailKind
from plantly.domain.parcel import Parcel
from plantly.outbound.mail import Carrier, MailFailed, NoCarrier, Trouble
from plantly.services.order_desk import find_order
from plantly.services.order_mails import MAIL_TOPIC, resend
from plantly.services.readiness import look
from plantly.services.workflows import mails
from plantly.services.workflows.mails import (
    GIVE_UP_AFTER,
    LEASE_FOR,
    LONGEST_WAIT,
    MailDesk,
    Post,
)
from tests.support.clock import MovableClock
from tests.support.mails import SENDER, Mailbox, html_of, text_of
from tests.support.order_care import OrderDesk
from tests.support.pay_shop import BUYER, PayShop

pytestmark = pytest.mark.anyio

MERCHANT = ("orders@fern.example",)
DOWN = MailFailed(Trouble.UNREACHABLE)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def post_desk(desk: OrderDesk, mailbox: Mailbox) -> MailDesk:
    return mail_desk(desk, mailbox)


def mail_desk(desk: OrderDesk, carrier: Carrier) -> MailDesk:
    return MailDesk(desk.shop.db, Post(carrier, SENDER, MERCHANT), desk.shop.clock)


def rows_of(uow: UnitOfWork) -> list[OutboxRow]:
    statement = select(OutboxRow).where(OutboxRow.topic == MAIL_TOPIC).order_by(OutboxRow.id)
    return list(uow.session.scalars(statement))


async def rows(desk: OrderDesk) -> list[OutboxRow]:
    return await desk.shop.db.read(rows_of)


async def again(desk: OrderDesk, kind: str = MailKind.ORDER_CONFIRMATION) -> str:
    return await desk.do(lambda uow: resend(uow, find_order(uow, desk.number), kind))


async def erase(desk: OrderDesk) -> None:
    def work(uow: UnitOfWork) -> None:
        checkout = uow.checkouts.by_row_id(find_order(uow, desk.number).checkout_id)
        assert checkout is not None
        uow.checkouts.forget_buyer(checkout)

    await desk.do(work)


async def test_an_order_was_told_of_once_it_was_paid(desk: OrderDesk) -> None:
    told = await rows(desk)
    assert [row.payload["kind"] for row in told] == ["order_confirmation", "new_order"]
    assert all(row.done_at for row in told)


async def test_the_queue_names_nobody(desk: OrderDesk) -> None:
    await desk.send(parcel=Parcel("Parcel Post", "PP 1", "https://carrier.example/1"))
    for row in await rows(desk):
        said = json.dumps([row.payload, row.dedupe_key])
        assert set(row.payload) == {"kind", "order_id", "event_id"}
        assert not any(value and value in said for value in BUYER.values() if len(value) > 2)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_each_step_of_an_order_is_written_to_its_buyer(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox
) -> None:
    await desk.send("a", Parcel("Parcel Post", "PP 1", "https://carrier.example/1"), aloe=2)
    await post_desk.look()
    await desk.send("b")
    await desk.ask_back(aloe=1)
    await post_desk.look()
    await desk.receive(refund=True)
    await desk.shop.till.worker.tick()
    assert mailbox.subjects[0].endswith("is on its way, in part")
    assert mailbox.subjects[1].endswith("is on its way")
    assert mailbox.subjects[2].endswith("we have got it")
    assert mailbox.subjects[3].startswith("Return request")
    assert [mail["To"] for mail in mailbox.mails] == [BUYER["email"]] * 3 + [MERCHANT[0]]
    first = mailbox.mails[0]
    assert "2 x Aloe Vera" in text_of(first)
    assert 'href="https://carrier.example/1"' in html_of(first)


async def test_a_confirmation_leads_to_the_page_of_the_order(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox, shop: PayShop
) -> None:
    assert await again(desk) == (
        f"order_confirmation of {desk.number} is queued and goes out with the next round."
    )
    await post_desk.look()
    (mail,) = mailbox.mails
    url = next(word for word in text_of(mail).split() if "/order/" in word)
    assert url.startswith(f"{SENDER.public_url}/order/{desk.number}_")
    async with shop.browser() as browser:
        page = await browser.get(url.removeprefix(SENDER.public_url))
    assert page.status_code == 200
    assert BUYER["line1"] in page.text


async def test_a_mail_that_is_sent_again_is_another_mail(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox
) -> None:
    await again(desk)
    await again(desk)
    await post_desk.look()
    ids = {mail["Message-ID"] for mail in mailbox.mails}
    assert len(ids) == len(mailbox.mails) == 2


async def test_a_mail_about_nothing_cannot_be_sent_again(desk: OrderDesk) -> None:
    with pytest.raises(InvalidInput, match="use one of order_confirmation, "):
        await again(desk, "birthday")
    with pytest.raises(InvalidInput, match="Nothing has happened"):
        await again(desk, MailKind.ORDER_SHIPPED)


async def test_nothing_is_sent_to_somebody_who_was_erased(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox
) -> None:
    await again(desk)
    await again(desk, MailKind.NEW_ORDER)
    await erase(desk)
    with pytest.raises(NotFound, match="nobody to write to"):
        await again(desk)
    await again(desk, MailKind.NEW_ORDER)
    await post_desk.look()
    assert [mail["To"] for mail in mailbox.mails] == [MERCHANT[0]] * 2
    assert all(row.done_at for row in await rows(desk))


async def test_a_merchant_who_named_no_address_hears_nothing(
    desk: OrderDesk, mailbox: Mailbox
) -> None:
    await again(desk, MailKind.NEW_ORDER)
    await MailDesk(desk.shop.db, Post(mailbox, SENDER, ()), desk.shop.clock).look()
    assert mailbox.mails == []
    assert all(row.done_at for row in await rows(desk))


async def test_off_is_off_and_nothing_waits_for_better_days(
    desk: OrderDesk, mailbox: Mailbox
) -> None:
    await again(desk)
    nobody = mail_desk(desk, NoCarrier())
    await nobody.look()
    await mail_desk(desk, mailbox).look()
    assert mailbox.mails == []
    assert all(row.done_at for row in await rows(desk))


async def test_a_server_that_is_down_is_left_alone_for_a_while(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox, clock: MovableClock
) -> None:
    await again(desk)
    await again(desk, MailKind.NEW_ORDER)
    mailbox.failures = [DOWN, DOWN]
    await post_desk.look()
    await post_desk.look()
    # The second mail was not even tried: the server rests.
    assert [row.attempts for row in await rows(desk)] == [1, 1, 1, 0]
    clock.advance(timedelta(seconds=2))
    await post_desk.look()
    assert [row.attempts for row in await rows(desk)] == [1, 1, 1, 1]
    clock.advance(timedelta(seconds=2))
    await post_desk.look()
    assert mailbox.mails == []
    clock.advance(timedelta(minutes=1))
    await post_desk.look()
    assert len(mailbox.mails) == 2
    assert all(row.done_at for row in await rows(desk))


async def test_one_recipient_in_trouble_keeps_nobody_else_waiting(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox
) -> None:
    await again(desk)
    await again(desk, MailKind.NEW_ORDER)
    mailbox.failures = [MailFailed(Trouble.BUSY)]
    await post_desk.look()
    assert [mail["To"] for mail in mailbox.mails] == [MERCHANT[0]]


async def test_a_mail_that_nobody_takes_is_left_to_a_person_and_stops_no_payment(
    desk: OrderDesk,
    post_desk: MailDesk,
    mailbox: Mailbox,
    clock: MovableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "plantly")
    await again(desk)
    mailbox.failures = [DOWN] * 3
    for wait in (LONGEST_WAIT, GIVE_UP_AFTER, LONGEST_WAIT):
        await post_desk.look()
        clock.advance(wait)
    last = (await rows(desk))[-1]
    assert last.dead_at is not None
    assert last.dead_at - last.created_at >= GIVE_UP_AFTER
    assert last.payload["trouble"] == "unreachable"
    ready = await desk.shop.db.read(lambda uow: look(uow, clock()))
    assert "outbox" not in ready.problems
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "is given up: unreachable" in said
    assert not any(value in said for value in BUYER.values() if len(value) > 3)


async def test_what_is_refused_for_good_is_not_tried_again(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox, clock: MovableClock
) -> None:
    await again(desk)
    mailbox.failures = [MailFailed(Trouble.RECIPIENT_REFUSED, is_final=True)]
    await post_desk.look()
    clock.advance(timedelta(days=1))
    await post_desk.look()
    assert mailbox.mails == []
    assert (await rows(desk))[-1].payload["trouble"] == "recipient_refused"


async def test_an_address_that_would_be_read_otherwise_is_refused_for_good(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox
) -> None:
    def work(uow: UnitOfWork) -> None:
        checkout = uow.checkouts.by_row_id(find_order(uow, desk.number).checkout_id)
        assert checkout is not None
        assert checkout.buyer is not None
        checkout.buyer.email = "alex@example.com>, <eve@example.com"

    await desk.do(work)
    await again(desk)
    await post_desk.look()
    assert mailbox.mails == []
    assert (await rows(desk))[-1].dead_at is not None


async def test_a_crash_while_writing_tells_nothing_and_is_tried_again(
    desk: OrderDesk,
    post_desk: MailDesk,
    mailbox: Mailbox,
    clock: MovableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await again(desk)
    mailbox.failures = [RuntimeError(f"cannot write to {BUYER['email']}")]
    await post_desk.look()
    assert BUYER["email"] not in caplog.text
    assert "RuntimeError" in caplog.text
    clock.advance(timedelta(minutes=1))
    await post_desk.look()
    assert len(mailbox.mails) == 1


async def test_a_database_that_is_away_ends_the_round_only(
    desk: OrderDesk, post_desk: MailDesk, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await again(desk)

    def away(*_: Any, **__: Any) -> None:
        raise OSError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(mails, "_claim", away)
        await post_desk.look()
    await post_desk.look()
    assert len(mailbox.mails) == 1


class Slow(Mailbox):
    """A server that takes its time."""

    def __init__(self) -> None:
        super().__init__(is_quick=False)
        self.asked = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def carry(self, message: Any) -> None:
        self.asked.set()
        await self.goes_on.wait()
        await super().carry(message)


async def test_a_slow_server_keeps_the_worker_from_nothing(desk: OrderDesk) -> None:
    slow = Slow()
    busy = mail_desk(desk, slow)
    await busy.settled()
    await again(desk)
    await busy.look()
    await slow.asked.wait()
    # The worker comes by again, and finds that somebody is at it.
    await busy.look()
    assert slow.mails == []
    slow.goes_on.set()
    await busy.settled()
    assert len(slow.mails) == 1


async def test_who_took_too_long_leaves_the_outcome_to_the_next(
    desk: OrderDesk, mailbox: Mailbox, clock: MovableClock
) -> None:
    slow = Slow()
    late = mail_desk(desk, slow)
    await again(desk)
    await late.look()
    await slow.asked.wait()
    quick = mail_desk(desk, mailbox)
    await quick.look()
    assert mailbox.mails == []
    clock.advance(LEASE_FOR)
    await quick.look()
    assert len(mailbox.mails) == 1
    slow.goes_on.set()
    await late.settled()
    assert (await rows(desk))[-1].attempts == 1
    # It was sent twice, and mail programs see that it is one mail.
    assert slow.mails[0]["Message-ID"] == mailbox.mails[0]["Message-ID"]


async def test_what_is_under_way_at_the_end_is_broken_off(
    desk: OrderDesk, mailbox: Mailbox, clock: MovableClock
) -> None:
    slow = Slow()
    closing = mail_desk(desk, slow)
    await closing.close()
    await again(desk)
    await closing.look()
    await slow.asked.wait()
    await closing.close()
    clock.advance(LEASE_FOR)
    await mail_desk(desk, mailbox).look()
    assert len(mailbox.mails) == 1


async def test_two_workers_send_one_mail(
    desk: OrderDesk, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await again(desk)
    claim = mails._claim

    def late(uow: UnitOfWork, row_id: int) -> Any:
        claim(uow, row_id)
        return claim(uow, row_id)

    monkeypatch.setattr(mails, "_claim", late)
    await mail_desk(desk, mailbox).look()
    assert mailbox.mails == []


async def test_a_rival_who_drops_a_mail_first_is_no_trouble(
    desk: OrderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await again(desk)
    nobody = mail_desk(desk, NoCarrier())
    due: Callable[[UnitOfWork], tuple[int, ...]] = nobody._due
    monkeypatch.setattr(nobody, "_due", lambda uow: due(uow) * 2)
    await nobody.look()
    assert (await rows(desk))[-1].done_at is not None
