"""Payments of a provider that the shop has used before, and asks no more."""

from datetime import timedelta

from plantly.db import UnitOfWork
from plantly.db.tables import PaymentRow
from plantly.domain.payment import Fact, FactKind, PaymentStatus
from plantly.services.attention import ask_for_attention
from plantly.services.payment_events import apply_facts

LEFT_AFTER = timedelta(days=1)
"""How long after its time a payment is left alone: the shop may use its provider again."""

_REASON = "other_provider"


def ask_about_others(uow: UnitOfWork, provider: str, limit: int) -> int:
    """Leave unfinished payments of other providers to a person; return how many."""
    references = uow.payments.unfinished_elsewhere(
        provider, limit, over_before=uow.now - LEFT_AFTER, but=_REASON
    )
    return sum(leave_to_person(uow, reference) for reference in references)


def leave_to_person(uow: UnitOfWork, reference: str) -> bool:
    """Ask a person about a payment whose provider is asked no more, unless it came to an end."""
    payment = uow.payments.by_reference(reference, lock=True)
    if payment is None or _is_finished(payment):
        return False
    ask_for_attention(uow, payment, _REASON)
    return True


def let_go_elsewhere(uow: UnitOfWork, reference: str) -> None:
    """Let a payment expire that was left to a person for its provider, now that they have looked.

    What it held is on sale again, and the buyer may pay anew.
    """
    payment = uow.payments.by_reference(reference)
    if payment is None or payment.attention_reason != _REASON or _is_finished(payment):
        return
    over = Fact(FactKind.EXPIRED.value, FactKind.EXPIRED, 0, payment.currency)
    apply_facts(uow, payment.provider, reference, [over], source="shop")


def _is_finished(payment: PaymentRow) -> bool:
    return payment.status.is_dead or payment.status is PaymentStatus.CAPTURED
