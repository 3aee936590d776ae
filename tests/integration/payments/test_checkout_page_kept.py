"""What a buyer was told or has entered is not lost between the conversation and the page."""

import pytest

from plantly.services.checkout import StartRequest, start_checkout
from plantly.services.shopper import shopper_from_hint
from plantly.services.wanted import ItemRef
from tests.support.pay_shop import Buyer, PayShop, a_buyer, text_of
from tests.support.presses import set_up
from tests.support.shop import HINT, garden, stock_shop

pytestmark = pytest.mark.anyio

ALICE = shopper_from_hint(HINT, trust=True)
ALOES = (ItemRef(2, product_id="aloe-vera"),)
QUARTER = """
[[discount_codes]]
code = "QUARTER"
kind = "percentage"
percent = "25"
stacks = false
"""


async def codes_of(shop: PayShop, token: str) -> list[str]:
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(token))
    assert row is not None
    return row.discount_codes


async def start(shop: PayShop, codes: tuple[str, ...] | None = None) -> str:
    request = StartRequest(items=ALOES, discount_codes=codes)
    return await shop.db.write(lambda uow: start_checkout(uow, ALICE, request).page_token)


async def test_a_better_code_takes_the_place_of_one_that_it_does_not_stack_with(
    shop: PayShop, buyer: Buyer
) -> None:
    await set_up(shop.db, QUARTER)
    await buyer.fill_in()
    await buyer.post("codes", code="WELCOME10")
    assert (await buyer.post("codes", code="QUARTER")).status_code == 303
    text = await buyer.look()
    assert "Discount (QUARTER) -$7.50" in text
    assert "WELCOME10 cannot be combined with others, and QUARTER is at least as good." in text
    assert (await buyer.post("codes", remove="WELCOME10")).status_code == 303
    assert await codes_of(shop, buyer.token) == ["QUARTER"]
    worse = await buyer.post("codes", code="WELCOME10")
    assert worse.status_code == 422
    assert "WELCOME10 cannot be combined with others" in text_of(worse)
    assert await codes_of(shop, buyer.token) == ["QUARTER"]


async def test_a_code_from_the_page_outlives_a_host_that_starts_again(shop: PayShop) -> None:
    async with a_buyer(shop, await start(shop)) as buyer:
        await buyer.fill_in()
        await buyer.post("codes", code="WELCOME10")
        assert await start(shop) == buyer.token
        assert await codes_of(shop, buyer.token) == ["WELCOME10"]
        assert await start(shop, ("FIVEOFF",)) == buyer.token
        assert await codes_of(shop, buyer.token) == ["FIVEOFF"]


async def test_a_price_that_changes_after_the_start_is_said_on_the_page(shop: PayShop) -> None:
    source = garden()
    source["products"][0]["variants"][0]["price_minor"] = 1999
    async with a_buyer(shop, await start(shop)) as buyer:
        assert "is not the one shown before" not in await buyer.look()
        await shop.db.write(lambda uow: stock_shop(uow, source))
        assert "The price of Aloe Vera is not the one shown before" in await buyer.look()
        # A host that asks again tells no other price than the first time.
        await start(shop)
        assert "is not the one shown before" in await buyer.look()
