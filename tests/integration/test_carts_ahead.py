"""What a cart says of units that are sold ahead of the goods, and of prices that have dates."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from plantly.db import Database
from plantly.domain.catalog import StockPolicy
from plantly.services import carts
from plantly.services.cart_view import CartView
from tests.support.cart_changes import NOBODY, begin
from tests.support.clock import START, MovableClock
from tests.support.stock import dated_price, stock

pytestmark = pytest.mark.anyio

SNAKE = "snake-plant-12cm"


async def shown(db: Database, quantity: int, **columns: Any) -> CartView:
    """Put snake plants into a cart, of which three are at hand."""
    await db.write(partial(stock, handle=SNAKE, **columns))
    return await begin(db, snake_plant=quantity)


def said(view: CartView) -> list[tuple[str, str, str]]:
    return [(m.type, m.code, m.content) for m in view.messages]


async def test_a_backorder_is_said_with_the_day_it_is_expected(db: Database) -> None:
    day = START + timedelta(days=20)
    view = await shown(db, 5, policy=StockPolicy.BACKORDER, backorder_limit=4, available_at=day)
    text = (
        "Snake Plant (12 cm pot): 2 of 5: not at hand now and sold as a backorder, "
        "expected 2026-03-22."
    )
    assert said(view) == [("info", "backorder", text)]
    (item,) = view.items
    assert (item.available_quantity, item.sellable, item.ahead) == (3, 7, 2)
    assert item.availability == "low_stock"


async def test_a_preorder_without_a_day_names_none(db: Database) -> None:
    view = await shown(db, 2, policy=StockPolicy.PREORDER, backorder_limit=4, on_hand=0)
    text = "Snake Plant (12 cm pot): not out yet and sold as a preorder."
    assert said(view) == [("info", "preorder", text)]
    assert view.items[0].availability == "preorder"


async def test_a_day_that_is_past_is_not_promised(db: Database, clock: MovableClock) -> None:
    day = START + timedelta(days=1)
    view = await shown(db, 4, policy=StockPolicy.BACKORDER, backorder_limit=4, available_at=day)
    assert "expected 2026-03-03" in view.messages[0].content
    clock.advance(timedelta(days=2))
    view = await db.read(lambda uow: carts.show_cart(uow, NOBODY, view.cart_id))
    assert "expected" not in view.messages[0].content


async def test_what_is_at_hand_is_no_backorder(db: Database) -> None:
    view = await shown(db, 3, policy=StockPolicy.BACKORDER, backorder_limit=4)
    assert [code for _, code, _ in said(view)] == ["low_stock"]


async def test_the_limit_of_backorders_is_a_limit(db: Database) -> None:
    view = await shown(db, 8, policy=StockPolicy.BACKORDER, backorder_limit=4)
    text = "Only 7 of Snake Plant (12 cm pot) can be bought, 4 of them before they are here."
    assert said(view) == [("error", "quantity_exceeded", text)]


async def test_a_used_up_limit_is_sold_out(db: Database) -> None:
    view = await shown(db, 1, policy=StockPolicy.BACKORDER, backorder_limit=4, on_hand=-4)
    assert [code for _, code, _ in said(view)] == ["out_of_stock"]
    assert view.items[0].availability == "out_of_stock"


async def test_what_is_not_counted_is_never_low(db: Database) -> None:
    view = await shown(db, 99, policy=StockPolicy.UNTRACKED, on_hand=0)
    assert view.messages == ()
    assert (view.items[0].availability, view.items[0].ahead) == ("in_stock", 0)


async def test_a_price_holds_from_its_first_moment_until_before_its_last(
    db: Database, clock: MovableClock
) -> None:
    dates: dict[str, Any] = {
        "starts_at": START + timedelta(hours=1),
        "ends_at": START + timedelta(hours=2),
    }
    await db.write(
        partial(dated_price, handle="jade-9cm", amount_minor=699, compare_at_minor=899, **dates)
    )
    cart = await begin(db, jade=1)
    amounts = []
    for minutes in (0, 59, 1, 59, 1):
        clock.advance(timedelta(minutes=minutes))
        view = await db.read(lambda uow: carts.show_cart(uow, NOBODY, cart.cart_id))
        amounts.append((view.items[0].unit_amount_minor, [m.code for m in view.messages]))
    changed = (699, ["price_changed"])
    assert amounts == [(899, []), (899, []), changed, changed, (899, [])]
