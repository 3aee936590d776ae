"""Money: the ledger rebuilds the books, nothing is kept without an order, nothing is paid twice."""

from collections import Counter
from typing import Final

from plantly.db import UnitOfWork
from plantly.domain.dispute import disputes_in, taken_by_disputes
from plantly.domain.payment import (
    DecidedRefund,
    PaymentState,
    PaymentStatus,
    decided_refunds,
    reduce_facts,
)
from tests.support.checks.rows import Check, document, facts_by_payment, rows

_PAYMENTS = """
    SELECT p.id, p.reference, p.provider, p.status, p.amount_minor, p.currency, p.captured_minor,
           p.authorized_minor, p.refunded_minor, p.refund_decided_minor, p.needs_attention,
           p.disputed_minor,
           p.attention_reason, p.next_poll_at, p.checkout_id, o.id AS order_id,
           o.total_minor AS order_total, o.currency AS order_currency
    FROM payments p LEFT JOIN orders o ON o.payment_id = p.id
"""


_DISPUTED = """
    SELECT order_id, data FROM order_events
    WHERE kind IN ('order.disputed', 'order.dispute_closed')
"""


def _states(uow: UnitOfWork) -> dict[int, PaymentState]:
    facts = facts_by_payment(uow)
    ids = [row.id for row in rows(uow, "SELECT id FROM payments")]
    return {payment: reduce_facts(facts.get(payment, [])) for payment in ids}


def _payments_are_what_their_facts_say(uow: UnitOfWork) -> list[str]:
    states = _states(uow)
    broken = []
    for row in rows(uow, _PAYMENTS):
        state = states[row.id]
        kept = (row.status, row.captured_minor, row.authorized_minor, row.refunded_minor)
        refunded = min(state.refunded_minor, state.captured_minor)
        if kept != (
            state.status.value,
            state.captured_minor,
            state.authorized_minor,
            refunded,
        ):
            broken.append(f"payment {row.id} is {kept}, its facts say {state}")
    return broken


def _what_was_decided_can_be_counted_again(uow: UnitOfWork) -> list[str]:
    facts = facts_by_payment(uow)
    ours: dict[int, list[DecidedRefund]] = {}
    for row in rows(uow, "SELECT payment_id, amount_minor, refund_ref, status FROM refunds"):
        refund = DecidedRefund(row.amount_minor, row.refund_ref, row.status == "failed")
        ours.setdefault(row.payment_id, []).append(refund)
    broken = []
    for row in rows(uow, _PAYMENTS):
        decided = decided_refunds(facts.get(row.id, []), ours.get(row.id, []))
        if row.refund_decided_minor != min(decided, row.captured_minor):
            broken.append(
                f"payment {row.id}: {row.refund_decided_minor} decided to go back, not {decided}"
            )
    return broken


def _what_disputes_take_can_be_counted_again(uow: UnitOfWork) -> list[str]:
    facts, states = facts_by_payment(uow), _states(uow)
    told: dict[int | None, list[tuple[str, str | None]]] = {}
    for event in rows(uow, _DISPUTED):
        data = document(event.data)
        told.setdefault(event.order_id, []).append((data["dispute"], data.get("outcome")))
    broken = []
    for row in rows(uow, _PAYMENTS):
        disputes, state = disputes_in(facts.get(row.id, [])), states[row.id]
        taken = taken_by_disputes(disputes, state.captured_minor, state.captured_currency)
        if row.disputed_minor != taken:
            broken.append(f"payment {row.id}: {row.disputed_minor} disputed, not {taken}")
        here = told.get(row.order_id, [])
        wanted: set[tuple[str, str | None]] = {(one.ref, None) for one in disputes}
        wanted |= {(one.ref, one.status.value) for one in disputes if one.status.is_closed}
        if row.order_id and (not wanted <= set(here) or len(here) != len(set(here))):
            broken.append(f"order {row.order_id}: its history tells of {here}, not {wanted}")
    return broken


def _no_more_goes_back_than_came(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT p.id, p.captured_minor, p.refunded_minor, "
        "(SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r "
        " WHERE r.payment_id = p.id AND r.status <> 'failed') AS decided FROM payments p",
    )
    return [
        f"payment {row.id}: captured {row.captured_minor}, refunded {row.refunded_minor}, "
        f"decided on {row.decided}"
        for row in found
        if max(row.refunded_minor, row.decided) > row.captured_minor
    ]


def _an_order_is_paid_in_full_and_in_its_currency(uow: UnitOfWork) -> list[str]:
    states = _states(uow)
    return [
        f"order {row.order_id} over {row.order_total} {row.order_currency} is paid with {state}"
        for row in rows(uow, _PAYMENTS)
        if row.order_id is not None
        for state in (states[row.id],)
        if state.status is not PaymentStatus.CAPTURED
        or state.captured_minor < row.order_total
        or (state.captured_currency != row.order_currency and not row.needs_attention)
        or (
            state.captured_minor - row.refund_decided_minor > row.order_total
            and not row.needs_attention
        )
    ]


