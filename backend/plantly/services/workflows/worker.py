"""The background work of a shop: done by one worker at a time, wherever it runs."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio
import anyio.lowlevel

from plantly.db import Database, UnitOfWork
from plantly.db.repositories.duties import Duties
from plantly.domain.ids import Clock
from plantly.services.duties import duties

log = logging.getLogger("plantly.worker")

LEASE = "worker"
LEASE_FOR = timedelta(seconds=20)
"""When a worker vanishes, another one begins after this long at most, and a moment."""

_STEP_PART = 0.5
_CALL_PART = 0.3
_RENEW_PART = 0.65
_ASK_PART = 0.15
_TICK_SECONDS = 1
_STOP_SECONDS = 4
"""What is under way at the stop is broken off after this long; the next worker takes it up."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a lease lasts and what follows from it, and how to wait.

    A step is broken off before the lease could end, with room for clocks that are seconds apart.
    """

    lease: timedelta = LEASE_FOR
    pause: Callable[[float], Awaitable[None]] = anyio.sleep
    """How to wait for so many seconds."""

    @property
    def step_seconds(self) -> float:
        """Return how long a step may take."""
        return self.lease.total_seconds() * _STEP_PART

    @property
    def call_seconds(self) -> float:
        """Return how long the provider may take to answer: a step has room for more than one."""
        return self.lease.total_seconds() * _CALL_PART

    @property
    def renew_before(self) -> timedelta:
        """Return how much of the lease has to be left when a step begins."""
        return self.lease * _RENEW_PART

    @property
    def ask_again(self) -> timedelta:
        """Return how often whoever stands by asks for the lease."""
        return self.lease * _ASK_PART


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of work. With `every` it is done that often, else each time the worker looks.

    `due` says whether there is anything of it at all, where one question answers for all.
    """

    name: str
    work: Callable[[], Awaitable[None]]
    every: timedelta = timedelta(0)
    due: Callable[[Duties], bool] | None = None


class Nudge:
    """Wakes the worker of this process before its next tick."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def __call__(self) -> None:
        """Ask the worker to look at once."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return when somebody asks, or after that long."""
        with anyio.move_on_after(seconds):
            await self._event.wait()
        self._event = anyio.Event()


_USUAL = Timing()


class Worker:
    """Works through its steps while it holds the lease; others wait for it to end."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        steps: tuple[Step, ...],
        owner: str,
        timing: Timing = _USUAL,
    ) -> None:
        self._db = db
        self._clock = clock
        self._steps = steps
        self._owner = owner
        self._timing = timing
        self._held_until: datetime | None = None
        self._ask_at: datetime | None = None
        self._next: dict[str, datetime] = {}

    async def run(self, nudge: Nudge, stop: anyio.Event) -> None:
        """Work until `stop` is set, whatever goes wrong; then let another worker begin at once."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep_working, nudge, stop)
                await stop.wait()
                nudge()
                tasks.cancel_scope.deadline = anyio.current_time() + _STOP_SECONDS
        finally:
            with anyio.CancelScope(shield=True):
                await self._guarded("lease", self._give_up)

    async def tick(self) -> bool:
        """Do every step once; say whether this worker is the one that works."""
        waiting: Duties | None = None
        for step in self._steps:
            now = await self._now_if_leading()
            if now is None:
                return False
            if self._next.get(step.name, now) > now:
                continue
            if step.due is not None:
                waiting = waiting or await self._look()
                if waiting is not None and not step.due(waiting):
                    continue
            self._next[step.name] = now + step.every
            # Whoever waits for an answer goes first: reads of SQLite give nobody a turn.
            await anyio.lowlevel.checkpoint()
            await self._guarded(step.name, step.work)
            # What was done may have made more to do.
            waiting = None
        return True

    async def _look(self) -> Duties | None:
        """Return what waits, None if that cannot be told: then every step looks for itself."""
        try:
            return await self._db.read(duties)
        except Exception as error:  # noqa: BLE001 - the steps say the same
            log.warning("what is due could not be read: %s", type(error).__name__)
            return None

    async def _keep_working(self, nudge: Nudge, stop: anyio.Event) -> None:
        while not stop.is_set():
            try:
                await self.tick()
            except Exception as error:  # noqa: BLE001 - the database may be back at the next tick
                log.warning("the worker failed: %s", type(error).__name__)
            await nudge.wait(_TICK_SECONDS)

    async def _now_if_leading(self) -> datetime | None:
        """Return the time if there is enough of the lease left for a step."""
        now = self._clock()
        if self._held_until is not None and now <= self._held_until - self._timing.renew_before:
            return now
        if self._held_until is None and self._ask_at is not None and now < self._ask_at:
            return None
        held = await self._db.write(self._take_lease)
        if held != (self._held_until is not None):
            log.info("this worker %s", "works now" if held else "stands by: another one works")
        self._held_until = now + self._timing.lease if held else None
        self._ask_at = None if held else now + self._timing.ask_again
        return now if held else None

    def _take_lease(self, uow: UnitOfWork) -> bool:
        return uow.shop.lease(LEASE, self._owner, uow.now, uow.now + self._timing.lease)

    async def _give_up(self) -> None:
        await self._db.write(lambda uow: uow.shop.end_lease(LEASE, self._owner, uow.now))
        self._held_until = None

    async def _guarded(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do some work; a failure is told by its kind only, because its text may hold anything."""
        try:
            with anyio.fail_after(self._timing.step_seconds):
                await work()
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            log.warning("%s failed: %s", name, type(error).__name__)
