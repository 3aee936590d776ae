"""The count of limits: the rule, kept by both databases, whoever asks at the same time."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from plantly.db import Database, LimitsUnavailable, UnitOfWork
from plantly.domain.errors import RateLimited
from plantly.domain.limits import Limit, default_limits, microseconds, read_limits, take
from plantly.domain.messages import Message
from plantly.domain.visitor import Cost, Visitor
from plantly.services.card_tests import note_declines
from plantly.services.gate import Gate
from plantly.services.limits import (
    check,
    forget_limits,
    keep_limits_secret,
    pay,
    spend,
    try_codes,
)
from plantly.services.workflows.counted import CountedDatabase, count
from plantly.services.workflows.expire import forget_counts
from tests.support.clock import MovableClock
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

SECOND = 1_000_000
TEN = Limit(10, 3600 * SECOND, 10)


def cost(key: str, limit: Limit = TEN) -> Cost:
    return Cost(key, limit.interval_us, limit.tolerance_us)


def a_visitor(said: str = "", **changes: Any) -> Visitor:
    table, problems = read_limits(said)
    assert problems == []
    return Visitor(**{"client": "c", "table": table, "secret": b"s", **changes})


async def rows(db: Database) -> list[Any]:
    statement = "SELECT key, spent_until, expires_at FROM rate_limits ORDER BY key"
    return await db.read(lambda uow: list(uow.connection.exec_driver_sql(statement)))


async def test_the_database_keeps_the_rule(empty_db: Database, clock: MovableClock) -> None:
    limits = {"a": Limit(3, 60 * SECOND, 3), "b": Limit(2, SECOND, 5), "c": Limit(1, SECOND, 1)}
    random_of = random.Random(8)  # noqa: S311 - the same every time
    known = dict.fromkeys(limits, 0)
    for _ in range(60):
        clock.advance(timedelta(microseconds=random_of.choice([0, 0, 1, 400_000, -200_000])))
        asked = random_of.sample(sorted(limits), random_of.randint(1, 3))
        now = microseconds(clock())
        costs = [cost(key, limits[key]) for key in asked]
        found = await empty_db.write(lambda uow, c=costs, n=now: uow.limits.spend(c, n))  # type: ignore[misc]
        for key in asked:
            taken = take(limits[key], known[key], now)
            assert (key in found) == taken.allowed
            known[key] = taken.spent_until_us
        kept = await empty_db.read(lambda uow: dict(uow.limits.spent_until(limits)))
        assert kept == {key: value for key, value in known.items() if value}


async def test_rivals_never_get_more_than_there_is(
    database_url: str, empty_db: Database, clock: MovableClock
) -> None:
    def knock(uow: UnitOfWork) -> int:
        allowed = 0
        for _ in range(5):
            allowed += len(uow.limits.spend([cost("a"), cost("b", Limit(99, SECOND, 99))], 10**15))
        return allowed

    found = await asyncio.to_thread(race, database_url, [knock] * 6, clock=clock)
    # Ten of `a` for all together, and each one of `b`.
    assert sum(count for count in found if isinstance(count, int)) == 10 + 30


async def test_everything_counts_or_nothing_does(empty_db: Database) -> None:
    one = Limit(1, 3600 * SECOND, 1)

    def both(uow: UnitOfWork) -> None:
        pay(uow, "codes", [cost("free"), cost("full", one)])

    await empty_db.write(both)
    before = await rows(empty_db)
    with pytest.raises(RateLimited, match="discount codes") as refused:
        await empty_db.write(both)
    assert (refused.value.retry_after, refused.value.quota) == (3600, 1)
    assert await rows(empty_db) == before


async def test_looking_counts_nothing(empty_db: Database, clock: MovableClock) -> None:
    full = cost("full", Limit(1, 60 * SECOND, 1))
    await empty_db.write(lambda uow: check(uow, "misses", []))
    await empty_db.read(lambda uow: check(uow, "misses", [full]))
    await empty_db.write(lambda uow: pay(uow, "misses", [full]))
    clock.advance(timedelta(seconds=20))
    with pytest.raises(RateLimited) as refused:
        await empty_db.read(lambda uow: check(uow, "misses", [full, cost("other")]))
    assert refused.value.retry_after == 40
    clock.advance(timedelta(seconds=40))
    await empty_db.read(lambda uow: check(uow, "misses", [full]))


async def test_right_codes_are_given_back_even_where_the_limit_is_narrow(
    empty_db: Database,
) -> None:
    visitor = a_visitor("codes=2/hour")

    def unit(uow: UnitOfWork, wrong: int, tried: int = 5) -> None:
        uow.visitor = visitor
        codes = [f"CODE{number}" for number in range(tried)]
        trial = try_codes(uow, ("cart", "c1"), (), codes)
        named = [f"discount_codes[{number}]" for number in range(wrong)]
        trial.end([_message(name) for name in (*named, "items[0]", "discount_codes[99]")])

    for _ in range(3):
        await empty_db.write(lambda uow: unit(uow, 0))
    await empty_db.write(lambda uow: unit(uow, 1))
    # One is spent, so five more do not fit, though none of them may be wrong.
    with pytest.raises(RateLimited):
        await empty_db.write(lambda uow: unit(uow, 0))
    await empty_db.write(lambda uow: unit(uow, 1, tried=1))
    with pytest.raises(RateLimited):
        await empty_db.write(lambda uow: unit(uow, 0, tried=1))
    await empty_db.write(lambda uow: unit(uow, 0, tried=0))


def _message(param: str) -> Message:
    return Message("warning", "discount_code_invalid", "No.", param)


async def test_the_worker_forgets_what_says_nothing_any_more(
    empty_db: Database, clock: MovableClock
) -> None:
    for number in range(7):
        await empty_db.write(lambda uow, n=number: pay(uow, "codes", [cost(f"k{n}")]))  # type: ignore[misc]
    clock.advance(timedelta(hours=1) - timedelta(microseconds=1))
    assert await empty_db.write(lambda uow: forget_limits(uow, 5)) == 0
    clock.advance(timedelta(microseconds=1))
    assert await empty_db.write(lambda uow: forget_limits(uow, 5)) == 5
    await forget_counts(empty_db)
    assert await rows(empty_db) == []


async def test_only_hashes_are_kept(empty_db: Database) -> None:
    secret = await empty_db.write(keep_limits_secret)
    assert await empty_db.write(keep_limits_secret) == secret
    gate = Gate(default_limits())
    gate.open(secret)
    visitor = gate.visitor("203.0.113.7", "subject u-12345")

    def unit(uow: UnitOfWork) -> None:
        uow.visitor = visitor
        spend(uow, "codes", ("cart", "cart_abc"))

    await empty_db.write(unit)
    kept = await rows(empty_db)
    assert len(kept) == 3
    assert all(len(key) == 32 and int(key, 16) for key, *_ in kept)


async def test_a_unit_that_runs_again_counts_once(empty_db: Database) -> None:
    runs = 0

    def unit(uow: UnitOfWork) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            uow.connection.exec_driver_sql("INSERT INTO leases VALUES ('a', 'b', '2026-01-01')")
            uow.connection.exec_driver_sql("INSERT INTO leases VALUES ('a', 'b', '2026-01-01')")

    visitor = a_visitor()
    await CountedDatabase(empty_db, visitor, "cart_writes").write(unit)
    assert runs == 2
    ((_, spent, expires),) = await rows(empty_db)
    assert expires - spent == 59 * SECOND


async def test_what_is_counted_with_a_write_is_counted_once_for_the_whole_call(
    empty_db: Database,
) -> None:
    db = CountedDatabase(empty_db, a_visitor(), "cart_writes")
    assert [db.uncounted, await db.read(lambda _: 1)] == ["cart_writes", 1]
    assert await db.write(lambda _: 2) == 2
    assert await db.write(lambda uow: uow.visitor.client) == "c"
    assert db.uncounted is None
    await db.close()
    ((_, spent, expires),) = await rows(empty_db)
    assert expires - spent == 59 * SECOND


async def test_a_count_that_cannot_be_kept_stops_nobody(
    empty_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def take_away(uow: UnitOfWork) -> None:
        uow.connection.exec_driver_sql("ALTER TABLE rate_limits RENAME TO elsewhere")

    def put_back(uow: UnitOfWork) -> None:
        uow.connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO rate_limits")

    await empty_db.write(take_away)
    visitor = a_visitor()
    with pytest.raises(LimitsUnavailable):
        await empty_db.write(lambda uow: pay(uow, "codes", [cost("a")]))
    db = CountedDatabase(empty_db, visitor, "cart_writes")
    assert await db.write(lambda uow: uow.visitor.client) is None
    assert db.uncounted is None
    await count(empty_db, visitor, "misses")
    said = [record.getMessage() for record in caplog.records if record.name == "plantly.limits"]
    assert len(said) == 2
    assert all("let everybody through" in line for line in said)
    await empty_db.write(lambda uow: note_declines(uow, 1, 1))
    await empty_db.write(put_back)
    await count(empty_db, visitor)
    assert await rows(empty_db) == []
