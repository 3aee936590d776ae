"""What we know about a payment: an append-only set of facts, folded by a pure reducer.

The result depends neither on the order of the facts nor on how often one is repeated, so webhooks
may come late, twice or shuffled, and the reconciler may read what a webhook has said already.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from plantly.domain.checkout import CheckoutStatus

_OF_A_CHARGE = re.compile(r"captured:([^:]+):[0-9]+:[A-Z]{3}", re.ASCII)
_POLL_AGES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15))
_POLL_EVERY = timedelta(hours=1)
_POLL_UNTIL = timedelta(days=7)
_LOOK_AGES: tuple[timedelta, ...] = (
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)


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
    DISPUTE_INQUIRED = "dispute_inquired"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


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

    @property
    def is_dead(self) -> bool:
        """Say whether no money has come and none is expected."""
        return self in _DEAD


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
ENDINGS = frozenset(kind for kind, status in _RANK if status in _DEAD)
"""What is said of a payment that comes to nothing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One verified statement of a provider.

    `key` is the same whenever the same thing is said again, by a webhook or by a read.
    `amount_minor` of a capture or an authorization is cumulative; of a refund or a dispute it is
    that one's. Where a provider may charge a buyer several times for one payment, the key of a
    capture is `captured:charge:amount:currency`, and the charges add up.
    """

    key: str
    kind: FactKind
    amount_minor: int
    currency: str
    refund_ref: str | None = None
    dispute_ref: str | None = None

    @property
    def charge(self) -> str:
        """Name the charge that a capture belongs to; empty where there is but one."""
        named = _OF_A_CHARGE.fullmatch(self.key)
        return named[1] if named else ""


@dataclass(frozen=True, slots=True)
class PaymentState:
    """The sum of the facts about one payment."""

    status: PaymentStatus
    captured_minor: int
    captured_currency: str | None
    refunded_minor: int
    refund_pending_minor: int
    authorized_minor: int = 0
    authorized_currency: str | None = None
    charges: tuple[tuple[str, int], ...] = ()
    """Each charge by its name and what it has captured: a buyer may have paid several times."""

    @property
    def is_dead(self) -> bool:
        """Say whether no money has come and none is expected."""
        return self.status.is_dead

    @property
    def is_final(self) -> bool:
        """Say whether nothing more is expected from the provider."""
        return self.is_dead or self.status is PaymentStatus.CAPTURED

    def pays(self, amount_minor: int, currency: str) -> bool:
        """Say whether one charge has captured exactly this amount, and all are of this currency."""
        amounts = [amount for _, amount in self.charges]
        return self.captured_currency == currency and amount_minor in amounts

    def excess(self, amount_minor: int, currency: str) -> tuple[tuple[str, int], ...]:
        """Return the charges beyond the one that pays: which it is depends on no order of facts."""
        if not self.pays(amount_minor, currency):
            return ()
        paying = min(name for name, amount in self.charges if amount == amount_minor)
        return tuple(charge for charge in self.charges if charge[0] != paying)

    def covers(self, amount_minor: int, currency: str) -> bool:
        """Say whether at least this amount of this currency may be captured."""
        return self.authorized_minor >= amount_minor and self.authorized_currency == currency

    @property
    def may_block_money(self) -> bool:
        """Say whether the buyer's money may be set aside for a payment that is dead.

        The facts have no order: an authorization may have come after the payment was called off.
        """
        return self.is_dead and self.authorized_minor > 0


@dataclass(frozen=True, slots=True)
class DecidedRefund:
    """A refund that we decided on; the provider's name for it is unknown until it answers."""

    amount_minor: int
    refund_ref: str | None
    failed: bool


class Settlement(StrEnum):
    """What has to follow from the state of a payment."""

    WAIT = "wait"
    CAPTURE = "capture"
    VOID = "void"
    PLACE_ORDER = "place_order"
    RELEASE = "release"
    REFUND = "refund"
    DONE = "done"


def reduce_facts(facts: Iterable[Fact]) -> PaymentState:
    """Fold facts into the state of a payment."""
    known = {fact.key: fact for fact in facts}
    kinds = {fact.kind for fact in known.values()}
    status = next((s for kind, s in _RANK if kind in kinds), PaymentStatus.CREATED)
    charged = _charged(known.values())
    currencies = {currency for _, currency in charged.values()}
    authorized_minor, authorized_currency = _most(known.values(), FactKind.AUTHORIZED)
    succeeded, pending = _refunds(_by_refund(known.values()))
    return PaymentState(
        status=status,
        captured_minor=sum(amount for amount, _ in charged.values()),
        captured_currency=next(iter(currencies)) if len(currencies) == 1 else None,
        charges=tuple((name, amount) for name, (amount, _) in charged.items()),
        refunded_minor=succeeded,
        refund_pending_minor=pending,
        authorized_minor=authorized_minor,
        authorized_currency=authorized_currency,
    )


