"""Payments for the merchant: where they stand, and what a person does about stuck ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import OutboxRow, PaymentRow
from plantly.domain.errors import InvalidInput, NotFound
from plantly.services.attention import end_attention
from plantly.services.disputes import DisputeView, list_disputes
from plantly.services.order_desk import progress_of
from plantly.services.order_mails import MAIL_TOPIC
from plantly.services.other_providers import let_go_elsewhere
from plantly.services.readiness import HANDLED_WITHIN, PARKED_AFTER
from plantly.services.refund_decisions import REFUND_TOPIC
from plantly.services.refund_events import tell_order_of
from plantly.services.refund_retries import (
    decide_anew,
    note_dealt_with,
    open_failures,
    refused_refunds,
)
from plantly.services.secrets import list_secrets

_MOST = 1000
_FAILURES = frozenset({"refund_failed", "given_up", "capture_failed", "void_failed"})
"""The reasons for attention that end when what failed is tried again."""


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment without anything of its buyer."""

    reference: str
    session_ref: str | None
    provider: str
    status: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    disputed_minor: int
    currency: str
    order_number: str | None
    attention: str | None
    next_poll_at: str | None
    created_at: str


@dataclass(frozen=True, slots=True)
class PaymentHistory:
    """A payment with all that the provider has said of it, and what must still follow."""

    payment: PaymentView
    facts: tuple[dict[str, Any], ...]
    refunds: tuple[dict[str, Any], ...]
    disputes: tuple[DisputeView, ...]
    given_up: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Care:
    """How much there is that a person should see to."""

    payments: int
    given_up: int
    stuck_webhooks: int
    parked_webhooks: int
    older_secrets: int
    switched_off: int
    undelivered: int
    unsent_mails: int
    elsewhere: int
    """Unfinished payments of a provider that the shop does not use now."""


def what_to_see_to(uow: UnitOfWork, provider: str) -> Care:
    """Count what a person should see to, in a shop that uses this provider now."""
    return Care(
        payments=len(uow.payments.attention(_MOST)),
        given_up=uow.outbox.count_dead(but=MAIL_TOPIC),
        stuck_webhooks=uow.inbox.count_stuck(uow.now - HANDLED_WITHIN),
        parked_webhooks=uow.inbox.count_parked(uow.now - PARKED_AFTER),
        older_secrets=sum(secret.older_accepted for secret in list_secrets(uow)),
        switched_off=uow.endpoints.count_disabled(),
        undelivered=uow.deliveries.count_dead(),
        unsent_mails=uow.outbox.count_dead(only=MAIL_TOPIC),
        elsewhere=len(uow.payments.unfinished_elsewhere(provider, _MOST)),
    )


def list_payments(
    uow: UnitOfWork, limit: int, status: str | None = None
) -> tuple[PaymentView, ...]:
    """Return the newest payments, or the newest with that status."""
    return tuple(_view(uow, payment) for payment in uow.payments.latest(limit, status))


def show_payment(uow: UnitOfWork, reference: str) -> PaymentHistory:
    """Return a payment with its history.

    Raises:
        NotFound: There is no such payment.
    """
    payment = _found(uow, reference)
    facts = tuple(
        {
            "kind": fact.kind.value,
            "amount_minor": fact.amount_minor,
            "currency": fact.currency,
            "source": fact.source,
            "recorded_at": fact.recorded_at.isoformat(),
        }
        for fact in payment.facts
    )
    refunds = tuple(
        {
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "reason": refund.reason,
            "status": refund.status,
            "created_at": refund.created_at.isoformat(),
        }
        for refund in uow.payments.refunds_of(payment.id)
    )
    refused = [REFUND_TOPIC] * len(refused_refunds(uow, payment))
    given_up = (*(row.topic for row in _dead_of(uow, payment)), *refused)
    disputes = list_disputes(uow, payment.id)
    return PaymentHistory(_view(uow, payment), facts, refunds, disputes, given_up)


