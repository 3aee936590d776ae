"""What the fake Gr4vy keeps, and how its API writes it down."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

Json = dict[str, Any]

ACCOUNT: Final = "default"
INSTANCE: Final = "plantly"
ENVIRONMENT: Final = "sandbox"


def new_id() -> str:
    """Give an id as the API makes them."""
    return str(uuid.uuid4())


@dataclass
class FakeSession:
    """A checkout session."""

    id: str
    amount: int | None
    currency: str | None
    metadata: dict[str, str]
    cart_items: list[Json]
    expires_at: datetime
    deleted: bool = False
    used: bool = False
    """Somebody has paid with it, or will."""

    def is_open(self, now: datetime) -> bool:
        """Say whether a buyer can still pay with it."""
        return not self.deleted and not self.used and now < self.expires_at


@dataclass
class FakeRefund:
    """A refund of a transaction."""

    id: str
    transaction_id: str
    amount: int
    currency: str
    status: str
    external_identifier: str | None
    at: datetime


@dataclass
class FakeTransaction:
    """One try to pay."""

    id: str
    session_id: str
    amount: int
    currency: str
    intent: str
    metadata: dict[str, str]
    external_identifier: str | None
    created_at: datetime
    updated_at: datetime
    status: str = "processing"
    intent_outcome: str = "pending"
    authorized: int = 0
    captured: int = 0
    refunds: list[FakeRefund] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        """Give what has certainly gone back."""
        return sum(refund.amount for refund in self.refunds if refund.status == "succeeded")

    @property
    def left(self) -> int:
        """Give what can still be asked back."""
        live = (r.amount for r in self.refunds if r.status in {"succeeded", "processing"})
        return self.captured - sum(live)


def session_resource(session: FakeSession) -> Json:
    """Write a checkout session."""
    return {
        "type": "checkout-session",
        "id": session.id,
        "amount": session.amount,
        "currency": session.currency,
        "cart_items": session.cart_items,
        "metadata": session.metadata,
        "buyer": None,
        "airline": None,
        "payment_method": None,
        "payment_service_id": None,
        "expires_at": session.expires_at.isoformat(),
    }


def transaction_summary(transaction: FakeTransaction) -> Json:
    """Write a transaction as lists have it: without its metadata."""
    return {
        "type": "transaction",
        "id": transaction.id,
        "reconciliation_id": transaction.id.replace("-", "")[:22],
        "merchant_account_id": ACCOUNT,
        "checkout_session_id": transaction.session_id,
        "external_identifier": transaction.external_identifier,
        "amount": transaction.amount,
        "currency": transaction.currency,
        "country": "US",
        "status": transaction.status,
        "intent": transaction.intent,
        "authorized_amount": transaction.authorized,
        "captured_amount": transaction.captured,
        "refunded_amount": transaction.refunded,
        "settled_amount": 0,
        "settled": False,
        "settled_currency": None,
        "gift_card_redemptions": [],
        "disputed": False,
        "method": "card",
        "instrument_type": "pan",
        "error_code": None,
        "payment_method": None,
        "payment_service": None,
        "pending_review": False,
        "buyer": None,
        "raw_response_code": None,
        "raw_response_description": None,
        "shipping_details": None,
        "gift_card_service": None,
        "reauthorized_from_transaction_id": None,
        "created_at": transaction.created_at.isoformat(),
        "updated_at": transaction.updated_at.isoformat(),
    }


def transaction_resource(transaction: FakeTransaction) -> Json:
    """Write a transaction with everything that belongs to it."""
    return {
        **transaction_summary(transaction),
        "metadata": transaction.metadata,
        "intent_outcome": transaction.intent_outcome,
        "payment_source": "ecommerce",
        "merchant_initiated": False,
        "is_subsequent_payment": False,
        "multi_tender": False,
        "account_funding_transaction": False,
        "cart_items": [],
        "statement_descriptor": None,
        "three_d_secure": None,
        "payment_service_transaction_id": f"acq_{transaction.id[:8]}",
        "additional_identifiers": {},
        "approval_expires_at": None,
        "captured_at": transaction.updated_at.isoformat() if transaction.captured else None,
    }


def refund_resource(refund: FakeRefund, transaction: FakeTransaction) -> Json:
    """Write a refund."""
    return {
        "type": "refund",
        "id": refund.id,
        "transaction_id": refund.transaction_id,
        "payment_service_refund_id": None,
        "status": refund.status,
        "currency": refund.currency,
        "amount": refund.amount,
        "reason": None,
        "target_type": "payment-method",
        "target_id": None,
        "reconciliation_id": refund.id.replace("-", "")[:22],
        "external_identifier": refund.external_identifier,
        "transaction_reconciliation_id": refund.transaction_id.replace("-", "")[:22],
        "transaction_external_identifier": transaction.external_identifier,
        "settled": False,
        "creator": None,
        "error_code": None,
        "raw_response_code": None,
        "raw_response_description": None,
        "created_at": refund.at.isoformat(),
        "updated_at": refund.at.isoformat(),
    }


def capture_resource(transaction: FakeTransaction) -> Json:
    """Write the capture of a transaction."""
    return {
        "type": "capture",
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, transaction.id)),
        "merchant_account_id": ACCOUNT,
        "transaction_id": transaction.id,
        "transaction_external_identifier": transaction.external_identifier,
        "currency": transaction.currency,
        "amount": transaction.captured,
        "status": "succeeded",
        "final": True,
        "created_at": transaction.updated_at.isoformat(),
        "updated_at": transaction.updated_at.isoformat(),
    }
