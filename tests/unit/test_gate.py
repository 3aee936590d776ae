"""The limits as one process keeps them: bounded, and of no use to who only wants to read."""

from datetime import timedelta

import pytest

from plantly.domain.errors import RateLimited
from plantly.domain.limits import Limit, read_limits
from plantly.domain.visitor import PRIVATE_NETWORKS, Visitor
from plantly.services.gate import Gate, LocalLimiter
from tests.support.clock import MovableClock

SECOND = 1_000_000
SHOPPER = "203.0.113.7"


def a_gate(clock: MovableClock, said: str = "") -> Gate:
    table, problems = read_limits(said)
    assert problems == []
    gate = Gate(table, PRIVATE_NETWORKS, clock)
    gate.open(b"secret")
    return gate


def test_a_local_limiter_remembers_a_bounded_number_of_callers() -> None:
    limiter, once = LocalLimiter(most=3), Limit(1, 60 * SECOND, 1)
    assert [limiter.wait_us(name, once, SECOND) for name in "abc"] == [0, 0, 0]
    assert limiter.wait_us("a", once, SECOND) > 0
    assert limiter.wait_us("d", once, SECOND) == 0
    assert len(limiter) == 3
    # Whoever came longest ago was forgotten; who keeps coming was not.
    assert limiter.wait_us("a", once, SECOND) > 0
    assert limiter.wait_us("b", once, SECOND) == 0


def test_reading_has_a_limit_and_comes_back(clock: MovableClock) -> None:
    gate = a_gate(clock, "reads=2/min")
    visitor = gate.visitor(SHOPPER)
    gate.read(visitor)
    gate.read(visitor)
    with pytest.raises(RateLimited, match="try again in 30 seconds") as refused:
        gate.read(visitor)
    assert (refused.value.retry_after, refused.value.quota, refused.value.window) == (30, 2, 60)
    gate.read(gate.visitor("203.0.113.8"))
    gate.read(gate.visitor(SHOPPER, "somebody of an assistant"))
    clock.advance(timedelta(seconds=30))
    gate.read(visitor)


def test_requests_of_an_assistant_count_for_many(clock: MovableClock) -> None:
    gate = a_gate(clock, "reads=1/min, host_factor=2")
    gate.request(SHOPPER)
    with pytest.raises(RateLimited):
        gate.request(SHOPPER)
    gate.request(SHOPPER, for_many=True)
    gate.request(SHOPPER, for_many=True)
    with pytest.raises(RateLimited):
        gate.request(SHOPPER, for_many=True)


def test_bad_webhooks_are_counted_by_address(clock: MovableClock) -> None:
    gate = a_gate(clock, "bad_webhooks=1/min")
    gate.bad_webhook(SHOPPER)
    with pytest.raises(RateLimited, match="bad signature"):
        gate.bad_webhook(SHOPPER)


def test_the_house_itself_is_not_counted(clock: MovableClock) -> None:
    gate = a_gate(clock, "reads=1/min, bad_webhooks=1/min")
    for _ in range(3):
        gate.read(gate.visitor(None))
        gate.request(None)
        gate.bad_webhook(None)


def test_switched_off_nothing_is_counted(clock: MovableClock) -> None:
    gate = Gate(clock=clock)
    assert gate.visitor(SHOPPER, "somebody") == Visitor()
    for _ in range(3):
        gate.read(gate.visitor(SHOPPER))
        gate.request(SHOPPER)
        gate.bad_webhook(SHOPPER)


def test_where_a_request_comes_from_is_worked_out_once(
    clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = a_gate(clock)
    monkeypatch.setattr("plantly.services.gate._MOST_ADDRESSES", 2)
    headers = [(b"host", b"shop"), (b"x-forwarded-for", SHOPPER.encode())]
    for peer in ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1"):
        assert gate.address(peer, headers) == SHOPPER
    twice = [*headers, (b"x-forwarded-for", b"198.51.100.9")]
    assert gate.address("10.0.0.1", twice) == "198.51.100.9"
    long = [(b"x-forwarded-for", b"198.51.100.9, " * 40 + SHOPPER.encode())]
    assert gate.address("10.0.0.1", long) == SHOPPER
    assert gate.address(None, []) is None


def a_refusal(limit: str, seconds: int) -> RateLimited:
    return RateLimited("No.", limit=limit, retry_after=seconds, quota=5, window=60)


def test_who_was_refused_is_remembered_until_the_time_is_over(clock: MovableClock) -> None:
    gate = a_gate(clock)
    visitor = gate.visitor(SHOPPER)
    gate.recall(visitor, "misses")
    gate.remember(visitor, a_refusal("misses", 20))
    clock.advance(timedelta(seconds=5))
    with pytest.raises(RateLimited, match="try again in 15 seconds") as refused:
        gate.recall(visitor, "codes", "misses")
    assert (refused.value.quota, refused.value.window) == (5, 60)
    gate.recall(visitor, "codes")
    gate.recall(gate.visitor("203.0.113.8"), "misses")
    clock.advance(timedelta(seconds=15))
    gate.recall(visitor, "misses")


def test_nobody_in_particular_is_not_remembered(clock: MovableClock) -> None:
    gate = a_gate(clock)
    gate.remember(gate.visitor(None), a_refusal("misses", 20))
    gate.remember(gate.visitor(SHOPPER), a_refusal("misses", 20))
    gate.recall(gate.visitor(None), "misses")


def test_only_so_many_refusals_are_remembered(
    clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plantly.services.gate._MOST_KEPT", 2)
    gate = a_gate(clock)
    for address in ("203.0.113.1", "203.0.113.2", "203.0.113.3"):
        gate.remember(gate.visitor(address), a_refusal("misses", 20))
    gate.recall(gate.visitor("203.0.113.1"), "misses")
    for address in ("203.0.113.2", "203.0.113.3"):
        with pytest.raises(RateLimited):
            gate.recall(gate.visitor(address), "misses")
