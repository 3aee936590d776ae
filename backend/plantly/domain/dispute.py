"""Disputes: a buyer's bank takes back what was paid, for a while or for good.

What a payment was paid with never changes by one. What it took cannot be given back as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from plantly.domain.payment import Fact, FactKind


class DisputeStatus(StrEnum):
    """Where a dispute stands, derived from its facts."""

    INQUIRY = "inquiry"
    """The bank asks, and has taken nothing."""
    OPEN = "open"
    WON = "won"
    LOST = "lost"

    @property
    def is_closed(self) -> bool:
        """Say whether it is decided."""
        return self in {DisputeStatus.WON, DisputeStatus.LOST}


# What is lost stays lost for us until a person says otherwise; a win outranks that it was open.
_RANK = (
    (FactKind.DISPUTE_LOST, DisputeStatus.LOST),
    (FactKind.DISPUTE_WON, DisputeStatus.WON),
    (FactKind.DISPUTE_OPENED, DisputeStatus.OPEN),
    (FactKind.DISPUTE_INQUIRED, DisputeStatus.INQUIRY),
)
_TAKES = frozenset({DisputeStatus.OPEN, DisputeStatus.LOST})


@dataclass(frozen=True, slots=True)
class Dispute:
    """One dispute, named by the provider."""

    ref: str
    status: DisputeStatus
    amount_minor: int
    currency: str


def disputes_in(facts: Iterable[Fact]) -> tuple[Dispute, ...]:
    """Fold facts into disputes, whatever the order of the facts; sorted by their names."""
    by_ref: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.dispute_ref is not None:
            by_ref.setdefault(fact.dispute_ref, []).append(fact)
    return tuple(_dispute(ref, said) for ref, said in sorted(by_ref.items()))


def taken_by_disputes(
    disputes: Iterable[Dispute], captured_minor: int, captured_currency: str | None
) -> int:
    """Return how much of what was captured open and lost disputes have taken.

    Nobody knows what an amount in another currency leaves of it: then nothing is left.
    """
    taking = [dispute for dispute in disputes if dispute.status in _TAKES]
    if any(dispute.currency != captured_currency for dispute in taking):
        return captured_minor
    return min(captured_minor, sum(dispute.amount_minor for dispute in taking))


def _dispute(ref: str, said: Iterable[Fact]) -> Dispute:
    """Return one dispute: its amount is the largest that was said of where it stands."""
    amounts: dict[FactKind, tuple[int, str]] = {}
    for fact in said:
        amount = (fact.amount_minor, fact.currency)
        amounts[fact.kind] = max(amounts.get(fact.kind, amount), amount)
    kind, status = next((kind, status) for kind, status in _RANK if kind in amounts)
    return Dispute(ref, status, *amounts[kind])
