"""What resources of Gr4vy's API say about a payment, the same for a webhook and for a read."""

from collections.abc import Iterable, Mapping
from typing import Any

from plantly.domain.payment import Fact, FactKind
from plantly.payments.reading import amount_of, currency_of, money_fact, name_of, refund_fact

Resource = Mapping[str, Any]

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
        facts += money_fact(FactKind.AUTHORIZED, name, amount, currency)
    captured = amount_of(transaction.get("captured_amount"))
    return (*facts, *money_fact(FactKind.CAPTURED, name, captured, currency))


def refund_facts(refunds: Iterable[Resource]) -> tuple[Fact, ...]:
    """Return what refunds say."""
    facts: list[Fact] = []
    for refund in refunds:
        kind = _REFUNDS.get(str(refund.get("status")))
        ref, amount = name_of(refund.get("id")), amount_of(refund.get("amount"))
        facts += refund_fact(kind, ref, amount, currency_of(refund))
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
    return money_fact(FactKind.CAPTURED, name, amount_of(capture.get("amount")), currency)


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


def _captures_itself(transaction: Resource) -> bool:
    """Say whether what is authorized is about to be captured over there: we keep our hands off."""
    return transaction.get("intent") == "capture" and transaction.get("intent_outcome") == "pending"
