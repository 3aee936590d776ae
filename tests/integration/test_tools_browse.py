"""Listings are answered from what was written before, and never say what is no longer so."""

from functools import partial

import pytest

from plantly.db import UnitOfWork
from plantly.db.tables import StockRow
from plantly.domain.catalog import PublishState
from plantly.mcp_server.tools import browse
from plantly.services.catalog_file import write_catalog
from tests.support.rivals import elsewhere
from tests.support.shop import Json, ToolShop, document, garden

pytestmark = pytest.mark.anyio


def set_units(uow: UnitOfWork, handle: str, on_hand: int) -> None:
    row = uow.session.get(StockRow, uow.catalog.variants([handle])[handle].id)
    assert row is not None
    row.on_hand = on_hand


def ids(listed: Json) -> list[str]:
    return [entry["id"] for entry in listed["products"]]


async def test_the_availability_is_of_this_moment(tools: ToolShop, shop_url: str) -> None:
    for units, state in ((3, "low_stock"), (0, "out_of_stock"), (9, None), (1, "low_stock")):
        elsewhere(shop_url, partial(set_units, handle="snake-plant-12cm", on_hand=units))
        for arguments in ({}, {"search": "snake"}, {"in_stock": units > 0, "search": "snake"}):
            listed = await tools.done("list_products", arguments)
            entry = next(e for e in listed["products"] if e["id"] == "snake-plant")
            assert entry.get("availability") == state


async def test_what_can_be_had_is_asked_anew_each_time(tools: ToolShop, shop_url: str) -> None:
    """Two pages may look alike in stock while other products stand on them."""
    asked: Json = {"in_stock": True, "limit": 2}
    first = await tools.done("list_products", asked)
    assert (ids(first), first["total"]) == (["aloe-vera", "monstera"], 5)
    elsewhere(shop_url, partial(set_units, handle="monstera-17cm", on_hand=0))
    elsewhere(shop_url, partial(set_units, handle="monstera-21cm", on_hand=0))
    elsewhere(shop_url, partial(set_units, handle="snake-plant-12cm", on_hand=9))
    second = await tools.done("list_products", asked)
    assert (ids(second), second["total"]) == (["aloe-vera", "snake-plant"], 4)
    assert second["filters"]["sunlight"] == {"Low Light": 1, "Indirect Light": 2, "Full Sun": 2}


async def test_a_new_catalog_is_told_at_once(tools: ToolShop, shop_url: str) -> None:
    await tools.done("list_products")
    source = garden()
    source["products"][0]["variants"][0]["price_minor"] = 1
    source["products"][0]["title"] = "Aloe Two"
    elsewhere(shop_url, lambda uow: write_catalog(uow, document(source)))
    listed = await tools.done("list_products")
    assert (listed["products"][0]["name"], listed["products"][0]["price_minor"]) == ("Aloe Two", 1)


async def test_only_so_many_answers_are_kept(
    tools: ToolShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "_KEPT_ANSWERS", 2)
    first = [await tools.done("list_products", {"limit": n}) for n in (1, 2, 3, 4)]
    assert [await tools.done("list_products", {"limit": n}) for n in (1, 2, 3, 4)] == first


@pytest.fixture
def books_are_right() -> None:
    """Look away: these tests change rows past the one writer of the catalog."""


async def test_what_is_not_sold_is_not_shown(tools: ToolShop) -> None:
    def hide(uow: UnitOfWork) -> None:
        rows = uow.catalog.variants(["jade-9cm", "monstera-21cm", "creme-fern-12cm"])
        rows["jade-9cm"].product.state = PublishState.DRAFT
        for unpriced in ("monstera-21cm", "creme-fern-12cm"):
            uow.session.delete(rows[unpriced].prices[0])
        uow.shop.catalog_changed(uow.ids.token("c_"))

    await tools.db.write(hide)
    assert "jade" not in ids(await tools.done("list_products"))
    for hidden in ("jade", "creme-fern"):
        assert (await tools.refused("get_product", {"product_id": hidden}))["code"] == "not_found"
        assert (await tools.refused("fetch", {"id": hidden}))["code"] == "not_found"
    (monstera,) = (await tools.done("get_product", {"product_id": "monstera"}))["products"]
    assert [size["variant_id"] for size in monstera["variants"]] == ["monstera-17cm"]
    assert monstera["price_minor"] == 3499


async def test_a_range_that_is_upside_down_is_refused(tools: ToolShop) -> None:
    asked = {"min_price_minor": 5000, "max_price_minor": 100}
    refused = await tools.refused("list_products", asked)
    assert refused["field"] == "min_price_minor"
    assert "above max_price_minor" in refused["message"]
