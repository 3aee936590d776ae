"""Whoever asks twice gets one cart, and whoever races gets one cart too."""

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.tables import CartRow, IdempotencyRow
from plantly.domain.errors import InvalidInput, NotFound, VersionConflict
from plantly.services import carts
from plantly.services.cart_merge import begin_cart, open_cart
from plantly.services.cart_view import CartView
from plantly.services.carts import CartChange
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import Shopper, shopper_from_hint
from tests.support.cart_changes import NOBODY, begin, change, content, lines, refused
from tests.support.clock import MovableClock
from tests.support.orders import pay
from tests.support.rivals import elsewhere, race
from tests.support.shop import HINT, OTHER_HINT

pytestmark = pytest.mark.anyio

ALICE = shopper_from_hint(HINT, trust=True)
BOB = shopper_from_hint(OTHER_HINT, trust=True)


def update(uow: UnitOfWork, shopper: Shopper, wanted: CartChange) -> CartView:
    return carts.update_cart(uow, shopper, None, wanted)


async def shown(db: Database, shopper: Shopper, cart_id: str | None = None) -> CartView:
    return await db.read(lambda uow: carts.show_cart(uow, shopper, cart_id))


async def pay_for(db: Database, cart_id: str | None) -> None:
    def work(uow: UnitOfWork) -> None:
        session = start_checkout(uow, NOBODY, StartRequest(cart_id=cart_id))
        pay(uow, session.public_id)

    await db.write(work)


async def test_an_identical_add_gives_the_first_result_again(db: Database) -> None:
    cart = await begin(db, jade=1)
    add: dict[str, Any] = {"lines": lines(jade=2), "mode": "add", "expected_version": 1}
    first = await change(db, cart.cart_id, **add)
    assert await change(db, cart.cart_id, **add) == first
    await change(db, cart.cart_id, lines=lines(monstera=1))
    again = await change(db, cart.cart_id, **add)
    assert (again.version, content(again)) == (2, {"jade-9cm": 3})
    assert content(await shown(db, NOBODY, cart.cart_id)) == {"jade-9cm": 3, "monstera-17cm": 1}


async def test_another_add_at_the_same_version_is_a_conflict(db: Database) -> None:
    cart = await begin(db, jade=1)
    await change(db, cart.cart_id, lines=lines(jade=2), mode="add", expected_version=1)
    for other in (lines(jade=3), lines(monstera=2), lines(jade=2, monstera=1)):
        error = await refused(
            db, VersionConflict, cart.cart_id, lines=other, mode="add", expected_version=1
        )
        assert error.current == 2


async def test_the_first_add_of_a_conversation_can_be_repeated(db: Database) -> None:
    first = await change(db, shopper=ALICE, lines=lines(jade=2), mode="add")
    again = await change(db, shopper=ALICE, lines=lines(jade=2), mode="add")
    assert again == first
    assert content(await shown(db, ALICE)) == {"jade-9cm": 2}


async def test_without_a_conversation_every_add_begins_a_cart(db: Database) -> None:
    first = await change(db, lines=lines(jade=2), mode="add")
    second = await change(db, lines=lines(jade=2), mode="add")
    assert first.cart_id != second.cart_id


async def test_a_day_later_a_repeat_is_no_repeat_any_more(
    db: Database, clock: MovableClock
) -> None:
    cart = await begin(db, jade=1)
    add: dict[str, Any] = {"lines": lines(jade=2), "mode": "add", "expected_version": 1}
    await change(db, cart.cart_id, **add)
    clock.advance(timedelta(days=1) - timedelta(microseconds=1))
    assert (await change(db, cart.cart_id, **add)).version == 2
    clock.advance(timedelta(microseconds=1))
    await refused(db, VersionConflict, cart.cart_id, **add)
    assert await db.write(lambda uow: uow.carts.forget_answers(uow.now, 10)) == 1
    assert await db.read(lambda uow: uow.session.query(IdempotencyRow).count()) == 0


async def test_after_paying_the_same_words_begin_a_new_cart(db: Database) -> None:
    first = await change(db, shopper=ALICE, lines=lines(jade=2), mode="add")
    await pay_for(db, first.cart_id)
    assert (await shown(db, ALICE)).items == ()
    second = await change(db, shopper=ALICE, lines=lines(jade=2), mode="add")
    assert second.cart_id != first.cart_id
    assert content(await shown(db, ALICE)) == {"jade-9cm": 2}
    assert await change(db, shopper=ALICE, lines=lines(jade=2), mode="add") == second


async def test_a_repeat_is_a_repeat_of_its_own_cart_only(db: Database) -> None:
    first = await change(db, shopper=ALICE, lines=lines(jade=2), mode="add")
    await pay_for(db, first.cart_id)
    second = await begin(db, ALICE, monstera=1)
    error = await refused(db, VersionConflict, None, ALICE, lines=lines(jade=2), mode="add")
    assert (error.cart_id, error.current) == (second.cart_id, 1)


