"""Gr4vy as the tests have it: checkout sessions, a form in a page, and signed webhooks."""

import atexit
import hashlib
import hmac
import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from starlette.types import ASGIApp

from plantly.domain.ids import Clock
from tests.support.fakes import Delivery, FakeSecrets, Knobs, Ledger
from tests.support.fakes.gr4vy_ledger import (
    ACCOUNT,
    ENVIRONMENT,
    INSTANCE,
    FakeRefund,
    FakeSession,
    FakeTransaction,
    Json,
    capture_resource,
    new_id,
    refund_resource,
    transaction_resource,
)

WEBHOOK_SECRET: Final = "gr4vy_webhook_canary_0123456789abcdef"
_REFUNDS: Final = {"succeeded": "succeeded", "pending": "processing", "failed": "failed"}
_TOLD: Final = {"succeeded": "succeeded", "processing": "pending", "failed": "failed"}


@cache
def private_key() -> ec.EllipticCurvePrivateKey:
    """Give the key of all tests of this process: nobody else ever has it."""
    return ec.generate_private_key(ec.SECP521R1())


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Write a key as the dashboard hands it out."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@cache
def key_file() -> Path:
    """Give a file with the key, which goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="plantly-key-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "private_key.pem"
    path.write_text(pem_of(private_key()), encoding="ascii")
    return path


class FakeGr4vy:
    """An instance of Gr4vy with one merchant account and no bank behind it."""

    name = "gr4vy"

    def __init__(self, clock: Clock, origin: str) -> None:
        from tests.support.fakes.gr4vy_api import api_of  # noqa: PLC0415 - it needs this class

        self.clock = clock
        self.origin = origin
        self.knobs = Knobs()
        # One line of the key is as secret as all of it, and is found in any text.
        self.secrets = FakeSecrets(pem_of(private_key()).splitlines()[2], [WEBHOOK_SECRET])
        self.all: dict[str, FakeSession] = {}
        self.transactions: dict[str, FakeTransaction] = {}
        self._told: list[Json] = []
        self.app: ASGIApp = api_of(self)

    def environment(self) -> Mapping[str, str]:
        """Give the settings of a shop that uses it."""
        return {
            "PLANTLY_PAYMENT_PROVIDER": "gr4vy",
            "GR4VY_ID": INSTANCE,
            "GR4VY_ENVIRONMENT": ENVIRONMENT,
            "GR4VY_MERCHANT_ACCOUNT_ID": ACCOUNT,
            "GR4VY_PRIVATE_KEY_PATH": str(key_file()),
            "GR4VY_WEBHOOK_SECRET": ",".join(self.secrets.webhook_secrets),
            "GR4VY_API_URL": self.origin,
            "GR4VY_EMBED_SCRIPT_URL": f"{self.origin}/embed.latest.js",
        }

    def takes_key(self, method: str, path: str) -> bool:
        """Say yes to captures, voids and refunds: sessions know no keys."""
        return method == "POST" and path.endswith(("/capture", "/void", "/refunds"))

    def sessions(self) -> list[str]:
        """Name every session, oldest first."""
        return list(self.all)

    # What a buyer does.

    def approve(self, session_ref: str) -> None:
        """Pay by card."""
        if self.is_open(session_ref):
            self._take(self.begin(session_ref))

    def authorize(self, session_ref: str) -> None:
        """Pay by card, where money is only set aside."""
        if self.is_open(session_ref):
            transaction = self.begin(session_ref, intent="authorize")
            self.all[session_ref].used = True
            transaction.authorized = self._asked(transaction)
            self._become(transaction, "authorization_succeeded", "succeeded")
            self.tell("transaction.authorized", transaction_resource(transaction))

    def decline(self, session_ref: str) -> None:
        """Try a card that is declined: the form stays, for another one."""
        if self.is_open(session_ref):
            self.refuse(self.begin(session_ref))

    def challenge(self, session_ref: str) -> None:
        """Try a card whose bank wants 3-D Secure."""
        if self.is_open(session_ref):
            transaction = self.begin(session_ref)
            self._become(transaction, "buyer_approval_pending", "pending")
            self.tell("transaction.authentication-pending", transaction_resource(transaction))

    def confirm(self, session_ref: str) -> None:
        """Pass 3-D Secure."""
        for transaction in self.of(session_ref, "buyer_approval_pending"):
            self._take(transaction)

    def fail_challenge(self, session_ref: str) -> None:
        """Fail 3-D Secure."""
        for transaction in self.of(session_ref, "buyer_approval_pending"):
            self.refuse(transaction)

    def pay_later(self, session_ref: str) -> None:
        """Pay by a bank transfer, which takes days."""
        if self.is_open(session_ref):
            self._become(self.begin(session_ref), "processing", "pending")
            self.all[session_ref].used = True

    def settle(self, session_ref: str, *, succeeds: bool = True) -> None:
        """Let a bank transfer come, or never."""
        for transaction in self.of(session_ref, "processing"):
            if succeeds:
                self._take(transaction)
            else:
                self._become(transaction, "authorization_failed", "failed")
                self.tell("transaction.failed", transaction_resource(transaction))

    def abandon(self, session_ref: str) -> None:
        """Leave the page: the form tells nobody."""

    # What happens without a buyer.

    def expire(self, session_ref: str) -> None:
        """End a session: a time that has come needs nobody, and no webhook tells of it."""

    def approve_late(self, session_ref: str) -> None:
        """Capture money whatever became of the session."""
        self._take(self.begin(session_ref))

    def settle_refunds(self, *, succeeds: bool = True) -> None:
        """End every refund that is on its way."""
        for transaction in self.transactions.values():
            for refund in transaction.refunds:
                if refund.status == "processing":
                    refund.status = "succeeded" if succeeds else "failed"
                    self._tell_refund(refund)

    # The post.

    def events(self) -> list[Delivery]:
        """Give the webhooks that nobody has been given yet."""
        taken, self._told = self._told, []
        return [self._delivery(event) for event in taken]

    def sign(self, body: bytes, secret: str | None = None) -> Mapping[str, str]:
        """Give the headers of a webhook, by the documented names."""
        timestamp = str(int(self.clock().timestamp()))
        key = (secret or self.secrets.webhook_secrets[0]).encode()
        signed = hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {
            "X-Gr4vy-Webhook-Timestamp": timestamp,
            "X-Gr4vy-Webhook-Signatures": signed,
        }

    # The auditor.

    def ledger(self, session_ref: str) -> Ledger:
        """Say what is known of a session."""
        tried = self.of(session_ref)
        paid = [transaction for transaction in tried if transaction.captured]
        refunds = [refund for transaction in tried for refund in transaction.refunds]
        waiting = sum(refund.amount for refund in refunds if refund.status == "processing")
        session = self.all[session_ref]
        return Ledger(
            currency=paid[0].currency if paid else str(session.currency),
            authorized_minor=sum(
                one.authorized for one in tried if one.status == "authorization_succeeded"
            ),
            captured_minor=sum(transaction.captured for transaction in paid),
            refunded_minor=sum(transaction.refunded for transaction in paid),
            refund_pending_minor=waiting,
            charges=len(paid),
            is_open=self.is_open(session_ref),
        )

    # What the API and the form do with it.

    def is_open(self, session_ref: str) -> bool:
        """Say whether a buyer can pay with a session."""
        return self.all[session_ref].is_open(self.clock())

    def of(self, session_ref: str, status: str | None = None) -> list[FakeTransaction]:
        """Give the transactions of a session, oldest first."""
        tried = self.transactions.values()
        return [
            one for one in tried if one.session_id == session_ref and status in {None, one.status}
        ]

    def begin(
        self, session_ref: str, intent: str = "capture", name: str | None = None
    ) -> FakeTransaction:
        """Make a transaction of a session, as its form asks for it."""
        session, now = self.all[session_ref], self.clock()
        transaction = FakeTransaction(
            id=new_id(),
            session_id=session_ref,
            amount=session.amount or 0,
            currency=session.currency or "USD",
            intent=intent,
            metadata=session.metadata,
            external_identifier=name or session.metadata.get("reference"),
            created_at=now,
            updated_at=now,
        )
        self.transactions[transaction.id] = transaction
        return transaction

    def refuse(self, transaction: FakeTransaction) -> None:
        """Let the bank say no."""
        self._become(transaction, "authorization_declined", "failed")
        self.tell("transaction.declined", transaction_resource(transaction))

    def capture(self, transaction: FakeTransaction, amount: int) -> None:
        """Take what was set aside."""
        transaction.captured = amount
        self._become(transaction, "capture_succeeded", "succeeded")
        self.tell("capture.succeeded", capture_resource(transaction))
        self.tell("transaction.captured", transaction_resource(transaction))

    def void(self, transaction: FakeTransaction) -> None:
        """Let go of what was set aside, or never was."""
        self._become(transaction, "authorization_voided", transaction.intent_outcome)
        self.tell("transaction.voided", transaction_resource(transaction))

    def refund(
        self, transaction: FakeTransaction, amount: int, external_identifier: str | None
    ) -> FakeRefund:
        """Give money back, as well as the knob says."""
        refund = FakeRefund(
            id=new_id(),
            transaction_id=transaction.id,
            amount=amount,
            currency=transaction.currency,
            status=_REFUNDS[self.knobs.refund],
            external_identifier=external_identifier,
            at=self.clock(),
        )
        transaction.refunds.append(refund)
        self._tell_refund(refund)
        return refund

    def tell(self, name: str, target: Json) -> None:
        """Write a webhook."""
        self._told.append(
            {
                "type": "event",
                "id": new_id(),
                "name": name,
                "created_at": self.clock().isoformat(),
                "merchant_account_id": ACCOUNT,
                "gr4vy_id": INSTANCE,
                "environment": ENVIRONMENT,
                "target": target,
            }
        )

    def _take(self, transaction: FakeTransaction) -> None:
        transaction.currency = self.knobs.wrong_currency or transaction.currency
        transaction.authorized = transaction.captured = self._asked(transaction)
        self.all[transaction.session_id].used = True
        self._become(transaction, "capture_succeeded", "succeeded")
        self.tell("transaction.captured", transaction_resource(transaction))

    def _asked(self, transaction: FakeTransaction) -> int:
        return self.knobs.wrong_amount or transaction.amount

    def _become(self, transaction: FakeTransaction, status: str, outcome: str) -> None:
        transaction.status, transaction.intent_outcome = status, outcome
        transaction.updated_at = self.clock()

    def _tell_refund(self, refund: FakeRefund) -> None:
        transaction = self.transactions[refund.transaction_id]
        self.tell(f"refund.{_TOLD[refund.status]}", refund_resource(refund, transaction))

    def _delivery(self, event: Json) -> Delivery:
        body = json.dumps(event, separators=(",", ":")).encode()
        headers = {**self.sign(body), "X-Gr4vy-Webhook-ID": new_id()}
        return Delivery(event["id"], headers, body)