def references_to_ask(uow: UnitOfWork, provider: str, *, all_: bool) -> tuple[str, ...]:
    """Return the payments that are not final, or every one of a provider, oldest first."""
    return tuple(uow.payments.references(provider, unsettled=not all_))


def retry_payment(uow: UnitOfWork, reference: str) -> int:
    """Do again what was given up on or refused; return how many things that were.

    Raises:
        NotFound: There is no such payment, or nothing of it was given up on or refused.
        InvalidInput: A refund is more than can still go back, or nothing that was refused can.
    """
    payment = _found(uow, reference, lock=True)
    rows = list(_dead_of(uow, payment))
    if not rows and not refused_refunds(uow, payment):
        text = f"Nothing about {reference} was given up on, or is a refund that was refused."
        raise NotFound("reference", text)
    for row in rows:
        if row.topic == REFUND_TOPIC:
            _decide_again(uow, payment, str(row.payload["refund"]))
        row.dead_at, row.attempts, row.available_at = None, 0, uow.now
    again = decide_anew(uow, payment)
    if not rows and not again:
        text = "What was refused went back in another way meanwhile, or no money is left for it."
        raise InvalidInput("reference", text)
    if payment.attention_reason in _FAILURES and not open_failures(uow, payment):
        payment.needs_attention, payment.attention_reason = False, None
    return len(rows) + again


def resolve_payment(uow: UnitOfWork, reference: str) -> None:
    """Note that a person has dealt with a payment, and with what was given up on.

    One of a provider that is asked no more ends here: what it held is on sale again.

    Raises:
        NotFound: No payment like that waits for anybody.
    """
    let_go_elsewhere(uow, reference)
    payment = _found(uow, reference, lock=True)
    for row in _dead_of(uow, payment):
        row.done_at = uow.now
    note_dealt_with(uow, payment)
    end_attention(uow, reference)


def _decide_again(uow: UnitOfWork, payment: PaymentRow, key: str) -> None:
    refund = uow.payments.refund_by_key(key)
    if refund is None or refund.status != "failed":
        return
    if not uow.payments.take_refundable(payment, refund.amount_minor):
        text = "So much cannot go back any more: look at the payment's other refunds."
        raise InvalidInput("reference", text)
    refund.status = "pending"
    _check_units(uow, payment)
    tell_order_of(uow, payment, "merchant")


def _check_units(uow: UnitOfWork, payment: PaymentRow) -> None:
    order = uow.orders.paid_by(payment)
    if order is not None:
        for line in progress_of(uow, order).values():
            if line.refundable < 0:
                text = f"{line.sku} was refunded in another way meanwhile: see the order."
                raise InvalidInput("reference", text)


def _dead_of(uow: UnitOfWork, payment: PaymentRow) -> Iterator[OutboxRow]:
    names = {payment.reference}
    names.update(refund.idempotency_key for refund in uow.payments.refunds_of(payment.id))
    for row in uow.outbox.dead(_MOST, but=MAIL_TOPIC):
        if names.intersection(map(str, row.payload.values())):
            yield row


def _found(uow: UnitOfWork, reference: str, *, lock: bool = False) -> PaymentRow:
    payment = uow.payments.by_reference(reference, lock=lock)
    if payment is None:
        raise NotFound("reference", f"There is no payment {reference}.")
    return payment


def _view(uow: UnitOfWork, payment: PaymentRow) -> PaymentView:
    order = uow.orders.paid_by(payment)
    polled = payment.next_poll_at
    return PaymentView(
        reference=payment.reference,
        session_ref=payment.session_ref,
        provider=payment.provider,
        status=payment.status.value,
        amount_minor=payment.amount_minor,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        disputed_minor=payment.disputed_minor,
        currency=payment.currency,
        order_number=order.order_number if order else None,
        attention=payment.attention_reason,
        next_poll_at=polled.isoformat() if polled else None,
        created_at=payment.created_at.isoformat(),
    )
