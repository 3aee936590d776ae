"""The page of a product says everything, to people and to machines, and only what is so."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from plantly.app import create_app
from plantly.db import Database, UnitOfWork
from plantly.db.tables import ProductRow
from plantly.domain.catalog import PublishState, StockPolicy
from plantly.settings import load_settings
from tests.integration.test_tools_facets import DEFINED
from tests.integration.test_web_pages import serving
from tests.support.clock import MovableClock
from tests.support.shop import SHOP_TOML, Json, catalog, product, stock_shop, variant

pytestmark = pytest.mark.anyio

FACETS = {"pet_safe": ["false"], "height_cm": ["12.5"], "grower": ["Ann"], "light": ["Shade"]}


def source() -> Json:
    sizes = [
        variant("palm-small", title="Small pot", price_minor=1000),
        variant("palm-large", title="Large pot", price_minor=9000, compare_at_minor=9900),
        variant("palm-giant", title="Giant pot", price_minor=20000, stock=0),
    ]
    defined = [{"key": k, "title": k, "values": v} for k, v in FACETS.items()]
    plants = [product("palm", *sizes, facets=FACETS, brand="Acme"), product("fern", facets=FACETS)]
    return catalog(*plants, facets=defined)


def enrich(uow: UnitOfWork) -> None:
    row = uow.catalog.products(["palm"])["palm"]
    row.option_names, row.undeliverable = ["Pot size", "Colour"], ["DE", "FR", "JP"]
    row.facet_values = {**row.facet_values, "collection": ["Big & bold"]}
    for variant_row, options in zip(row.variants, ("Small", "Large", "Giant"), strict=True):
        variant_row.option_values = [options, "Green"]
    row.variants[0].gtin = "4006381333931"
    row.variants[1].prices[0].ends_at = uow.now + timedelta(days=9)
    stock = row.variants[2].stock
    stock.policy, stock.backorder_limit = StockPolicy.BACKORDER, 5
    stock.available_at = uow.now + timedelta(days=30)


@pytest.fixture
async def shop(empty_db: Database) -> Database:
    await empty_db.write(partial(stock_shop, source=source(), shop_toml=SHOP_TOML + DEFINED))
    await empty_db.write(enrich)
    return empty_db


@pytest.fixture
async def client(
    shop: Database, database_url: str, tmp_path: Path, clock: MovableClock
) -> AsyncIterator[httpx.AsyncClient]:
    del shop
    environment = {"PLANTLY_DATABASE_URL": database_url, "PLANTLY_DATA_DIR": str(tmp_path)}
    async with serving(create_app(load_settings(environment), clock=clock)) as found:
        yield found


def graph(page: httpx.Response) -> list[Json]:
    """Give what a page says to machines."""
    found = re.search(r"ld\+json\">(.*?)</script>", page.text, re.DOTALL)
    assert found is not None
    nodes: list[Json] = json.loads(found[1])["@graph"]
    return nodes


async def test_people_read_options_prices_stock_and_facts(client: httpx.AsyncClient) -> None:
    page = await client.get("/p/palm")
    text = " ".join(re.sub("<[^>]+>", " ", page.text.partition("<main>")[2]).split())
    for part in (
        "from $10.00",
        "In stock",
        "Pet safe No",
        "Height 12.5 cm",
        "Grower Ann",
        "Light Shade Shade Sun",
        "Pot size · Colour",
        "Small, Green $10.00 In stock",
        "Large, Green $90.00 before: $99.00 until Mar 11, 2026 In stock",
        "Giant, Green $200.00 On backorder expected Apr 1, 2026",
        "Collections Big &amp; bold",
        "Not sent to France, Germany SKU",
        "Brand Acme",
        "http://127.0.0.1:8000/mcp",
    ):
        assert part in text, part
    assert len(page.content) < 50_000


async def test_machines_read_exact_offers(client: httpx.AsyncClient) -> None:
    group, crumbs, *deliveries = graph(await client.get("/p/palm"))
    assert group["@type"] == "ProductGroup"
    assert group["variesBy"] == ["https://schema.org/size", "https://schema.org/color"]
    assert group["image"] == ["http://127.0.0.1:8000/media/palm.svg"]
    small, large, giant = group["hasVariant"]
    assert (small["gtin13"], small["sku"], small["size"], small["color"]) == (
        "4006381333931",
        "SKU-PALM-SMALL",
        "Small",
        "Green",
    )
    assert small["offers"]["url"] == "http://127.0.0.1:8000/p/palm#palm-small"
    assert "priceValidUntil" not in small["offers"]
    assert large["offers"]["price"] == "90.00"
    assert large["offers"]["priceSpecification"]["price"] == "99.00"
    assert large["offers"]["priceValidUntil"] == "2026-03-11T09:30:00+00:00"
    assert giant["offers"]["availability"] == "https://schema.org/BackOrder"
    assert giant["offers"]["availabilityStarts"] == "2026-04-01"
    assert [item["name"] for item in crumbs["itemListElement"]] == ["Fern & Co", "Palm"]
    # Only to where it is sent, and at what one unit of it costs to send.
    places = {
        node["@id"]: (node["shippingRate"]["value"], node["shippingDestination"][0])
        for node in deliveries
    }
    us = {"@type": "DefinedRegion", "addressCountry": "US"}
    assert places == {"#delivery-1-595": ("5.95", us), "#delivery-1-0": ("0.00", us)}
    assert small["offers"]["shippingDetails"] == [{"@id": "#delivery-1-595"}]
    assert large["offers"]["shippingDetails"] == [{"@id": "#delivery-1-0"}]


async def test_previews_of_links_show_price_and_picture(client: httpx.AsyncClient) -> None:
    page = (await client.get("/p/palm")).text
    for name, content in (
        ("og:type", "product"),
        ("og:image", "http://127.0.0.1:8000/media/palm.svg"),
        ("product:price:amount", "10.00"),
        ("product:price:currency", "USD"),
        ("product:availability", "in stock"),
    ):
        assert f'<meta property="{name}" content="{content}">' in page
    assert '<link rel="canonical" href="http://127.0.0.1:8000/p/palm">' in page


async def test_a_picture_elsewhere_is_not_shown(client: httpx.AsyncClient, shop: Database) -> None:
    def move(uow: UnitOfWork) -> None:
        row = uow.catalog.products(["palm"])["palm"]
        row.media[0].path = row.picture_path = "https://elsewhere.example/palm.jpg"

    await shop.write(move)
    page = await client.get("/p/palm")
    assert "elsewhere" not in page.text
    assert "<img" not in page.text
    assert "img-src 'self';" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [(PublishState.ARCHIVED, 410, "No longer sold"), (PublishState.DRAFT, 404, "No such product")],
)
async def test_what_is_no_longer_sold_is_gone_and_a_draft_was_never_there(
    client: httpx.AsyncClient, shop: Database, state: PublishState, status: int, words: str
) -> None:
    def change(uow: UnitOfWork) -> None:
        row: ProductRow = uow.catalog.products(["fern"])["fern"]
        row.state = state

    await shop.write(change)
    page = await client.get("/p/fern")
    assert page.status_code == status
    assert words in page.text
    assert '<a href="/policies">' in page.text
    assert "noindex" in page.text
    assert "/p/fern<" not in (await client.get("/sitemap-0.xml")).text


@pytest.fixture
def books_are_right() -> None:
    """Look away: these tests change rows past the one writer of the catalog."""
