"""Buying ahead of the goods, at prices that have dates, and what cannot be sent everywhere."""

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from plantly.db import UnitOfWork
from plantly.db.tables import ProductRow
from plantly.domain.catalog import StockPolicy
from tests.support.clock import START
from tests.support.pay_shop import Buyer, PayShop, a_buyer, text_of
from tests.support.shop import SHOP_TOML, garden, stock_shop
from tests.support.stock import FEW, dated_price, history, keep_at_home, stock

pytestmark = pytest.mark.anyio

ALOE = "aloe-vera-12cm"
GERMANY = {"country": "DE", "region": "", "postal_code": "10115", "city": "Berlin"}
WITH_PICKUP = SHOP_TOML.replace(
    '{ id = "standard"',
    '{ id = "pickup", kind = "pickup", title = "At our greenhouse", price_minor = 0 },\n'
    '  { id = "standard"',
)


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'name="(quote|shown)" value="([^"]*)"', html))


def sold(uow: UnitOfWork) -> dict[str, int]:
    rows = uow.session.execute(select(ProductRow.slug, ProductRow.units_sold))
    return {slug: units for slug, units in rows if units}


async def test_an_order_says_in_the_history_what_it_left(shop: PayShop) -> None:
    await shop.db.write(partial(stock, handle=FEW, policy="backorder", backorder_limit=2))
    async with a_buyer(shop, await shop.start(snake_plant=4, aloe_vera=2)) as buyer:
        assert "Thank you" in await buyer.pay()
    order = (await shop.page(buyer.token)).checkout.order
    assert order is not None
    actor = f"order {order.order_number}"
    for sku, before, after in (("SKU-SNAKE-PLANT-12CM", 3, -1), ("SKU-ALOE-VERA-12CM", 24, 22)):
        told = await shop.db.read(partial(history, sku=sku))
        assert told == [(actor, {"on_hand": before}, {"on_hand": after})]
    assert await shop.db.read(sold) == {"aloe-vera": 2, "snake-plant": 4}
    assert await shop.left(FEW) == (-1, 0)


async def test_what_two_orders_sold_is_added_up_and_the_catalog_stays(
    shop: PayShop,
) -> None:
    def version(uow: UnitOfWork) -> str:
        return uow.shop.current().catalog_version

    before = await shop.db.read(version)
    for _ in range(2):
        async with a_buyer(shop, await shop.start(aloe_vera=1)) as buyer:
            await buyer.pay()
    assert await shop.db.read(sold) == {"aloe-vera": 2}
    assert await shop.db.read(version) == before


async def test_what_is_not_counted_leaves_no_trace_in_the_history(shop: PayShop) -> None:
    await shop.db.write(partial(stock, handle=FEW, policy=StockPolicy.UNTRACKED))
    async with a_buyer(shop, await shop.start(snake_plant=50)) as buyer:
        assert "Thank you" in await buyer.pay()
    assert await shop.db.read(partial(history, sku="SKU-SNAKE-PLANT-12CM")) == []
    assert await shop.db.read(sold) == {"snake-plant": 50}


async def test_a_name_that_is_too_long_for_an_order_stops_no_sale(shop: PayShop) -> None:
    def rename(uow: UnitOfWork) -> None:
        uow.session.execute(update(ProductRow).values(title="Fern " * 60))

    await shop.db.write(rename)
    async with a_buyer(shop) as buyer:
        assert "Thank you" in await buyer.pay()


async def test_more_than_may_be_ordered_ahead_cannot_be_paid_for(shop: PayShop) -> None:
    await shop.db.write(partial(stock, handle=FEW, policy="backorder", backorder_limit=2))
    async with a_buyer(shop, await shop.start(snake_plant=5)) as buyer:
        await buyer.fill_in()
        assert "2 of 5: not at hand now and sold as a backorder." in await buyer.look()
        page = await buyer.browser.get(buyer.address)
        await shop.db.write(partial(stock, handle=FEW, backorder_limit=1))
        answer = await buyer.post("pay", **hidden(page.text))
        assert answer.status_code == 409
        assert "Snake Plant: 5 asked for, only 4 left." in text_of(answer)
    assert await shop.left(FEW) == (3, 0)


