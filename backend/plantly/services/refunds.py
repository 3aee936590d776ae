"""What is kept of a refund before the provider is asked for it, and after it answered."""

from plantly.db import UnitOfWork
from plantly.payments.gateway import RefundRequest, RefundResult
from plantly.services.payment_events import apply_facts


def refund_to_send(uow: UnitOfWork, key: str) -> RefundRequest | None:
    """Return the refund with that key, unless the provider has answered for it already."""
    refund = uow.payments.refund_by_key(key)
    if refund is None or refund.refund_ref is not None or refund.status != "pending":
        return None
    return RefundRequest(
        session_ref=uow.payments.by_row_id(refund.payment_id).session_ref or "",
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        idempotency_key=key,
    )


def note_refund(uow: UnitOfWork, provider: str, key: str, result: RefundResult) -> None:
    """Keep the provider's name for a refund, and apply what it says about the payment."""
    refund, reference = uow.payments.lock_refund(provider, key)
    refund.refund_ref = result.refund_ref
    apply_facts(uow, provider, reference, result.facts, source="read")


def note_refund_refused(uow: UnitOfWork, provider: str, key: str) -> None:
    """Leave a refund that the provider refuses, or never answers, to a person."""
    refund, reference = uow.payments.lock_refund(provider, key)
    refund.status = "failed"
    uow.payments.flag(reference)
