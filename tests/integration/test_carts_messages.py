"""What a cart has to say: prices that changed, units that are gone, things that are no more."""

import pytest

from plantly.db import Database, UnitOfWork
from plantly.db.tables import PriceRow, StockRow
from plantly.domain.catalog import PublishState
from plantly.domain.errors import InvalidInput, NotFound
from plantly.services import carts
from tests.support.cart_changes import NOBODY, begin, change, content, lines, refused
from tests.support.stock import stock

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def books_are_right() -> None:
    """Look away: these tests change prices past the one writer of the catalog."""


def price(uow: UnitOfWork, handle: str, amount_minor: int) -> None:
    variant_row = uow.catalog.variants([handle])[handle]
    row = uow.session.get(PriceRow, (variant_row.id, "USD"))
    assert row is not None
    row.amount_minor = amount_minor


async def test_a_changed_price_counts_at_once_and_is_said_until_the_line_is_written(
    db: Database,
) -> None:
    cart = await begin(db, jade=2)
    await db.write(lambda uow: price(uow, "jade-9cm", 1099))
    shown = await db.read(lambda uow: carts.show_cart(uow, NOBODY, cart.cart_id))
    assert shown.totals.total_minor == 2198
    (message,) = shown.messages
    assert (message.code, message.param) == ("price_changed", "items[0]")
    shown = await change(db, cart.cart_id, lines=lines(jade=2))
    assert (shown.version, shown.messages) == (2, ())


async def test_what_cannot_be_had_is_said(db: Database) -> None:
    def arrange(uow: UnitOfWork) -> None:
        for handle, units in (("jade-9cm", 0), ("monstera-17cm", 1), ("aloe-vera-12cm", 3)):
            row = uow.session.get(StockRow, uow.catalog.variants([handle])[handle].id)
            assert row is not None
            row.on_hand = units

    cart = await begin(db, jade=1, monstera=2, aloe_vera=1, creme_fern=1)
    await db.write(arrange)
    shown = await db.read(lambda uow: carts.show_cart(uow, NOBODY, cart.cart_id))
    assert [(m.type, m.code, m.param) for m in shown.messages] == [
        ("error", "out_of_stock", "items[0]"),
        ("error", "quantity_exceeded", "items[1]"),
        ("info", "low_stock", "items[2]"),
    ]
    assert all(m.resolution for m in shown.messages if m.type == "error")


async def test_what_is_no_longer_sold_stays_in_the_cart_as_sold_out(db: Database) -> None:
    cart = await begin(db, jade=1)

    def archive(uow: UnitOfWork) -> None:
        uow.catalog.variants(["jade-9cm"])["jade-9cm"].state = PublishState.ARCHIVED

    await db.write(archive)
    shown = await db.read(lambda uow: carts.show_cart(uow, NOBODY, cart.cart_id))
    assert (content(shown), shown.messages[0].code) == ({"jade-9cm": 1}, "out_of_stock")
    assert (await refused(db, NotFound, cart.cart_id, lines=lines(jade=1))).field
    assert content(await change(db, cart.cart_id, remove=("jade-9cm",))) == {}


async def test_what_has_no_price_is_left_out_and_said(db: Database) -> None:
    cart = await begin(db, jade=1, aloe_vera=1)

    def unprice(uow: UnitOfWork) -> None:
        row = uow.catalog.variants(["jade-9cm"])["jade-9cm"]
        uow.session.delete(row.prices[0])

    await db.write(unprice)
    shown = await db.read(lambda uow: carts.show_cart(uow, NOBODY, cart.cart_id))
    assert (content(shown), shown.messages[0].code) == ({"aloe-vera-12cm": 1}, "not_available")
    error = await refused(db, InvalidInput, lines=lines(jade=1))
    assert error.message.startswith("lines[0] has no price in USD")


async def test_what_happens_to_saved_things_is_said_and_stops_nobody(db: Database) -> None:
    cart = await begin(db, jade=1, aloe_vera=9, monstera=4, creme_fern=2, snake_plant=2)
    saved = ("aloe-vera-12cm", "monstera-17cm", "creme-fern-12cm", "snake-plant-12cm")
    cart = await change(db, cart.cart_id, save_for_later=saved)

    def arrange(uow: UnitOfWork) -> None:
        price(uow, "aloe-vera-12cm", 1299)
        stock(uow, "monstera-17cm", on_hand=3)
        stock(uow, "creme-fern-12cm", on_hand=0)

    await db.write(arrange)
    view = await db.read(lambda uow: carts.show_cart(uow, NOBODY, cart.cart_id))
    assert [(m.type, m.code, m.param) for m in view.messages] == [
        ("warning", "price_changed", "saved_for_later[0]"),
        ("info", "quantity_exceeded", "saved_for_later[1]"),
        ("info", "out_of_stock", "saved_for_later[2]"),
        ("info", "low_stock", "saved_for_later[3]"),
    ]
    assert view.totals.total_minor == 899
    # Moving shows today's price, and then there is nothing more to say of it.
    moved = await change(db, cart.cart_id, move_to_cart=("aloe-vera-12cm",))
    assert "price_changed" not in [m.code for m in moved.messages]
    assert moved.totals.total_minor == 899 + 9 * 1299


async def test_what_has_no_price_any_more_can_be_moved_and_taken_out(db: Database) -> None:
    cart = await begin(db, jade=1, monstera=1)
    cart = await change(db, cart.cart_id, save_for_later=("jade-9cm",))

    def unprice(uow: UnitOfWork) -> None:
        row = uow.catalog.variants(["jade-9cm"])["jade-9cm"]
        uow.session.delete(row.prices[0])

    await db.write(unprice)
    view = await db.read(lambda uow: carts.show_cart(uow, NOBODY, cart.cart_id))
    assert (view.saved, view.messages[0].code) == ((), "not_available")
    moved = await change(db, cart.cart_id, move_to_cart=("jade-9cm",))
    assert (content(moved), moved.messages[0].code) == ({"monstera-17cm": 1}, "not_available")
    emptied = await change(db, cart.cart_id, remove=("jade-9cm",))
    assert emptied.messages == ()