async def test_a_paid_cart_takes_no_more_changes(db: Database) -> None:
    cart = await begin(db, jade=1)
    await pay_for(db, cart.cart_id)
    view = await shown(db, NOBODY, cart.cart_id)
    assert [message.code for message in view.messages] == ["cart_completed"]
    error = await refused(db, InvalidInput, cart.cart_id, lines=lines(jade=2))
    assert (error.field, "begin a new one" in error.message) == ("cart_id", True)


async def test_the_conversation_finds_its_cart_and_no_other_one(db: Database) -> None:
    mine = await begin(db, ALICE, jade=1)
    assert await shown(db, ALICE) == await shown(db, ALICE, mine.cart_id)
    assert (await shown(db, BOB)).cart_id is None
    with pytest.raises(NotFound) as foreign:
        await shown(db, BOB, mine.cart_id)
    with pytest.raises(NotFound) as unknown:
        await shown(db, BOB, "cart_unknown")
    assert foreign.value.message == unknown.value.message
    await refused(db, NotFound, mine.cart_id, BOB, lines=lines(jade=2))
    assert content(await shown(db, NOBODY, mine.cart_id)) == {"jade-9cm": 1}


async def test_a_cart_from_nowhere_is_open_to_whoever_has_its_id(db: Database) -> None:
    cart = await begin(db, jade=1)
    assert content(await change(db, cart.cart_id, ALICE, lines=lines(jade=2))) == {"jade-9cm": 2}
    assert (await shown(db, BOB, cart.cart_id)).cart_id == cart.cart_id
    assert (await shown(db, ALICE)).cart_id is None


@pytest.mark.parametrize("hint", [None, "", "alice", "a" * 64, 7, ["x"], "the-cart-of-alice-smith"])
def test_a_weak_hint_is_no_hint(hint: object) -> None:
    assert shopper_from_hint(hint, trust=True) == NOBODY


def test_a_hint_counts_only_where_it_is_trusted() -> None:
    assert shopper_from_hint(HINT, trust=False) == NOBODY
    assert ALICE.hint_hash is not None
    assert HINT not in ALICE.hint_hash
    assert ALICE != BOB


async def test_two_first_writes_of_one_conversation_make_one_cart(
    db: Database, shop_url: str
) -> None:
    works = [
        partial(update, shopper=ALICE, wanted=CartChange(lines=lines(**{name: 1})))
        for name in ("jade", "monstera", "aloe_vera", "creme_fern")
    ]
    results = await asyncio.to_thread(race, shop_url, works)
    made = {result.cart_id for result in results if isinstance(result, CartView)}
    assert len(made) == 1, results
    assert await db.read(lambda uow: uow.session.query(CartRow).count()) == 1
    view = await shown(db, ALICE)
    assert (view.version, len(view.items)) == (4, 4)


async def test_a_rival_who_was_quicker_is_found_on_the_next_try(postgresql_shop_url: str) -> None:
    def quicker(uow: UnitOfWork) -> CartView:
        if not tries:
            tries.append(1)
            found = open_cart(uow, ALICE, None)
            assert found is None
            first = CartChange(lines=lines(jade=1))
            elsewhere(postgresql_shop_url, partial(update, shopper=ALICE, wanted=first))
            begin_cart(uow, None, ALICE.hint_hash)
        return update(uow, ALICE, CartChange(lines=lines(monstera=1)))

    tries: list[int] = []
    view = elsewhere(postgresql_shop_url, quicker)
    assert content(view) == {"jade-9cm": 1, "monstera-17cm": 1}


async def test_identical_adds_at_once_count_once(db: Database, shop_url: str) -> None:
    await begin(db, ALICE, jade=1)
    add = CartChange(lines=lines(jade=2), mode="add", expected_version=1)
    works = [partial(update, shopper=ALICE, wanted=add)] * 4
    results = await asyncio.to_thread(race, shop_url, works)
    assert [content(r) for r in results if isinstance(r, CartView)] == [{"jade-9cm": 3}] * 4
    assert content(await shown(db, ALICE)) == {"jade-9cm": 3}


async def test_different_adds_at_once_are_told_of_each_other(db: Database, shop_url: str) -> None:
    await begin(db, ALICE, jade=1)
    works = [
        partial(
            update,
            shopper=ALICE,
            wanted=CartChange(lines=lines(jade=n), mode="add", expected_version=1),
        )
        for n in (1, 2, 3, 4)
    ]
    results = await asyncio.to_thread(race, shop_url, works)
    kinds = Counter(type(result) for result in results)
    assert kinds == {CartView: 1, VersionConflict: 3}, results
    assert (await shown(db, ALICE)).version == 2
