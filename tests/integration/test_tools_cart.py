"""What the cart tools say beside lines and totals: saved things, links, and what it costs there."""

from functools import partial

import pytest

from plantly.db import UnitOfWork
from plantly.domain.catalog import StockPolicy
from plantly.services.shop_file import apply_shop, read_shop_file
from tests.support.clock import START
from tests.support.shop import HINT, SHOP_TOML, Json, ToolShop, dump, text_of
from tests.support.stock import stock

pytestmark = pytest.mark.anyio

ISLANDS = """
[[shipping_zones]]
name = "Islands"
countries = ["IS"]
options = [
  { id = "ferry", title = "By ferry", price_minor = 2500 },
  { id = "harbor", title = "At the harbor", kind = "pickup", price_minor = 0 },
]
"""


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


def line(slug: str, quantity: int = 1) -> Json:
    return {"product_id": slug, "quantity": quantity}


async def fill(tools: ToolShop, *wanted: Json) -> Json:
    return await tools.done("update_cart", {"lines": list(wanted)}, HINT)


async def test_lines_are_saved_for_later_and_moved_back(tools: ToolShop) -> None:
    cart = await fill(tools, line("jade", 2), line("monstera"))
    assert "saved_for_later" not in cart
    cart = await tools.done("update_cart", {"save_for_later": ["monstera-17cm"]}, HINT)
    assert [item["variant_id"] for item in cart["items"]] == ["jade-9cm"]
    assert cart["item_count"] == 2
    assert cart["saved_for_later"] == [
        {
            "product_id": "monstera",
            "variant_id": "monstera-17cm",
            "name": "Monstera",
            "variant": "17 cm pot",
            "quantity": 1,
            "unit_amount_minor": 3499,
            "total_minor": 3499,
            "availability": "in_stock",
        }
    ]
    result = await tools.call("show_cart", {}, HINT)
    assert "Saved for later, not in the total:\n- 1 x Monstera" in text_of(result)
    assert "monstera" in (result.meta or {})["plantly/media"]
    session = await tools.done("start_checkout", {}, HINT)
    assert [item["variant_id"] for item in session["items"]] == ["jade-9cm"]
    cart = await tools.done("update_cart", {"move_to_cart": ["monstera-17cm"]}, HINT)
    assert [item["variant_id"] for item in cart["items"]] == ["jade-9cm", "monstera-17cm"]
    error = await tools.refused("update_cart", {"move_to_cart": ["aloe-vera-12cm"]}, HINT)
    assert (error["code"], error["field"]) == ("not_found", "move_to_cart[0]")


async def test_clearing_codes_of_nothing_stores_nothing(tools: ToolShop) -> None:
    before = await dump(tools.db)
    cart = await tools.done("update_cart", {"discount_codes": []}, HINT)
    assert (cart.get("cart_id"), cart["items"]) == (None, [])
    assert await dump(tools.db) == before


async def test_a_cart_has_a_link_that_rebuilds_it(tools: ToolShop) -> None:
    empty = await tools.done("show_cart", {}, HINT)
    assert "cart_url" not in empty
    cart = await tools.done(
        "update_cart",
        {"lines": [line("jade", 2), line("monstera")], "discount_codes": ["WELCOME10"]},
        HINT,
    )
    assert cart["cart_url"] == (
        "http://127.0.0.1:8000/cart/jade-9cm:2,monstera-17cm:1?code=WELCOME10"
    )
    preview = await tools.done("show_cart", {"items": [line("jade", 3)]})
    assert preview["cart_url"] == "http://127.0.0.1:8000/cart/jade-9cm:3"


async def test_a_line_says_how_many_of_it_come_later(tools: ToolShop) -> None:
    day = START.replace(day=22)
    await tools.db.write(
        partial(
            stock,
            handle="snake-plant-12cm",
            policy=StockPolicy.BACKORDER,
            backorder_limit=4,
            available_at=day,
        )
    )
    cart = await fill(tools, line("snake-plant", 5), line("jade"))
    late, here = cart["items"]
    assert (late["availability"], late["quantity_ahead"]) == ("backorder", 2)
    assert late["available_at"] == "2026-03-22"
    assert here["availability"] == "in_stock"
    assert not {"quantity_ahead", "available_at"} & here.keys()
    session = await tools.done("start_checkout", {}, HINT)
    assert session["items"][0]["availability"] == "backorder"


async def test_an_estimate_names_delivery_tax_and_total(tools: ToolShop) -> None:
    await fill(tools, line("jade", 2))
    before = await dump(tools.db)
    place = {"ship_to_country": "US", "ship_to_region": "California"}
    result = await tools.call("show_cart", place, HINT)
    cart = result.structured_content
    assert cart is not None
    assert cart["estimate"] == {
        "country": "US",
        "region": "CA",
        "deliverable": True,
        "delivery": "standard",
        "totals": [
            {"type": "items_base_amount", "amount_minor": 1798, "display_text": "Items"},
            {"type": "subtotal", "amount_minor": 1798, "display_text": "Subtotal"},
            {"type": "fulfillment", "amount_minor": 595, "display_text": "Standard shipping"},
            {"type": "tax", "amount_minor": 130, "display_text": "Sales tax 7.25 %"},
            {"type": "total", "amount_minor": 2523, "display_text": "Total"},
        ],
        "options": [
            {
                "id": "standard",
                "title": "Standard shipping",
                "amount_minor": 595,
                "total_minor": 2523,
            },
            {"id": "express", "title": "Express", "amount_minor": 1495, "total_minor": 3423},
        ],
    }
    # The totals of the cart itself stay those before delivery and tax.
    assert (cart["estimated"], cart["totals"][-1]["amount_minor"]) == (True, 1798)
    said = text_of(result)
    assert (
        "Estimate to US CA: Standard shipping $5.95, Sales tax 7.25 % $1.30, total $25.23." in said
    )
    assert "Other deliveries: Express $14.95." in said
    assert await dump(tools.db) == before


