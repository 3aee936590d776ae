"""The provider's side of a story: the sandbox that is part of the shop, or a fake beside it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

import httpx
from sqlalchemy import select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import SandboxEventRow, SandboxPaymentRow
from plantly.domain.sandbox_chaos import Chaos
from plantly.payments.signatures import signed_headers
from plantly.services import sandbox_ledger
from plantly.services.sandbox_moves import advance, become, capture, found
from plantly.settings import Settings
from tests.support.clock import MovableClock
from tests.support.fakes import Delivery, FakeProvider, Knobs, Ledger
from tests.support.pay_shop import PayShop

SANDBOX_KEY: Final = "sk_sandbox_canary_0123456789abcdef"
SANDBOX_SECRET: Final = "whsec_sandbox_canary_0123456789abcdef"
_REFUSED: Final = 422
_SOON: Final = timedelta(seconds=1)


class Side(Protocol):
    """A provider as the stories see it: the same words for all."""

    name: str
    knobs: Knobs

    def settings(self, settings: Settings) -> Settings:
        """Give the settings of a shop that was told of this provider by its environment."""

    def environment(self) -> Mapping[str, str]:
        """Give what a merchant sets to use this provider."""

    def secrets(self) -> list[str]:
        """Give everything that nobody may ever read."""

    def remember(self, secret: str) -> None:
        """Let an older webhook secret count beside the newest one; before the shop opens."""

    def plug_in(self, shop: PayShop) -> None:
        """Put the line between the shop and the provider."""

    def is_api(self, request: httpx.Request) -> bool:
        """Say whether a request is a call of the shop to the provider."""

    def takes_key(self, method: str, path: str) -> bool:
        """Say whether the API knows idempotency keys for this call."""

    async def act(self, what: str, session_ref: str) -> None:
        """Let the buyer do something: a method of `FakeProvider` by its name."""

    async def settle(self, session_ref: str, *, succeeds: bool = True) -> None:
        """Let money that was to come later come, or never."""

    async def settle_refunds(self, *, succeeds: bool = True) -> None:
        """Let pending refunds succeed or fail."""

    async def pass_time(self) -> None:
        """Do what time alone does: end what is over."""

    async def sessions(self) -> list[str]:
        """Name every session, oldest first."""

    async def events(self) -> list[Delivery]:
        """Give the webhooks that nobody has been given yet."""

    def sign(self, body: bytes, secret: str | None = None) -> Mapping[str, str]:
        """Give the headers of a webhook."""

    async def ledger(self, session_ref: str) -> Ledger:
        """Say what is known of a session."""


class FakeSide:
    """A fake provider, reached at its own port."""

    def __init__(self, fake: FakeProvider) -> None:
        self.fake = fake
        self.name = fake.name
        self.knobs = fake.knobs
        self._port = httpx.URL(fake.origin).port or 0

    def settings(self, settings: Settings) -> Settings:
        return settings

    def environment(self) -> Mapping[str, str]:
        return self.fake.environment()

    def secrets(self) -> list[str]:
        return [self.fake.secrets.api_key, *self.fake.secrets.webhook_secrets]

    def remember(self, secret: str) -> None:
        self.fake.secrets.webhook_secrets.append(secret)

    def plug_in(self, shop: PayShop) -> None:
        shop.line.apps[self._port] = self.fake.app
        shop.line.providers.add(self._port)

    def is_api(self, request: httpx.Request) -> bool:
        return request.url.port == self._port

    def takes_key(self, method: str, path: str) -> bool:
        return self.fake.takes_key(method, path)

    async def act(self, what: str, session_ref: str) -> None:
        press: Callable[[str], None] = getattr(self.fake, what)
        press(session_ref)

    async def settle(self, session_ref: str, *, succeeds: bool = True) -> None:
        self.fake.settle(session_ref, succeeds=succeeds)

    async def settle_refunds(self, *, succeeds: bool = True) -> None:
        self.fake.settle_refunds(succeeds=succeeds)

    async def pass_time(self) -> None:
        for session_ref in self.fake.sessions():
            self.fake.expire(session_ref)

    async def sessions(self) -> list[str]:
        return self.fake.sessions()

    async def events(self) -> list[Delivery]:
        return self.fake.events()

    def sign(self, body: bytes, secret: str | None = None) -> Mapping[str, str]:
        return self.fake.sign(body, secret)

    async def ledger(self, session_ref: str) -> Ledger:
        return self.fake.ledger(session_ref)


class KnobChaos(Chaos):
    """The sandbox's own troubles, by the knobs of all providers."""

    def __init__(self, knobs: Knobs) -> None:
        super().__init__()
        object.__setattr__(self, "_knobs", knobs)

    _knobs: Knobs

    def hits(self, knob: str, name: str) -> timedelta | None:  # noqa: ARG002 - the name decides nothing here
        on = {
            "wrong_currency": self._knobs.wrong_currency is not None,
            "refund_pending": self._knobs.refund == "pending",
            "refund_failed": self._knobs.refund == "failed",
        }
        return _SOON if on.get(knob) else None

    def picks(self, knob: str, name: str, count: int) -> int:  # noqa: ARG002 - as above
        return 0


