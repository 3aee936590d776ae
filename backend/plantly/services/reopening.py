"""Money for a payment that was declined at first: the buyer tried another card over there.

Webhooks come in any order. The same capture makes the order whether it is heard of before the
decline or after it, as long as nothing else has happened in between.
"""

from plantly.db import UnitOfWork
from plantly.db.repositories.payments import PaymentChain, facts_of
from plantly.domain.checkout import CheckoutStatus, move
from plantly.domain.payment import PaymentState, was_only_declined
from plantly.services.checkout_view import view


def take_up_again(uow: UnitOfWork, chain: PaymentChain, state: PaymentState) -> None:
    """Let a session go on that was let go of because of a decline, if its payment covers it now.

    The units are held once more, and everything has to be as it was agreed. Nothing happens
    otherwise, and the money goes back: the buyer may have changed the order or begun another
    payment, the units may be sold, a discount with a limit may be somebody else's by now.
    """
    checkout, payment = chain.checkout, chain.payment
    if checkout.status is not CheckoutStatus.READY_FOR_PAYMENT:
        return
    if not state.pays(payment.amount_minor, payment.currency):
        return
    if not was_only_declined(facts_of(payment)) or not _is_as_agreed(uow, chain):
        return
    if uow.stock.hold_again(payment.id):
        checkout.status = move(checkout.status, CheckoutStatus.COMPLETE_IN_PROGRESS)


def _is_as_agreed(uow: UnitOfWork, chain: PaymentChain) -> bool:
    checkout, payment = chain.checkout, chain.payment
    newest = uow.payments.latest_of(checkout.id)
    if newest is None or newest.id != payment.id or uow.discounts.were_used_by(payment.id):
        return False
    return view(uow, checkout).quote_hash == payment.quote_hash
