"""A write is committed once, whole, or not at all, whatever happens to the one who asked."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.util import await_only

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.retries import MAX_TRIES
from plantly.db.tables import CartRow, SecretRow
from tests.support.clock import MovableClock
from tests.support.rivals import elsewhere
from tests.support.shop import dump

pytestmark = pytest.mark.anyio


def cart(uow: UnitOfWork, public_id: str, hint: str | None = None) -> CartRow:
    return uow.carts.add(
        public_id=public_id,
        hint_hash=hint,
        version=0,
        discount_codes=[],
        created_at=uow.now,
        updated_at=uow.now,
    )


def keep(uow: UnitOfWork, name: str) -> str:
    return uow.shop.keep_secret(name, "1")


def secrets_of(names: list[str]) -> Callable[[UnitOfWork], list[str | None]]:
    return lambda uow: [uow.shop.secret(name) for name in names]


async def test_everything_is_committed_once(empty_db: Database) -> None:
    commits: list[object] = []

    def count(connection: object) -> None:
        commits.append(connection)

    event.listen(Engine, "commit", count)
    try:

        def work(uow: UnitOfWork) -> int:
            uow.shop.keep_secret("a", "1")
            uow.session.add(SecretRow(name="b", value="2"))
            return 7

        assert await empty_db.write(work) == 7
    finally:
        event.remove(Engine, "commit", count)
    assert len(commits) == 1
    assert await empty_db.read(secrets_of(["a", "b"])) == ["1", "2"]


async def test_an_error_takes_everything_back(empty_db: Database) -> None:
    before = await dump(empty_db)

    def work(uow: UnitOfWork) -> None:
        uow.shop.keep_secret("a", "1")
        cart(uow, "cart_1")
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        await empty_db.write(work)
    assert await dump(empty_db) == before
    assert await empty_db.write(lambda uow: uow.shop.keep_secret("a", "2")) == "2"


async def test_what_was_not_sent_yet_is_checked_before_the_commit(empty_db: Database) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.session.add(CartRow(public_id="cart_1", version=0, discount_codes=[]))

    with pytest.raises(IntegrityError):
        await empty_db.write(work)


async def test_a_broken_rule_that_no_rival_broke_is_not_tried_again(empty_db: Database) -> None:
    tries = []

    def work(uow: UnitOfWork) -> None:
        tries.append(1)
        uow.connection.execute(
            text("INSERT INTO stock (variant_id, on_hand, reserved) VALUES (1, 1, 2)")
        )

    with pytest.raises(IntegrityError):
        await empty_db.write(work)
    assert len(tries) == 1


async def test_a_broken_unique_rule_is_tried_again_from_the_start(empty_db: Database) -> None:
    await empty_db.write(lambda uow: cart(uow, "cart_1"))
    tries = []

    def work(uow: UnitOfWork) -> str:
        tries.append(uow)
        uow.shop.keep_secret(f"try {len(tries)}", "kept")
        # The first run did not look; the second one finds what is there.
        if len(tries) == 1:
            cart(uow, "cart_1")
        found = uow.carts.by_public_id("cart_1")
        assert found is not None
        return found.public_id

    assert await empty_db.write(work) == "cart_1"
    assert len(set(map(id, tries))) == 2
    assert await empty_db.read(secrets_of(["try 1", "try 2"])) == [None, "kept"]


async def test_a_unit_that_never_succeeds_is_given_up_on(empty_db: Database) -> None:
    await empty_db.write(lambda uow: cart(uow, "cart_1"))
    tries = []

    def work(uow: UnitOfWork) -> None:
        tries.append(1)
        cart(uow, "cart_1")

    with pytest.raises(IntegrityError):
        await empty_db.write(work)
    assert len(tries) == MAX_TRIES


async def test_each_try_has_an_instant_of_its_own(empty_db: Database, clock: MovableClock) -> None:
    await empty_db.write(lambda uow: cart(uow, "cart_1"))
    instants = []

    def work(uow: UnitOfWork) -> None:
        instants.append(uow.now)
        clock.advance(timedelta(seconds=1))
        if len(instants) == 1:
            cart(uow, "cart_1")

    start = clock()
    await empty_db.write(work)
    assert instants == [start, start + timedelta(seconds=1)]


async def test_a_write_is_seen_through_when_its_caller_hangs_up(database_url: str) -> None:
    database = open_database(database_url)
    began, go_on = threading.Event(), threading.Event()
    in_the_loop = asyncio.Event()

    def work(uow: UnitOfWork) -> None:
        uow.shop.keep_secret("a", "1")
        began.set()
        # On PostgreSQL a unit runs in the event loop, which must not be kept waiting by a thread's.
        if threading.current_thread() is threading.main_thread():
            await_only(in_the_loop.wait())
        else:
            go_on.wait(10)

    task = asyncio.create_task(database.write(work))
    assert await asyncio.to_thread(began.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    in_the_loop.set()
    await database.close()
    assert elsewhere(database_url, lambda uow: uow.shop.secret("a")) == "1"


async def test_writes_that_wait_for_their_turn_are_seen_through_as_well(database_url: str) -> None:
    database = open_database(database_url)
    names = [f"s{i}" for i in range(20)]
    tasks = [asyncio.create_task(database.write(partial(keep, name=name))) for name in names]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks)
    await database.close()
    assert elsewhere(database_url, secrets_of(names)) == ["1"] * 20


async def test_closing_waits_for_what_is_being_written(
    database_url: str, clock: MovableClock
) -> None:
    database = open_database(database_url, clock=clock)
    task = asyncio.create_task(database.write(lambda uow: uow.shop.keep_secret("a", "1")))
    await asyncio.sleep(0)
    await database.close()
    assert await task == "1"
    assert elsewhere(database_url, lambda uow: uow.shop.secret("a")) == "1"


async def test_a_database_that_was_never_used_can_be_closed(database_url: str) -> None:
    await open_database(database_url).close()


async def test_a_failure_of_the_driver_is_not_hidden(empty_db: Database) -> None:
    with pytest.raises(DBAPIError, match="no_such_table"):
        await empty_db.write(
            lambda uow: uow.connection.execute(text("SELECT * FROM no_such_table"))
        )