def _no_money_is_kept_without_an_order(uow: UnitOfWork) -> list[str]:
    return [
        f"payment {row.id}: {row.captured_minor} captured, no order, "
        f"{row.refund_decided_minor} decided to go back"
        for row in rows(uow, _PAYMENTS)
        if row.order_id is None
        and row.captured_minor > row.refund_decided_minor + row.disputed_minor
        and not row.needs_attention
    ]


def _a_session_keeps_the_money_of_one_payment(uow: UnitOfWork) -> list[str]:
    kept: Counter[int] = Counter()
    for row in rows(uow, _PAYMENTS):
        kept[row.checkout_id] += row.order_id is not None
    return [f"session {session} has {n} paid payments" for session, n in kept.items() if n > 1]


def _nobody_is_forgotten(uow: UnitOfWork) -> list[str]:
    waiting = ("created", "pending", "authorized")
    return [
        f"payment {row.id} is {row.status}, and nobody asks about it"
        for row in rows(uow, _PAYMENTS)
        if row.status in waiting and row.next_poll_at is None and not row.needs_attention
    ]


def _attention_has_a_reason(uow: UnitOfWork) -> list[str]:
    return [
        f"payment {row.id}: attention {row.needs_attention}, reason {row.attention_reason}"
        for row in rows(uow, _PAYMENTS)
        if bool(row.needs_attention) != (row.attention_reason is not None)
    ]


def _every_refund_is_asked_for(uow: UnitOfWork) -> list[str]:
    found = rows(
        uow,
        "SELECT r.id, r.status, r.refund_ref, m.id AS message, m.dead_at FROM refunds r "
        "LEFT JOIN outbox m ON m.dedupe_key = r.idempotency_key "
        "WHERE r.status = 'pending' AND r.refund_ref IS NULL",
    )
    return [
        f"refund {row.id} waits, and nobody will ask for it"
        for row in found
        if row.message is None or row.dead_at is not None
    ]


def _free_means_that_nobody_was_asked(uow: UnitOfWork) -> list[str]:
    return [
        f"payment {row.id} over {row.amount_minor} of provider {row.provider}"
        for row in rows(uow, _PAYMENTS)
        if (row.amount_minor == 0) != (row.provider == "none")
    ]


def _events_are_handled_once(uow: UnitOfWork) -> list[str]:
    repeated = [
        f"fact {row.fact_key} of payment {row.payment_id} is there {row.n} times"
        for row in rows(
            uow,
            "SELECT payment_id, fact_key, COUNT(*) AS n FROM payment_facts "
            "GROUP BY payment_id, fact_key HAVING COUNT(*) > 1",
        )
    ]
    repeated += [
        f"event {row.event_id} was taken {row.n} times"
        for row in rows(
            uow,
            "SELECT provider, event_id, COUNT(*) AS n FROM webhook_inbox "
            "GROUP BY provider, event_id HAVING COUNT(*) > 1",
        )
    ]
    return repeated


def _what_an_event_said_is_in_the_ledger(uow: UnitOfWork) -> list[str]:
    known = {
        (row.reference, row.fact_key)
        for row in rows(
            uow,
            "SELECT p.reference, f.fact_key FROM payment_facts f "
            "JOIN payments p ON p.id = f.payment_id",
        )
    }
    broken = []
    for row in rows(
        uow, "SELECT event_id, reference, facts, handled_at, outcome FROM webhook_inbox"
    ):
        if (row.handled_at is None) != (row.outcome == "waiting"):
            broken.append(f"event {row.event_id} is {row.outcome}, handled at {row.handled_at}")
        if row.outcome == "applied":
            broken += [
                f"event {row.event_id} said {fact}, the ledger does not"
                for fact in document(row.facts)
                if (row.reference, fact.get("key")) not in known
            ]
    return broken


CHECKS: Final[tuple[Check, ...]] = (
    _payments_are_what_their_facts_say,
    _what_was_decided_can_be_counted_again,
    _what_disputes_take_can_be_counted_again,
    _no_more_goes_back_than_came,
    _an_order_is_paid_in_full_and_in_its_currency,
    _no_money_is_kept_without_an_order,
    _a_session_keeps_the_money_of_one_payment,
    _nobody_is_forgotten,
    _attention_has_a_reason,
    _every_refund_is_asked_for,
    _free_means_that_nobody_was_asked,
    _events_are_handled_once,
    _what_an_event_said_is_in_the_ledger,
)
