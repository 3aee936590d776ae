"""What Pay agrees to is what was shown, and what is there."""

import re
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import update
from sqlalchemy.orm import object_session

from plantly.db import UnitOfWork
from plantly.db.tables import CheckoutRow, PriceRow, StockRow
from plantly.services import paying
from plantly.services.checkout_view import CheckoutView
from tests.support.pay_shop import Buyer, PayShop, a_buyer, text_of
from tests.support.shop import SHOP_TOML, garden, product, stock_shop, variant

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


def dearer_garden() -> dict[str, Any]:
    """Make the catalog with aloes for 5.00 more."""
    source = garden()
    source["products"][0]["variants"][0]["price_minor"] = 1999
    return source


async def test_a_changed_price_is_shown_and_asked_about_again(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    seen = await buyer.browser.get(buyer.address)

    await shop.db.write(lambda uow: stock_shop(uow, dearer_garden()))
    form = dict(re.findall(r'name="(quote|shown)" value="([^"]*)"', seen.text))
    answer = await buyer.post("pay", **form)
    assert answer.status_code == 409
    assert "The total was $38.10 and is $48.83 now" in text_of(answer)
    assert await shop.payments(buyer.token) == []
    assert "Pay $48.83" in text_of(answer)
    assert (await buyer.press_pay()).status_code == 303
    assert (await shop.payment(buyer.token)).amount_minor == 4883


@pytest.mark.parametrize("shown", ["", "abc", "4883", "9" * 30, "١٢"])
async def test_a_quote_that_is_made_up_is_refused(shop: PayShop, buyer: Buyer, shown: str) -> None:
    await buyer.fill_in()
    answer = await buyer.post("pay", quote="0" * 32, shown=shown)
    assert answer.status_code == 409
    assert "$38.10" in text_of(answer)
    assert await shop.payments(buyer.token) == []


async def test_a_delivery_selected_at_the_last_moment_is_asked_about(buyer: Buyer) -> None:
    await buyer.fill_in()
    answer = await buyer.press_pay(option="express")
    assert answer.status_code == 409
    assert "The total was $38.10 and is $47.10 now" in text_of(answer)
    assert (await buyer.press_pay(option="express")).status_code == 303


def leave(handle_sku: str, units: int) -> Any:
    def change(uow: UnitOfWork) -> None:
        variant_row = next(iter(uow.catalog.variants([handle_sku]).values()))
        uow.session.execute(
            update(StockRow).where(StockRow.variant_id == variant_row.id).values(on_hand=units)
        )

    return change


async def test_too_few_units_are_said_before_anything_is_held(shop: PayShop) -> None:
    async with a_buyer(shop, await shop.start(aloe_vera=2, monstera=3)) as buyer:
        await buyer.fill_in()
        form = dict(
            re.findall(
                r'name="(quote|shown)" value="([^"]*)"',
                (await buyer.browser.get(buyer.address)).text,
            )
        )
        await shop.db.write(leave("monstera-17cm", 1))
        answer = await buyer.post("pay", **form)
        assert answer.status_code == 409
        assert "Monstera: 3 asked for, only 1 left." in text_of(answer)
        assert "This cannot be paid as it is." in text_of(answer)
    assert await shop.left("aloe-vera-12cm") == (24, 0)
    assert await shop.left("monstera-17cm") == (1, 0)


async def test_the_last_unit_goes_to_one_of_two(shop: PayShop) -> None:
    await shop.db.write(leave("aloe-vera-12cm", 3))
    first, second = [await shop.start(aloe_vera=2) for _ in range(2)]
    async with a_buyer(shop, first) as one, a_buyer(shop, second) as two:
        await one.fill_in()
        await two.fill_in()
        assert (await one.press_pay()).status_code == 303
        answer = await two.press_pay(quote="")
        assert answer.status_code == 409
        assert "Aloe Vera: 2 asked for, only 1 left." in text_of(answer)


async def test_a_rival_may_take_the_last_unit_between_look_and_hold(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    look = paying._check

    def look_away(checkout: CheckoutRow, seen: CheckoutView, quote_hash: str) -> None:
        look(checkout, seen, quote_hash)
        session = object_session(checkout)
        assert session is not None
        session.execute(
            update(StockRow)
            .where(StockRow.variant_id == seen.items[0].variant_row_id)
            .values(on_hand=1)
        )

    with patch.object(paying, "_check", look_away):
        answer = await buyer.press_pay()
    assert answer.status_code == 409
    assert "Aloe Vera: 2 asked for, only 1 left." in text_of(answer)
    assert await shop.left("aloe-vera-12cm") == (24, 0)
    assert await shop.payments(buyer.token) == []


async def test_nothing_is_paid_before_the_details_are_there(shop: PayShop, buyer: Buyer) -> None:
    answer = await buyer.post("pay", quote="x")
    assert answer.status_code == 422
    assert "Enter your details first." in text_of(answer)
    assert await shop.payments(buyer.token) == []


async def test_what_lost_its_price_cannot_be_paid(shop: PayShop) -> None:
    async with a_buyer(shop, await shop.start(aloe_vera=1, jade=1)) as buyer:
        await buyer.fill_in()

        def unprice(uow: UnitOfWork) -> None:
            uow.session.execute(
                update(PriceRow).where(PriceRow.amount_minor == 899).values(currency="EUR")
            )

        await shop.db.write(unprice)
        answer = await buyer.press_pay()
        assert answer.status_code == 422
        assert "Something in this checkout can no longer be bought." in text_of(answer)


async def test_a_country_that_the_shop_gave_up_cannot_be_paid_for(
    shop: PayShop, buyer: Buyer
) -> None:
    await buyer.fill_in()
    smaller = SHOP_TOML.replace('countries = ["US"]', 'countries = ["CA"]')
    await shop.db.write(lambda uow: stock_shop(uow, garden(), smaller))
    assert "does not deliver to this country" in await buyer.look()
    answer = await buyer.post("pay", quote="x")
    assert "The shop does not deliver to this country." in text_of(answer)


async def test_what_costs_nothing_is_ordered_at_once(shop: PayShop) -> None:
    free = product("gift", variant("gift-1", price_minor=0))
    toml = SHOP_TOML.replace("price_minor = 595", "price_minor = 0")
    await shop.db.write(lambda uow: stock_shop(uow, {**garden(), "products": [free]}, toml))
    async with a_buyer(shop, await shop.start(gift=1)) as buyer:
        await buyer.fill_in()
        text = await buyer.look()
        assert "There is nothing to pay." in text
        assert "Place the order" in text
        answer = await buyer.press_pay()
        assert (answer.status_code, answer.headers["location"]) == (303, buyer.address)
        assert "Thank you" in await buyer.look()


async def test_an_agreed_total_stays_whatever_the_catalog_says(shop: PayShop, buyer: Buyer) -> None:
    await buyer.fill_in()
    pay_page = (await buyer.press_pay()).headers["location"]

    await shop.db.write(lambda uow: stock_shop(uow, dearer_garden()))
    await buyer.choose("approve", pay_page)
    await shop.till.worker.tick()
    text = await buyer.look()
    assert "Thank you" in text
    assert "Total $38.10" in text