@pytest.mark.parametrize(("starts", "total"), [(True, "$31.67"), (False, "$38.10")])
async def test_a_price_that_turns_before_pay_is_asked_about_again(
    shop: PayShop, buyer: Buyer, starts: bool, total: str
) -> None:
    turn = START + timedelta(minutes=10)
    dates: dict[str, Any] = {"starts_at" if starts else "ends_at": turn}
    await shop.db.write(
        partial(dated_price, handle=ALOE, amount_minor=1199, compare_at_minor=1499, **dates)
    )
    await buyer.fill_in()
    page = await buyer.browser.get(buyer.address)
    shop.clock.set(turn)
    answer = await buyer.post("pay", **hidden(page.text))
    assert answer.status_code == 409
    assert f"and is {total} now" in text_of(answer)
    assert await shop.payments(buyer.token) == []
    assert (await buyer.press_pay()).status_code == 303


async def test_an_address_that_a_product_cannot_be_sent_to_is_refused(shop: PayShop) -> None:
    await shop.db.write(lambda uow: keep_at_home(uow, "aloe-vera", "DE"))
    async with a_buyer(shop, await shop.start(aloe_vera=1, jade=1)) as buyer:
        answer = await buyer.fill_in(**GERMANY)
        assert answer.status_code == 422
        assert "Aloe Vera cannot be sent to this country. Choose another address" in text_of(answer)
        assert "Your details" in text_of(await buyer.browser.get(buyer.address))
        assert (await buyer.fill_in()).status_code == 303
        assert "Standard shipping" in await buyer.look()


async def test_every_problem_of_an_address_is_said_at_once(shop: PayShop, buyer: Buyer) -> None:
    await shop.db.write(lambda uow: keep_at_home(uow, "aloe-vera", "DE", "XX"))
    text = text_of(await buyer.fill_in(**{**GERMANY, "postal_code": "1"}))
    assert "Aloe Vera cannot be sent to this country." in text
    assert "Enter a postal code such as 26133." in text
    text = text_of(await buyer.fill_in(**{**GERMANY, "country": "XX"}))
    assert "Choose one of the countries that we deliver to." in text


@pytest.mark.parametrize("option", [{}, {"option": "standard"}])
async def test_nothing_is_paid_once_a_product_cannot_be_sent(
    shop: PayShop, option: dict[str, str]
) -> None:
    async with a_buyer(shop, await shop.start(aloe_vera=1, jade=1)) as buyer:
        await buyer.fill_in()
        page = await buyer.browser.get(buyer.address)
        await shop.db.write(lambda uow: keep_at_home(uow, "jade", "US"))
        await shop.db.write(lambda uow: keep_at_home(uow, "aloe-vera", "US"))
        answer = await buyer.post("pay", **hidden(page.text), **option)
        assert answer.status_code == 422
        sentence = "Aloe Vera and 100%_Jade cannot be sent to this country."
        assert sentence in text_of(answer)
        assert await shop.payments(buyer.token) == []
        text = await buyer.look()
        assert sentence in text
        assert "This cannot be paid as it is." in text
        assert "Standard shipping" not in text


async def test_what_was_agreed_to_is_delivered_all_the_same(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    pay_page = (await buyer.press_pay()).headers["location"]
    await shop.db.write(lambda uow: keep_at_home(uow, "aloe-vera", "US"))
    assert "cannot be sent" not in await buyer.look()
    await buyer.choose("approve", pay_page)
    await shop.till.worker.tick()
    assert "Thank you" in await buyer.look()


async def test_what_cannot_be_sent_can_still_be_picked_up(shop: PayShop, buyer: Buyer) -> None:
    await shop.db.write(lambda uow: stock_shop(uow, garden(), WITH_PICKUP))
    await buyer.fill_in()
    assert (await buyer.post("shipping", option="standard")).status_code == 303
    await shop.db.write(lambda uow: keep_at_home(uow, "aloe-vera", "US"))
    text = await buyer.look()
    assert "Aloe Vera cannot be sent to this country, only picked up." in text
    assert "Standard shipping" not in text
    answer = await buyer.post("shipping", option="standard")
    assert "Choose one of the deliveries below." in text_of(answer)
    assert "Update the total" in text
    assert (await buyer.post("shipping", option="pickup")).status_code == 303
    assert (await buyer.press_pay()).status_code == 303
