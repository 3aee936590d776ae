"""The sandbox provider's own side: a ledger of payments that move no money.

It knows nothing of the shop but what was sent over HTTP, and tells it only by webhooks. A change
and the webhook that tells of it are written in one transaction.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from plantly.db import UnitOfWork
from plantly.db.tables import SandboxPaymentRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput
from plantly.domain.sandbox_chaos import Chaos
from plantly.services.sandbox_events import resource
from plantly.services.sandbox_moves import become, capture, found

Action = Literal["approve", "authorize", "decline", "later", "abandon"]

_OUTCOMES: Mapping[Action, str] = {
    "approve": "captured",
    "authorize": "authorized",
    "decline": "declined",
    "later": "pending",
    "abandon": "canceled",
}


@dataclass(frozen=True, slots=True)
class SandboxOrder:
    """What the API was asked to take a payment for."""

    reference: str
    amount_minor: int
    currency: str
    description: str
    return_url: str
    expires_at: datetime
    webhook_url: str | None = None
    """Where its webhooks go, if not to the shop of the same server."""

    def fingerprint(self) -> str:
        """Return the same text for the same order only."""
        parts = [
            self.reference,
            self.amount_minor,
            self.currency,
            self.description,
            self.return_url,
            self.expires_at.isoformat(),
            self.webhook_url,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PayPage:
    """What the pay page shows."""

    status: str
    amount_minor: int
    currency: str
    description: str
    return_url: str


def open_payment(uow: UnitOfWork, key: str, order: SandboxOrder) -> dict[str, Any]:
    """Take a payment on, or return the one that the same key has made.

    Raises:
        IdempotencyConflict: The key was used for something else.
        InvalidInput: Its time is over already.
    """
    row = uow.sandbox.by_idempotency_key(key)
    if row is not None:
        if row.request_hash != order.fingerprint():
            raise IdempotencyConflict("This Idempotency-Key was used for another payment.")
        return _answer(row)
    if order.expires_at <= uow.now:
        raise InvalidInput("expires_at", "expires_at is in the past.")
    row = uow.sandbox.add(
        public_id=uow.ids.token("sbx_"),
        page_token=uow.ids.token(""),
        idempotency_key=key,
        request_hash=order.fingerprint(),
        reference=order.reference,
        amount_minor=order.amount_minor,
        currency=order.currency,
        status="open",
        captured_minor=0,
        refunds=[],
        description=order.description,
        return_url=order.return_url,
        created_at=uow.now,
        capture_at=None,
        expires_at=order.expires_at,
        webhook_url=order.webhook_url,
        due_at=order.expires_at,
    )
    return _answer(row)


def read_payment(uow: UnitOfWork, payment_id: str) -> dict[str, Any]:
    """Return a payment by the ledger's name for it.

    Raises:
        NotFound: There is none.
    """
    return _answer(found(uow.sandbox.by_public_id(payment_id)))


def find_payment(uow: UnitOfWork, reference: str) -> dict[str, Any]:
    """Return a payment by the shop's name for it.

    Raises:
        NotFound: There is none.
    """
    return _answer(found(uow.sandbox.by_reference(reference)))


def cancel_payment(uow: UnitOfWork, chaos: Chaos, payment_id: str) -> dict[str, Any]:
    """Close a payment that nobody has made yet; one that is over already stays as it is.

    Raises:
        NotFound: There is none.
        InvalidInput: It is on its way and cannot be stopped.
    """
    row = found(uow.sandbox.by_public_id(payment_id, lock=True))
    if row.status == "pending":
        raise InvalidInput("status", "A pending payment cannot be canceled.")
    if row.status == "open":
        become(uow, chaos, row, "expired" if row.expires_at <= uow.now else "canceled")
    return _answer(row)


def show_page(uow: UnitOfWork, token: str) -> PayPage:
    """Return what the buyer sees on the pay page.

    Raises:
        NotFound: There is no such page.
    """
    return _page(found(uow.sandbox.by_page_token(token)))


def press(uow: UnitOfWork, chaos: Chaos, token: str, action: Action) -> PayPage:
    """Do what the buyer chose; a payment that is over stays as it is.

    Raises:
        NotFound: There is no such page.
    """
    row = found(uow.sandbox.by_page_token(token, lock=True))
    if row.status == "open":
        if row.expires_at <= uow.now:
            become(uow, chaos, row, "expired")
        elif action == "approve":
            capture(uow, chaos, row, row.amount_minor)
        else:
            become(uow, chaos, row, _OUTCOMES[action])
    return _page(row)


def _answer(row: SandboxPaymentRow) -> dict[str, Any]:
    """Return what the API answers: the payment, and the way to its page."""
    return {**resource(row), "page_token": row.page_token}


def _page(row: SandboxPaymentRow) -> PayPage:
    return PayPage(row.status, row.amount_minor, row.currency, row.description, row.return_url)
