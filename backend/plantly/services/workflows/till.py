"""Where money is taken: the chosen provider, and the worker that follows up on it."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from operator import attrgetter

import anyio
import httpx

from plantly.db import Database
from plantly.domain.errors import NotFound, ShopNotReady
from plantly.domain.ids import Clock, utc_now
from plantly.payments.gateway import PaymentGateway
from plantly.services.payment_events import Received, receive
from plantly.services.secrets import make_secrets
from plantly.services.workflows.chat_desk import ChatDesk
from plantly.services.workflows.deliver import DeliveryDesk, delivering
from plantly.services.workflows.expire import (
    expire_sessions,
    forget_answers,
    forget_counts,
    forget_old_carts,
    forget_old_deliveries,
)
from plantly.services.workflows.gateways import open_gateway
from plantly.services.workflows.import_place import fetcher_for, place_for
from plantly.services.workflows.mails import MailDesk, mailing
from plantly.services.workflows.outbox import work_outbox
from plantly.services.workflows.pace import Pace, PacedGateway
from plantly.services.workflows.pay import PayDesk
from plantly.services.workflows.prices import turn_prices
from plantly.services.workflows.reconcile import leave_others, link_waiting, reconcile
from plantly.services.workflows.sandbox_clock import SandboxClock
from plantly.services.workflows.sandbox_keys import SandboxKeys
from plantly.services.workflows.sync import FeedDesk
from plantly.services.workflows.worker import Nudge, Step, Timing, Worker
from plantly.settings import Settings

_EXPIRE_EVERY = timedelta(seconds=15)
_PRICES_EVERY = timedelta(seconds=10)
_FORGET_EVERY = timedelta(hours=1)
_LEAVE_EVERY = timedelta(hours=1)
_COUNTS_EVERY = timedelta(minutes=5)
_FEEDS_EVERY = timedelta(seconds=15)
_USUAL = Timing()
# Servers close what is idle for five seconds, uvicorn among them: whoever sends into a connection
# at that moment does not know what became of it. So ours are closed well before.
_CONNECTIONS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=2)


@dataclass(frozen=True, slots=True)
class OpenTill:
    """What there is while the server runs."""

    gateway: PaymentGateway
    paced: PaymentGateway
    """The same provider, for work that nobody waits for: never too fast."""
    desk: PayDesk
    chat: ChatDesk
    worker: Worker
    sandbox: SandboxKeys
    feeds: FeedDesk
    deliveries: DeliveryDesk
    mails: MailDesk


class Till:
    """Takes money for as long as the server runs.

    It is made closed, so that an application can be put together without touching anything.
    """

    def __init__(
        self,
        db: Database,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        transport: httpx.AsyncBaseTransport | None = None,
        timing: Timing = _USUAL,
    ) -> None:
        self.nudge = Nudge()
        self._db = db
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._timing = timing
        self._opened: OpenTill | None = None

    @property
    def now_open(self) -> OpenTill:
        """Return the open till.

        Raises:
            ShopNotReady: The server has not opened it yet.
        """
        if self._opened is None:
            raise ShopNotReady("The shop is just opening: please try again in a moment.")
        return self._opened

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[OpenTill]:
        """Open the till, without the background work: its worker can be told to work."""
        made = await self._db.write(make_secrets)
        sandbox = SandboxKeys(self._db, self._settings.sandbox, made)
        async with (
            # The environment's proxies are not for a server that talks to itself.
            httpx.AsyncClient(
                transport=self._transport, limits=_CONNECTIONS, trust_env=False
            ) as client,
            fetcher_for(self._settings) as fetcher,
            delivering(self._db, self._settings, self._transport) as deliveries,
            mailing(self._db, self._settings, self._clock) as mails,
        ):
            gateway = open_gateway(self._settings, client, sandbox, self._clock)
            pace = Pace(self._clock, self._timing.pause, self._timing.call_seconds)
            paced = PacedGateway(gateway, pace)
            feeds = FeedDesk(place_for(self._settings, self._db, fetcher))
            desk = PayDesk(self._db, gateway, self._settings.public_url)
            self._opened = OpenTill(
                gateway=gateway,
                paced=paced,
                desk=desk,
                chat=ChatDesk(self._db, gateway, desk),
                worker=self._worker(
                    *self._sandbox_steps(client, sandbox),
                    *_payment_steps(self._db, paced, pace),
                    Step("outgoing webhooks", deliveries.look, due=attrgetter("deliveries")),
                    Step("mails", mails.look, due=attrgetter("mails")),
                    Step("feeds", feeds.look, _FEEDS_EVERY),
                    *_other_steps(self._db, gateway.name),
                ),
                sandbox=sandbox,
                feeds=feeds,
                deliveries=deliveries,
                mails=mails,
            )
            try:
                yield self._opened
            finally:
                self._opened = None
                await feeds.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the till, and work in the background until the end, unless others do that."""
        stop = anyio.Event()
        async with self.opened() as till, anyio.create_task_group() as background:
            background.start_soon(till.sandbox.keep_fresh)
            async with anyio.create_task_group() as work:
                if self._settings.worker == "inside":
                    work.start_soon(till.worker.run, self.nudge, stop)
                try:
                    yield
                finally:
                    stop.set()
            background.cancel_scope.cancel()

    async def work(self, stop: anyio.Event) -> None:
        """Open the till, and do nothing but the background work until `stop` is set."""
        async with self.opened() as till, anyio.create_task_group() as background:
            background.start_soon(till.sandbox.keep_fresh)
            await till.worker.run(self.nudge, stop)
            background.cancel_scope.cancel()

    async def take_webhook(
        self, provider: str, headers: Mapping[str, str], body: bytes
    ) -> Received:
        """Verify a webhook, then keep and apply it in one transaction.

        Raises:
            NotFound: This is not the provider of this shop.
            InvalidWebhook: It cannot be trusted; nothing has changed.
        """
        gateway = self.now_open.gateway
        if provider != gateway.name:
            raise NotFound("provider", "This shop does not use that payment provider.")
        event = gateway.verify(headers, body, self._clock())
        said = gateway.normalize(event)
        outcome = await self._db.write(lambda uow: receive(uow, provider, event, said))
        self.nudge()
        return outcome

    def _sandbox_steps(self, client: httpx.AsyncClient, sandbox: SandboxKeys) -> tuple[Step, ...]:
        """Return the sandbox's own work, for a shop that uses it."""
        if self._settings.payment_provider != "sandbox":
            return ()
        hook = f"{self._settings.loopback_url}/webhooks/sandbox"
        clock = SandboxClock(self._db, client, hook, sandbox, self._settings.sandbox.chaos)
        return (Step("sandbox", clock.tick, due=attrgetter("sandbox")),)

    def _worker(self, *steps: Step) -> Worker:
        owner = secrets.token_urlsafe(12)
        return Worker(self._db, self._clock, steps, owner, self._timing)


def _payment_steps(db: Database, gateway: PaymentGateway, pace: Pace) -> tuple[Step, ...]:
    """Return what asks the provider: while that is down, it is asked seldom."""
    works = (
        ("reconcile", "payments", reconcile),
        ("waiting webhooks", "webhooks", link_waiting),
        ("outbox", "outbox", work_outbox),
    )
    return tuple(
        Step(
            name,
            pace.when_up(partial(work, db, gateway, pace.is_down)),
            due=attrgetter(due),
        )
        for name, due, work in works
    )


def _other_steps(db: Database, provider: str) -> tuple[Step, ...]:
    return (
        Step("expiry", partial(expire_sessions, db), _EXPIRE_EVERY),
        Step("prices", partial(turn_prices, db), _PRICES_EVERY),
        Step("answers", partial(forget_answers, db), _FORGET_EVERY),
        Step("carts", partial(forget_old_carts, db), _FORGET_EVERY),
        Step("deliveries", partial(forget_old_deliveries, db), _FORGET_EVERY),
        Step("other providers", partial(leave_others, db, provider), _LEAVE_EVERY),
        Step("limits", partial(forget_counts, db), _COUNTS_EVERY),
    )
