"""Carts of accounts: who opens them, and what becomes of the conversation's own at sign-in."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.tables import CartRow, CheckoutRow
from plantly.domain.checkout import CheckoutStatus
from plantly.domain.errors import InvalidInput, NotFound, VersionConflict
from plantly.services import carts
from plantly.services.cart_view import CartView
from plantly.services.carts import CartChange
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import Shopper, shopper_from_hint
from tests.support.cart_changes import NOBODY, begin, change, content, lines, refused
from tests.support.orders import pay
from tests.support.rivals import race
from tests.support.shop import HINT, OTHER_HINT, dump

pytestmark = pytest.mark.anyio

GUEST = shopper_from_hint(HINT, trust=True)
ALICE = replace(GUEST, account_hash="a" * 64)
ELSEWHERE = replace(shopper_from_hint(OTHER_HINT, trust=True), account_hash="a" * 64)
ALICE_ALONE = Shopper(account_hash="a" * 64)
BOB = replace(GUEST, account_hash="b" * 64)


async def shown(db: Database, shopper: Shopper, cart_id: str | None = None) -> CartView:
    return await db.read(lambda uow: carts.show_cart(uow, shopper, cart_id))


async def checked_out(db: Database, shopper: Shopper, cart_id: str | None = None) -> str:
    request = StartRequest(cart_id=cart_id)
    return await db.write(lambda uow: start_checkout(uow, shopper, request).public_id)


async def session(db: Database, public_id: str) -> CheckoutRow:
    found = await db.read(lambda uow: uow.checkouts.by_public_id(public_id))
    assert found is not None
    return found


async def move_session(db: Database, public_id: str, status: CheckoutStatus) -> None:
    def work(uow: UnitOfWork) -> None:
        row = uow.checkouts.by_public_id(public_id, lock=True)
        assert row is not None
        row.status = status

    await db.write(work)


async def test_an_account_finds_its_cart_in_every_conversation(db: Database) -> None:
    mine = await begin(db, ALICE, jade=1)
    for shopper in (ALICE, ELSEWHERE, ALICE_ALONE):
        assert (await shown(db, shopper)).cart_id == mine.cart_id
        assert (await shown(db, shopper, mine.cart_id)).cart_id == mine.cart_id
    changed = await change(db, None, ELSEWHERE, lines=lines(monstera=1))
    assert content(changed) == {"jade-9cm": 1, "monstera-17cm": 1}


async def test_a_conversation_opens_nothing_that_has_an_owner(db: Database) -> None:
    mine = await begin(db, ALICE, jade=1)
    before = await dump(db)
    for stranger in (GUEST, NOBODY, BOB, shopper_from_hint(OTHER_HINT, trust=True)):
        assert (await shown(db, stranger)).cart_id is None
        with pytest.raises(NotFound) as foreign:
            await shown(db, stranger, mine.cart_id)
        with pytest.raises(NotFound) as unknown:
            await shown(db, stranger, "cart_unknown")
        assert foreign.value.message == unknown.value.message
        await refused(db, NotFound, mine.cart_id, stranger, lines=lines(jade=2))
        with pytest.raises(NotFound):
            await checked_out(db, stranger, mine.cart_id)
    assert await dump(db) == before
    # The conversation itself can have a cart of its own beside it.
    guest = await begin(db, GUEST, monstera=1)
    assert guest.cart_id != mine.cart_id


async def test_signing_in_keeps_the_cart_when_the_account_has_none(db: Database) -> None:
    guest = await begin(db, GUEST, jade=2)
    before = await dump(db)
    assert (await shown(db, ALICE)) == guest
    assert await dump(db) == before
    mine = await change(db, None, ALICE, lines=lines(monstera=1), expected_version=1)
    assert (mine.cart_id, mine.version) == (guest.cart_id, 2)
    assert (await shown(db, GUEST)).cart_id is None
    with pytest.raises(NotFound):
        await shown(db, GUEST, guest.cart_id)
    assert (await shown(db, ELSEWHERE)).cart_id == guest.cart_id


async def test_two_carts_become_one_with_the_larger_quantity_of_each_line(db: Database) -> None:
    mine = await change(
        db, None, ALICE_ALONE, lines=lines(jade=1, monstera=3), discount_codes=("TEN", "FIVEOFF")
    )
    await change(db, None, ALICE_ALONE, save_for_later=("monstera-17cm",))
    guest = await change(
        db,
        None,
        GUEST,
        lines=lines(jade=4, aloe_vera=1, creme_fern=2),
        discount_codes=("fiveoff", "WELCOME10"),
    )
    await change(db, None, GUEST, save_for_later=("creme-fern-12cm",))
    # Looking shows what the next change makes of it, and writes nothing.
    before = await dump(db)
    seen = await shown(db, ALICE)
    assert (seen.cart_id, seen.version) == (mine.cart_id, 2)
    assert content(seen) == {"jade-9cm": 4, "aloe-vera-12cm": 1}
    assert await dump(db) == before
    # What was seen is what the version stands for.
    merged = await change(db, None, ALICE, lines=lines(peace_lily=1), expected_version=2)
    assert (merged.cart_id, merged.version) == (mine.cart_id, 3)
    assert content(merged) == {"jade-9cm": 4, "aloe-vera-12cm": 1, "peace-lily-14cm": 1}
    assert [item.variant_handle for item in merged.saved] == ["monstera-17cm", "creme-fern-12cm"]
    assert merged.discount_codes == ("FIVEOFF", "TEN", "WELCOME10")
    assert await shown(db, ALICE, guest.cart_id) == await shown(db, ALICE_ALONE)


async def test_the_id_of_a_merged_cart_leads_to_the_one_that_has_its_lines(db: Database) -> None:
    mine = await begin(db, ALICE_ALONE, jade=1)
    guest = await begin(db, GUEST, monstera=1)
    merged = await change(db, guest.cart_id, ALICE, lines=lines(jade=2))
    assert merged.cart_id == mine.cart_id
    again = await change(db, guest.cart_id, ELSEWHERE, lines=lines(jade=3))
    assert (again.cart_id, content(again)) == (mine.cart_id, {"jade-9cm": 3, "monstera-17cm": 1})
    for stranger in (GUEST, NOBODY, BOB):
        with pytest.raises(NotFound):
            await shown(db, stranger, guest.cart_id)
    # The conversation is free for another cart, and a second sign-in adds that one as well.
    await begin(db, GUEST, monstera=5)
    await checked_out(db, ALICE)
    assert content(await shown(db, ALICE)) == {"jade-9cm": 3, "monstera-17cm": 5}


async def test_merging_what_is_there_already_changes_no_version(db: Database) -> None:
    await begin(db, ALICE_ALONE, jade=3, monstera=1)
    await begin(db, GUEST, jade=2)
    merged = await change(db, None, ALICE, lines=lines(monstera=1))
    assert (merged.version, content(merged)) == (1, {"jade-9cm": 3, "monstera-17cm": 1})
    assert await db.read(lambda uow: uow.carts.open_by_hint(GUEST.hint_hash or "")) is None


async def test_a_stale_version_of_either_cart_is_refused(db: Database) -> None:
    mine = await begin(db, ALICE_ALONE, jade=1)
    guest = await begin(db, GUEST, monstera=1)
    await change(db, None, GUEST, lines=lines(monstera=2))
    error = await refused(
        db, VersionConflict, guest.cart_id, ALICE, lines=lines(jade=2), expected_version=2
    )
    assert (error.cart_id, error.current) == (mine.cart_id, 1)


async def test_starting_a_checkout_merges_and_ends_the_sessions_of_the_guest(db: Database) -> None:
    await begin(db, ALICE_ALONE, jade=1)
    await begin(db, GUEST, monstera=1)
    old = await checked_out(db, GUEST)
    new = await checked_out(db, ALICE)
    assert (await session(db, old)).status is CheckoutStatus.CANCELED
    assert len((await session(db, new)).lines) == 2
    assert (await shown(db, ALICE)).version == 2
    assert await checked_out(db, ALICE) == new


async def test_a_cart_that_is_being_paid_stays_as_it_is(db: Database) -> None:
    mine = await begin(db, ALICE_ALONE, jade=1)
    guest = await begin(db, GUEST, monstera=1)
    old = await checked_out(db, GUEST)
    await move_session(db, old, CheckoutStatus.READY_FOR_PAYMENT)
    await db.write(lambda uow: agree(uow, old))
    assert content(await shown(db, ALICE)) == {"jade-9cm": 1}
    assert content(await shown(db, ALICE, guest.cart_id)) == {"monstera-17cm": 1}
    changed = await change(db, None, ALICE, lines=lines(jade=2))
    assert (changed.cart_id, content(changed)) == (mine.cart_id, {"jade-9cm": 2})
    await move_session(db, old, CheckoutStatus.READY_FOR_PAYMENT)
    assert content(await shown(db, ALICE)) == {"jade-9cm": 2, "monstera-17cm": 1}


def agree(uow: UnitOfWork, public_id: str) -> None:
    """Press Pay, as far as carts notice it."""
    row = uow.checkouts.by_public_id(public_id, lock=True)
    assert row is not None
    row.totals, row.total_minor = [], 0
    for line in row.lines:
        line.unit_amount_minor = 0
    row.status = CheckoutStatus.COMPLETE_IN_PROGRESS


async def test_a_payment_that_began_a_moment_ago_is_noticed_under_the_lock(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(db, ALICE_ALONE, jade=1)
    await begin(db, GUEST, monstera=1)
    old = await checked_out(db, GUEST)
    await move_session(db, old, CheckoutStatus.READY_FOR_PAYMENT)
    await db.write(lambda uow: agree(uow, old))
    monkeypatch.setattr(
        "plantly.db.repositories.carts.CartRepository.is_being_paid", lambda *_: False
    )
    changed = await change(db, None, ALICE, lines=lines(jade=2))
    assert content(changed) == {"jade-9cm": 2}
    assert (await session(db, old)).status is CheckoutStatus.COMPLETE_IN_PROGRESS


async def test_a_full_cart_takes_no_second_one(db: Database) -> None:
    codes = ("A1", "A2", "A3", "A4", "A5")
    await change(db, None, ALICE_ALONE, lines=lines(jade=1), discount_codes=codes)
    await change(db, None, GUEST, lines=lines(monstera=1), discount_codes=("B1",))
    merged = await change(db, None, ALICE, lines=lines(jade=2))
    assert len(merged.discount_codes) == 6
    guest = await begin(db, GUEST, aloe_vera=1)
    assert "aloe-vera-12cm" not in content(await shown(db, ALICE))
    still = await change(db, None, ALICE, lines=lines(jade=3))
    assert "aloe-vera-12cm" not in content(still)
    assert (await shown(db, GUEST)).cart_id == guest.cart_id
    await change(db, None, ALICE, discount_codes=("A1",))
    assert "aloe-vera-12cm" in content(await shown(db, ALICE))


async def test_a_paid_cart_of_an_account_takes_nothing_more(db: Database) -> None:
    mine = await begin(db, ALICE, jade=1)
    paid = await checked_out(db, ALICE)
    await db.write(lambda uow: pay(uow, paid))
    view = await shown(db, ELSEWHERE, mine.cart_id)
    assert [message.code for message in view.messages] == ["cart_completed"]
    await refused(db, InvalidInput, mine.cart_id, ALICE, lines=lines(jade=2))
    following = await begin(db, ALICE, monstera=1)
    assert following.cart_id != mine.cart_id


async def test_an_add_that_is_repeated_after_signing_in_counts_once(db: Database) -> None:
    await begin(db, ALICE_ALONE, jade=1)
    await begin(db, GUEST, monstera=1)
    add = CartChange(lines=lines(jade=2), mode="add", expected_version=1)
    first = await db.write(lambda uow: carts.update_cart(uow, ALICE, None, add))
    again = await db.write(lambda uow: carts.update_cart(uow, ALICE, None, add))
    assert again == first
    assert content(first) == {"jade-9cm": 3, "monstera-17cm": 1}


async def test_signing_in_twice_at_once_doubles_nothing(db: Database, shop_url: str) -> None:
    await begin(db, ALICE_ALONE, jade=2)
    await begin(db, GUEST, jade=5, monstera=1)

    def update(uow: UnitOfWork, quantity: int) -> CartView:
        wanted = CartChange(lines=lines(creme_fern=quantity))
        return carts.update_cart(uow, ALICE, None, wanted)

    works = [partial(update, quantity=n) for n in (1, 2, 3, 4)]
    results = await asyncio.to_thread(race, shop_url, works)
    assert all(isinstance(result, CartView) for result in results), results
    view = await shown(db, ALICE)
    assert content(view) | {"creme-fern-12cm": 0} == {
        "jade-9cm": 5,
        "monstera-17cm": 1,
        "creme-fern-12cm": 0,
    }
    open_carts = await db.read(
        lambda uow: uow.session.query(CartRow).filter(CartRow.closed_at.is_(None)).count()
    )
    assert open_carts == 1
