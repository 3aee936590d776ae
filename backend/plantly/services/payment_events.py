"""Take in what a provider says about a payment, and do what follows from it.

Webhooks and reads end here, in the same function, so that it never matters which of them came.
"""

from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import PaymentChain, facts_of
from plantly.db.tables import InboxRow, PaymentRow, RefundRow
from plantly.domain import order as order_rules
from plantly.domain.checkout import CheckoutStatus, move
from plantly.domain.order import OrderStatus
from plantly.domain.payment import (
    Fact,
    FactKind,
    PaymentState,
    Settlement,
    next_poll,
    reduce_facts,
    settle,
    to_give_back,
)
from plantly.payments.gateway import NormalizedEvent, Snapshot, VerifiedEvent
from plantly.services.placing import place_order

REFUND_TOPIC = "refund_payment"
"""The outbox message that asks the provider for a refund, named by its idempotency key."""


class Received(StrEnum):
    """What became of a webhook event."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    WAITING = "waiting"


def receive(
    uow: UnitOfWork, provider: str, event: VerifiedEvent, said: NormalizedEvent
) -> Received:
    """Keep a verified event once, and apply it if its payment is known."""
    if uow.inbox.find(provider, event.event_id) is not None:
        return Received.DUPLICATE
    reference = said.reference
    if reference is None and said.session_ref is not None:
        reference = uow.payments.reference_of(provider, said.session_ref)
    outcome = Received.IGNORED
    if said.facts:
        known = reference is not None and apply_facts(
            uow, provider, reference, said.facts, source="webhook"
        )
        outcome = Received.APPLIED if known else Received.WAITING
    uow.inbox.add(
        InboxRow(
            provider=provider,
            event_id=event.event_id,
            type=event.type,
            reference=reference,
            facts=[asdict(fact) for fact in said.facts],
            received_at=uow.now,
            handled_at=None if outcome is Received.WAITING else uow.now,
            outcome=outcome.value,
        )
    )
    return outcome


def apply_waiting(uow: UnitOfWork, provider: str, limit: int) -> list[str]:
    """Apply events that came before their payment was known; return the payments' references."""
    references = []
    for event in uow.inbox.linkable(provider, limit):
        reference = event.reference or ""
        apply_facts(uow, provider, reference, map(_fact, event.facts), source="webhook")
        event.handled_at, event.outcome = uow.now, Received.APPLIED.value
        references.append(reference)
    return references


def apply_snapshot(
    uow: UnitOfWork, provider: str, reference: str, snapshot: Snapshot | None
) -> None:
    """Apply what a read of the provider showed; None when the provider does not know the payment.

    A payment that is closed without an outcome, or that nobody knows once its time is over, has
    expired: no money can come any more.
    """
    chain = uow.payments.chain(provider, reference)
    payment = chain.payment
    facts = snapshot.facts if snapshot else ()
    over = snapshot.closed if snapshot else payment.expires_at <= uow.now
    if snapshot is not None and payment.session_ref is None:
        payment.session_ref = snapshot.session_ref
    if over and not reduce_facts([*facts_of(payment), *facts]).is_final:
        facts = (*facts, Fact(FactKind.EXPIRED.value, FactKind.EXPIRED, 0, payment.currency))
    _apply(uow, chain, facts, "read")


def apply_facts(
    uow: UnitOfWork, provider: str, reference: str, facts: Iterable[Fact], *, source: str
) -> bool:
    """Record facts about a payment and do what follows; say whether there is such a payment."""
    if not uow.payments.knows(provider, reference):
        return False
    _apply(uow, uow.payments.chain(provider, reference), facts, source)
    return True


