"""What the fake Stripe knows: sessions, the money behind them, refunds and disputes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.fakes import Ledger

Json = dict[str, Any]

_WHOLE_HERE_IN_HUNDREDTHS_THERE: Final = frozenset({"isk"})
_HUNDREDTHS_HERE_WHOLE_THERE: Final = frozenset({"mga"})


@dataclass
class FakeRefund:
    """Money that goes back, or was to."""

    id: str
    amount: int
    status: str
    metadata: Mapping[str, str]
    created: int


@dataclass
class FakeDispute:
    """What a bank takes back, or asks about."""

    id: str
    amount: int
    currency: str
    status: str
    created: int


@dataclass
class FakeSession:
    """A Checkout Session with the PaymentIntent and the charge that it comes to."""

    id: str
    params: Mapping[str, Any]
    amount: int
    currency: str
    created: int
    expires_at: int
    url: str
    status: str = "open"
    payment_status: str = "unpaid"
    intent_status: str | None = None
    """None until somebody tries to pay: only then there is a PaymentIntent."""
    received: int = 0
    capturable: int = 0
    charges: int = 0
    refunds: list[FakeRefund] = field(default_factory=list)
    disputes: list[FakeDispute] = field(default_factory=list)

    @property
    def intent_id(self) -> str:
        """Give the name of its PaymentIntent."""
        return self.id.replace("cs_test_", "pi_")

    @property
    def is_open(self) -> bool:
        """Say whether a buyer can pay."""
        return self.status == "open"

    def given_back(self, *statuses: str) -> int:
        """Add up the refunds that stand there."""
        return sum(refund.amount for refund in self.refunds if refund.status in statuses)

    @property
    def left(self) -> int:
        """Give what a refund may take."""
        return self.received - self.given_back("succeeded", "pending")

    def ledger(self) -> Ledger:
        """Give the books of this session, in minor units."""
        return Ledger(
            currency=self.currency.upper(),
            authorized_minor=minor(self.capturable, self.currency),
            captured_minor=minor(self.received, self.currency),
            refunded_minor=minor(self.given_back("succeeded"), self.currency),
            refund_pending_minor=minor(self.given_back("pending"), self.currency),
            charges=self.charges,
            is_open=self.is_open,
        )


def minor(amount: int, currency: str) -> int:
    """Give an amount of the API in the currency's minor units."""
    if currency in _WHOLE_HERE_IN_HUNDREDTHS_THERE:
        return amount // 100
    return amount * 100 if currency in _HUNDREDTHS_HERE_WHOLE_THERE else amount


def session_object(session: FakeSession, expand: tuple[str, ...] = ()) -> Json:
    """Give a session as the API shows it."""
    params = session.params
    intent: object = None
    if session.intent_status is not None:
        intent = session.intent_id
        if any(path.startswith("payment_intent") for path in expand):
            intent = intent_object(session, tuple(p.partition(".")[2] for p in expand))
    return {
        "id": session.id,
        "object": "checkout.session",
        "amount_subtotal": session.amount,
        "amount_total": session.amount,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": session.created,
        "currency": session.currency,
        "customer_details": None,
        "expires_at": session.expires_at,
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_intent": intent,
        "payment_status": session.payment_status,
        "status": session.status,
        "success_url": params.get("success_url"),
        "url": session.url if session.is_open else None,
    }


def intent_object(session: FakeSession, expand: tuple[str, ...] = ()) -> Json:
    """Give the PaymentIntent of a session as the API shows it."""
    charge: object = session.intent_id.replace("pi_", "ch_") if session.charges else None
    if charge is not None and any(path.startswith("latest_charge") for path in expand):
        charge = charge_object(session, refunds="latest_charge.refunds" in expand)
    return {
        "id": session.intent_id,
        "object": "payment_intent",
        "amount": session.amount,
        "amount_capturable": session.capturable,
        "amount_received": session.received,
        "capture_method": "automatic_async",
        "created": session.created,
        "currency": session.currency,
        "latest_charge": charge,
        "livemode": False,
        "metadata": session.params.get("payment_intent_data", {}).get("metadata", {}),
        "status": session.intent_status,
    }


def charge_object(session: FakeSession, *, refunds: bool = False) -> Json:
    """Give the charge that took the money; its refunds only for whoever asked for them."""
    charge = {
        "id": session.intent_id.replace("pi_", "ch_"),
        "object": "charge",
        "amount": session.received,
        "amount_captured": session.received,
        "amount_refunded": session.given_back("succeeded", "pending"),
        "captured": session.received > 0,
        "currency": session.currency,
        "disputed": bool(session.disputes),
        "livemode": False,
        "metadata": session.params.get("payment_intent_data", {}).get("metadata", {}),
        "payment_intent": session.intent_id,
        "refunded": session.left == 0,
        "status": "succeeded",
    }
    if refunds:
        newest = list(reversed(session.refunds))
        charge["refunds"] = {
            "object": "list",
            "data": [refund_object(session, refund) for refund in newest[:10]],
            "has_more": len(newest) > 10,
            "url": f"/v1/charges/{charge['id']}/refunds",
        }
    return charge


def refund_object(session: FakeSession, refund: FakeRefund) -> Json:
    """Give a refund as the API shows it."""
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": session.intent_id.replace("pi_", "ch_"),
        "created": refund.created,
        "currency": session.currency,
        "metadata": dict(refund.metadata),
        "payment_intent": session.intent_id,
        "reason": None,
        "status": refund.status,
    }


def dispute_object(session: FakeSession, dispute: FakeDispute) -> Json:
    """Give a dispute as the API shows it: it knows the money, and nothing of our names."""
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "charge": session.intent_id.replace("pi_", "ch_"),
        "created": dispute.created,
        "currency": dispute.currency,
        "livemode": False,
        "metadata": {},
        "payment_intent": session.intent_id,
        "reason": "product_not_received",
        "status": dispute.status,
    }
