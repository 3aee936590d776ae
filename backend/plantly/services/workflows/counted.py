"""Count what somebody does in the same transaction that does it."""

import logging
from typing import TypeVar

from plantly.db import Database, LimitsUnavailable, UnitOfWork, Work
from plantly.domain.errors import RateLimited
from plantly.domain.visitor import NOBODY, Visitor
from plantly.services.limits import spend

T = TypeVar("T")

log = logging.getLogger("plantly.limits")


class CountedDatabase:
    """A database that knows on whose behalf it works, and counts the first thing it writes.

    Should the count fail, the work is done without limits: what must never be wrong about money
    is not guarded here.
    """

    def __init__(self, db: Database, visitor: Visitor, limit: str | None = None) -> None:
        self._db = db
        self._visitor = visitor
        self._limit = limit

    @property
    def uncounted(self) -> str | None:
        """Name the limit that nothing has been written under yet."""
        return self._limit

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent snapshot; nothing is counted."""
        return await self._db.read(work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` and count it, or do neither.

        Raises:
            RateLimited: The visitor did it too often.
        """
        visitor, limit = self._visitor, self._limit

        def counted(uow: UnitOfWork) -> T:
            uow.visitor = visitor
            if limit is not None:
                spend(uow, limit)
            return work(uow)

        try:
            result = await self._db.write(counted)
        except LimitsUnavailable as error:
            _note(error)
            self._visitor = NOBODY
            result = await self._db.write(work)
        self._limit = None
        return result

    async def close(self) -> None:
        """Leave it open: it is somebody else's."""


async def count(db: Database, visitor: Visitor, *names: str) -> None:
    """Count something by itself: a look that found nothing, or a change that was refused.

    Raises:
        RateLimited: The visitor did it too often; it is not counted again.
    """

    def counted(uow: UnitOfWork) -> None:
        uow.visitor = visitor
        for name in names:
            spend(uow, name)

    if not any(visitor.costs(name) for name in names):
        return
    try:
        await db.write(counted)
    except RateLimited:
        raise
    except Exception as error:  # noqa: BLE001 - what was asked for has been answered by now
        _note(error)


def _note(error: Exception) -> None:
    cause = type(error.__cause__ or error).__name__
    log.warning("limits could not be counted, and let everybody through: %s", cause)
