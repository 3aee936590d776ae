"""Where money is taken: the chosen provider, and the worker that follows up on it."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import anyio
import httpx

from plantly.db import Database
from plantly.domain.errors import NotFound, ShopNotReady
from plantly.domain.ids import Clock, utc_now
from plantly.payments.gateway import PaymentGateway
from plantly.payments.sandbox import SandboxAddress, SandboxGateway, SandboxSecrets
from plantly.services.payment_events import Received, receive
from plantly.services.secrets import sandbox_secrets
from plantly.services.workflows.expire import (
    expire_sessions,
    forget_answers,
    forget_old_carts,
)
from plantly.services.workflows.import_place import fetcher_for, place_for
from plantly.services.workflows.outbox import work_outbox
from plantly.services.workflows.pay import PayDesk
from plantly.services.workflows.prices import turn_prices
from plantly.services.workflows.reconcile import link_waiting, reconcile
from plantly.services.workflows.sandbox_clock import SandboxClock
from plantly.services.workflows.sync import FeedDesk
from plantly.services.workflows.worker import Nudge, Step, Worker
from plantly.settings import Settings

_EXPIRE_EVERY = timedelta(seconds=15)
_PRICES_EVERY = timedelta(seconds=10)
_FORGET_EVERY = timedelta(hours=1)
_FEEDS_EVERY = timedelta(seconds=15)
_STOP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class OpenTill:
    """What there is while the server runs."""

    gateway: PaymentGateway
    desk: PayDesk
    worker: Worker
    sandbox: SandboxSecrets
    feeds: FeedDesk


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
    ) -> None:
        self.nudge = Nudge()
        self._db = db
        self._settings = settings
        self._clock = clock
        self._transport = transport
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
        sandbox = self._known(await self._db.write(sandbox_secrets))
        async with (
            # The environment's proxies are not for a server that talks to itself.
            httpx.AsyncClient(transport=self._transport, trust_env=False) as client,
            fetcher_for(self._settings) as fetcher,
        ):
            gateway = self._gateway(client, sandbox)
            feeds = FeedDesk(place_for(self._settings, self._db, fetcher))
            self._opened = OpenTill(
                gateway=gateway,
                desk=PayDesk(self._db, gateway, self._settings.public_url),
                worker=self._worker(gateway, client, sandbox, feeds),
                sandbox=sandbox,
                feeds=feeds,
            )
            try:
                yield self._opened
            finally:
                self._opened = None
                await feeds.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the till, and work in the background until the end."""
        stop = anyio.Event()
        async with self.opened() as till, anyio.create_task_group() as tasks:
            tasks.start_soon(till.worker.run, self.nudge, stop)
            try:
                yield
            finally:
                stop.set()
                self.nudge()
                tasks.cancel_scope.deadline = anyio.current_time() + _STOP_SECONDS

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

    def _known(self, made: SandboxSecrets) -> SandboxSecrets:
        """Return what the sandbox and its shop know of each other: what was set goes first."""
        chosen = self._settings.sandbox
        return SandboxSecrets(
            chosen.api_key or made.api_key,
            chosen.webhook_secrets or made.webhook_secrets,
            () if chosen.api_key else made.older_api_keys,
        )

    def _gateway(self, client: httpx.AsyncClient, sandbox: SandboxSecrets) -> PaymentGateway:
        elsewhere = self._settings.sandbox.url
        address = SandboxAddress(
            base_url=elsewhere or self._settings.loopback_url,
            pay_origin=elsewhere or self._settings.public_origin,
            webhook_url=f"{self._settings.loopback_url}/webhooks/sandbox" if elsewhere else None,
        )
        return SandboxGateway(client, address, sandbox)

    def _worker(
        self,
        gateway: PaymentGateway,
        client: httpx.AsyncClient,
        sandbox: SandboxSecrets,
        feeds: FeedDesk,
    ) -> Worker:
        db = self._db
        hook = f"{self._settings.loopback_url}/webhooks/{gateway.name}"
        chaos = self._settings.sandbox.chaos
        steps = (
            Step("sandbox", SandboxClock(db, client, hook, sandbox, chaos).tick),
            Step("reconcile", partial(reconcile, db, gateway)),
            Step("waiting webhooks", partial(link_waiting, db, gateway)),
            Step("outbox", partial(work_outbox, db, gateway)),
            Step("expiry", partial(expire_sessions, db), _EXPIRE_EVERY),
            Step("feeds", feeds.look, _FEEDS_EVERY),
            Step("prices", partial(turn_prices, db), _PRICES_EVERY),
            Step("answers", partial(forget_answers, db), _FORGET_EVERY),
            Step("carts", partial(forget_old_carts, db), _FORGET_EVERY),
        )
        return Worker(db, self._clock, steps, owner=secrets.token_urlsafe(12))
