"""How often something may be done: never more than the rule says, and soon enough again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantly.domain.limits import (
    DEFAULTS,
    NO_LIMITS,
    Limit,
    default_limits,
    in_words,
    microseconds,
    read_limits,
    take,
    whole_seconds,
)

SECOND = 1_000_000
START = microseconds(datetime(2026, 3, 2, tzinfo=UTC))

limits = st.builds(
    Limit,
    count=st.integers(1, 60),
    period_us=st.sampled_from([1, 7, SECOND, 60 * SECOND, 3600 * SECOND]),
    burst=st.integers(1, 40),
)
steps = st.lists(st.integers(0, 90 * SECOND), max_size=80)


def let_through(limit: Limit, moments: list[int]) -> list[int]:
    """Knock at each of these moments; give those at which it was let through."""
    spent, found = 0, []
    for moment in moments:
        taken = take(limit, spent, moment)
        assert taken.spent_until_us >= spent
        assert taken.allowed == (taken.wait_us == 0)
        spent = taken.spent_until_us
        if taken.allowed:
            found.append(moment)
    return found


def moments_of(gaps: list[int]) -> list[int]:
    return [START + sum(gaps[: n + 1]) for n in range(len(gaps))]


@settings(max_examples=50)
@given(limits, steps)
def test_no_stretch_of_time_lets_more_through_than_burst_and_rate(
    limit: Limit, gaps: list[int]
) -> None:
    found = let_through(limit, moments_of(gaps))
    for first in range(len(found)):
        for last in range(first, len(found)):
            stretch = found[last] - found[first]
            assert last - first + 1 <= limit.burst + stretch // limit.interval_us


@settings(max_examples=50)
@given(limits, steps)
def test_waiting_as_long_as_was_said_is_enough_and_not_too_much(
    limit: Limit, gaps: list[int]
) -> None:
    spent, now = 0, START
    for gap in gaps:
        now += gap
        taken = take(limit, spent, now)
        if not taken.allowed:
            assert taken.spent_until_us == spent
            assert take(limit, spent, now + taken.wait_us).allowed
            assert not take(limit, spent, now + taken.wait_us - 1).allowed
        spent = taken.spent_until_us


@settings(max_examples=50)
@given(limits, steps, st.integers(1, 10**15))
def test_a_clock_that_goes_backwards_never_opens_it(
    limit: Limit, gaps: list[int], back: int
) -> None:
    spent = 0
    for moment in moments_of(gaps):
        taken = take(limit, spent, moment)
        if not taken.allowed:
            earlier = take(limit, spent, moment - back)
            assert not earlier.allowed
            assert earlier.wait_us == taken.wait_us + back
        spent = taken.spent_until_us


@settings(max_examples=50)
@given(limits, st.integers(0, 60))
def test_after_a_rest_everything_is_there_again(limit: Limit, knocks: int) -> None:
    let_through(limit, [START] * knocks)
    rested = START + limit.tolerance_us
    assert len(let_through(limit, [START] * knocks + [rested] * 100)) == min(
        knocks, limit.burst
    ) + min(100, limit.burst)


def test_a_caller_of_whom_nothing_is_known_has_all_of_it() -> None:
    ten = Limit(10, 3600 * SECOND, 10)
    assert len(let_through(ten, [START] * 30)) == 10
    assert take(ten, START + ten.tolerance_us, START).wait_us == 360 * SECOND
    assert ten.times(5) == Limit(50, 3600 * SECOND, 50)


def test_a_rate_that_does_not_divide_is_rounded_against_the_caller() -> None:
    assert Limit(7, SECOND, 7).interval_us == 142_858


def test_the_defaults_can_be_read_and_name_one_another() -> None:
    table = default_limits()
    assert set(table.limits) == set(DEFAULTS)
    assert table.get("codes") == Limit(10, 3600 * SECOND, 10)
    assert table.get("codes", many=True) == Limit(500, 3600 * SECOND, 500)
    assert table.get("page_posts_address") == Limit(300, 600 * SECOND, 300)
    assert table.get("nothing", many=True) is None


def test_limits_are_changed_by_name_and_the_rest_stays() -> None:
    table, problems = read_limits(
        " cart_writes = 5 / min burst 9 ,codes=OFF, reads=10/S, host_factor=3,"
    )
    assert problems == []
    assert table.get("cart_writes") == Limit(5, 60 * SECOND, 9)
    assert table.get("codes") is None
    assert table.get("reads", many=True) == Limit(30, SECOND, 30)
    assert table.get("misses") == default_limits().get("misses")
    assert read_limits("")[0] == default_limits()
    assert read_limits(" Off ") == (NO_LIMITS, [])


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("cart_writes=many", "cart_writes is 'many': use a number and a time"),
        ("cart_writes", "cart_writes is '': use a number"),
        ("cart_writes=0/min", "cart_writes is '0/min': use a number"),
        ("cart_writes=5/0min", "use a number"),
        ("cart_writes=5/min burst 0", "use a number"),
        ("cart_writes=5/99999day", "use a number"),
        ("cart_writes=5/week", "use a number"),
        ("cart_writes=\N{ARABIC-INDIC DIGIT FIVE}/min", "use a number"),
        ("tea=5/min", "there is no limit 'tea': there are reads, "),
        ("host_factor=0", "host_factor is '0': use a number from 1 to 1000000"),
        ("host_factor=x", "host_factor is 'x': use a number from 1 to 1000000"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(said: str, problem: str) -> None:
    table, (found,) = read_limits(said)
    assert problem in found
    assert found.endswith(".")
    assert table == default_limits()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (3600, "60 minutes"),
        (3601, "2 hours"),
        (86_401, "2 days"),
    ],
)
def test_a_wait_is_said_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


@pytest.mark.parametrize(("wait", "seconds"), [(0, 1), (1, 1), (SECOND, 1), (SECOND + 1, 2)])
def test_a_wait_is_rounded_up(wait: int, seconds: int) -> None:
    assert whole_seconds(wait) == seconds
