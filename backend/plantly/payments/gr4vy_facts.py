"""What resources of Gr4vy's API say about a payment, the same for a webhook and for a read."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from plantly.domain.payment import Fact, FactKind

Resource = Mapping[str, Any]

_NAME = re.compile(r"[!-~]{1,64}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_MOST_MINOR = 2**53

_TRANSACTIONS = {
    "processing": FactKind.PENDING,
    "capture_pending": FactKind.PENDING,
    "authorization_declined": FactKind.DECLINED,
    "authorization_failed": FactKind.FAILED,
    "authorization_voided": FactKind.CANCELED,
}
_REFUNDS = {
    "processing": FactKind.REFUND_PENDING,
    "succeeded": FactKind.REFUND_SUCCEEDED,
    "failed": FactKind.REFUND_FAILED,
    "declined": FactKind.REFUND_FAILED,
    "voided": FactKind.REFUND_FAILED,
}
_ON_ITS_WAY = frozenset({"processing", "capture_pending", "authorization_void_pending"})


def transaction_facts(transaction: Resource) -> tuple[Fact, ...]:
    """Return what a transaction says; a buyer who still has to approve of it says nothing."""
    name, currency = name_of(transaction.get("id")), currency_of(transaction)
    if name is None or currency is None:
        return ()
    status = str(transaction.get("status"))
    kind = _TRANSACTIONS.get(status)
    if status == "authorization_succeeded" and _captures_itself(transaction):
        kind = FactKind.PENDING
    facts = [] if kind is None else [Fact(f"{kind.value}:{name}", kind, 0, currency)]
    if status == "authorization_succeeded" and kind is None:
        amount = amount_of(transaction.get("authorized_amount"))
        facts += _money(FactKind.AUTHORIZED, name, amount, currency)
    captured = amount_of(transaction.get("captured_amount"))
    return (*facts, *_money(FactKind.CAPTURED, name, captured, currency))


def refund_facts(refunds: Iterable[Resource]) -> tuple[Fact, ...]:
    """Return what refunds say."""
    facts = []
    for refund in refunds:
        ref, currency = name_of(refund.get("id")), currency_of(refund)
        amount = amount_of(refund.get("amount"))
        kind = _REFUNDS.get(str(refund.get("status")))
        if ref is not None and currency is not None and amount and kind is not None:
            facts.append(Fact(f"{kind.value}:{ref}:{amount}", kind, amount, currency, ref))
    return tuple(facts)


def capture_facts(capture: Resource) -> tuple[Fact, ...]:
    """Return what a capture says, in the words of its transaction.

    Of several captures each tells of its own part only: their transaction tells of the whole.
    """
    name, currency = name_of(capture.get("transaction_id")), currency_of(capture)
    if name is None or currency is None:
        return ()
    status = str(capture.get("status"))
    if status == "pending":
        return (Fact(f"{FactKind.PENDING.value}:{name}", FactKind.PENDING, 0, currency),)
    if status != "succeeded" or capture.get("final") is not True:
        return ()
    return _money(FactKind.CAPTURED, name, amount_of(capture.get("amount")), currency)


def is_on_its_way(transaction: Resource) -> bool:
    """Say whether a transaction can still become money without its buyer."""
    status = transaction.get("status")
    return status in _ON_ITS_WAY or (
        status == "authorization_succeeded" and _captures_itself(transaction)
    )


def is_authorized(transaction: Resource) -> bool:
    """Say whether money is set aside, and waits for us to take it."""
    return transaction.get("status") == "authorization_succeeded"


def reference_in(transaction: Resource) -> str | None:
    """Return our name for the payment. It stands in the metadata, which no buyer can change.

    The external identifier is not believed: it is sent by the buyer's browser.
    """
    metadata = transaction.get("metadata")
    return name_of(metadata.get("reference")) if isinstance(metadata, Mapping) else None


def name_of(value: object) -> str | None:
    """Return an id or a name as it may be stored, None for anything else."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def amount_of(value: object) -> int | None:
    """Return a positive amount in minor units, None for anything else."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and isinstance(value, int) and 0 < value < _MOST_MINOR else None


def currency_of(resource: Resource) -> str | None:
    """Return the currency of a resource, None unless it can be one."""
    value = resource.get("currency")
    return value if isinstance(value, str) and _CURRENCY.fullmatch(value) else None


def _captures_itself(transaction: Resource) -> bool:
    """Say whether what is authorized is about to be captured over there: we keep our hands off."""
    return transaction.get("intent") == "capture" and transaction.get("intent_outcome") == "pending"


def _money(kind: FactKind, name: str, amount: int | None, currency: str) -> tuple[Fact, ...]:
    if not amount:
        return ()
    return (Fact(f"{kind.value}:{name}:{amount}:{currency}", kind, amount, currency),)
