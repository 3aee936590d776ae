"""What a shop may do with money at the sandbox: take what is authorized, let go of it, refund."""

from typing import Any

from plantly.db import UnitOfWork
from plantly.db.tables import SandboxPaymentRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput
from plantly.domain.sandbox_chaos import Chaos
from plantly.services.sandbox_events import resource, tell
from plantly.services.sandbox_moves import become, capture, found, schedule

_NOTHING_HELD = frozenset({"voided", "canceled", "expired", "declined", "requires_3ds"})


def capture_payment(
    uow: UnitOfWork, chaos: Chaos, payment_id: str, key: str, asked: tuple[int, str]
) -> dict[str, Any]:
    """Take authorized money, `asked` being amount and currency, all of it or less, once.

    The same key gives the same payment again.

    Raises:
        NotFound: There is no such payment.
        IdempotencyConflict: The key was used for another amount.
        InvalidInput: Nothing is authorized, or not so much, or not in this currency.
    """
    row = found(uow.sandbox.by_public_id(payment_id, lock=True))
    amount_minor, currency = asked
    if row.capture_key == key:
        if (row.capture_asked_minor, row.currency) != asked:
            raise IdempotencyConflict("This Idempotency-Key was used for another capture.")
        return resource(row)
    if row.status != "authorized" or _is_late(uow, row):
        raise InvalidInput("status", f"Nothing is authorized: the payment is {row.status}.")
    if currency != row.currency or amount_minor > row.amount_minor:
        left = f"{row.amount_minor} minor units of {row.currency}"
        raise InvalidInput("amount_minor", f"{left} are authorized.")
    row.capture_key, row.capture_asked_minor = key, amount_minor
    capture(uow, chaos, row, amount_minor)
    return resource(row)


def void_payment(uow: UnitOfWork, chaos: Chaos, payment_id: str) -> dict[str, Any]:
    """Let go of authorized money; where nothing is held any more, nothing changes.

    Raises:
        NotFound: There is no such payment.
        InvalidInput: It was captured already, or not authorized yet.
    """
    row = found(uow.sandbox.by_public_id(payment_id, lock=True))
    if row.status == "authorized":
        become(uow, chaos, row, "voided")
    elif row.status not in _NOTHING_HELD:
        raise InvalidInput("status", f"Nothing can be voided: the payment is {row.status}.")
    return resource(row)


def refund_payment(
    uow: UnitOfWork, chaos: Chaos, payment_id: str, key: str, asked: tuple[int, str]
) -> dict[str, Any]:
    """Give captured money back, or return the refund that the same key has made.

    Raises:
        NotFound: There is no such payment.
        IdempotencyConflict: The key was used for another amount or currency.
        InvalidInput: More than what is left, or another currency than what was captured.
    """
    row = found(uow.sandbox.by_public_id(payment_id, lock=True))
    amount_minor, currency = asked
    unit = row.captured_currency or row.currency
    refund = next((r for r in row.refunds if r["key"] == key), None)
    if refund is None:
        given = sum(r["amount_minor"] for r in row.refunds if r["status"] != "failed")
        left = row.captured_minor - given
        if amount_minor > left or currency != unit:
            raise InvalidInput("amount_minor", f"{left} minor units of {unit} can be refunded.")
        refund = _new_refund(uow, chaos, key, amount_minor)
        # A JSON column notices a new list, not a change inside the old one.
        row.refunds = [*row.refunds, refund]
        schedule(row)
        done = refund["status"] == "succeeded"
        tell(uow, chaos, row, "payment.refunded" if done else "payment.refund_pending")
    elif (refund["amount_minor"], unit) != asked:
        raise IdempotencyConflict("This Idempotency-Key was used for another refund.")
    return {"id": refund["id"], "payment": resource(row)}


def _new_refund(uow: UnitOfWork, chaos: Chaos, key: str, amount_minor: int) -> dict[str, Any]:
    """Return a refund: done at once, or pending until it succeeds or fails."""
    refund_id = uow.ids.token("sbr_")
    fails = chaos.hits("refund_failed", refund_id)
    waits = chaos.hits("refund_pending", refund_id) if fails is None else fails
    return {
        "id": refund_id,
        "key": key,
        "amount_minor": amount_minor,
        "status": "succeeded" if waits is None else "pending",
        "due_at": None if waits is None else (uow.now + waits).isoformat(),
        "becomes": "succeeded" if fails is None else "failed",
    }


def _is_late(uow: UnitOfWork, row: SandboxPaymentRow) -> bool:
    return row.authorized_until is not None and row.authorized_until <= uow.now
