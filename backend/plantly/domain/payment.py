"""What we know about a payment: an append-only set of facts, folded by a pure reducer.

The result depends neither on the order of the facts nor on how often one is repeated, so webhooks
may come late, twice or shuffled, and the reconciler may read what a webhook has said already.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from plantly.domain.checkout import CheckoutStatus

_POLL_AGES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15))
_POLL_EVERY = timedelta(hours=1)
_POLL_UNTIL = timedelta(days=7)


class FactKind(StrEnum):
    """What a provider can tell us about a payment."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    DECLINED = "declined"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REFUND_PENDING = "refund_pending"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"


class PaymentStatus(StrEnum):
    """Where a payment stands, derived from its facts."""

    CREATED = "created"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    DECLINED = "declined"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


# A capture outranks every failure, a failure outranks waiting: facts that come late or in another
# order never take money back out of sight.
_RANK = (
    (FactKind.CAPTURED, PaymentStatus.CAPTURED),
    (FactKind.DECLINED, PaymentStatus.DECLINED),
    (FactKind.FAILED, PaymentStatus.FAILED),
    (FactKind.CANCELED, PaymentStatus.CANCELED),
    (FactKind.EXPIRED, PaymentStatus.EXPIRED),
    (FactKind.AUTHORIZED, PaymentStatus.AUTHORIZED),
    (FactKind.PENDING, PaymentStatus.PENDING),
)
_DEAD = frozenset(
    {
        PaymentStatus.DECLINED,
        PaymentStatus.FAILED,
        PaymentStatus.CANCELED,
        PaymentStatus.EXPIRED,
    }
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One verified statement of a provider.

    `key` is the same whenever the same thing is said again, by a webhook or by a read.
    `amount_minor` of a capture is cumulative; of a refund it is that refund's amount.
    """

    key: str
    kind: FactKind
    amount_minor: int
    currency: str
    refund_ref: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentState:
    """The sum of the facts about one payment."""

    status: PaymentStatus
    captured_minor: int
    captured_currency: str | None
    refunded_minor: int
    refund_pending_minor: int

    @property
    def is_dead(self) -> bool:
        """Say whether no money has come and none is expected."""
        return self.status in _DEAD

    @property
    def is_final(self) -> bool:
        """Say whether nothing more is expected from the provider."""
        return self.is_dead or self.status is PaymentStatus.CAPTURED

    def pays(self, amount_minor: int, currency: str) -> bool:
        """Say whether exactly this amount of this currency has been captured."""
        return self.captured_minor == amount_minor and self.captured_currency == currency


class Settlement(StrEnum):
    """What has to follow from the state of a payment."""

    WAIT = "wait"
    PLACE_ORDER = "place_order"
    RELEASE = "release"
    REFUND = "refund"
    DONE = "done"


def reduce_facts(facts: Iterable[Fact]) -> PaymentState:
    """Fold facts into the state of a payment."""
    known = {fact.key: fact for fact in facts}
    kinds = {fact.kind for fact in known.values()}
    status = next((s for kind, s in _RANK if kind in kinds), PaymentStatus.CREATED)
    captures = [f for f in known.values() if f.kind is FactKind.CAPTURED]
    largest = max(captures, key=lambda f: (f.amount_minor, f.currency), default=None)
    # Two currencies in one payment cannot be right, and must never look like the expected one.
    mixed = len({f.currency for f in captures}) > 1
    succeeded, pending = _refunds(known.values())
    return PaymentState(
        status=status,
        captured_minor=largest.amount_minor if largest else 0,
        captured_currency=None if largest is None or mixed else largest.currency,
        refunded_minor=succeeded,
        refund_pending_minor=pending,
    )


def settle(
    state: PaymentState,
    *,
    amount_minor: int,
    currency: str,
    checkout: CheckoutStatus,
    pays_existing_order: bool,
) -> Settlement:
    """Decide what follows: an order, a release of the stock, a refund, or nothing yet.

    Money that cannot become this checkout's order goes back: a wrong amount or currency, a capture
    after the session was canceled or expired, a second payment of a paid session.
    """
    if state.status is PaymentStatus.CAPTURED:
        if pays_existing_order:
            return Settlement.DONE
        if checkout is CheckoutStatus.COMPLETE_IN_PROGRESS and state.pays(amount_minor, currency):
            return Settlement.PLACE_ORDER
        return Settlement.REFUND
    if state.is_dead:
        return Settlement.RELEASE
    return Settlement.WAIT


def to_give_back(state: PaymentState, asked_minor: int) -> int:
    """Return how much of the captured money nobody has asked the provider to refund yet.

    `asked_minor` is everything that we asked for, failed attempts included: a refund that a
    provider refuses is for a person to look at, and never asked for again and again.
    """
    known = max(asked_minor, state.refunded_minor + state.refund_pending_minor)
    return max(0, state.captured_minor - known)


def next_poll(created_at: datetime, expires_at: datetime, now: datetime) -> datetime | None:
    """Return when the provider is asked again about a payment that is not final.

    After 1, 2, 5 and 15 minutes, when its time is over, then hourly; after a week nobody asks.
    """
    age = now - created_at
    hourly = _POLL_EVERY * (age // _POLL_EVERY + 1)
    following = min(a for a in (*_POLL_AGES, expires_at - created_at, hourly) if a > age)
    return created_at + following if following <= _POLL_UNTIL else None


def _refunds(facts: Iterable[Fact]) -> tuple[int, int]:
    """Return what was refunded and what is on its way; a failed refund counts nowhere."""
    by_ref: dict[str, dict[FactKind, int]] = {}
    for fact in facts:
        if fact.refund_ref is not None:
            kinds = by_ref.setdefault(fact.refund_ref, {})
            kinds[fact.kind] = max(kinds.get(fact.kind, 0), fact.amount_minor)
    live = [kinds for kinds in by_ref.values() if FactKind.REFUND_FAILED not in kinds]
    succeeded = sum(kinds.get(FactKind.REFUND_SUCCEEDED, 0) for kinds in live)
    waiting = (k for k in live if FactKind.REFUND_SUCCEEDED not in k)
    return succeeded, sum(kinds.get(FactKind.REFUND_PENDING, 0) for kinds in waiting)
