"""How fast the worker calls the provider, and how seldom while that is down."""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import anyio

from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.domain.ids import Clock
from plantly.payments.gateway import (
    EmbedForm,
    EmbedRequest,
    NormalizedEvent,
    PaymentGateway,
    PaymentRef,
    PaymentRequest,
    RefundRequest,
    RefundResult,
    Snapshot,
    StartResult,
    VerifiedEvent,
)

T = TypeVar("T")
Pause = Callable[[float], Awaitable[None]]

CALLS_PER_SECOND = 20
AT_ONCE = 5
"""With both, no second ever sees more than 25 calls."""

PATIENCE = 3
"""Calls in a row without an answer that make an outage: one may be lost for any reason."""
FIRST_REST = timedelta(seconds=1)
LONGEST_REST = timedelta(seconds=30)
"""How long a provider that is down is left alone at most: recovery is noticed that late."""


class CallRate:
    """A bucket of tokens: each call takes one, and they come back with time."""

    def __init__(self, clock: Clock, pause: Pause = anyio.sleep) -> None:
        self._clock = clock
        self._pause = pause
        self._tokens = float(AT_ONCE)
        self._counted_at = clock()

    async def take(self) -> None:
        """Return when one more call may be made."""
        self._refill()
        if self._tokens < 1:
            await self._pause((1 - self._tokens) / CALLS_PER_SECOND)
            self._refill()
        # A clock that was set back must not stop the work.
        self._tokens = max(0.0, self._tokens - 1)

    def _refill(self) -> None:
        now = self._clock()
        passed = max(0.0, (now - self._counted_at).total_seconds())
        self._counted_at = now
        self._tokens = min(float(AT_ONCE), self._tokens + passed * CALLS_PER_SECOND)


class Pace:
    """Lets calls through one after the other, and none while a provider that is down rests.

    The rest doubles with each call in vain, and one that is answered ends it. Whoever takes longer
    than `seconds` to answer has not answered, so that one slow call never keeps the others waiting.
    """

    def __init__(self, clock: Clock, pause: Pause = anyio.sleep, seconds: float = math.inf) -> None:
        self._clock = clock
        self._seconds = seconds
        self._rate = CallRate(clock, pause)
        self._failures = 0
        self._rests_until: datetime | None = None

    def when_up(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Return the same work, which is left undone while the provider rests."""

        async def work_when_up() -> None:
            if not self.is_down():
                await work()

        return work_when_up

    def is_down(self) -> bool:
        """Say whether the provider did not answer for so long that it is left alone."""
        return self._rests_until is not None and self._clock() < self._rests_until

    async def call(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the provider when it is time, and learn from what comes of it.

        Raises:
            ProviderUnavailable: It does not answer.
            ProviderRejected: It answered, and refused.
        """
        await self._rate.take()
        try:
            result = await self._in_time(ask)
        except (ProviderUnavailable, anyio.get_cancelled_exc_class()):
            # A call that was broken off took too long: that is no answer either.
            self._note_silence()
            raise
        except ProviderRejected:
            self._note_answer()
            raise
        self._note_answer()
        return result

    async def _in_time(self, ask: Callable[[], Awaitable[T]]) -> T:
        with anyio.move_on_after(self._seconds):
            return await ask()
        raise ProviderUnavailable("The payment provider took too long to answer.")

    def _note_answer(self) -> None:
        self._failures, self._rests_until = 0, None

    def _note_silence(self) -> None:
        self._failures += 1
        in_vain = self._failures - PATIENCE
        if in_vain >= 0:
            rest = min(LONGEST_REST, FIRST_REST * 2 ** min(in_vain, 10))
            self._rests_until = self._clock() + rest


def at_once() -> bool:
    """Take the first call without an answer for an outage."""
    return True


@contextmanager
def unless(is_down: Callable[[], bool]) -> Iterator[None]:
    """Go on after a call without an answer, unless the provider is down.

    Raises:
        ProviderUnavailable: It is.
    """
    try:
        yield
    except ProviderUnavailable:
        if is_down():
            raise


class PacedGateway:
    """A provider as the worker calls it: never too fast, and not while it rests."""

    def __init__(self, gateway: PaymentGateway, pace: Pace) -> None:
        self._gateway = gateway
        self._pace = pace

    @property
    def name(self) -> str:
        """Return the provider's name."""
        return self._gateway.name

    @property
    def pay_origin(self) -> str:
        """Return the origin of the page on which the buyer pays."""
        return self._gateway.pay_origin

    async def start(self, request: PaymentRequest) -> StartResult:
        """Start a payment."""
        return await self._pace.call(lambda: self._gateway.start(request))

    def embed(self, request: EmbedRequest) -> EmbedForm | None:
        """Return the form of a started payment."""
        return self._gateway.embed(request)

    async def fetch(self, ref: PaymentRef) -> Snapshot | None:
        """Read a payment."""
        return await self._pace.call(lambda: self._gateway.fetch(ref))

    async def cancel_session(self, session_ref: str) -> None:
        """Let the buyer pay no more."""
        await self._pace.call(lambda: self._gateway.cancel_session(session_ref))

    async def capture(
        self, session_ref: str, amount_minor: int, currency: str, key: str
    ) -> Snapshot:
        """Take what was authorized."""
        return await self._pace.call(
            lambda: self._gateway.capture(session_ref, amount_minor, currency, key)
        )

    async def void(self, session_ref: str, key: str) -> Snapshot:
        """Let go of what was authorized."""
        return await self._pace.call(lambda: self._gateway.void(session_ref, key))

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back."""
        return await self._pace.call(lambda: self._gateway.refund(request))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> VerifiedEvent:
        """Return the event if the provider has signed it."""
        return self._gateway.verify(headers, body, now)

    def normalize(self, event: VerifiedEvent) -> NormalizedEvent:
        """Return what an event says."""
        return self._gateway.normalize(event)
