"""Take in what a provider says about a payment, and do what follows from it.

Webhooks and reads end here, in the same function, so that it never matters which of them came.
"""

from collections.abc import Iterable
from enum import StrEnum

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import PaymentChain, facts_of
from plantly.db.tables import InboxRow, OrderRow, PaymentRow
from plantly.domain.checkout import CheckoutStatus, move
from plantly.domain.payment import (
    ENDINGS,
    Fact,
    FactKind,
    PaymentState,
    Settlement,
    next_look,
    next_poll,
    reduce_facts,
    settle,
)
from plantly.domain.records import fields_of
from plantly.payments.gateway import NormalizedEvent, Snapshot, VerifiedEvent
from plantly.services.announcements import announce_money
from plantly.services.attention import ask_for_attention
from plantly.services.authorizations import ask_to_capture, ask_to_void
from plantly.services.card_tests import note_declines
from plantly.services.disputes import disputes_of, sync_disputes, tell_disputes
from plantly.services.placing import place_order
from plantly.services.refund_decisions import (
    give_back,
    give_back_excess,
    may_have_refunds,
    sync_refunds,
)
from plantly.services.refund_events import tell_refunds
from plantly.services.reopening import take_up_again

_LETS_GO = frozenset({Settlement.CAPTURE, Settlement.VOID})
"""Another session may have paid for the cart of what could be captured."""


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
    if uow.inbox.knows(provider, event.event_id):
        return Received.DUPLICATE
    reference = said.reference or _reference_of(uow, provider, said.session_ref, said.payment_ref)
    outcome = Received.IGNORED
    if said.facts:
        chain = reference and uow.payments.chain_if_known(provider, reference)
        if chain:
            _name(chain.payment, said.session_ref, said.payment_ref)
            _apply(uow, chain, said.facts, "webhook")
        outcome = Received.APPLIED if chain else Received.WAITING
    uow.inbox.add(
        provider=provider,
        event_id=event.event_id,
        type=event.type,
        reference=reference,
        session_ref=said.session_ref,
        payment_ref=said.payment_ref,
        facts=[fields_of(fact) for fact in said.facts],
        received_at=uow.now,
        handled_at=None if outcome is Received.WAITING else uow.now,
        outcome=outcome.value,
    )
    return outcome


def apply_waiting(uow: UnitOfWork, provider: str, limit: int) -> list[str]:
    """Apply events that came before their payment was known; return the payments' references."""
    references = []
    for event in uow.inbox.linkable(provider, limit):
        reference = reference_in(uow, event)
        apply_event(uow, event, reference)
        references.append(reference)
    return references


def reference_in(uow: UnitOfWork, event: InboxRow) -> str:
    """Return our name for the payment that an event speaks of; empty while it is not known."""
    known = event.reference or _reference_of(
        uow, event.provider, event.session_ref, event.payment_ref
    )
    return known or ""


def _reference_of(
    uow: UnitOfWork, provider: str, session_ref: str | None, payment_ref: str | None
) -> str | None:
    """Return our name for what a provider calls by one of its own."""
    known = uow.payments.reference_of(provider, session_ref) if session_ref else None
    if known is None and payment_ref is not None:
        known = uow.payments.reference_of_money(provider, payment_ref)
    return known


def apply_event(uow: UnitOfWork, event: InboxRow, reference: str) -> None:
    """Apply what a kept event says; nothing happens while its payment is not known."""
    facts = [Fact(**{**stored, "kind": FactKind(stored["kind"])}) for stored in event.facts]
    known = apply_facts(uow, event.provider, reference, facts, source="webhook")
    if known and event.handled_at is None:
        event.reference = reference
        event.handled_at, event.outcome = uow.now, Received.APPLIED.value


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
    if snapshot is not None:
        _name(payment, snapshot.session_ref, snapshot.payment_ref)
    if over and not reduce_facts([*facts_of(payment), *facts]).is_final:
        facts = (*facts, Fact(FactKind.EXPIRED.value, FactKind.EXPIRED, 0, payment.currency))
    _apply(uow, chain, facts, "read")


def apply_facts(
    uow: UnitOfWork, provider: str, reference: str, facts: Iterable[Fact], *, source: str
) -> bool:
    """Record facts about a payment and do what follows; say whether there is such a payment."""
    chain = uow.payments.chain_if_known(provider, reference)
    if chain is None:
        return False
    _apply(uow, chain, facts, source)
    return True


def _name(payment: PaymentRow, session_ref: str | None, payment_ref: str | None) -> None:
    """Keep a provider's names for a payment that it has none of yet."""
    payment.session_ref = payment.session_ref or session_ref
    payment.payment_ref = payment.payment_ref or payment_ref


