"""The sandbox's own ledger against our books: no charge is anybody's loss."""

from collections import Counter
from typing import Any, Final

from plantly.db import UnitOfWork
from tests.support.checks.rows import Check, document, rows

_LEDGER = """
    SELECT s.public_id, s.reference, s.captured_minor, s.captured_currency, s.currency, s.refunds,
           p.id AS payment_id, p.checkout_id, p.captured_minor AS known_minor, p.next_poll_at,
           p.needs_attention, p.refund_decided_minor, p.disputed_minor,
           o.id AS order_id, o.total_minor,
           (SELECT COUNT(*) FROM sandbox_events e
            WHERE e.payment_id = s.id AND e.delivered_at IS NULL) AS untold
    FROM sandbox_payments s
    LEFT JOIN payments p ON p.reference = s.reference AND p.provider = 'sandbox'
    LEFT JOIN orders o ON o.payment_id = p.id
"""


def _given_back(row: Any) -> int:
    refunds = document(row.refunds)
    return sum(r["amount_minor"] for r in refunds if r["status"] != "failed")


def _more_never_goes_back_at_the_provider(uow: UnitOfWork) -> list[str]:
    return [
        f"sandbox payment {row.public_id}: {_given_back(row)} of {row.captured_minor} went back"
        for row in rows(uow, _LEDGER)
        if _given_back(row) > row.captured_minor
    ]


def _a_charge_is_an_order_or_goes_back(uow: UnitOfWork) -> list[str]:
    return [
        f"sandbox payment {row.public_id}: {row.captured_minor} charged, {_given_back(row)} given "
        f"back, no order, {row.refund_decided_minor} decided to go back"
        for row in rows(uow, _LEDGER)
        if row.payment_id is not None
        and row.order_id is None
        and row.captured_minor
        > max(_given_back(row), row.refund_decided_minor) + row.disputed_minor
        and not (row.untold or row.next_poll_at is not None or row.needs_attention)
    ]


def _every_charge_is_known(uow: UnitOfWork) -> list[str]:
    return [
        f"sandbox payment {row.public_id} ({row.reference}): {row.captured_minor} charged and "
        f"{_given_back(row)} given back, {row.known_minor} known here, {row.untold} events untold"
        for row in rows(uow, _LEDGER)
        if row.captured_minor > _given_back(row)
        and (row.payment_id is None or row.known_minor != row.captured_minor)
    ]


def _every_charge_became_an_order_or_went_back(uow: UnitOfWork) -> list[str]:
    return [
        f"sandbox payment {row.public_id} ({row.reference}): {row.captured_minor} charged, "
        f"{_given_back(row)} given back, order {row.order_id}"
        for row in rows(uow, _LEDGER)
        if row.order_id is None and row.captured_minor != _given_back(row)
    ]


def _nobody_is_charged_twice(uow: UnitOfWork) -> list[str]:
    kept: Counter[int] = Counter()
    for row in rows(uow, _LEDGER):
        if row.checkout_id is not None:
            kept[row.checkout_id] += row.captured_minor > _given_back(row)
    return [f"session {session} is charged {n} times" for session, n in kept.items() if n > 1]


def _nothing_waits(uow: UnitOfWork) -> list[str]:
    waiting = {
        "payments that nobody has settled": (
            "SELECT COUNT(*) FROM payments WHERE next_poll_at IS NOT NULL "
            "AND status NOT IN ('declined', 'failed', 'canceled', 'expired')"
        ),
        "sessions that are being paid": (
            "SELECT COUNT(*) FROM checkout_sessions WHERE status = 'complete_in_progress'"
        ),
        "messages that nobody has worked on": (
            # Mails have a line of their own, and no money waits in it.
            "SELECT COUNT(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL "
            "AND topic <> 'send_mail'"
        ),
        "events that nobody has handled": (
            "SELECT COUNT(*) FROM webhook_inbox WHERE handled_at IS NULL"
        ),
        "units that are held": "SELECT COUNT(*) FROM stock_holds WHERE state = 'active'",
        "uses of discounts that are held": (
            "SELECT COUNT(*) FROM discount_uses WHERE state = 'active'"
        ),
        "refunds that wait": "SELECT COUNT(*) FROM refunds WHERE status = 'pending'",
    }
    counts = {name: rows(uow, statement)[0][0] for name, statement in waiting.items()}
    return [f"{count} {name}" for name, count in counts.items() if count]


CHECKS: Final[tuple[Check, ...]] = (
    _more_never_goes_back_at_the_provider,
    _a_charge_is_an_order_or_goes_back,
)
WHEN_SETTLED: Final[tuple[Check, ...]] = (
    _nothing_waits,
    _every_charge_is_known,
    _every_charge_became_an_order_or_went_back,
    _nobody_is_charged_twice,
)
