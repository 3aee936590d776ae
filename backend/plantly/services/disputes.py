"""Disputes as the shop keeps them: what they take, who has to look, what the order's past is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import facts_of
from plantly.db.tables import OrderRow, PaymentRow
from plantly.domain.dispute import Dispute, DisputeStatus, disputes_in, taken_by_disputes
from plantly.domain.order_history import OrderEventKind
from plantly.domain.payment import PaymentState
from plantly.services.attention import ask_for_attention
from plantly.services.order_desk import states_of
from plantly.services.order_events import record_order_event

_ASKED = "disputed"
_LOST = "dispute_lost"


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute for the merchant."""

    dispute: str
    status: str
    amount_minor: int
    currency: str


def list_disputes(uow: UnitOfWork, payment_row_id: int) -> tuple[DisputeView, ...]:
    """Return the disputes of a payment, for the merchant."""
    return tuple(
        DisputeView(d.ref, d.status.value, d.amount_minor, d.currency)
        for d in disputes_in(uow.payments.dispute_facts(payment_row_id))
    )


def disputes_of(payment: PaymentRow) -> tuple[Dispute, ...]:
    """Return where the disputes of a payment stand, whose facts are loaded."""
    return disputes_in(facts_of(payment))


def sync_disputes(
    uow: UnitOfWork, payment: PaymentRow, state: PaymentState, before: Collection[Dispute]
) -> None:
    """Bring what disputes have taken to where the facts say it is, and call a person for news."""
    disputes = disputes_of(payment)
    payment.disputed_minor = taken_by_disputes(
        disputes, state.captured_minor, state.captured_currency
    )
    known = {(dispute.ref, dispute.status) for dispute in before}
    for dispute in disputes:
        if (dispute.ref, dispute.status) in known:
            continue
        if dispute.status is DisputeStatus.LOST:
            ask_for_attention(uow, payment, _LOST)
        elif dispute.status is not DisputeStatus.WON:
            ask_for_attention(uow, payment, _ASKED)
        elif payment.attention_reason == _ASKED and all(d.status.is_closed for d in disputes):
            _ask_no_more(uow, payment)


def _ask_no_more(uow: UnitOfWork, payment: PaymentRow) -> None:
    """Leave a person in peace, unless the dispute stood in front of a refund."""
    payment.needs_attention, payment.attention_reason = False, None
    if any(refund.status == "failed" for refund in uow.payments.refunds_of(payment.id)):
        ask_for_attention(uow, payment, "refund_failed")


def tell_disputes(uow: UnitOfWork, payment: PaymentRow, order: OrderRow) -> None:
    """Write into the history of an order what has become of its disputes, each thing once.

    A dispute may be heard of before the money that it is about, and so before there is an order.
    """
    disputes = disputes_of(payment)
    if not disputes:
        return
    known = [(event.kind, event.data) for event in uow.orders.events_of(order.id)]
    for dispute in disputes:
        data: dict[str, Any] = {
            "dispute": dispute.ref,
            "amount_minor": dispute.amount_minor,
            "currency": dispute.currency,
            **states_of(order),
        }
        named = [(kind, said) for kind, said in known if said.get("dispute") == dispute.ref]
        if not named:
            record_order_event(uow, order, OrderEventKind.DISPUTED, data, "provider")
        outcome = dispute.status.value
        if dispute.status.is_closed and outcome not in [said.get("outcome") for _, said in named]:
            closed = {**data, "outcome": outcome}
            record_order_event(uow, order, OrderEventKind.DISPUTE_CLOSED, closed, "provider")