async def test_a_delivery_that_costs_nothing_is_free(tools: ToolShop) -> None:
    await fill(tools, {**line("monstera"), "quantity": 3})
    result = await tools.call("show_cart", {"ship_to_country": "US", "ship_to_region": "CA"}, HINT)
    assert "Estimate to US CA: Standard shipping free, Sales tax" in text_of(result)


async def test_a_preview_is_estimated_too(tools: ToolShop) -> None:
    preview = await tools.done("show_cart", {"items": [line("monstera")], "ship_to_country": "DE"})
    estimate = preview["estimate"]
    rows = {row["type"]: row["amount_minor"] for row in estimate["totals"]}
    assert (rows["fulfillment"], rows["total"]) == (1295, 3499 + 1295)
    assert "region" not in estimate
    assert preview["messages"] == []


async def test_a_region_that_matters_is_asked_for(tools: ToolShop) -> None:
    await fill(tools, line("jade"))
    cart = await tools.done("show_cart", {"ship_to_country": "US"}, HINT)
    (message,) = cart["messages"]
    assert (message["code"], message["param"]) == ("region_matters", "ship_to_region")


async def test_a_region_that_nobody_knows_is_said_to_count_for_nothing(tools: ToolShop) -> None:
    await fill(tools, line("jade"))
    for region, said in (
        ("Atlantis", ["region_unknown"]),
        ("new jersey", []),
        ("ca", []),
    ):
        place = {"ship_to_country": "US", "ship_to_region": region}
        result = await tools.call("show_cart", place, HINT)
        cart = result.structured_content
        assert cart is not None
        assert [message["code"] for message in cart["messages"]] == said, region
        assert ("this one is not known" in text_of(result)) == bool(said)
    # Where neither tax nor delivery ask for it, nobody has to know it.
    place = {"ship_to_country": "DE", "ship_to_region": "Atlantis"}
    assert (await tools.done("show_cart", place, HINT))["messages"] == []


async def test_a_country_that_nothing_goes_to_is_said_so(tools: ToolShop) -> None:
    await fill(tools, line("jade"))
    result = await tools.call("show_cart", {"ship_to_country": "JP"}, HINT)
    cart = result.structured_content
    assert cart is not None
    assert cart["estimate"] == {"country": "JP", "deliverable": False, "options": []}
    (message,) = cart["messages"]
    assert (message["code"], message["param"]) == ("not_deliverable", "ship_to_country")
    assert "The shop does not deliver to this country." in text_of(result)
    assert "Estimate" not in text_of(result)


async def test_products_that_cannot_go_there_are_named(tools: ToolShop) -> None:
    def arrange(uow: UnitOfWork) -> None:
        apply_shop(uow, read_shop_file(SHOP_TOML + ISLANDS))
        variant = uow.catalog.variants(["monstera-17cm"])["monstera-17cm"]
        variant.product.undeliverable = ["DE", "IS"]

    await tools.db.write(arrange)
    await fill(tools, line("jade"), line("monstera"))
    cart = await tools.done("show_cart", {"ship_to_country": "DE"}, HINT)
    assert (cart["estimate"]["deliverable"], cart["estimate"]["options"]) == (False, [])
    (message,) = cart["messages"]
    assert message["content"] == "Monstera cannot be sent to this country."
    assert message["resolution"] == "another place, or an order without it"
    cart = await tools.done("show_cart", {"ship_to_country": "IS"}, HINT)
    assert cart["estimate"]["delivery"] == "harbor"
    assert [message["code"] for message in cart["messages"]] == ["pickup_only"]


async def test_an_empty_cart_has_no_estimate(tools: ToolShop) -> None:
    cart = await tools.done("show_cart", {"ship_to_country": "US"}, HINT)
    assert ("estimate" in cart, cart["messages"]) == (False, [])


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ({"ship_to_country": "us"}, "ship_to_country"),
        ({"ship_to_country": "USA"}, "ship_to_country"),
        ({"ship_to_country": "Ünited"}, "ship_to_country"),
        ({"ship_to_country": "U\n"}, "ship_to_country"),
        ({"ship_to_country": "US\n"}, "ship_to_country"),
        ({"ship_to_country": 1}, "ship_to_country"),
        ({"ship_to_region": "CA"}, "ship_to_country"),
        ({"ship_to_country": "US", "ship_to_region": "x" * 65}, "ship_to_region"),
        ({"ship_to_country": "US", "ship_to_region": "\x00"}, "ship_to_region"),
    ],
    ids=lambda value: repr(value)[:60],
)
async def test_a_place_that_is_none_is_refused(tools: ToolShop, place: Json, field: str) -> None:
    error = await tools.refused("show_cart", place, HINT)
    assert (error["code"], error["field"]) == ("invalid_input", field)


async def test_a_place_is_never_logged(tools: ToolShop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await fill(tools, line("jade"))
    await tools.done(
        "show_cart", {"ship_to_country": "US", "ship_to_region": "Canary Region"}, HINT
    )
    assert "Canary" not in caplog.text
