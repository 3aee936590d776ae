"""The same again: what can still be bought, at today's prices."""

import pytest
from sqlalchemy import update

from plantly.db import UnitOfWork
from plantly.db.tables import ProductRow, StockRow, VariantRow
from plantly.domain.catalog import PublishState
from plantly.services.order_desk import find_order
from plantly.services.orders import get_order
from plantly.services.reorder import Reorder, reorder
from plantly.services.shopper import Shopper
from tests.support.order_care import OrderDesk

pytestmark = pytest.mark.anyio

ALOE, MONSTERA = "Aloe Vera, 12 cm pot", "Monstera, 17 cm pot"


async def again(desk: OrderDesk) -> Reorder:
    return await desk.shop.db.read(lambda uow: reorder(uow, find_order(uow, desk.number)))


def _stock(uow: UnitOfWork, handle: str, units: int) -> None:
    variant = uow.session.query(VariantRow.id).where(VariantRow.handle == handle).scalar()
    uow.session.execute(
        update(StockRow).where(StockRow.variant_id == variant).values(on_hand=units)
    )


async def test_everything_is_there_again(desk: OrderDesk) -> None:
    path = "/cart/aloe-vera-12cm:3,monstera-17cm:1"
    assert await again(desk) == Reorder(path, (), ())
    seen = await desk.shop.db.read(lambda uow: get_order(uow, Shopper(), desk.number, None))
    assert seen.reorder_path == path


async def test_what_is_gone_or_rare_is_said(desk: OrderDesk) -> None:
    def sell_out(uow: UnitOfWork) -> None:
        _stock(uow, "aloe-vera-12cm", 2)
        _stock(uow, "monstera-17cm", 0)

    await desk.do(sell_out)
    assert await again(desk) == Reorder("/cart/aloe-vera-12cm:2", (MONSTERA,), (ALOE,))


async def test_nothing_can_be_bought_of_what_is_not_sold_any_more(desk: OrderDesk) -> None:
    def archive(uow: UnitOfWork) -> None:
        uow.session.execute(update(ProductRow).values(state=PublishState.ARCHIVED))

    await desk.do(archive)
    assert await again(desk) == Reorder(None, (ALOE, MONSTERA), ())
