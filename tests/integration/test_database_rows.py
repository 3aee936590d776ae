"""What the columns take: aware times, known states, whole numbers, and documents."""

from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from plantly.db import Database, UnitOfWork
from plantly.db.tables import LeaseRow, OutboxRow, ProductRow
from plantly.domain.errors import ShopNotReady
from tests.support.clock import START, MovableClock
from tests.support.rivals import elsewhere
from tests.support.shop import catalog, dump, product, stock_shop, variant

pytestmark = pytest.mark.anyio


def event(moment: datetime, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "provider": "sandbox",
        "event_id": "evt_1",
        "type": "payment.captured",
        "facts": [{"kind": "captured"}],
        "received_at": moment,
        "outcome": "waiting",
    }
    return {**values, **changes}


async def test_a_time_without_a_zone_is_refused(empty_db: Database) -> None:
    naive = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="times must be aware"):
        await empty_db.write(lambda uow: uow.inbox.add(**event(naive)))
    with pytest.raises(StatementError, match="times must be aware"):
        await empty_db.read(lambda uow: uow.inbox.count_parked(naive))


async def test_a_time_comes_back_as_the_same_instant_in_utc(empty_db: Database) -> None:
    east = datetime(2026, 3, 2, 15, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    await empty_db.write(lambda uow: uow.inbox.add(**event(east)))

    def when(uow: UnitOfWork) -> tuple[datetime, datetime | None]:
        (found,) = uow.inbox.latest(1)
        return found.received_at, found.handled_at

    received, handled = await empty_db.read(when)
    assert received == east
    assert received.tzinfo is UTC
    assert handled is None


async def test_times_are_compared_as_instants(empty_db: Database) -> None:
    await empty_db.write(lambda uow: uow.inbox.add(**event(START)))
    west = timezone(timedelta(hours=-8))
    later = START + timedelta(microseconds=1)
    found = await empty_db.read(
        lambda uow: [uow.inbox.count_parked(moment.astimezone(west)) for moment in (START, later)]
    )
    assert found == [0, 1]


async def test_a_document_comes_back_as_it_was(empty_db: Database) -> None:
    facts = [{"kind": "captured", "amount_minor": 2**53 + 1, "name": "Crème 🌵", "none": None}]
    await empty_db.write(lambda uow: uow.inbox.add(**event(START, facts=facts)))

    def read(uow: UnitOfWork) -> list[Any]:
        return uow.inbox.latest(1)[0].facts

    assert await empty_db.read(read) == facts


NEVER = [
    "UPDATE products SET state = 'secret'",
    "UPDATE products SET list_price_minor = -1",
    "UPDATE prices SET amount_minor = -1",
    "UPDATE prices SET compare_at_minor = amount_minor",
    "UPDATE stock SET on_hand = -1",
    "UPDATE stock SET reserved = -1",
    "UPDATE stock SET reserved = on_hand + 1",
    "UPDATE variants SET is_default = (1 = 1)",
    "UPDATE variants SET sku = 'one for all'",
    "DELETE FROM categories",
    "INSERT INTO cart_lines VALUES (999, 999, 1, 1, 'USD', 0)",
]


async def test_the_database_itself_refuses_what_must_never_be(db: Database) -> None:
    before = await dump(db)
    for statement in NEVER:
        with pytest.raises(DBAPIError):
            await db.write(partial(execute, statement=statement))
    assert await dump(db) == before


def execute(uow: UnitOfWork, statement: str) -> None:
    uow.connection.execute(text(statement))


async def test_a_price_of_a_fortune_fits(empty_db: Database) -> None:
    fortune = product("bonsai", variant("bonsai-old", price_minor=10**15))
    await empty_db.write(lambda uow: stock_shop(uow, catalog(fortune)))
    price = await empty_db.read(lambda uow: uow.session.query(ProductRow.list_price_minor).scalar())
    assert price == 10**15


async def test_a_shop_that_was_never_set_up_says_so(empty_db: Database) -> None:
    assert not await empty_db.read(lambda uow: uow.shop.exists())
    with pytest.raises(ShopNotReady, match="plantly shop apply"):
        await empty_db.read(lambda uow: uow.shop.current())


async def test_a_secret_is_made_once(empty_db: Database, database_url: str) -> None:
    assert await empty_db.write(lambda uow: uow.shop.keep_secret("key", "first")) == "first"
    assert elsewhere(database_url, lambda uow: uow.shop.keep_secret("key", "second")) == "first"
    assert await empty_db.read(lambda uow: uow.shop.secret("key")) == "first"


async def test_one_owner_at_a_time_has_a_lease(empty_db: Database, clock: MovableClock) -> None:
    async def take(owner: str) -> bool:
        return await empty_db.write(
            lambda uow: uow.shop.lease("worker", owner, uow.now, uow.now + timedelta(seconds=30))
        )

    assert await take("one")
    assert not await take("two")
    clock.advance(timedelta(seconds=29))
    assert await take("one")
    clock.advance(timedelta(seconds=29))
    assert not await take("two")
    clock.advance(timedelta(seconds=1))
    assert await take("two")
    await empty_db.write(lambda uow: uow.shop.end_lease("worker", "one", uow.now))
    assert not await take("one")
    await empty_db.write(lambda uow: uow.shop.end_lease("worker", "two", uow.now))
    assert await take("one")
    assert await empty_db.read(lambda uow: uow.session.query(LeaseRow).count()) == 1
    until = await empty_db.read(lambda uow: uow.shop.leased_until("worker"))
    assert until == clock() + timedelta(seconds=30)
    assert await empty_db.read(lambda uow: uow.shop.leased_until("nobody")) is None


def due_keys(uow: UnitOfWork) -> list[str]:
    due = uow.outbox.due(uow.now, 10)
    return [uow.session.get_one(OutboxRow, row_id).dedupe_key for row_id in due]


async def test_what_must_happen_is_asked_for_once(empty_db: Database) -> None:
    def ask(uow: UnitOfWork) -> None:
        for key in ("a", "a", "b"):
            uow.outbox.put("mail", key, {"to": key}, uow.now)

    await empty_db.write(ask)
    await empty_db.write(ask)
    assert await empty_db.read(lambda uow: uow.session.query(OutboxRow).count()) == 2
    due = await empty_db.read(due_keys)
    assert due == ["a", "b"]
