"""Lines that are put aside: shown, kept through the payment, and never bought by accident."""

from functools import partial
from typing import Any

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.tables import CartRow
from plantly.domain.cart import MAX_LINES, MAX_SAVED
from plantly.domain.catalog import StockPolicy
from plantly.domain.errors import InvalidInput, NotFound
from plantly.services import carts
from plantly.services.cart_saved import carry_over
from plantly.services.cart_view import CartView
from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import Shopper, shopper_from_hint
from plantly.services.wanted import ItemRef
from tests.support.cart_changes import NOBODY, begin, change, content, lines, refused
from tests.support.shop import HINT, catalog, dump, product, stock_shop
from tests.support.stock import stock

pytestmark = pytest.mark.anyio

ALICE = shopper_from_hint(HINT, trust=True)


def kept(view: CartView) -> dict[str, int]:
    return {item.variant_handle: item.quantity for item in view.saved}


async def shown(db: Database, shopper: Shopper = NOBODY, cart_id: str | None = None) -> CartView:
    return await db.read(lambda uow: carts.show_cart(uow, shopper, cart_id))


async def test_a_saved_line_is_shown_and_is_no_part_of_the_total(db: Database) -> None:
    cart = await begin(db, jade=2, monstera=1)
    cart = await change(db, cart.cart_id, save_for_later=("monstera-17cm",))
    assert (cart.version, content(cart), kept(cart)) == (2, {"jade-9cm": 2}, {"monstera-17cm": 1})
    assert cart.totals.total_minor == 2 * 899
    assert (cart.saved[0].unit_amount_minor, cart.saved[0].availability) == (3499, "in_stock")
    request = StartRequest(cart_id=cart.cart_id)
    session = await db.write(lambda uow: start_checkout(uow, NOBODY, request))
    assert [item.variant_handle for item in session.items] == ["jade-9cm"]


async def test_it_goes_back_into_the_cart(db: Database) -> None:
    cart = await begin(db, jade=2, monstera=3)
    cart = await change(db, cart.cart_id, save_for_later=("monstera-17cm", "jade-9cm"))
    assert (content(cart), kept(cart)) == ({}, {"monstera-17cm": 3, "jade-9cm": 2})
    cart = await change(db, cart.cart_id, move_to_cart=("jade-9cm",))
    assert (cart.version, content(cart), kept(cart)) == (3, {"jade-9cm": 2}, {"monstera-17cm": 3})


async def test_asking_twice_changes_nothing(db: Database) -> None:
    cart = await begin(db, jade=2, monstera=3)
    twice = ("monstera-17cm", "monstera-17cm")
    cart = await change(db, cart.cart_id, save_for_later=twice)
    again = await change(db, cart.cart_id, save_for_later=twice)
    assert again == cart
    moved = await change(db, cart.cart_id, move_to_cart=twice)
    assert await change(db, cart.cart_id, move_to_cart=twice) == moved


async def test_what_enters_the_cart_is_saved_no_more(db: Database) -> None:
    cart = await begin(db, jade=2, monstera=3)
    cart = await change(db, cart.cart_id, save_for_later=("monstera-17cm",))
    cart = await change(db, cart.cart_id, lines=lines(monstera=1))
    assert (content(cart), kept(cart)) == ({"jade-9cm": 2, "monstera-17cm": 1}, {})


async def test_one_change_can_do_all_of_it_in_its_order(db: Database) -> None:
    cart = await begin(db, jade=2, monstera=3, aloe_vera=1)
    cart = await change(db, cart.cart_id, save_for_later=("monstera-17cm",))
    cart = await change(
        db,
        cart.cart_id,
        remove=("aloe-vera-12cm",),
        move_to_cart=("monstera-17cm",),
        lines=lines(monstera=1, creme_fern=4),
        save_for_later=("creme-fern-12cm", "jade-9cm"),
    )
    assert (cart.version, content(cart)) == (3, {"monstera-17cm": 1})
    assert kept(cart) == {"creme-fern-12cm": 4, "jade-9cm": 2}
    cart = await change(db, cart.cart_id, remove=("jade-9cm", "monstera-17cm"))
    assert (content(cart), kept(cart)) == ({}, {"creme-fern-12cm": 4})


async def test_a_new_cart_can_begin_with_something_saved(db: Database) -> None:
    cart = await change(db, lines=lines(jade=1), save_for_later=("jade-9cm",))
    assert (cart.version, content(cart), kept(cart)) == (1, {}, {"jade-9cm": 1})


