"""Ask the provider about payments, so that a lost webhook loses nothing."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from plantly.db import Database, UnitOfWork
from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.payment import PaymentStatus
from plantly.payments.gateway import PaymentGateway, PaymentRef
from plantly.services import paying
from plantly.services.other_providers import ask_about_others
from plantly.services.payment_events import apply_snapshot, apply_waiting
from plantly.services.workflows.pace import at_once, unless

_AT_ONCE = 20
_WHILE_ASKING = timedelta(seconds=20)
"""How long a worker may take to ask: longer than a step of it."""

# What is authorized is captured by the outbox, however late it is: it is not called off here.
_UNPAID = frozenset({PaymentStatus.CREATED, PaymentStatus.PENDING})


@dataclass(frozen=True, slots=True)
class _Check:
    ref: PaymentRef
    is_over: bool


async def reconcile(
    db: Database, gateway: PaymentGateway, is_down: Callable[[], bool] = at_once
) -> None:
    """Ask about every payment that is due.

    Raises:
        ProviderUnavailable: It is down: the rest would wait for nothing.
    """
    name = gateway.name
    due = await db.read(lambda uow: uow.payments.due(name, uow.now, _AT_ONCE))
    for reference in due:
        with unless(is_down):
            await check_payment(db, gateway, reference)


async def link_waiting(
    db: Database, gateway: PaymentGateway, is_down: Callable[[], bool] = at_once
) -> None:
    """Apply webhooks that were quicker than our own bookkeeping, then read their payments.

    Raises:
        ProviderUnavailable: It is down; what the webhooks said is applied all the same.
    """
    name = gateway.name
    if not await db.read(lambda uow: len(uow.inbox.linkable(name, 1))):
        return
    for reference in await db.write(lambda uow: apply_waiting(uow, name, _AT_ONCE)):
        with unless(is_down):
            await check_payment(db, gateway, reference)


async def check_payment(db: Database, gateway: PaymentGateway, reference: str) -> None:
    """Ask about one payment; one whose time is over is closed first, then read one last time.

    Raises:
        ProviderUnavailable: It does not answer; the payment is due again soon.
    """
    name = gateway.name
    check = await db.write(lambda uow: _begin_check(uow, name, reference))
    if check is None:
        return
    try:
        if check.is_over:
            await close_payment(db, gateway, check.ref)
        else:
            await read_payment(db, gateway, check.ref)
    except ProviderUnavailable:
        await db.write(lambda uow: paying.note_unreachable(uow, name, reference))
        raise
    await db.write(lambda uow: paying.note_asked(uow, name, reference))


async def leave_others(db: Database, provider: str) -> None:
    """Leave the unfinished payments of providers that are asked no more to a person."""
    await db.write(lambda uow: ask_about_others(uow, provider, _AT_ONCE))


async def close_payment(db: Database, gateway: PaymentGateway, ref: PaymentRef) -> None:
    """Let the buyer pay no more, then read what there is: money may have come until then."""
    if ref.session_ref is not None:
        # It may be too late to close it; the read shows what it came to.
        with contextlib.suppress(ProviderRejected):
            await gateway.cancel_session(ref.session_ref)
    await read_payment(db, gateway, ref)


async def read_payment(db: Database, gateway: PaymentGateway, ref: PaymentRef) -> None:
    """Read a payment from the provider and apply what it says."""
    snapshot = await gateway.fetch(ref)
    name = gateway.name
    await db.write(lambda uow: apply_snapshot(uow, name, ref.reference, snapshot))


def _begin_check(uow: UnitOfWork, provider: str, reference: str) -> _Check | None:
    """Have a payment for oneself while asking; if this process dies it is asked about soon."""
    payment = uow.payments.chain(provider, reference).payment
    if payment.next_poll_at is None:
        return None
    payment.poll_count += 1
    payment.next_poll_at = uow.now + _WHILE_ASKING
    ref = PaymentRef(reference, payment.session_ref)
    unpaid = payment.status in _UNPAID
    return _Check(ref, is_over=unpaid and payment.expires_at <= uow.now)
