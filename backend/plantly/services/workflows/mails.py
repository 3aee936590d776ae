"""Send the mails that are queued, beside everything else that the worker does.

A mail server may be slow, or down for days: nothing here ever keeps a payment waiting. Each mail is
claimed for a while, sent outside of any transaction, and its outcome is noted. Who dies between the
two has it sent once more, with the same Message-ID.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from plantly.db import Database, UnitOfWork
from plantly.db.tables import OutboxRow
from plantly.domain.ids import Clock
from plantly.outbound.mail import (
    Carrier,
    ConsoleCarrier,
    MailFailed,
    NoCarrier,
    SmtpCarrier,
    Trouble,
)
from plantly.services.mails.letters import (
    Sender,
    UnusableAddress,
    write_letter,
    write_test,
)
from plantly.services.mails.occasions import occasion_of
from plantly.services.order_mails import MAIL_TOPIC
from plantly.settings import Settings

log = logging.getLogger("plantly.worker")

LEASE_FOR: Final = timedelta(seconds=60)
"""How long a mail is one worker's own: longer than a mail server may take."""

GIVE_UP_AFTER: Final = timedelta(days=3)
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=2)

_AT_ONCE: Final = 20
_MOST_DOUBLINGS: Final = 12
_FIRST_REST: Final = timedelta(seconds=2)
_LONGEST_REST: Final = timedelta(minutes=5)
_OF_THE_SERVER: Final = frozenset(
    {
        Trouble.UNREACHABLE,
        Trouble.TOO_SLOW,
        Trouble.NOT_SECURE,
        Trouble.LOGIN_REFUSED,
        Trouble.SENDER_REFUSED,
    }
)
"""What would befall the next mail just as well."""


@dataclass(frozen=True, slots=True)
class Post:
    """How mail leaves the shop, and who hears of its orders."""

    carrier: Carrier
    sender: Sender
    merchants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One mail that was claimed."""

    row_id: int
    name: str
    payload: Mapping[str, Any]
    ours_until: datetime


def post_for(settings: Settings) -> Post:
    """Return the way out that the settings name."""
    mail = settings.mail
    host = urlsplit(settings.public_url).hostname or "localhost"
    sender = Sender(mail.sender or f"shop@{host}", mail.sender_name, settings.public_url)
    carrier: Carrier = ConsoleCarrier()
    if mail.mode == "off":
        carrier = NoCarrier()
    elif mail.smtp is not None:
        carrier = SmtpCarrier(mail.smtp, own_name=sender.domain)
    return Post(carrier, sender, mail.merchants)


async def send_test(settings: Settings, shop_name: str, recipient: str) -> str | None:
    """Send a mail that says that it is one; return why it was not taken, if it was not."""
    post = post_for(settings)
    try:
        await post.carrier.carry(write_test(shop_name, recipient, post.sender))
    except UnusableAddress:
        return "This is no address to write to: use one such as you@example.com."
    except MailFailed as failure:
        return str(failure)
    return None


@asynccontextmanager
async def mailing(db: Database, settings: Settings, clock: Clock) -> AsyncIterator["MailDesk"]:
    """Give the desk that sends the shop's mails."""
    desk = MailDesk(db, post_for(settings), clock)
    try:
        yield desk
    finally:
        await desk.close()


class MailDesk:
    """Sends one mail after the other, in the background: the worker only looks for any."""

    def __init__(self, db: Database, post: Post, clock: Clock) -> None:
        self._db = db
        self._post = post
        self._clock = clock
        self._running: asyncio.Task[None] | None = None
        self._failures = 0
        self._rests_until: datetime | None = None

    @property
    def _rests(self) -> bool:
        return self._rests_until is not None and self._clock() < self._rests_until

    async def look(self) -> None:
        """Begin with what is due, and wait for it only where that takes no time."""
        if not self._post.carrier.is_on:
            await self._db.write(self._drop)
            return
        busy = self._running is not None and not self._running.done()
        if busy or self._rests or not await self._db.read(self._due):
            return
        self._running = asyncio.create_task(self._run())
        if self._post.carrier.is_quick:
            await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is being sent."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def close(self) -> None:
        """Break off what takes long; whoever comes next takes it up."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    def _due(self, uow: UnitOfWork) -> tuple[int, ...]:
        return tuple(uow.outbox.due(uow.now, _AT_ONCE, only=MAIL_TOPIC))

    async def _run(self) -> None:
        try:
            for row_id in await self._db.read(self._due):
                await self._send(row_id)
                if self._rests:
                    return
        except Exception as error:  # noqa: BLE001 - the next look finds it due again
            log.warning("mails failed: %s", type(error).__name__)

    def _drop(self, uow: UnitOfWork) -> None:
        """Be done with what is due without sending it: nobody wants mail later, either."""
        uow.outbox.end_due(uow.now, MAIL_TOPIC)

    async def _send(self, row_id: int) -> None:
        job = await self._db.write(partial(_claim, row_id=row_id))
        if job is None:
            return
        failure = await self._try(job)
        await self._db.write(partial(_note, job=job, failure=failure))
        if failure is None:
            self._failures, self._rests_until = 0, None
        elif failure.trouble in _OF_THE_SERVER:
            rest = min(_LONGEST_REST, _FIRST_REST * 2 ** min(self._failures, _MOST_DOUBLINGS))
            self._failures, self._rests_until = self._failures + 1, self._clock() + rest

    async def _try(self, job: Job) -> MailFailed | None:
        """Write and hand over one mail; say what went wrong, if anything did."""
        try:
            occasion = await self._db.read(
                lambda uow: occasion_of(uow, job.name, job.payload, self._post.merchants)
            )
            if occasion is not None:
                await self._post.carrier.carry(write_letter(occasion, self._post.sender))
        except UnusableAddress:
            log.warning("mail %s has an address that nobody can be", job.payload["kind"])
            return MailFailed(Trouble.RECIPIENT_REFUSED, is_final=True)
        except MailFailed as failure:
            log.warning("mail %s was not taken: %s", job.payload["kind"], failure.trouble)
            return failure
        except Exception as error:  # noqa: BLE001 - one mail must not stop the others
            # Its text may hold what the buyer typed.
            log.warning("mail %s failed: %s", job.payload.get("kind"), type(error).__name__)
            return MailFailed(Trouble.BUSY)
        return None


def _claim(uow: UnitOfWork, row_id: int) -> Job | None:
    until = uow.now + LEASE_FOR
    row = uow.outbox.claim(row_id, uow.now, until)
    return None if row is None else Job(row.id, row.dedupe_key, row.payload, until)


def _note(uow: UnitOfWork, job: Job, failure: MailFailed | None) -> None:
    """Keep what became of a mail; one that nobody takes is left to a person."""
    row = uow.outbox.claimed(job.row_id, job.ours_until)
    if row is None:
        # It took so long that another worker has it.
        return
    row.attempts += 1
    row.leased_until = None
    if failure is None:
        row.done_at = uow.now
    elif failure.is_final or uow.now - row.created_at >= GIVE_UP_AFTER:
        _give_up(row, uow.now, failure)
    else:
        doublings = 1 << min(row.attempts - 1, _MOST_DOUBLINGS)
        row.available_at = uow.now + min(LONGEST_WAIT, FIRST_WAIT * doublings)


def _give_up(row: OutboxRow, now: datetime, failure: MailFailed) -> None:
    row.dead_at = now
    row.payload = {**row.payload, "trouble": failure.trouble.value}
    log.error("mail %s is given up: %s", row.payload["kind"], failure.trouble)