def _apply(uow: UnitOfWork, chain: PaymentChain, facts: Iterable[Fact], source: str) -> None:
    payment = chain.payment
    before = payment.captured_minor, payment.refunded_minor
    declined, disputes = _declines_of(payment), disputes_of(payment)
    news = uow.payments.record(payment, facts, source=source, now=uow.now)
    note_declines(uow, payment.id, _declines_of(payment) - declined)
    state = reduce_facts(facts_of(payment))
    _derive(uow, payment, state)
    sync_disputes(uow, payment, state, disputes)
    take_up_again(uow, chain, state)
    # A session and its order are written in one transaction.
    completed = chain.checkout.status is CheckoutStatus.COMPLETED
    order = uow.orders.paid_by(payment) if completed else None
    settlement = settle(
        state,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        checkout=chain.checkout.status,
        pays_existing_order=order is not None,
    )
    if settlement is Settlement.DONE and order is not None:
        if news:
            give_back_excess(uow, payment, state)
        _follow_refunds(uow, payment, order)
        tell_disputes(uow, payment, order)
    elif not _settle(uow, chain, state, settlement):
        announce_money(uow, payment, *before)


def _settle(
    uow: UnitOfWork, chain: PaymentChain, state: PaymentState, settlement: Settlement
) -> bool:
    """Do what was decided, in the transaction of the facts; say whether an order was placed."""
    payment = chain.payment
    if settlement is Settlement.PLACE_ORDER:
        order = place_order(uow, chain)
        if order is not None:
            give_back_excess(uow, payment, state)
            # What is heard of first may be that all of it went back already.
            _follow_refunds(uow, payment, order)
            tell_disputes(uow, payment, order)
            return True
        settlement = Settlement.REFUND
        # A cart that was paid for elsewhere is nobody's fault; stock that is gone is.
        if _reason(chain, state) == "late_capture":
            ask_for_attention(uow, payment, "late_capture")
    if settlement is Settlement.CAPTURE and not chain.cart_is_paid:
        ask_to_capture(uow, payment)
    elif settlement in _LETS_GO or state.may_block_money:
        ask_to_void(uow, payment, wrong=_is_wrong(payment, state))
    if settlement is Settlement.REFUND:
        give_back(uow, payment, state, _reason(chain, state))
        _release(uow, chain, "payment_refunded")
    elif settlement is Settlement.RELEASE:
        _release(uow, chain, f"payment_{state.status}")
    return False


def _is_wrong(payment: PaymentRow, state: PaymentState) -> bool:
    return not state.is_dead and not state.covers(payment.amount_minor, payment.currency)


def _declines_of(payment: PaymentRow) -> int:
    return sum(fact.kind == FactKind.DECLINED for fact in payment.facts)


def _derive(uow: UnitOfWork, payment: PaymentRow, state: PaymentState) -> None:
    """Set the columns that are nothing but a summary of the facts."""
    if payment.status.is_dead:
        # The times at which a dead payment is looked at are too far apart for a living one.
        payment.next_poll_at = None
    payment.status = state.status
    payment.authorized_minor = state.authorized_minor
    payment.captured_minor = state.captured_minor
    sync_refunds(uow, payment, state)
    if state.is_final and not (state.is_dead or state.refund_pending_minor):
        payment.next_poll_at = None
    elif payment.next_poll_at is None or state.is_dead:
        ask_again(uow, payment)


def ask_again(uow: UnitOfWork, payment: PaymentRow) -> None:
    """Set when the provider is asked the next time; after a week a person is.

    What came to nothing is looked at a few more times: money may have come all the same.
    """
    if payment.status.is_dead:
        ended_at = min(fact.recorded_at for fact in payment.facts if fact.kind in ENDINGS)
        payment.next_poll_at = next_look(ended_at, uow.now)
        return
    payment.next_poll_at = next_poll(payment.created_at, payment.expires_at, uow.now)
    if payment.next_poll_at is None:
        ask_for_attention(uow, payment, "unsettled")


def _reason(chain: PaymentChain, state: PaymentState) -> str:
    if not state.pays(chain.payment.amount_minor, chain.payment.currency):
        return "wrong_amount"
    paid = chain.checkout.status is CheckoutStatus.COMPLETED or chain.cart_is_paid
    return "second_payment" if paid else "late_capture"


def _release(uow: UnitOfWork, chain: PaymentChain, notice: str) -> None:
    """Put what this attempt held back on sale, and let the buyer try again."""
    checkout = chain.checkout
    held = uow.stock.release(chain.payment.id)
    uow.discounts.release(chain.payment.id)
    if held and checkout.status is CheckoutStatus.COMPLETE_IN_PROGRESS:
        checkout.status = move(checkout.status, CheckoutStatus.READY_FOR_PAYMENT)
        checkout.notice = notice
        checkout.updated_at = uow.now


def _follow_refunds(uow: UnitOfWork, payment: PaymentRow, order: OrderRow) -> None:
    """Tell the order what became of its refunds."""
    if may_have_refunds(payment):
        tell_refunds(uow, order, payment, "provider")
