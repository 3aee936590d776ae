"""A checkout opened from an assistant's own listings: its items by their ids, at our own prices."""

from collections.abc import AsyncIterator

import pytest

from plantly.db import Database
from tests.support.chat_shop import ChatShop, open_chat_shop
from tests.support.clock import MovableClock
from tests.support.shop import HINT, Json

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(shop_url: str, db: Database, clock: MovableClock) -> AsyncIterator[ChatShop]:
    conversion = {"PLANTLY_CHECKOUT_CONVERSION": "true"}
    async with open_chat_shop(shop_url, db, clock, conversion) as opened:
        yield opened


def asked(*items: Json) -> Json:
    return {"checkout_session": {"items": list(items)}}


def lines(checkout: Json) -> list[tuple[str, int]]:
    return [(item["variant_id"], item["quantity"]) for item in checkout["items"]]


@pytest.mark.parametrize(
    "item",
    [
        {"id": "SKU-ALOE-VERA-12CM"},
        {"id": "aloe-vera-12cm"},
        {"id": "aloe-vera"},
        {"id": "aloe-vera", "offerId": "aloe-vera-12cm"},
        {"id": "aloe-vera", "offerId": "of-another-merchant"},
        {"id": "nothing-of-ours", "offerId": "SKU-ALOE-VERA-12CM"},
        {"id": "aloe-vera", "offerId": None},
    ],
)
async def test_an_item_is_found_by_any_of_its_names(shop: ChatShop, item: Json) -> None:
    checkout = await shop.tools.done("checkout_session", asked({**item, "quantity": 2}), HINT)
    assert lines(checkout) == [("aloe-vera-12cm", 2)]
    assert checkout["status"] == "incomplete"
    assert checkout["checkout_url"].startswith("http")


async def test_what_else_a_listing_says_decides_nothing(shop: ChatShop) -> None:
    plain = {"id": "aloe-vera", "quantity": 1}
    honest = await shop.tools.done("checkout_session", asked(plain), HINT)
    forged = {
        **plain,
        "name": "Gold",
        "description": "All of it",
        "price": "$0.01",
        "images": ["http://elsewhere.example/x.png"],
        "merchant_name": "Another",
        "url": "http://elsewhere.example",
        "currency": "JPY",
    }
    answer = await shop.tools.done("checkout_session", {**asked(forged), "total": 1}, HINT)
    assert answer == honest


async def test_the_same_items_open_the_same_checkout(shop: ChatShop) -> None:
    items = asked({"id": "aloe-vera", "quantity": 1}, {"id": "jade", "quantity": 3})
    first = await shop.tools.done("checkout_session", items, HINT)
    assert await shop.tools.done("checkout_session", items, HINT) == first
    usual = {"items": [{"product_id": "aloe-vera", "quantity": 1}]}
    usual["items"].append({"product_id": "jade", "quantity": 3})
    started = await shop.tools.done("start_checkout", usual, HINT)
    assert started["checkout_session_id"] == first["checkout_session_id"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "checkout_session"),
        ({"checkout_session": {}}, "checkout_session.items"),
        (asked(), "checkout_session.items"),
        (asked({"id": "jade"}), "checkout_session.items[0].quantity"),
        (asked({"id": "jade", "quantity": "2"}), "checkout_session.items[0].quantity"),
        (asked({"quantity": 2}), "checkout_session.items[0].id"),
        (asked({"id": "unknown", "quantity": 2}), "checkout_session.items[0].id"),
        (asked({"id": "jade", "quantity": 0}), "items[0].quantity"),
        (asked(*[{"id": "jade", "quantity": 1}] * 51), "checkout_session.items"),
    ],
)
async def test_what_cannot_be_bought_is_said(shop: ChatShop, arguments: Json, field: str) -> None:
    error = await shop.tools.refused("checkout_session", arguments, HINT)
    assert error["field"] == field
