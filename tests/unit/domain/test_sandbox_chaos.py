"""Chaos: what is read, what is refused, and that the same seed always means the same trouble."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantly.domain.sandbox_chaos import USUAL, Chaos, ChaosError, Knob, parse_chaos

EXAMPLE = (
    "duplicate=0.2,reorder=0.1,drop=0.1,delay=0.2:30s,wrong_amount=0.05,wrong_currency=0.05,"
    "late_capture=0.1,fail_before=0.05,fail_after=0.05,slow=0.1:5s,seed=42"
)


def mistakes(text: str) -> list[str]:
    with pytest.raises(ChaosError) as refused:
        parse_chaos(text)
    return refused.value.problems


def test_the_example_is_read() -> None:
    chaos = parse_chaos(EXAMPLE)
    assert chaos.seed == 42
    assert [knob.name for knob in chaos.knobs] == list(USUAL)[:10]
    assert chaos.knobs[3] == Knob("delay", Decimal("0.2"), timedelta(seconds=30))


@pytest.mark.parametrize("text", ["", " ", ",", "seed=7", "drop=0", "drop=0.0, seed=7"])
def test_without_a_knob_there_is_no_chaos(text: str) -> None:
    chaos = parse_chaos(text)
    assert not chaos
    assert str(chaos) == ""
    assert chaos.hits("drop", "evt_1") is None


@pytest.mark.parametrize(
    ("length", "lasts"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("1h", timedelta(hours=1)),
        ("30d", timedelta(days=30)),
    ],
)
def test_a_time_has_a_unit(length: str, lasts: timedelta) -> None:
    chaos = parse_chaos(f" delay = 1 : {length} ")
    assert chaos.hits("delay", "x") == lasts
    assert str(chaos) == f"delay=1:{length},seed=0"


@pytest.mark.parametrize("name", USUAL)
def test_every_knob_has_a_usual_time_or_none(name: str) -> None:
    assert parse_chaos(f"{name}=1").hits(name, "x") == (USUAL[name] or timedelta(0))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("drip=0.1", "'drip=0.1' is unknown: use duplicate, reorder"),
        ("drop", "drop is '': use a chance from 0 to 1, such as drop=0.1."),
        ("drop=", "drop is ''"),
        ("drop=1.5", "drop is '1.5'"),
        ("drop=-0.1", "drop is '-0.1'"),
        ("drop=20%", "drop is '20%'"),
        ("drop=\uff11", "drop is"),
        ("drop=0.1:5s", "drop takes no time: write drop=0.1, without ':5s'."),
        ("drop=0.1,drop=0.2", "drop stands there twice."),
        ("seed=1,seed=1", "seed stands there twice."),
        ("seed=x", "seed is 'x': use a whole number"),
        ("seed=" + "9" * 19, "use a whole number of at most 18 digits"),
        ("delay=0.1:", "delay takes '': use a time such as"),
        ("delay=0.1:30", "delay takes '30'"),
        ("delay=0.1:0s", "delay takes '0s'"),
        ("delay=0.1:31d", "1h, 30d at most."),
        ("slow=0.1:31s", "1h, 30s at most."),
    ],
)
def test_a_mistake_is_told_in_a_sentence(text: str, sentence: str) -> None:
    (mistake,) = mistakes(text)
    assert sentence in mistake


def test_all_mistakes_are_told_at_once() -> None:
    assert len(mistakes("drip=1,drop=2,delay=2:x,seed=x")) == 5


def test_it_is_written_as_it_is_read() -> None:
    chaos = parse_chaos(EXAMPLE)
    assert parse_chaos(str(chaos)) == chaos
    assert "reorder=0.1:1m" in str(chaos)


def test_the_same_seed_decides_the_same_for_ever() -> None:
    # Written down: another version must not change what a recorded run has met.
    chaos = parse_chaos("drop=0.5,seed=42")
    hit = [name for name in map(str, range(12)) if chaos.hits("drop", name) is not None]
    assert hit == ["0", "1", "2", "6", "7"]
    assert [chaos.picks("drop", name, 4) for name in "abcdef"] == [2, 3, 0, 1, 3, 1]


def test_seeds_knobs_and_names_decide_apart() -> None:
    names = [f"evt_{number}" for number in range(64)]

    def hits(text: str, knob: str) -> list[bool]:
        return [parse_chaos(text).hits(knob, name) is not None for name in names]

    first = hits("drop=0.5,duplicate=0.5,seed=1", "drop")
    assert first != hits("drop=0.5,duplicate=0.5,seed=1", "duplicate")
    assert first != hits("drop=0.5,seed=2", "drop")
    assert len(set(first)) == 2


def test_a_chance_is_met() -> None:
    chaos = parse_chaos("drop=0.2,seed=7")
    hit = sum(chaos.hits("drop", str(number)) is not None for number in range(4000))
    assert 700 < hit < 900


@given(st.integers(0, 10**18 - 1), st.text(max_size=30))
@settings(max_examples=50)
def test_never_and_always_are_exact(seed: int, name: str) -> None:
    always = Chaos((Knob("drop", Decimal(1), timedelta(0)),), seed)
    assert always.hits("drop", name) is not None
    assert always.hits("delay", name) is None
    assert 0 <= always.picks("drop", name, 3) < 3


@given(st.text(max_size=60))
@settings(max_examples=50)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ChaosError):
        chaos = parse_chaos(text)
        assert parse_chaos(str(chaos)) == chaos or not chaos
