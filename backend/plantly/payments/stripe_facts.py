"""What objects of Stripe's API say about a payment, the same for a webhook and for a read."""

import re
from collections.abc import Mapping
from typing import Any

from plantly.domain.payment import Fact, FactKind
from plantly.payments.reading import amount_of, money_fact, name_of, refund_fact
from plantly.payments.stripe_amounts import from_stripe

_ID = re.compile(r"[!-~]{1,120}", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)

_REFUNDS = {
    "pending": FactKind.REFUND_PENDING,
    "requires_action": FactKind.REFUND_PENDING,
    "succeeded": FactKind.REFUND_SUCCEEDED,
    "failed": FactKind.REFUND_FAILED,
    "canceled": FactKind.REFUND_FAILED,
}
_DISPUTES = {
    "warning_needs_response": (FactKind.DISPUTE_INQUIRED,),
    "warning_under_review": (FactKind.DISPUTE_INQUIRED,),
    "warning_closed": (FactKind.DISPUTE_INQUIRED, FactKind.DISPUTE_WON),
    "prevented": (FactKind.DISPUTE_INQUIRED, FactKind.DISPUTE_WON),
    "needs_response": (FactKind.DISPUTE_OPENED,),
    "under_review": (FactKind.DISPUTE_OPENED,),
    "won": (FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON),
    "lost": (FactKind.DISPUTE_OPENED, FactKind.DISPUTE_LOST),
}

Resource = Mapping[str, Any]


def session_facts(session: Resource) -> tuple[Fact, ...]:
    """Return what a Checkout Session says.

    One that is complete is paid only when it says so: the money of some ways to pay comes days
    later, or never. A card that was declined says nothing, because its buyer may try another one.
    """
    currency = _currency(session)
    if currency is None:
        return ()
    status, paid = session.get("status"), session.get("payment_status")
    if status == "expired":
        return (_said(FactKind.EXPIRED, currency),)
    if status != "complete":
        return ()
    if paid == "paid":
        amount = _amount(session.get("amount_total"), currency)
        return money_fact(FactKind.CAPTURED, id_of(session.get("payment_intent")), amount, currency)
    return (_said(FactKind.PENDING, currency),) if paid == "unpaid" else ()


def intent_facts(intent: Resource) -> tuple[Fact, ...]:
    """Return what a PaymentIntent says of money that came, that is set aside, or never comes."""
    currency = _currency(intent)
    if currency is None:
        return ()
    status, name = intent.get("status"), id_of(intent)
    if status == "succeeded":
        amount = _amount(intent.get("amount_received"), currency)
        return money_fact(FactKind.CAPTURED, name, amount, currency)
    if status == "requires_capture":
        amount = _amount(intent.get("amount_capturable"), currency)
        return money_fact(FactKind.AUTHORIZED, name, amount, currency)
    if status == "canceled":
        return (_said(FactKind.CANCELED, currency),)
    return (_said(FactKind.PENDING, currency),) if status == "processing" else ()


def failed_later(session: Resource) -> tuple[Fact, ...]:
    """Return that the money of a complete session, which was to come later, does not come."""
    currency = _currency(session)
    return () if currency is None else (_said(FactKind.DECLINED, currency),)


def refund_facts(refunds: object) -> tuple[Fact, ...]:
    """Return what is said of refunds; what cannot be read says nothing."""
    facts: list[Fact] = []
    for refund in resources(refunds):
        kind, currency = _REFUNDS.get(str(refund.get("status"))), _currency(refund)
        amount = None if currency is None else _amount(refund.get("amount"), currency)
        facts += refund_fact(kind, id_of(refund), amount, currency)
    return tuple(facts)


def dispute_facts(disputes: object) -> tuple[Fact, ...]:
    """Return what is said of disputes: a question that moves no money yet is told apart."""
    facts = []
    for dispute in resources(disputes):
        ref, currency = id_of(dispute), _currency(dispute)
        if ref is None or currency is None:
            continue
        amount = _amount(dispute.get("amount"), currency)
        for kind in _DISPUTES.get(str(dispute.get("status")), ()) if amount else ():
            key = f"{kind.value}:{ref}:{amount}"
            facts.append(Fact(key, kind, amount or 0, currency, dispute_ref=ref))
    return tuple(facts)


def reference_in(resource: Resource) -> str | None:
    """Return our name for the payment, as it was sent along."""
    metadata = resource.get("metadata")
    said = metadata.get("reference") if isinstance(metadata, Mapping) else None
    return name_of(said) or name_of(resource.get("client_reference_id"))


def id_of(value: object) -> str | None:
    """Return the id of an object, which comes as itself or as its id only."""
    said = value.get("id") if isinstance(value, Mapping) else value
    return said if isinstance(said, str) and _ID.fullmatch(said) else None


def resources(value: object) -> list[Resource]:
    """Return the objects of a list of the API, or of a plain list."""
    items = value.get("data") if isinstance(value, Mapping) else value
    if not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, Mapping)]


def _said(kind: FactKind, currency: str) -> Fact:
    return Fact(kind.value, kind, 0, currency)


def _currency(resource: Resource) -> str | None:
    value = resource.get("currency")
    known = isinstance(value, str) and _CURRENCY.fullmatch(value)
    return str(value).upper() if known else None


def _amount(value: object, currency: str) -> int | None:
    """Return a positive amount in minor units, None for anything else."""
    amount = amount_of(value)
    return None if amount is None else from_stripe(amount, currency)