async def test_a_change_that_would_leave_nothing_stores_no_cart(db: Database) -> None:
    before = await dump(db)
    for codes in ((), ("", " ")):
        view = await change(db, shopper=ALICE, discount_codes=codes)
        assert (view.cart_id, view.version, view.items) == (None, None, ())
    assert await dump(db) == before


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"save_for_later": ("monstera-17cm",)}, NotFound, "save_for_later[0]"),
    ({"save_for_later": ("jade-9cm", "nope")}, NotFound, "save_for_later[1]"),
    ({"move_to_cart": ("monstera-17cm",)}, NotFound, "move_to_cart[0]"),
    ({"move_to_cart": ("jade-9cm", "nope")}, NotFound, "move_to_cart[1]"),
    ({"remove": ("nope",)}, NotFound, "remove[0]"),
]


async def test_what_is_nowhere_can_be_neither_saved_nor_moved(db: Database) -> None:
    cart = await begin(db, jade=1)
    for what, _, field in REFUSED:
        error = await refused(db, NotFound, cart.cart_id, **what)
        assert error.field == field, what
        nothing_yet = await refused(db, NotFound, **what)
        assert nothing_yet.field.partition("[")[0] == field.partition("[")[0]


async def test_so_many_are_kept_and_no_more(empty_db: Database) -> None:
    names = [f"p{n}" for n in range(MAX_SAVED + 1)]
    await empty_db.write(lambda uow: stock_shop(uow, catalog(*map(product, names))))
    wanted = tuple(ItemRef(1, product_id=name) for name in names[:MAX_LINES])
    all_of_them = tuple(f"{name}-12cm" for name in names[:MAX_LINES])
    cart = await change(empty_db, lines=wanted, save_for_later=all_of_them)
    assert len(cart.saved) == MAX_SAVED
    error = await refused(
        empty_db,
        InvalidInput,
        cart.cart_id,
        lines=(ItemRef(1, product_id=names[-1]),),
        save_for_later=(f"{names[-1]}-12cm",),
    )
    assert error.field == "save_for_later"


async def test_a_line_says_how_its_quantity_is_sold(db: Database) -> None:
    snake = "snake-plant-12cm"
    await db.write(
        partial(stock, handle=snake, policy=StockPolicy.BACKORDER, backorder_limit=4, on_hand=3)
    )
    cart = await begin(db, snake_plant=3)
    assert [cart.items[0].line_availability, cart.items[0].ahead] == ["low_stock", 0]
    cart = await change(db, cart.cart_id, lines=lines(snake_plant=5))
    assert [cart.items[0].line_availability, cart.items[0].ahead] == ["backorder", 2]
    cart = await change(db, cart.cart_id, lines=lines(snake_plant=8))
    assert cart.items[0].line_availability == "low_stock"
    await db.write(partial(stock, handle=snake, policy=StockPolicy.PREORDER, backorder_limit=4))
    cart = await change(db, cart.cart_id, lines=lines(snake_plant=4), save_for_later=(snake,))
    assert cart.saved[0].line_availability == "preorder"


async def close(db: Database, cart_id: str | None) -> None:
    """Let a cart be paid, as far as carts notice it."""

    def work(uow: UnitOfWork) -> None:
        cart = uow.carts.by_public_id(cart_id or "", lock=True)
        assert cart is not None
        cart.closed_at = cart.updated_at = uow.now
        uow.carts.flush()
        carry_over(uow, cart)

    await db.write(work)


@pytest.mark.parametrize(
    "shopper", [ALICE, Shopper(account_hash="a" * 64)], ids=["guest", "account"]
)
async def test_what_is_saved_moves_into_the_next_cart(db: Database, shopper: Shopper) -> None:
    cart = await begin(db, shopper, jade=1, monstera=2)
    cart = await change(db, None, shopper, save_for_later=("monstera-17cm",))
    await close(db, cart.cart_id)
    paid = await shown(db, shopper, cart.cart_id)
    assert ([m.code for m in paid.messages], paid.saved) == (["cart_completed"], ())
    following = await shown(db, shopper)
    assert (following.version, content(following), kept(following)) == (1, {}, {"monstera-17cm": 2})
    assert following.cart_id != cart.cart_id
    moved = await change(db, None, shopper, move_to_cart=("monstera-17cm",))
    assert (moved.cart_id, content(moved)) == (following.cart_id, {"monstera-17cm": 2})


async def test_without_a_conversation_it_stays_where_it_is(db: Database) -> None:
    cart = await begin(db, jade=1, monstera=2)
    await change(db, cart.cart_id, save_for_later=("monstera-17cm",))
    await close(db, cart.cart_id)
    assert kept(await shown(db, cart_id=cart.cart_id)) == {"monstera-17cm": 2}
    assert await db.read(lambda uow: uow.session.query(CartRow).count()) == 1


async def test_a_paid_cart_with_nothing_saved_begins_no_other_one(db: Database) -> None:
    cart = await begin(db, ALICE, jade=1)
    await close(db, cart.cart_id)
    assert (await shown(db, ALICE)).cart_id is None
