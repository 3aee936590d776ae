"""Starting a checkout: the same start is the same session, and the catalog's price counts."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.tables import BuyerRow, CheckoutRow
from plantly.domain.checkout import SESSION_LIFETIME, CheckoutStatus
from plantly.domain.errors import InvalidInput, NotFound
from plantly.services.cart_view import CartView
from plantly.services.checkout import StartRequest, get_checkout, start_checkout
from plantly.services.checkout_view import CheckoutView
from plantly.services.shopper import Shopper, shopper_from_hint
from plantly.services.wanted import ItemRef
from tests.support.cart_changes import NOBODY, begin, change, lines
from tests.support.clock import MovableClock
from tests.support.orders import BUYER, pay
from tests.support.rivals import race
from tests.support.shop import HINT, OTHER_HINT, dump

pytestmark = pytest.mark.anyio

ALICE = shopper_from_hint(HINT, trust=True)
BOB = shopper_from_hint(OTHER_HINT, trust=True)


def starting(shopper: Shopper, **request: object) -> Callable[[UnitOfWork], CheckoutView]:
    return lambda uow: start_checkout(uow, shopper, StartRequest(**request))  # type: ignore[arg-type]


async def start(db: Database, shopper: Shopper = NOBODY, **request: object) -> CheckoutView:
    return await db.write(starting(shopper, **request))


async def sessions(db: Database) -> int:
    return await db.read(lambda uow: uow.session.query(CheckoutRow).count())


async def set_status(db: Database, session: CheckoutView, status: CheckoutStatus) -> None:
    def work(uow: UnitOfWork) -> None:
        row = uow.checkouts.by_public_id(session.public_id)
        assert row is not None
        row.status = status
        row.totals = [{"type": "total", "amount_minor": 899, "display_text": "Total"}]
        row.total_minor = 899
        for line in row.lines:
            line.unit_amount_minor = 899

    await db.write(work)


async def test_a_cart_version_has_one_session(db: Database) -> None:
    cart = await begin(db, jade=2)
    first = await start(db, cart_id=cart.cart_id)
    before = await dump(db)
    assert await start(db, cart_id=cart.cart_id) == first
    assert await dump(db) == before
    assert (first.status, first.total_minor, first.estimated) == ("incomplete", 1798, True)
    cart = await change(db, cart.cart_id, lines=lines(jade=3))
    second = await start(db, cart_id=cart.cart_id)
    assert second.public_id != first.public_id
    assert second.total_minor == 3 * 899


async def test_the_conversation_leads_to_its_cart(db: Database) -> None:
    cart = await begin(db, ALICE, jade=2)
    first = await start(db, ALICE)
    assert await start(db, NOBODY, cart_id=cart.cart_id) == first
    with pytest.raises(InvalidInput, match="nothing to buy yet"):
        await start(db, BOB)
    with pytest.raises(NotFound, match="no cart with this cart_id"):
        await start(db, BOB, cart_id=cart.cart_id)


async def test_bare_items_of_a_conversation_repeat_to_one_session_for_an_hour(
    db: Database, clock: MovableClock
) -> None:
    items = lines(jade=2, monstera=1)
    first = await start(db, ALICE, items=items)
    clock.advance(SESSION_LIFETIME - timedelta(microseconds=1))
    assert (await start(db, ALICE, items=items[::-1])).public_id == first.public_id
    other = await start(db, BOB, items=items)
    fewer = await start(db, ALICE, items=items[:1])
    assert len({first.public_id, other.public_id, fewer.public_id}) == 3
    clock.advance(timedelta(microseconds=1))
    later = await start(db, ALICE, items=items)
    assert later.public_id != first.public_id
    gone = await db.read(partial(get_checkout, shopper=ALICE, checkout_session_id=first.public_id))
    assert gone.status == "expired"


async def test_without_a_conversation_bare_items_begin_a_session_each_time(db: Database) -> None:
    items = lines(jade=2)
    first, second = await start(db, items=items), await start(db, items=items)
    assert first.public_id != second.public_id
    assert first.page_token != second.page_token


async def test_a_shown_price_decides_nothing_and_a_difference_is_said(db: Database) -> None:
    def item(price: str | None) -> tuple[ItemRef, ...]:
        return (ItemRef(2, product_id="jade", shown_price=Decimal(price) if price else None),)

    for shopper in (NOBODY, ALICE):
        for price, said in (
            (None, []),
            ("8.99", []),
            ("0.01", ["price_changed"]),
            ("8.990", []),
            ("8.991", ["price_changed"]),
            ("-8.99", ["price_changed"]),
            ("1E+25", ["price_changed"]),
            ("1E+99", ["price_changed"]),
        ):
            session = await start(db, shopper, items=item(price))
            assert session.total_minor == 1798, price
            assert [message.code for message in session.messages] == said, price


async def test_codes_follow_the_latest_start(db: Database) -> None:
    cart = await change(db, lines=lines(monstera=1), discount_codes=("WELCOME10",))
    first = await start(db, cart_id=cart.cart_id)
    assert first.total_minor == 3149
    other = await start(db, cart_id=cart.cart_id, discount_codes=("FIVEOFF",))
    assert (other.public_id, other.total_minor) == (first.public_id, 2999)
    none = await start(db, cart_id=cart.cart_id, discount_codes=())
    assert none.total_minor == 3499
    again = await start(db, cart_id=cart.cart_id)
    assert (again.public_id, again.total_minor) == (first.public_id, 3149)


async def test_there_has_to_be_one_thing_to_buy(db: Database) -> None:
    empty = await change(db, discount_codes=("WELCOME10",))
    full = await begin(db, jade=1)
    before = await dump(db)
    for request, field in (
        ({}, "items"),
        ({"items": ()}, "items"),
        ({"cart_id": empty.cart_id}, "cart_id"),
        ({"cart_id": full.cart_id, "items": lines(jade=1)}, "items"),
        ({"items": lines(jade=1), "discount_codes": tuple("ABCDEF")}, "discount_codes"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await start(db, **request)
        assert refused.value.field == field
    assert await dump(db) == before


async def test_a_paid_cart_is_not_bought_again(db: Database) -> None:
    cart = await begin(db, ALICE, jade=1)
    session = await start(db, ALICE)
    await db.write(lambda uow: pay(uow, session.public_id))
    with pytest.raises(InvalidInput, match="has been paid"):
        await start(db, ALICE, cart_id=cart.cart_id)
    with pytest.raises(InvalidInput, match="nothing to buy yet"):
        await start(db, ALICE)


async def test_the_same_items_can_be_bought_again_after_paying(db: Database) -> None:
    first = await start(db, ALICE, items=lines(jade=1))
    await db.write(lambda uow: pay(uow, first.public_id))
    second = await start(db, ALICE, items=lines(jade=1))
    assert second.public_id != first.public_id


async def test_a_session_that_is_being_paid_is_found_and_left_alone(
    db: Database, clock: MovableClock
) -> None:
    session = await start(db, ALICE, items=lines(jade=1))
    await set_status(db, session, CheckoutStatus.COMPLETE_IN_PROGRESS)
    clock.advance(2 * SESSION_LIFETIME)
    before = await dump(db)
    found = await start(db, ALICE, items=lines(jade=1), discount_codes=("WELCOME10",))
    assert (found.public_id, found.status) == (session.public_id, "complete_in_progress")
    assert await dump(db) == before
    await set_status(db, session, CheckoutStatus.CANCELED)


async def test_a_session_whose_time_is_over_forgets_its_buyer(
    db: Database, clock: MovableClock
) -> None:
    session = await start(db, ALICE, items=lines(jade=1))

    def type_in(uow: UnitOfWork) -> None:
        row = uow.checkouts.by_public_id(session.public_id)
        assert row is not None
        uow.checkouts.set_buyer(row, BUYER)

    await db.write(type_in)
    assert (await start(db, ALICE, items=lines(jade=1))).has_buyer
    clock.advance(SESSION_LIFETIME)
    later = await start(db, ALICE, items=lines(jade=1))
    assert not later.has_buyer
    assert await db.read(lambda uow: uow.session.query(BuyerRow).count()) == 0


async def test_an_old_price_of_the_cart_is_said_in_its_session(db: Database) -> None:
    cart = await begin(db, jade=1)

    def remember_less(uow: UnitOfWork) -> None:
        row = uow.carts.by_public_id(cart.cart_id or "")
        assert row is not None
        row.lines[0].seen_amount_minor = 1

    await db.write(remember_less)
    session = await start(db, cart_id=cart.cart_id)
    assert [message.code for message in session.messages] == ["price_changed"]
    assert session.total_minor == 899


async def test_a_price_that_was_agreed_to_in_vain_does_not_count(db: Database) -> None:
    session = await start(db, items=lines(jade=1))

    def agree(uow: UnitOfWork) -> None:
        row = uow.checkouts.by_public_id(session.public_id)
        assert row is not None
        row.lines[0].unit_amount_minor = 1
        row.total_minor = 1
        row.totals = [{"type": "total", "amount_minor": 1, "display_text": "Total"}]

    await db.write(agree)
    found = await db.read(
        partial(get_checkout, shopper=NOBODY, checkout_session_id=session.public_id)
    )
    assert (found.total_minor, found.items[0].unit_amount_minor) == (899, 899)


async def test_starts_at_once_make_one_session(db: Database, shop_url: str) -> None:
    cart: CartView = await begin(db, jade=1)
    for request in ({"cart_id": cart.cart_id}, {"items": lines(monstera=1)}):
        before = await sessions(db)
        works = [starting(ALICE, **request)] * 6
        results = await asyncio.to_thread(race, shop_url, works)
        found = {r.public_id for r in results if isinstance(r, CheckoutView)}
        assert len(found) == 1, results
        assert not [r for r in results if isinstance(r, Exception)]
        assert await sessions(db) == before + 1


async def test_a_start_whose_caller_hung_up_is_found_by_a_repeat(db: Database) -> None:
    await begin(db, ALICE, jade=1)
    task = asyncio.create_task(start(db, ALICE))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await start(db, ALICE)
    assert await sessions(db) == 1


async def test_a_session_belongs_to_the_conversation_that_began_it(db: Database) -> None:
    session = await start(db, ALICE, items=lines(jade=1))

    async def get(shopper: Shopper, name: str) -> CheckoutView:
        return await db.read(partial(get_checkout, shopper=shopper, checkout_session_id=name))

    assert await get(ALICE, session.public_id) == session
    assert await get(NOBODY, session.public_id) == session
    sentences = set()
    for name in (session.public_id, session.public_id[:-1], session.page_token, "cs_1", "", "PL-1"):
        with pytest.raises(NotFound) as refused:
            await get(BOB, name)
        sentences.add(refused.value.message)
    assert len(sentences) == 1
