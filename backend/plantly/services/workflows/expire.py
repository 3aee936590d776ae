"""Let go of what nobody finished, and forget what nobody may repeat any more."""

from functools import partial

from plantly.db import Database
from plantly.services.expiry import expire

_AT_ONCE = 50


async def expire_sessions(db: Database) -> None:
    """Close every checkout session whose time is over, each in a transaction of its own."""
    due = await db.read(lambda uow: uow.checkouts.expired(uow.now, _AT_ONCE))
    for public_id in due:
        await db.write(partial(expire, public_id=public_id))


async def forget_answers(db: Database) -> None:
    """Delete the first answers to requests that are too old to be repeated."""
    await db.write(lambda uow: uow.carts.forget_answers(uow.now))