class SandboxSide:
    """The sandbox: its ledger lies in the shop's database, its webhooks wait until they are taken.

    What its clock would send is left lying, so that the stories carry it as they carry all others.
    """

    name = "sandbox"

    def __init__(self, db: Database, clock: MovableClock) -> None:
        self.knobs = Knobs()
        self._db = db
        self._clock = clock
        self._chaos = KnobChaos(self.knobs)
        self._secrets = [SANDBOX_SECRET]

    def settings(self, settings: Settings) -> Settings:
        return replace(settings, sandbox=replace(settings.sandbox, chaos=self._chaos))

    def environment(self) -> Mapping[str, str]:
        secrets = ",".join(self._secrets)
        return {"PLANTLY_SANDBOX_API_KEY": SANDBOX_KEY, "PLANTLY_SANDBOX_WEBHOOK_SECRET": secrets}

    def secrets(self) -> list[str]:
        return [SANDBOX_KEY, *self._secrets]

    def remember(self, secret: str) -> None:
        self._secrets.append(secret)

    def plug_in(self, shop: PayShop) -> None:
        shop.line.calls.clear()

    def is_api(self, request: httpx.Request) -> bool:
        return request.url.path.startswith("/sandbox/v1/")

    def takes_key(self, method: str, path: str) -> bool:
        return method == "POST" and not path.endswith(("/cancel", "/void"))

    async def act(self, what: str, session_ref: str) -> None:
        if what == "approve_late":
            await self._move(session_ref, partial(self._capture, again=True))
        elif what in {"approve", "confirm"}:
            await self._move(session_ref, self._capture)
        elif what != "challenge":
            status = {"pay_later": "later", "fail_challenge": "decline"}.get(what, what)
            await self._press(session_ref, status)

    async def settle(self, session_ref: str, *, succeeds: bool = True) -> None:
        def end(uow: UnitOfWork, row: SandboxPaymentRow) -> None:
            if succeeds:
                capture(uow, self._chaos, row, row.amount_minor)
            else:
                become(uow, self._chaos, row, "declined")

        await self._move(session_ref, end)

    async def settle_refunds(self, *, succeeds: bool = True) -> None:
        def end(uow: UnitOfWork) -> None:
            for row in uow.session.scalars(select(SandboxPaymentRow)):
                becomes = "succeeded" if succeeds else "failed"
                row.refunds = [_due_now(refund, becomes, uow) for refund in row.refunds]
                row.due_at = uow.now
            uow.session.flush()
            advance(uow, self._chaos, 100)

        await self._db.write(end)

    async def pass_time(self) -> None:
        await self._db.write(lambda uow: advance(uow, self._chaos, 100))

    async def sessions(self) -> list[str]:
        statement = select(SandboxPaymentRow.public_id).order_by(SandboxPaymentRow.id)
        return await self._db.read(lambda uow: list(uow.session.scalars(statement)))

    async def events(self) -> list[Delivery]:
        return await self._db.write(self._take)

    def sign(self, body: bytes, secret: str | None = None) -> Mapping[str, str]:
        return signed_headers([secret or self._secrets[0]], body, self._clock())

    async def ledger(self, session_ref: str) -> Ledger:
        def look(uow: UnitOfWork) -> Ledger:
            row = found(uow.sandbox.by_public_id(session_ref))
            back = {
                s: sum(r["amount_minor"] for r in row.refunds if r["status"] == s)
                for s in ("succeeded", "pending")
            }
            return Ledger(
                currency=row.captured_currency or row.currency,
                authorized_minor=row.amount_minor if row.status == "authorized" else 0,
                captured_minor=row.captured_minor,
                refunded_minor=back["succeeded"],
                refund_pending_minor=back["pending"],
                charges=int(row.captured_minor > 0),
                is_open=row.status == "open",
            )

        return await self._db.read(look)

    def _take(self, uow: UnitOfWork) -> list[Delivery]:
        statement = select(SandboxEventRow).where(SandboxEventRow.delivered_at.is_(None))
        taken = []
        for row in uow.session.scalars(statement.order_by(SandboxEventRow.id)):
            body = row.body.encode()
            taken.append(Delivery(row.public_id, self.sign(body), body))
            row.delivered_at = uow.now
        return taken

    def _capture(self, uow: UnitOfWork, row: SandboxPaymentRow, *, again: bool = False) -> None:
        if again or row.status == "open":
            capture(uow, self._chaos, row, self.knobs.wrong_amount or row.amount_minor)

    async def _press(self, session_ref: str, action: str) -> None:
        def press(uow: UnitOfWork) -> None:
            token = found(uow.sandbox.by_public_id(session_ref)).page_token
            sandbox_ledger.press(uow, self._chaos, token, action)  # type: ignore[arg-type]

        await self._db.write(press)

    async def _move(
        self, session_ref: str, move: Callable[[UnitOfWork, SandboxPaymentRow], None]
    ) -> None:
        await self._db.write(
            lambda uow: move(uow, found(uow.sandbox.by_public_id(session_ref, lock=True)))
        )


def _due_now(refund: dict[str, object], becomes: str, uow: UnitOfWork) -> dict[str, object]:
    if refund["status"] != "pending":
        return refund
    return {**refund, "due_at": uow.now.isoformat(), "becomes": becomes}
