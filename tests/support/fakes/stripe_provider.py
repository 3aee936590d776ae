"""Stripe as the tests have it: Checkout Sessions, money that is not there, and signed webhooks."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from starlette.types import ASGIApp

from plantly.domain.ids import Clock
from tests.support.fakes import Delivery, FakeSecrets, Knobs, Ledger
from tests.support.fakes.stripe_form import RefusedError
from tests.support.fakes.stripe_ledger import (
    FakeDispute,
    FakeRefund,
    FakeSession,
    charge_object,
    dispute_object,
    intent_object,
    refund_object,
    session_object,
)

API_KEY: Final = "sk_test_canary_0123456789abcdef"
WEBHOOK_SECRET: Final = "whsec_stripe_canary_0123456789abcdef"
API_VERSION: Final = "2026-10-28.endive"
_WAYS_OUT: Final = {"succeeded": "succeeded", "pending": "pending", "failed": "failed"}


class FakeStripe:
    """A Stripe of its own, with one account and no bank behind it."""

    name = "stripe"

    def __init__(self, clock: Clock, origin: str) -> None:
        from tests.support.fakes.stripe_api import api_of  # noqa: PLC0415 - it needs this class

        self.clock = clock
        self.origin = origin
        self.knobs = Knobs()
        self.secrets = FakeSecrets(API_KEY, [WEBHOOK_SECRET])
        self.all: dict[str, FakeSession] = {}
        self._told: list[tuple[str, bytes]] = []
        self._count = 0
        self.app: ASGIApp = api_of(self)

    def environment(self) -> Mapping[str, str]:
        """Give the settings of a shop that uses it."""
        return {
            "PLANTLY_PAYMENT_PROVIDER": "stripe",
            "STRIPE_API_KEY": self.secrets.api_key,
            "STRIPE_WEBHOOK_SECRET": ",".join(self.secrets.webhook_secrets),
            "STRIPE_API_URL": self.origin,
        }

    def takes_key(self, method: str, path: str) -> bool:  # noqa: ARG002 - as every fake
        """Say yes to everything that changes something."""
        return method == "POST"

    def sessions(self) -> list[str]:
        """Name every session, oldest first."""
        return list(self.all)

    # What a buyer does.

    def approve(self, session_ref: str) -> None:
        """Pay by card."""
        session = self.all[session_ref]
        if session.is_open:
            self._take(session)
            self._tell("checkout.session.completed", session_object(session))

    def authorize(self, session_ref: str) -> None:
        """Pay by card, where the account only sets money aside."""
        session = self.all[session_ref]
        if session.is_open:
            session.status, session.intent_status = "complete", "requires_capture"
            session.capturable = self._asked(session)
            self._tell("payment_intent.amount_capturable_updated", intent_object(session))
            self._tell("checkout.session.completed", session_object(session))

    def decline(self, session_ref: str) -> None:
        """Try a card that is declined: the page stays, for another one."""
        session = self.all[session_ref]
        if session.is_open:
            session.intent_status = "requires_payment_method"
            self._tell("payment_intent.payment_failed", intent_object(session))

    def challenge(self, session_ref: str) -> None:
        """Try a card whose bank wants 3-D Secure."""
        session = self.all[session_ref]
        if session.is_open:
            session.intent_status = "requires_action"
            self._tell("payment_intent.requires_action", intent_object(session))

    def confirm(self, session_ref: str) -> None:
        """Pass 3-D Secure."""
        if self.all[session_ref].intent_status == "requires_action":
            self.approve(session_ref)

    def fail_challenge(self, session_ref: str) -> None:
        """Fail 3-D Secure."""
        if self.all[session_ref].intent_status == "requires_action":
            self.decline(session_ref)

    def pay_later(self, session_ref: str) -> None:
        """Pay by a bank debit, which takes days."""
        session = self.all[session_ref]
        if session.is_open:
            session.status, session.intent_status = "complete", "processing"
            self._tell("payment_intent.processing", intent_object(session))
            self._tell("checkout.session.completed", session_object(session))

    def settle(self, session_ref: str, *, succeeds: bool = True) -> None:
        """Let a bank debit come, or come back."""
        session = self.all[session_ref]
        if session.intent_status != "processing":
            return
        if succeeds:
            self._take(session)
            self._tell("checkout.session.async_payment_succeeded", session_object(session))
        else:
            session.intent_status = "requires_payment_method"
            self._tell("payment_intent.payment_failed", intent_object(session))
            self._tell("checkout.session.async_payment_failed", session_object(session))

    def abandon(self, session_ref: str) -> None:
        """Follow the link back: the session stays open, and nobody is told."""

    # What happens without a buyer.

    def expire(self, session_ref: str) -> None:
        """End a session whose time is over."""
        session = self.all[session_ref]
        if session.is_open and session.expires_at <= self.now():
            self.end(session)

    def end(self, session: FakeSession) -> None:
        """End a session that is open."""
        session.status = "expired"
        if session.intent_status is not None:
            session.intent_status = "canceled"
            self._tell("payment_intent.canceled", intent_object(session))
        self._tell("checkout.session.expired", session_object(session))

    def approve_late(self, session_ref: str) -> None:
        """Capture money although nobody expects it any more."""
        session = self.all[session_ref]
        self._take(session)
        self._tell("checkout.session.completed", session_object(session))

    def settle_refunds(self, *, succeeds: bool = True) -> None:
        """Let pending refunds come to something."""
        for session in self.all.values():
            for refund in session.refunds:
                if refund.status == "pending":
                    refund.status = "succeeded" if succeeds else "failed"
                    kind = "refund.updated" if succeeds else "refund.failed"
                    self._tell(kind, refund_object(session, refund))

    def dispute(self, session_ref: str, status: str, amount: int | None = None) -> str:
        """Let a bank ask about a payment, or take it back; give the dispute's name."""
        session = self.all[session_ref]
        one = FakeDispute(
            self.new_id("du_"), amount or session.received, session.currency, status, self.now()
        )
        session.disputes.append(one)
        self._tell("charge.dispute.created", dispute_object(session, one))
        if not status.startswith("warning"):
            self._tell("charge.dispute.funds_withdrawn", dispute_object(session, one))
        return one.id

    def move_dispute(self, session_ref: str, name: str, status: str) -> None:
        """Let a dispute go on, or end."""
        session = self.all[session_ref]
        one = next(dispute for dispute in session.disputes if dispute.id == name)
        one.status = status
        ends = status in {"won", "lost", "warning_closed"}
        kind = "charge.dispute.closed" if ends else "charge.dispute.updated"
        self._tell(kind, dispute_object(session, one))

    def refund(self, session_ref: str, amount: int, metadata: Mapping[str, str]) -> FakeRefund:
        """Give money back, as the dashboard or the API asks for."""
        session = self.all[session_ref]
        if self.knobs.refund == "refused":
            raise RefusedError(400, "This charge cannot be refunded.")
        if amount > session.left:
            code = "charge_already_refunded"
            raise RefusedError(400, "Refund amount is greater than what is left.", code=code)
        if any(d.status in {"needs_response", "under_review", "lost"} for d in session.disputes):
            code = "charge_disputed"
            raise RefusedError(400, "This charge has been charged back.", code=code)
        status = _WAYS_OUT[self.knobs.refund]
        refund = FakeRefund(self.new_id("re_"), amount, status, metadata, self.now())
        session.refunds.append(refund)
        self._tell("refund.created", refund_object(session, refund))
        if status == "failed":
            self._tell("refund.failed", refund_object(session, refund))
        else:
            self._tell("charge.refunded", charge_object(session))
        return refund

    def capture(self, session: FakeSession, amount: int) -> None:
        """Take what was set aside."""
        session.capturable = 0
        self._take(session, amount)

    def void(self, session: FakeSession) -> None:
        """Let go of what was set aside."""
        session.intent_status, session.capturable = "canceled", 0
        self._tell("payment_intent.canceled", intent_object(session))

    # The post.

    def events(self) -> list[Delivery]:
        """Give the webhooks that nobody has been given yet."""
        told, self._told = self._told, []
        return [Delivery(name, self.sign(body), body) for name, body in told]

    def sign(self, body: bytes, secret: str | None = None) -> Mapping[str, str]:
        """Give the header of a webhook: the newest secret signs, unless another one is named."""
        key, at = secret or self.secrets.webhook_secrets[0], str(self.now())
        proof = hmac.new(key.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        header = f"t={at},v0={'0' * 64},v1={proof}"
        return {"Stripe-Signature": header, "Content-Type": "application/json"}

    def ledger(self, session_ref: str) -> Ledger:
        """Say what is known of a session."""
        return self.all[session_ref].ledger()

    # For its own API.

    def now(self) -> int:
        """Give the time as the API writes it."""
        return int(self.clock().timestamp())

    def new_id(self, prefix: str) -> str:
        """Give a name that nothing has yet."""
        self._count += 1
        return f"{prefix}{self._count:06d}plantly"

    def _asked(self, session: FakeSession) -> int:
        """Give what is taken: what the knobs say, or what was asked for."""
        session.currency = (self.knobs.wrong_currency or session.currency).lower()
        session.amount = self.knobs.wrong_amount or session.amount
        return session.amount

    def _take(self, session: FakeSession, amount: int | None = None) -> None:
        session.received += self._asked(session) if amount is None else amount
        session.charges += 1
        session.status, session.payment_status = "complete", "paid"
        session.intent_status = "succeeded"
        self._tell("charge.succeeded", charge_object(session))
        self._tell("payment_intent.succeeded", intent_object(session))

    def _tell(self, kind: str, resource: Mapping[str, Any]) -> None:
        event = {
            "id": self.new_id("evt_"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": {"object": resource},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        self._told.append((str(event["id"]), json.dumps(event).encode()))


LONGEST: Final = timedelta(hours=24)
SHORTEST: Final = timedelta(minutes=30)
