"""How a payment of the sandbox moves on, and when time alone moves it the next time."""

from datetime import datetime, timedelta
from typing import Final

from plantly.db import UnitOfWork
from plantly.db.tables import SandboxPaymentRow
from plantly.domain.errors import NotFound
from plantly.domain.sandbox_chaos import Chaos
from plantly.services.sandbox_events import tell

AUTHORIZED_FOR: Final = timedelta(hours=1)
"""After that an authorization that nobody captured is gone."""

_PUT_OFF: Final = timedelta(seconds=60)
_OVER: Final = frozenset({"canceled", "expired", "voided"})
_OTHERS: Final = ("EUR", "USD", "JPY")


def found(row: SandboxPaymentRow | None) -> SandboxPaymentRow:
    """Return the payment.

    Raises:
        NotFound: There is none.
    """
    if row is None:
        raise NotFound("payment", "There is no such payment.")
    return row


def become(uow: UnitOfWork, chaos: Chaos, row: SandboxPaymentRow, status: str) -> None:
    """Move a payment on, and tell the shop."""
    row.status = status
    row.capture_at = uow.now + _PUT_OFF if status == "pending" else None
    row.authorized_until = uow.now + AUTHORIZED_FOR if status == "authorized" else None
    if status in _OVER:
        late = chaos.hits("late_capture", row.public_id)
        row.capture_at = None if late is None else uow.now + late
    schedule(row)
    tell(uow, chaos, row, f"payment.{status}")


def capture(uow: UnitOfWork, chaos: Chaos, row: SandboxPaymentRow, amount_minor: int) -> None:
    """Take money: the amount asked for, unless chaos takes another one."""
    name = row.public_id
    if chaos.hits("wrong_amount", name) is not None:
        ways = (amount_minor + 1, max(1, amount_minor - 1), amount_minor * 2)
        amount_minor = ways[chaos.picks("wrong_amount", name, len(ways))]
        # One minor unit less than one is one: that would be right.
        amount_minor += amount_minor == row.amount_minor
    currency = row.currency
    if chaos.hits("wrong_currency", name) is not None:
        others = [other for other in _OTHERS if other != currency]
        currency = others[chaos.picks("wrong_currency", name, len(others))]
    row.captured_minor, row.captured_currency = amount_minor, currency
    become(uow, chaos, row, "captured")


def advance(uow: UnitOfWork, chaos: Chaos, limit: int) -> int:
    """Do what time alone does to payments; return how many have moved."""
    rows = uow.sandbox.due(uow.now, limit)
    for row in rows:
        _settle_refunds(uow, chaos, row)
        if _is_due(uow, row.capture_at):
            capture(uow, chaos, row, row.amount_minor)
        elif _is_over(uow, row):
            become(uow, chaos, row, "expired")
        schedule(row)
    return len(rows)


def schedule(row: SandboxPaymentRow) -> None:
    """Say when time alone changes the payment the next time."""
    moments = [row.capture_at, row.authorized_until]
    moments.append(row.expires_at if row.status == "open" else None)
    moments += [_moment(refund["due_at"]) for refund in row.refunds if refund.get("due_at")]
    row.due_at = min((moment for moment in moments if moment is not None), default=None)


def _settle_refunds(uow: UnitOfWork, chaos: Chaos, row: SandboxPaymentRow) -> None:
    """End the refunds that were pending until now, one way or the other."""
    for place, refund in enumerate(row.refunds):
        if not refund.get("due_at") or _moment(refund["due_at"]) > uow.now:
            continue
        ended = {**refund, "status": refund["becomes"], "due_at": None}
        # A JSON column notices a new list, not a change inside the old one.
        row.refunds = [*row.refunds[:place], ended, *row.refunds[place + 1 :]]
        failed = ended["status"] == "failed"
        tell(uow, chaos, row, "payment.refund_failed" if failed else "payment.refunded")


def _is_over(uow: UnitOfWork, row: SandboxPaymentRow) -> bool:
    open_until = row.expires_at if row.status == "open" else row.authorized_until
    return _is_due(uow, open_until)


def _is_due(uow: UnitOfWork, moment: datetime | None) -> bool:
    return moment is not None and moment <= uow.now


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
