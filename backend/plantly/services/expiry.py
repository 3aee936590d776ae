"""Close checkout sessions that nobody finished, and forget who began them."""

from datetime import timedelta

from plantly.db import UnitOfWork
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
