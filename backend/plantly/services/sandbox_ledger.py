"""The sandbox provider's own side: a ledger of payments that move no money.

It knows nothing of the shop but what was sent over HTTP, and tells it only by webhooks. A change
and the webhook that tells of it are written in one transaction.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from plantly.db import UnitOfWork
from plantly.db.tables import SandboxEventRow, SandboxPaymentRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput, NotFound

Action = Literal["approve", "decline", "later", "abandon"]

_PUT_OFF = timedelta(seconds=60)
_FIRST_RETRY = timedelta(seconds=1)
_LAST_RETRY = timedelta(hours=1)
_OUTCOMES: Mapping[Action, str] = {
    "approve": "captured",
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

    def fingerprint(self) -> str:
        """Return the same text for the same order only."""
        parts = [
            self.reference,
            self.amount_minor,
            self.currency,
            self.description,
            self.return_url,
            self.expires_at.isoformat(),
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


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook to be sent."""

    event_id: str
    body: bytes
    sent_at: datetime


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
    row = SandboxPaymentRow(
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
    )
    uow.sandbox.add(row)
    return _answer(row)


def read_payment(uow: UnitOfWork, payment_id: str) -> dict[str, Any]:
    """Return a payment by the ledger's name for it.

    Raises:
        NotFound: There is none.
    """
    return _answer(_found(uow.sandbox.by_public_id(payment_id)))


def find_payment(uow: UnitOfWork, reference: str) -> dict[str, Any]:
    """Return a payment by the shop's name for it.

    Raises:
        NotFound: There is none.
    """
    return _answer(_found(uow.sandbox.by_reference(reference)))


def cancel_payment(uow: UnitOfWork, payment_id: str) -> dict[str, Any]:
    """Close a payment that nobody has made yet; one that is over already stays as it is.

    Raises:
        NotFound: There is none.
        InvalidInput: It is on its way and cannot be stopped.
    """
    row = _found(uow.sandbox.by_public_id(payment_id, lock=True))
    if row.status == "pending":
        raise InvalidInput("status", "A pending payment cannot be canceled.")
    if row.status == "open":
        _become(uow, row, "expired" if row.expires_at <= uow.now else "canceled")
    return _answer(row)


def refund_payment(uow: UnitOfWork, payment_id: str, key: str, amount_minor: int) -> dict[str, Any]:
    """Give captured money back, or return the refund that the same key has made.

    Raises:
        NotFound: There is no such payment.
        IdempotencyConflict: The key was used for another amount.
        InvalidInput: More than what is left.
    """
    row = _found(uow.sandbox.by_public_id(payment_id, lock=True))
    refund = next((r for r in row.refunds if r["key"] == key), None)
    if refund is None:
        left = row.captured_minor - sum(r["amount_minor"] for r in row.refunds)
        if not 0 < amount_minor <= left:
            raise InvalidInput("amount_minor", f"{left} minor units can be refunded.")
        refund = {
            "id": uow.ids.token("sbr_"),
            "key": key,
            "amount_minor": amount_minor,
            "status": "succeeded",
        }
        # A JSON column notices a new list, not a change inside the old one.
        row.refunds = [*row.refunds, refund]
        _tell(uow, row, "payment.refunded")
    elif refund["amount_minor"] != amount_minor:
        raise IdempotencyConflict("This Idempotency-Key was used for another refund.")
    return {"id": refund["id"], "payment": _resource(row)}


def show_page(uow: UnitOfWork, token: str) -> PayPage:
    """Return what the buyer sees on the pay page.

    Raises:
        NotFound: There is no such page.
    """
    return _page(_found(uow.sandbox.by_page_token(token)))


def press(uow: UnitOfWork, token: str, action: Action) -> PayPage:
    """Do what the buyer chose; a payment that is over stays as it is.

    Raises:
        NotFound: There is no such page.
    """
    row = _found(uow.sandbox.by_page_token(token, lock=True))
    if row.status == "open":
        late = row.expires_at <= uow.now
        _become(uow, row, "expired" if late else _OUTCOMES[action])
    return _page(row)


def advance(uow: UnitOfWork) -> int:
    """Capture what was put off until now, close what was not paid in time; return how many."""
    rows = uow.sandbox.due(uow.now)
    for row in rows:
        _become(uow, row, "captured" if row.status == "pending" else "expired")
    return len(rows)


def due_deliveries(uow: UnitOfWork, limit: int) -> list[Delivery]:
    """Return the webhooks that are to be sent now, oldest first."""
    rows = uow.sandbox.undelivered(uow.now, limit)
    return [Delivery(row.public_id, row.body.encode(), uow.now) for row in rows]


def note_delivery(uow: UnitOfWork, event_id: str, *, accepted: bool) -> None:
    """Keep what became of a delivery; a refused one is tried again, later each time."""
    row = uow.sandbox.event(event_id)
    row.attempts += 1
    if accepted:
        row.delivered_at = uow.now
    else:
        row.next_at = uow.now + min(_LAST_RETRY, _FIRST_RETRY * 2 ** min(row.attempts, 12))


def _found(row: SandboxPaymentRow | None) -> SandboxPaymentRow:
    if row is None:
        raise NotFound("payment", "There is no such payment.")
    return row


def _become(uow: UnitOfWork, row: SandboxPaymentRow, status: str) -> None:
    row.status = status
    row.capture_at = uow.now + _PUT_OFF if status == "pending" else None
    row.captured_minor = row.amount_minor if status == "captured" else 0
    _tell(uow, row, f"payment.{status}")


def _tell(uow: UnitOfWork, row: SandboxPaymentRow, kind: str) -> None:
    event_id = uow.ids.token("evt_")
    event = {
        "id": event_id,
        "type": kind,
        "created_at": uow.now.isoformat(),
        "payment": _resource(row),
    }
    uow.sandbox.add(
        SandboxEventRow(
            payment_id=row.id,
            public_id=event_id,
            body=json.dumps(event),
            attempts=0,
            next_at=uow.now,
            delivered_at=None,
            repeats=0,
            held=False,
        )
    )


def _answer(row: SandboxPaymentRow) -> dict[str, Any]:
    """Return what the API answers: the payment, and the way to its page."""
    return {**_resource(row), "page_token": row.page_token}


def _resource(row: SandboxPaymentRow) -> dict[str, Any]:
    """Return a payment as the API and the webhooks show it."""
    return {
        "id": row.public_id,
        "reference": row.reference,
        "status": row.status,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "captured_minor": row.captured_minor,
        "refunds": [
            {key: refund[key] for key in ("id", "amount_minor", "status")} for refund in row.refunds
        ],
        "expires_at": row.expires_at.isoformat(),
    }


def _page(row: SandboxPaymentRow) -> PayPage:
    return PayPage(row.status, row.amount_minor, row.currency, row.description, row.return_url)
