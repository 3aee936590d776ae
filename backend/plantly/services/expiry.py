"""Close checkout sessions that nobody finished, and forget them, old carts and old answers."""

from datetime import timedelta

from plantly.db import UnitOfWork
from plantly.domain.cart import ACCOUNT_LIFETIME, GUEST_LIFETIME
from plantly.domain.checkout import CheckoutStatus, is_open, move

_WHILE_PAYING = timedelta(minutes=5)


def expire(uow: UnitOfWork, public_id: str) -> None:
    """Close a session whose time is over, unless it is being paid.

    A payment is closed at the provider and read one last time first; that is the reconciler's
    work. When it ends without money, its session is open again and expires here.
    """
    checkout = uow.checkouts.by_public_id(public_id, lock=True)
    if checkout is None or checkout.expires_at > uow.now:
        return
    if is_open(checkout.status):
        checkout.status = move(checkout.status, CheckoutStatus.EXPIRED)
        uow.checkouts.forget_buyer(checkout)
    else:
        checkout.expires_at = uow.now + _WHILE_PAYING
    checkout.updated_at = uow.now


def forget_carts(uow: UnitOfWork, limit: int) -> int:
    """Delete at most so many carts that nobody has touched for long; return how many."""
    guests, owned = uow.now - GUEST_LIFETIME, uow.now - ACCOUNT_LIFETIME
    return uow.carts.forget_untouched(guests, owned, limit)


def forget_answers_of(uow: UnitOfWork, limit: int) -> int:
    """Delete at most so many answers that nobody may repeat any more; return how many."""
    return uow.carts.forget_answers(uow.now, limit)
