"""A process that dies at a write, for tests that start it again."""

from collections.abc import Callable
from typing import TypeVar

from plantly.db import Database, UnitOfWork

T = TypeVar("T")


class Crash(BaseException):
    """The process is gone: nothing below may catch it."""


class MortalDatabase:
    """A database whose process dies at one write, and does nothing more until it is restarted."""

    def __init__(self, db: Database, dies_at: int = 0, *, after_commit: bool = False) -> None:
        self._db = db
        self._dies_at = dies_at
        self._after_commit = after_commit
        self.writes = 0
        self.dead = False

    async def read(self, work: Callable[[UnitOfWork], T]) -> T:
        self._check()
        return await self._db.read(work)

    async def write(self, work: Callable[[UnitOfWork], T]) -> T:
        self._check()
        self.writes += 1
        dies = self.writes == self._dies_at
        if dies and not self._after_commit:
            self._die()
        result = await self._db.write(work)
        if dies:
            self._die()
        return result

    async def close(self) -> None:
        await self._db.close()

    def die_in(self, writes: int, *, after_commit: bool) -> None:
        """Die at one of the next writes: 1 is the very next."""
        self._dies_at, self._after_commit = self.writes + writes, after_commit

    def revive(self) -> None:
        """Start the process again; it does not die a second time."""
        self.dead = False

    def _check(self) -> None:
        if self.dead:
            raise Crash

    def _die(self) -> None:
        self.dead = True
        raise Crash