def _apply(uow: UnitOfWork, chain: PaymentChain, facts: Iterable[Fact], source: str) -> None:
    payment, checkout = chain.payment, chain.checkout
    uow.payments.record(payment, facts, source=source, now=uow.now)
    state = reduce_facts(facts_of(payment))
    _derive(uow, payment, state)
    order = uow.orders.of_checkout(checkout.id)
    settlement = settle(
        state,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        checkout=checkout.status,
        pays_existing_order=order is not None and order.payment_id == payment.id,
    )
    if settlement is Settlement.PLACE_ORDER and not place_order(uow, chain):
        settlement = Settlement.REFUND
        # A cart that was paid for elsewhere is nobody's fault; stock that is gone is.
        payment.needs_attention |= _reason(chain, state) == "late_capture"
    if settlement is Settlement.REFUND:
        _give_back(uow, payment, state, _reason(chain, state))
        _release(uow, chain, "payment_refunded")
    elif settlement is Settlement.RELEASE:
        _release(uow, chain, f"payment_{state.status}")
    if order is not None and settlement is Settlement.DONE and _is_all_back(state):
        _refunded(order)


def _derive(uow: UnitOfWork, payment: PaymentRow, state: PaymentState) -> None:
    """Set the columns that are nothing but a summary of the facts."""
    payment.status = state.status
    payment.captured_minor = state.captured_minor
    # Facts come in any order: a refund may be told before the capture that it belongs to.
    payment.refunded_minor = min(state.refunded_minor, state.captured_minor)
    if 0 < state.captured_minor < state.refunded_minor:
        payment.needs_attention = True
    _sync_refunds(uow, payment)
    if state.is_final and not state.refund_pending_minor:
        payment.next_poll_at = None
    elif payment.next_poll_at is None:
        payment.next_poll_at = next_poll(payment.created_at, payment.expires_at, uow.now)
        payment.needs_attention |= payment.next_poll_at is None


def _sync_refunds(uow: UnitOfWork, payment: PaymentRow) -> None:
    """Bring our refunds to where the provider's facts say they are."""
    said = {(fact.refund_ref, fact.kind) for fact in payment.facts}
    for refund in uow.payments.refunds_of(payment.id):
        if (refund.refund_ref, FactKind.REFUND_FAILED) in said:
            refund.status = "failed"
            payment.needs_attention = True
        elif (refund.refund_ref, FactKind.REFUND_SUCCEEDED) in said:
            refund.status = "succeeded"


def _reason(chain: PaymentChain, state: PaymentState) -> str:
    if not state.pays(chain.payment.amount_minor, chain.payment.currency):
        return "wrong_amount"
    paid = chain.checkout.status is CheckoutStatus.COMPLETED or (
        chain.cart is not None and chain.cart.closed_at is not None
    )
    return "second_payment" if paid else "late_capture"


def _give_back(uow: UnitOfWork, payment: PaymentRow, state: PaymentState, reason: str) -> None:
    """Decide on a refund of everything captured that is not on its way back yet."""
    if reason == "wrong_amount":
        payment.needs_attention = True
    asked = sum(refund.amount_minor for refund in uow.payments.refunds_of(payment.id))
    left = to_give_back(state, asked)
    if not left or state.captured_currency is None:
        return
    key = uow.ids.token("rf_")
    uow.payments.add_refund(
        RefundRow(
            payment_id=payment.id,
            idempotency_key=key,
            amount_minor=left,
            currency=state.captured_currency,
            reason=reason,
            status="pending",
            refund_ref=None,
            created_at=uow.now,
        )
    )
    uow.outbox.put(REFUND_TOPIC, key, {"refund": key}, uow.now)


def _release(uow: UnitOfWork, chain: PaymentChain, notice: str) -> None:
    """Put the stock of this attempt back on sale, and let the buyer try again."""
    checkout = chain.checkout
    held = uow.stock.release(chain.payment.id)
    if held and checkout.status is CheckoutStatus.COMPLETE_IN_PROGRESS:
        checkout.status = move(checkout.status, CheckoutStatus.READY_FOR_PAYMENT)
        checkout.notice = notice
        checkout.updated_at = uow.now


def _is_all_back(state: PaymentState) -> bool:
    return state.refunded_minor >= state.captured_minor


def _refunded(order: Any) -> None:
    if order.status is not OrderStatus.REFUNDED:
        order.status = order_rules.move(order.status, OrderStatus.REFUNDED)


def _fact(stored: dict[str, Any]) -> Fact:
    return Fact(**{**stored, "kind": FactKind(stored["kind"])})
