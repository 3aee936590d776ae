"""Carts that nobody touches are forgotten, unless somebody may still pay for them."""

from datetime import timedelta
from typing import Any

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.tables import CartRow, CheckoutRow, IdempotencyRow, SavedLineRow
from plantly.domain.cart import ACCOUNT_LIFETIME, GUEST_LIFETIME
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.expiry import forget_answers_of, forget_carts
from plantly.services.shopper import Shopper
from plantly.services.workflows import expire
from tests.support.cart_changes import NOBODY, begin, change, lines
from tests.support.clock import MovableClock
from tests.support.orders import pay
from tests.support.shop import dump

pytestmark = pytest.mark.anyio

ALICE = Shopper(account_hash="a" * 64)
INSTANT = timedelta(microseconds=1)


async def count(db: Database, table: Any) -> int:
    return await db.read(lambda uow: uow.session.query(table).count())


async def start(db: Database, cart_id: str | None) -> str:
    request = StartRequest(cart_id=cart_id)
    return await db.write(lambda uow: start_checkout(uow, NOBODY, request).public_id)


async def test_a_guests_cart_is_kept_for_thirty_days_after_its_last_change(
    db: Database, clock: MovableClock
) -> None:
    cart = await begin(db, jade=1, monstera=1)
    await change(db, cart.cart_id, save_for_later=("monstera-17cm",))
    clock.advance(GUEST_LIFETIME - INSTANT)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 1
    clock.advance(INSTANT)
    await expire.forget_old_carts(db)
    found = await dump(db)
    assert (found["carts"], found["cart_lines"], found["saved_lines"]) == ([], [], [])


async def test_touching_a_cart_keeps_it(db: Database, clock: MovableClock) -> None:
    cart = await begin(db, jade=1)
    clock.advance(GUEST_LIFETIME - INSTANT)
    await change(db, cart.cart_id, lines=lines(jade=2))
    clock.advance(GUEST_LIFETIME - INSTANT)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 1


async def test_the_cart_of_an_account_is_kept_for_longer(db: Database, clock: MovableClock) -> None:
    await begin(db, ALICE, jade=1)
    clock.advance(ACCOUNT_LIFETIME - INSTANT)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 1
    clock.advance(INSTANT)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 0


async def test_an_unfinished_checkout_keeps_its_cart(db: Database, clock: MovableClock) -> None:
    cart = await begin(db, jade=1)
    session = await start(db, cart.cart_id)
    clock.advance(GUEST_LIFETIME)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 1
    # The worker closes it, as it does with every session whose time is over.
    await expire.expire_sessions(db)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 0
    kept = await db.read(lambda uow: uow.checkouts.by_public_id(session))
    assert kept is not None
    assert (kept.cart_id, len(kept.lines)) == (None, 1)


async def test_an_order_needs_its_cart_no_more(db: Database, clock: MovableClock) -> None:
    cart = await begin(db, jade=1)
    session = await start(db, cart.cart_id)
    number = await db.write(lambda uow: pay(uow, session))
    clock.advance(GUEST_LIFETIME)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 0
    order = await db.read(lambda uow: uow.orders.by_number(number))
    assert order is not None
    assert (len(order.lines), await count(db, CheckoutRow)) == (1, 1)


async def test_a_checkout_that_began_a_moment_ago_is_noticed(
    db: Database, clock: MovableClock
) -> None:
    """Let a session begin between the choice of carts and their locks."""
    old, other = await begin(db, jade=1), await begin(db, monstera=1)
    await start(db, old.cart_id)
    clock.advance(GUEST_LIFETIME)

    def forget(uow: UnitOfWork) -> int:
        chosen = uow.session.query(CartRow.id).all()
        return uow.carts._forget([row.id for row in chosen])

    assert await db.write(forget) == 1
    assert await db.read(lambda uow: uow.carts.by_public_id(other.cart_id or "")) is None
    assert await count(db, CartRow) == 1


async def test_many_carts_go_in_small_portions(
    db: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        cart = await begin(db, jade=1, monstera=1)
        await change(db, cart.cart_id, save_for_later=("jade-9cm",))
    clock.advance(GUEST_LIFETIME)
    assert await db.write(lambda uow: forget_carts(uow, 2)) == 2
    assert await count(db, SavedLineRow) == 3
    monkeypatch.setattr(expire, "_PORTION", 1)
    monkeypatch.setattr(expire, "_PORTIONS", 2)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 1
    monkeypatch.setattr(expire, "_PORTION", 100)
    await expire.forget_old_carts(db)
    assert await count(db, CartRow) == 0


async def test_old_answers_go_in_small_portions_as_well(db: Database, clock: MovableClock) -> None:
    cart = await begin(db, jade=1)
    for version in (1, 2, 3):
        add: dict[str, Any] = {"mode": "add", "expected_version": version}
        await change(db, cart.cart_id, lines=lines(jade=1), **add)
    clock.advance(timedelta(days=1) - INSTANT)
    await expire.forget_answers(db)
    assert await count(db, IdempotencyRow) == 3
    clock.advance(INSTANT)
    assert await db.write(lambda uow: forget_answers_of(uow, 2)) == 2
    await expire.forget_answers(db)
    assert await count(db, IdempotencyRow) == 0
