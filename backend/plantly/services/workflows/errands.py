"""What the outbox asks of the provider: each errand may be run again, and has its effect once."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from plantly.db import Database
from plantly.domain.errors import ProviderRejected
from plantly.payments.gateway import PaymentGateway, PaymentRef
from plantly.services import authorizations, refunds
from plantly.services.other_providers import leave_to_person
from plantly.services.payment_events import apply_snapshot
from plantly.services.workflows.reconcile import close_payment, read_payment

Payload = Mapping[str, Any]
Errand = Callable[[Database, PaymentGateway, Payload], Awaitable[None]]


async def send_refund(db: Database, gateway: PaymentGateway, payload: Payload) -> None:
    """Ask the provider for a refund; repeated with the same key it stays one refund."""
    key, name = str(payload["refund"]), gateway.name
    order = await db.read(lambda uow: refunds.refund_to_send(uow, key))
    if order is None:
        return
    if order.provider != name:
        # Another provider took this money, whom the shop asks no more: a person has to.
        await db.write(lambda uow: refunds.note_refund_refused(uow, order.provider, key))
        return
    try:
        session_ref = await _session(db, gateway, order.reference)
        result = await gateway.refund(replace(order.request, session_ref=session_ref))
    except ProviderRejected:
        await db.write(lambda uow: refunds.note_refund_refused(uow, name, key))
    else:
        await db.write(lambda uow: refunds.note_refund(uow, name, key, result))


async def send_capture(db: Database, gateway: PaymentGateway, payload: Payload) -> None:
    """Capture exactly the total; what the provider refuses is read, and let go of if need be."""
    reference, name = str(payload["reference"]), gateway.name
    if await _is_elsewhere(db, name, reference):
        return
    order = await db.write(lambda uow: authorizations.capture_to_send(uow, name, reference))
    if order is None:
        return
    try:
        session_ref = await _session(db, gateway, reference)
        snapshot = await gateway.capture(session_ref, order.amount_minor, order.currency, order.key)
    except ProviderRejected:
        await _read(db, gateway, reference)
        await db.write(lambda uow: authorizations.note_capture_refused(uow, name, reference))
    else:
        await db.write(lambda uow: apply_snapshot(uow, name, reference, snapshot))


async def send_void(db: Database, gateway: PaymentGateway, payload: Payload) -> None:
    """Let go of an authorization; what the provider refuses is read."""
    reference, name = str(payload["reference"]), gateway.name
    if await _is_elsewhere(db, name, reference):
        return
    key = await db.read(lambda uow: authorizations.void_to_send(uow, reference))
    if key is None:
        return
    try:
        session_ref = await _session(db, gateway, reference)
        snapshot = await gateway.void(session_ref, key)
    except ProviderRejected:
        await _read(db, gateway, reference)
        await db.write(lambda uow: authorizations.note_void_refused(uow, name, reference))
    else:
        await db.write(lambda uow: apply_snapshot(uow, name, reference, snapshot))


async def close_session(db: Database, gateway: PaymentGateway, payload: Payload) -> None:
    """Close the session of a payment that is over here, and read what it came to."""
    reference = str(payload["reference"])
    if await _is_elsewhere(db, gateway.name, reference):
        return
    # What the provider does not know needs no closing.
    with contextlib.suppress(ProviderRejected):
        session_ref = await _session(db, gateway, reference)
        await close_payment(db, gateway, PaymentRef(reference, session_ref))


async def _is_elsewhere(db: Database, provider: str, reference: str) -> bool:
    """Leave a payment of another provider to a person: that one is asked no more."""
    if await db.read(lambda uow: uow.payments.knows(provider, reference)):
        return False
    await db.write(lambda uow: leave_to_person(uow, reference))
    return True


async def _read(db: Database, gateway: PaymentGateway, reference: str) -> None:
    """Read a payment by the provider's own name for it, which finds what ours may not."""
    session_ref = await db.read(lambda uow: uow.payments.session_of(reference))
    await read_payment(db, gateway, PaymentRef(reference, session_ref))


async def _session(db: Database, gateway: PaymentGateway, reference: str) -> str:
    """Return the provider's name for a payment; it is asked for it while that is unknown here.

    Raises:
        ProviderRejected: The provider does not know the payment.
    """
    known = await db.read(lambda uow: uow.payments.session_of(reference))
    if known is None:
        snapshot = await gateway.fetch(PaymentRef(reference, None))
        known = snapshot.session_ref if snapshot else None
    if known is None:
        raise ProviderRejected("The payment provider does not know this payment.")
    return known
