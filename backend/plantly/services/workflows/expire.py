"""Let go of what nobody finished, and forget what nobody may repeat any more."""

from collections.abc import Callable
from functools import partial

from plantly.db import Database, UnitOfWork
from plantly.services.expiry import expire, forget_answers_of, forget_carts
from plantly.services.limits import forget_limits
from plantly.services.outgoing import forget_deliveries

_AT_ONCE = 50
_PORTION = 100
_PORTIONS = 20
"""So many portions in a row, then the worker has other things to do first."""


async def expire_sessions(db: Database) -> None:
    """Close every checkout session whose time is over, each in a transaction of its own."""
    due = await db.read(lambda uow: uow.checkouts.expired(uow.now, _AT_ONCE))
    for public_id in due:
        await db.write(partial(expire, public_id=public_id))


async def forget_answers(db: Database) -> None:
    """Delete the first answers to requests that are too old to be repeated."""
    await _in_portions(db, forget_answers_of)


async def forget_old_carts(db: Database) -> None:
    """Delete the carts that nobody has touched for long."""
    await _in_portions(db, forget_carts)


async def forget_old_deliveries(db: Database) -> None:
    """Delete the outgoing webhooks that nobody sends again any more."""
    await _in_portions(db, forget_deliveries)


async def forget_counts(db: Database) -> None:
    """Delete the counts of limits that say nothing any more."""
    await _in_portions(db, forget_limits)


async def _in_portions(db: Database, forget: Callable[[UnitOfWork, int], int]) -> None:
    """Delete in small transactions, so that no shopper waits for a long one."""
    for _ in range(_PORTIONS):
        if await db.write(lambda uow: forget(uow, _PORTION)) < _PORTION:
            return
