"""The public pages: products, policies, pictures, health."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from plantly.app import create_app
from plantly.db import open_database
from plantly.services.catalog_file import read_catalog_file, write_catalog
from plantly.services.shop_file import apply_shop, read_shop_file
from plantly.settings import load_settings

pytestmark = pytest.mark.anyio

SHOP = """
[shop]
name = "Fern & <Friends>"
currency = "USD"
[[policies]]
topic = "returns"
title = "Returns"
text = "Send it back within 30 days."
"""
HOSTILE = "</script><script>alert(1)</script>"
CATALOG = {
    "format": "plantly-catalog/1",
    "currency": "USD",
    "facets": [{"key": "sunlight", "title": "Sunlight", "values": ["Low Light"]}],
    "categories": [{"slug": "ferns", "name": "Ferns"}],
    "products": [
        {
            "slug": "boston-fern",
            "title": f"Boston Fern {HOSTILE}",
            "category": "ferns",
            "description": f"Soft fronds. {HOSTILE}",
            "care": "Keep it moist.",
            "facets": {"sunlight": ["Low Light"]},
            "media": [{"file": "fern.svg", "alt": 'A "fern"', "width": 8, "height": 8}],
            "option": "Pot size",
            "variants": [
                {
                    "sku": "F-12",
                    "id": "boston-fern-12cm",
                    "title": "12 cm pot",
                    "option": "12 cm",
                    "default": True,
                    "price_minor": 1250,
                    "compare_at_minor": 1500,
                    "stock": 5,
                }
            ],
        }
    ],
}


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_url


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    db = open_database(database_url)
    catalog = read_catalog_file(json.dumps(CATALOG))
    await db.write(lambda uow: write_catalog(uow, catalog))
    await db.write(lambda uow: apply_shop(uow, read_shop_file(SHOP)))
    await db.close()
    for folder in (tmp_path / "media", tmp_path / "media" / "ferns"):
        folder.mkdir()
        (folder / "fern.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "media" / "ferns" / ".hidden.svg").write_text("not yours")
    (tmp_path / "secret.svg").write_text("not yours")
    environment = {"PLANTLY_DATABASE_URL": database_url, "PLANTLY_DATA_DIR": str(tmp_path)}
    async with serving(create_app(load_settings(environment))) as found:
        yield found


async def test_a_product_page_says_price_stock_facts_and_care(client: httpx.AsyncClient) -> None:
    page = await client.get("/p/boston-fern")

    assert page.status_code == 200
    for part in ("$12.50", "$15.00", "12 cm pot", "In stock", "Low Light", "Keep it moist."):
        assert part in page.text


async def test_a_product_page_carries_product_data_for_machines(client: httpx.AsyncClient) -> None:
    page = await client.get("/p/boston-fern")

    found = re.search(r"ld\+json\">(.*?)</script>", page.text, re.DOTALL)
    assert found is not None
    data, _ = json.loads(found[1])["@graph"]
    assert data["@type"] == "Product"
    assert data["name"] == f"Boston Fern {HOSTILE}"
    assert data["offers"]["price"] == "12.50"
    assert data["offers"]["priceCurrency"] == "USD"


async def test_a_page_is_asked_for_again_by_its_tag(client: httpx.AsyncClient) -> None:
    for path in ("/p/boston-fern", "/", "/policies"):
        page = await client.get(path)
        tag = page.headers["etag"]
        assert page.headers["cache-control"] == "no-cache"
        again = await client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        # Headers of the answer replace those that were kept, so these must not come apart.
        assert "content-security-policy" not in again.headers
        other = await client.get(path, headers={"If-None-Match": '"other"'})
        assert (other.status_code, other.text) == (200, page.text)


async def test_a_variant_leads_to_its_product(client: httpx.AsyncClient) -> None:
    for name in ("boston-fern-12cm", "F-12"):
        page = await client.get(f"/p/{name}")
        assert page.status_code == 301
        assert page.headers["location"] == "/p/boston-fern#boston-fern-12cm"


async def test_a_language_that_is_asked_for_again_is_kept_again(client: httpx.AsyncClient) -> None:
    page = await client.get("/?lang=de")
    client.cookies.set("plantly_lang", "es")
    again = await client.get("/?lang=de", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.headers["vary"]) == (304, "Accept-Language, Cookie")
    assert again.headers["set-cookie"] == page.headers["set-cookie"]
    moved = await client.get("/p/F-12?lang=de")
    assert moved.headers["location"] == "/p/boston-fern?lang=de#boston-fern-12cm"


async def test_crawlers_find_every_product_and_leave_checkouts_alone(
    client: httpx.AsyncClient,
) -> None:
    robots = (await client.get("/robots.txt")).text
    assert "Disallow: /checkout/" in robots
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in robots
    index = await client.get("/sitemap.xml")
    assert index.headers["content-type"] == "application/xml"
    parts = re.findall("<loc>http://127.0.0.1:8000(.*?)</loc>", index.text)
    pages: list[str] = []
    for part in parts:
        pages += re.findall("<loc>(.*?)</loc>", (await client.get(part)).text)
    for page in ("/p/boston-fern", "/policies", "/"):
        assert f"http://127.0.0.1:8000{page}" in pages
    for missing in ("/sitemap-7.xml", "/sitemap-x.xml", "/sitemap-99999999999999999999.xml"):
        assert (await client.get(missing)).status_code == 404


async def test_hostile_catalog_text_stays_text_on_every_page(client: httpx.AsyncClient) -> None:
    for path in ("/p/boston-fern", "/", "/policies"):
        page = await client.get(path)
        assert "<script>alert" not in page.text
        assert "<Friends>" not in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_an_unknown_product_is_a_friendly_404(client: httpx.AsyncClient) -> None:
    page = await client.get("/p/unicorn")

    assert page.status_code == 404
    assert "There is no product at this address" in page.text
    assert (await client.get("/p/a%00b")).status_code == 404


async def test_policies_stand_at_the_address_that_search_gives(client: httpx.AsyncClient) -> None:
    page = await client.get("/policies")

    assert 'id="returns"' in page.text
    assert "Send it back within 30 days." in page.text


@pytest.mark.parametrize("name", ["fern.svg", "ferns/fern.svg"])
async def test_pictures_are_served_inert_and_to_every_origin(
    client: httpx.AsyncClient, name: str
) -> None:
    picture = await client.get(f"/media/{name}")

    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert picture.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize(
    "name",
    [
        *("..%2Fsecret.svg", "%2e%2e%2fsecret.svg", "nothing.svg", "fern.html", ".env"),
        *("fern.svg%00", "/etc/fern.svg", "%2Fetc/fern.svg", "ferns/../../secret.svg"),
        *("ferns/.hidden.svg", "ferns//fern.svg", "ferns%5C..%5Csecret.svg", "ferns"),
    ],
)
async def test_only_pictures_of_the_media_folders_are_served(
    client: httpx.AsyncClient, name: str
) -> None:
    assert (await client.get(f"/media/{name}")).status_code == 404


async def test_the_icon_is_the_initial_of_the_shop(client: httpx.AsyncClient) -> None:
    for path in ("/favicon.svg", "/favicon.ico"):
        icon = await client.get(path)
        assert icon.headers["content-type"] == "image/svg+xml"
        assert ">F</text>" in icon.text


async def test_health_says_ok_and_readiness_asks_the_database(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/health", "/readyz"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok"}


async def test_a_shop_that_is_not_set_up_says_so_and_is_not_ready(sqlite_url: str) -> None:
    app = create_app(load_settings({"PLANTLY_DATABASE_URL": sqlite_url}))
    async with serving(app) as client:
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["shop"] == "not set up"
        assert (await client.get("/healthz")).status_code == 200
        page = await client.get("/")
        assert page.status_code == 503
        assert "plantly shop apply" in page.text


async def test_a_database_that_is_down_makes_the_server_unready(tmp_path: Path) -> None:
    app = create_app(load_settings({"PLANTLY_DATABASE_URL": f"sqlite:///{tmp_path}/none.db"}))
    app.router.lifespan_context = no_lifespan
    async with serving(app) as client:
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["database"] == "down"


@asynccontextmanager
async def no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
