"""How fast a worker calls the provider, and how it leaves one alone that is down."""

from datetime import timedelta
from itertools import pairwise
from typing import Any, cast

import anyio
import pytest

from plantly.domain.errors import ProviderRejected, ProviderUnavailable
from plantly.payments.gateway import PaymentGateway, PaymentRef, PaymentRequest, RefundRequest
from plantly.services.workflows.pace import (
    AT_ONCE,
    CALLS_PER_SECOND,
    LONGEST_REST,
    PATIENCE,
    CallRate,
    Pace,
    PacedGateway,
    unless,
)
from tests.support.clock import START, MovableClock

pytestmark = pytest.mark.anyio


async def answer() -> str:
    return "paid"


async def silence() -> str:
    raise ProviderUnavailable("down")


async def refusal() -> str:
    raise ProviderRejected("no")


def patient(clock: MovableClock) -> Any:
    """Wait by moving the clock."""

    async def pause(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    return pause


async def test_no_second_sees_more_than_twenty_five_calls(clock: MovableClock) -> None:
    rate = CallRate(clock, patient(clock))
    moments = []
    for number in range(200):
        await rate.take()
        moments.append(clock())
        if number == 100:
            # Whoever rests gets no more than a handful at once for it.
            clock.advance(timedelta(minutes=5))
    busiest = max(sum(m <= other < m + timedelta(seconds=1) for other in moments) for m in moments)
    assert busiest <= AT_ONCE + CALLS_PER_SECOND == 25
    took = moments[-1] - moments[0] - timedelta(minutes=5)
    assert took < timedelta(seconds=200 / CALLS_PER_SECOND)


async def test_a_clock_that_was_set_back_stops_nobody(clock: MovableClock) -> None:
    pauses = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    rate = CallRate(clock, pause)
    clock.advance(timedelta(hours=-1))
    for _ in range(AT_ONCE + 3):
        await rate.take()
    assert pauses == [1 / CALLS_PER_SECOND] * 3


async def test_a_provider_that_is_down_is_left_alone_for_longer_each_time(
    clock: MovableClock,
) -> None:
    pace = Pace(clock, patient(clock))
    tried = []

    async def try_it() -> None:
        tried.append((clock() - START).total_seconds())
        with pytest.raises(ProviderUnavailable):
            await pace.call(silence)

    work = pace.when_up(try_it)
    for _ in range(600):
        await work()
        clock.advance(timedelta(seconds=1))
    gaps = [later - sooner for sooner, later in pairwise(tried)]
    assert gaps[:7] == [1, 1, 1, 2, 4, 8, 16]
    assert set(gaps[7:]) == {LONGEST_REST.total_seconds()}
    assert len(tried) < 30


@pytest.mark.parametrize("says", [answer, refusal])
async def test_any_answer_ends_the_rest(clock: MovableClock, says: Any) -> None:
    pace = Pace(clock, patient(clock))
    worked = []

    async def note() -> None:
        worked.append(clock())

    for _ in range(4):
        with pytest.raises(ProviderUnavailable):
            await pace.call(silence)
    await pace.when_up(note)()
    assert worked == []
    try:
        assert await pace.call(says) == "paid"
    except ProviderRejected:
        assert says is refusal
    await pace.when_up(note)()
    assert len(worked) == 1


async def test_a_call_that_was_broken_off_counts_as_no_answer(clock: MovableClock) -> None:
    pace = Pace(clock, patient(clock))
    worked = []

    async def note() -> None:
        worked.append(clock())

    for _ in range(PATIENCE):
        assert not pace.is_down()
        with anyio.move_on_after(0.01):
            await pace.call(anyio.sleep_forever)
    await pace.when_up(note)()
    assert worked == []


async def test_a_provider_that_takes_too_long_has_not_answered(clock: MovableClock) -> None:
    pace = Pace(clock, patient(clock), seconds=0.01)
    for _ in range(PATIENCE):
        with pytest.raises(ProviderUnavailable, match="too long"):
            await pace.call(anyio.sleep_forever)
    assert pace.is_down()


async def test_one_call_without_an_answer_keeps_nobody_waiting(clock: MovableClock) -> None:
    pace = Pace(clock, patient(clock))
    answered = []
    for number in range(20):
        with unless(pace.is_down):
            answered.append(await pace.call(silence if number % PATIENCE else answer))
    assert len(answered) == 7


async def test_an_outage_ends_the_work_until_the_provider_has_rested(clock: MovableClock) -> None:
    pace = Pace(clock, patient(clock))
    tried = []

    async def try_them_all() -> None:
        for number in range(20):
            tried.append(number)
            with unless(pace.is_down):
                await pace.call(silence)

    with pytest.raises(ProviderUnavailable):
        await try_them_all()
    assert len(tried) == PATIENCE


class _Recorder:
    """A provider that writes down what it is asked."""

    name = "recorder"
    pay_origin = "https://pay.example"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, what: str) -> Any:
        async def ask(*_: object) -> str:
            self.asked.append(what)
            return what

        def say(*_: object) -> str:
            self.asked.append(what)
            return what

        return say if what in {"embed", "verify", "normalize"} else ask


async def test_a_paced_provider_is_the_same_provider(clock: MovableClock) -> None:
    recorder = _Recorder()
    pace = Pace(clock, patient(clock))
    gateway: PaymentGateway = PacedGateway(cast("PaymentGateway", recorder), pace)
    assert (gateway.name, gateway.pay_origin) == ("recorder", "https://pay.example")
    said: list[Any] = [
        await gateway.start(cast("PaymentRequest", None)),
        gateway.embed(cast("Any", None)),
        await gateway.fetch(PaymentRef("pay_1", None)),
        await gateway.capture("s", 1, "USD", "key"),
        await gateway.void("s", "key"),
        await gateway.refund(cast("RefundRequest", None)),
        gateway.verify({}, b"", clock()),
        gateway.normalize(cast("Any", None)),
    ]
    await gateway.cancel_session("s")
    assert said == ["start", "embed", "fetch", "capture", "void", "refund", "verify", "normalize"]
    assert recorder.asked == [*said, "cancel_session"]