def was_only_declined(facts: Iterable[Fact]) -> bool:
    """Say whether a card was declined, and nobody called the payment off."""
    return {fact.kind for fact in facts} & ENDINGS == {FactKind.DECLINED}


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
    after the session was canceled or expired, a second payment of a paid session. Money that is
    only authorized is captured when it would become the order, and is let go of otherwise.
    """
    if state.status is PaymentStatus.CAPTURED:
        if pays_existing_order:
            return Settlement.DONE
        if checkout is CheckoutStatus.COMPLETE_IN_PROGRESS and state.pays(amount_minor, currency):
            return Settlement.PLACE_ORDER
        return Settlement.REFUND
    if state.is_dead:
        return Settlement.RELEASE
    if state.status is PaymentStatus.AUTHORIZED:
        live = checkout is CheckoutStatus.COMPLETE_IN_PROGRESS
        covers = state.covers(amount_minor, currency)
        return Settlement.CAPTURE if live and covers else Settlement.VOID
    return Settlement.WAIT


def decided_refunds(facts: Iterable[Fact], ours: Iterable[DecidedRefund]) -> int:
    """Return how much is back, on its way back, or decided on and not told by the provider yet.

    A refund of ours counts until it fails. One whose answer got lost may be counted twice, by its
    decision and by what a webhook told of it, until the answer gives it its name: rather that than
    giving too much back.
    """
    told = _by_refund(facts)
    waiting = sum(r.amount_minor for r in ours if not r.failed and r.refund_ref not in told)
    return sum(_refunds(told)) + waiting


def next_poll(created_at: datetime, expires_at: datetime, now: datetime) -> datetime | None:
    """Return when the provider is asked again about a payment that is not final.

    After 1, 2, 5 and 15 minutes, when its time is over, then hourly; after a week nobody asks.
    """
    age = now - created_at
    hourly = _POLL_EVERY * (age // _POLL_EVERY + 1)
    following = min(a for a in (*_POLL_AGES, expires_at - created_at, hourly) if a > age)
    return created_at + following if following <= _POLL_UNTIL else None


def next_look(ended_at: datetime, now: datetime) -> datetime | None:
    """Return when the provider is asked again about a payment that came to nothing.

    Providers do capture such payments late, and the webhook that tells of it may be lost: after 5
    minutes, 1, 6 and 24 hours somebody looks whether money lies there that has to go back.
    """
    moments = (ended_at + age for age in _LOOK_AGES)
    return next((moment for moment in moments if moment > now), None)


def _charged(facts: Iterable[Fact]) -> Mapping[str, tuple[int, str | None]]:
    """Return what each charge has captured, by its name, as `_most` says it."""
    by_charge: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.kind is FactKind.CAPTURED:
            by_charge.setdefault(fact.charge, []).append(fact)
    return {name: _most(said, FactKind.CAPTURED) for name, said in sorted(by_charge.items())}


def _most(facts: Iterable[Fact], kind: FactKind) -> tuple[int, str | None]:
    """Return the largest amount that was said, and its currency unless several were named.

    Two currencies in one payment cannot be right, and must never look like the expected one.
    """
    said = [fact for fact in facts if fact.kind is kind]
    largest = max((fact.amount_minor for fact in said), default=0)
    currencies = {fact.currency for fact in said}
    return largest, next(iter(currencies)) if len(currencies) == 1 else None


def _by_refund(facts: Iterable[Fact]) -> Mapping[str, Mapping[FactKind, int]]:
    """Return the largest amount that was said of each refund, by what was said of it."""
    by_ref: dict[str, dict[FactKind, int]] = {}
    for fact in facts:
        if fact.refund_ref is not None:
            kinds = by_ref.setdefault(fact.refund_ref, {})
            kinds[fact.kind] = max(kinds.get(fact.kind, 0), fact.amount_minor)
    return by_ref


def _refunds(by_ref: Mapping[str, Mapping[FactKind, int]]) -> tuple[int, int]:
    """Return what was refunded and what is on its way; a failed refund counts nowhere."""
    live = [kinds for kinds in by_ref.values() if FactKind.REFUND_FAILED not in kinds]
    succeeded = sum(kinds.get(FactKind.REFUND_SUCCEEDED, 0) for kinds in live)
    waiting = (k for k in live if FactKind.REFUND_SUCCEEDED not in k)
    return succeeded, sum(kinds.get(FactKind.REFUND_PENDING, 0) for kinds in waiting)
