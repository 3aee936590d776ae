"""Refunds of an order: what its lines are worth, and which refunds there are in all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from plantly.domain.order import LineProgress
from plantly.domain.payment import Fact, FactKind

PROVIDER = "provider"
"""The reason of a refund that somebody made at the provider itself."""


class RefundReason(StrEnum):
    """Why a merchant gives money back. The list is closed: no reason names a person."""

    REQUESTED = "requested"
    RETURNED = "returned"
    DAMAGED = "damaged"
    OUT_OF_STOCK = "out_of_stock"
    CANCELED = "canceled"
    GOODWILL = "goodwill"
    DUPLICATE = "duplicate"
    FRAUD = "fraud"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OurRefund:
    """A refund that was decided on here; the provider's name for it may not be known yet."""

    key: str
    amount_minor: int
    reason: str
    status: str
    refund_ref: str | None


@dataclass(frozen=True, slots=True)
class KnownRefund:
    """A refund as the order shows it, whoever began it."""

    name: str
    amount_minor: int
    status: str
    """`pending`, `succeeded` or `failed`."""
    reason: str


def share_of(total_minor: int, line: LineProgress, quantity: int) -> int:
    """Return what so many more units of a line are worth, of the line's total with its tax.

    Each unit is worth the total by the number of units, rounded down; whoever takes the last unit
    takes what is left, so that all units together are worth exactly the total.
    """
    if line.refunded + quantity == line.bought:
        return total_minor - line.refunded_minor
    return total_minor // line.bought * quantity


def known_refunds(facts: Iterable[Fact], ours: Iterable[OurRefund]) -> tuple[KnownRefund, ...]:
    """Return every refund of a payment: ours, then those that were made at the provider.

    While the provider has not answered for one of ours, what it tells of another one of the same
    amount may be that one: until then it is not told.
    """
    mine = tuple(ours)
    names = {refund.refund_ref for refund in mine}
    unnamed = {r.amount_minor for r in mine if r.status == "pending" and r.refund_ref is None}
    shown = [KnownRefund(r.key, r.amount_minor, r.status, r.reason) for r in mine]
    told: dict[str, dict[FactKind, int]] = {}
    for fact in facts:
        if fact.refund_ref is not None and fact.refund_ref not in names:
            told.setdefault(fact.refund_ref, {})[fact.kind] = fact.amount_minor
    for name, said in told.items():
        amount_minor = max(said.values())
        if amount_minor not in unnamed:
            shown.append(KnownRefund(name, amount_minor, _status(said), PROVIDER))
    return tuple(shown)


def _status(said: Mapping[FactKind, int]) -> str:
    if FactKind.REFUND_FAILED in said:
        return "failed"
    return "succeeded" if FactKind.REFUND_SUCCEEDED in said else "pending"


def refunded_minor(refunds: Iterable[KnownRefund]) -> int:
    """Return how much of a payment is back."""
    return sum(refund.amount_minor for refund in refunds if refund.status == "succeeded")
