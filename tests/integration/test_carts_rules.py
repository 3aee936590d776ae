"""Rules of the shop meet what the catalog says about products: category, tags, weight, prices."""

from functools import partial

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.pricing import PricedLine
from plantly.services.items import WantedLine, price_items
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.cart_changes import begin, change
from tests.support.shop import SHOP_TOML, catalog, product, stock_shop, variant

pytestmark = pytest.mark.anyio

RULES = """
[[discounts]]
name = "Dry days"
kind = "percentage"
percent = "20"
categories = ["Succulents"]

[[discount_codes]]
code = "ALONE"
kind = "fixed"
amount_minor = 100
stacks = false
"""


async def test_a_discount_finds_the_category_of_a_line(db: Database) -> None:
    config = read_shop_file(SHOP_TOML + RULES)
    await db.write(partial(apply_shop, config=config))
    cart = await begin(db, aloe_vera=1, monstera=1)
    assert [(e.type, e.amount_minor, e.display_text) for e in cart.totals.entries] == [
        ("items_base_amount", 1499 + 3499, "Items"),
        ("items_discount", -300, "Discount (Dry days)"),
        ("subtotal", 4698, "Subtotal"),
        ("total", 4698, "Total"),
    ]
    assert [part.discount_minor for part in cart.totals.lines] == [300, 0]


async def test_a_code_that_loses_says_to_what(db: Database) -> None:
    config = read_shop_file(SHOP_TOML + RULES)
    await db.write(partial(apply_shop, config=config))
    cart = await begin(db, aloe_vera=1)
    cart = await change(db, cart.cart_id, discount_codes=("alone",))
    (message,) = cart.messages
    assert message.content == (
        "The discount code ALONE cannot be combined with others, and Dry days is at least as good."
    )


async def test_a_line_knows_what_the_catalog_says(empty_db: Database) -> None:
    pot = variant("fern-12cm", weight_g=750)
    fern = product("fern", pot, tags=["gift", "Shade"])

    def priced(uow: UnitOfWork) -> tuple[PricedLine, ...]:
        stock_shop(uow, catalog(fern))
        shop = uow.shop.current().config
        row = uow.catalog.variants(["fern-12cm"])["fern-12cm"]
        return price_items(uow, shop, [WantedLine(row.id, 2)]).as_priced_lines()

    assert await empty_db.write(priced) == (
        PricedLine(
            "fern-12cm",
            1000,
            2,
            product_slug="fern",
            category="foliage",
            tags=frozenset({"gift", "Shade"}),
            weight_g=750,
        ),
    )


async def test_a_line_without_a_price_in_a_currency_is_left_out(db: Database) -> None:
    def priced(uow: UnitOfWork) -> tuple[int, list[str]]:
        shop = uow.shop.current().config
        row = uow.catalog.variants(["monstera-17cm"])["monstera-17cm"]
        found = price_items(uow, shop, [WantedLine(row.id, 1)], "EUR")
        return len(found.items), [message.content for message in found.messages]

    assert await db.read(priced) == (0, ["Monstera has no price in EUR and was left out."])
