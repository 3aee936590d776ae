"""Money that a buyer has authorized: capture it once, or let go of it once."""

from dataclasses import dataclass

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import facts_of
from plantly.db.tables import PaymentRow
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.payment import PaymentStatus, reduce_facts
from plantly.services.attention import ask_for_attention

CAPTURE_TOPIC = "capture_payment"
VOID_TOPIC = "void_payment"
CLOSE_TOPIC = "close_session"


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """What to capture: exactly the total that was agreed."""

    amount_minor: int
    currency: str
    key: str


def ask_to_capture(uow: UnitOfWork, payment: PaymentRow) -> None:
    """Let the outbox capture a payment, once however often it is said to be authorized."""
    _put(uow, CAPTURE_TOPIC, payment)


def ask_to_void(uow: UnitOfWork, payment: PaymentRow, *, wrong: bool) -> None:
    """Let the outbox let go of an authorization, once; a wrong one is told to a person."""
    if wrong:
        ask_for_attention(uow, payment, "wrong_amount")
    _put(uow, VOID_TOPIC, payment)


def ask_to_close(uow: UnitOfWork, payment: PaymentRow) -> None:
    """Let the outbox close the provider's session of a payment that is over here."""
    _put(uow, CLOSE_TOPIC, payment)


def capture_to_send(uow: UnitOfWork, provider: str, reference: str) -> CaptureOrder | None:
    """Return what to capture, unless that is done already or must not be done any more."""
    chain = uow.payments.chain(provider, reference)
    payment = chain.payment
    state = reduce_facts(facts_of(payment))
    if state.status is not PaymentStatus.AUTHORIZED:
        return None
    live = chain.checkout.status is CheckoutStatus.COMPLETE_IN_PROGRESS and not chain.cart_is_paid
    if not live or not state.covers(payment.amount_minor, payment.currency):
        _put(uow, VOID_TOPIC, payment)
        return None
    key = _key(payment, "capture")
    return CaptureOrder(payment.amount_minor, payment.currency, key)


def void_to_send(uow: UnitOfWork, reference: str) -> str | None:
    """Return the key to let go of an authorization with, unless money has come in the meantime."""
    payment = uow.payments.by_reference(reference)
    return None if payment is None or payment.captured_minor else _key(payment, "void")


def note_capture_refused(uow: UnitOfWork, provider: str, reference: str) -> None:
    """Let go of an authorization that the provider does not capture, and tell a person."""
    payment = uow.payments.chain(provider, reference).payment
    if payment.status is PaymentStatus.AUTHORIZED:
        ask_for_attention(uow, payment, "capture_failed")
        _put(uow, VOID_TOPIC, payment)


def note_void_refused(uow: UnitOfWork, provider: str, reference: str) -> None:
    """Tell a person of an authorization that the provider does not let go of."""
    payment = uow.payments.chain(provider, reference).payment
    if payment.status is PaymentStatus.AUTHORIZED:
        ask_for_attention(uow, payment, "void_failed")


def note_given_up(uow: UnitOfWork, reference: str) -> None:
    """Leave a payment to a person, about which the provider never answered."""
    payment = uow.payments.by_reference(reference, lock=True)
    if payment is not None:
        ask_for_attention(uow, payment, "given_up")


def _put(uow: UnitOfWork, topic: str, payment: PaymentRow) -> None:
    uow.outbox.put(topic, f"{topic}:{payment.reference}", {"reference": payment.reference}, uow.now)


def _key(payment: PaymentRow, what: str) -> str:
    """Return the idempotency key of a call about a payment: the same for every try."""
    return f"{payment.reference}.{what}"
