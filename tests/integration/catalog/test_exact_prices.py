"""An amount is the same number of minor units wherever it goes: in by a file, out by a file."""

import csv
import io
import itertools
import json
import re
import shutil
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from plantly.app import create_app
from plantly.db import Database, UnitOfWork, open_database
from plantly.domain.money import EXPONENTS
from plantly.services.exports.files import WRITERS, Wanted, write_export
from plantly.services.shop_file import apply_shop, read_shop_file
from plantly.settings import load_settings
from tests.integration.test_web_pages import serving
from tests.support.catalog_documents import shelves
from tests.support.clock import MovableClock
from tests.support.hostile_catalog import import_bytes
from tests.support.postgres import PostgresServer
from tests.support.shop import SHOP_TOML, ToolShop, open_tools

pytestmark = pytest.mark.anyio

Prices = Mapping[str, int]
"""Amounts in minor units by the slug of a product."""
OpenEmpty = Callable[[str], AbstractAsyncContextManager[tuple[str, Database]]]
PUBLIC_URL = "http://127.0.0.1:8000"
AMOUNTS = (1, 1_999, 12_345_678_901, 10**12)
_names = itertools.count()


def major(amount: int, currency: str) -> str:
    """Write an amount without ever dividing: digits, and a point before the last ones."""
    places = EXPONENTS[currency]
    digits = str(amount).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def own_json(prices: Prices, currency: str) -> bytes:
    products = [
        {
            "slug": s,
            "title": s,
            "variants": [{"sku": s, "default": True, "price_minor": a, "stock": 9}],
        }
        for s, a in prices.items()
    ]
    head = {"format": "plantly-catalog/1", "currency": currency}
    return json.dumps({**head, "products": products}).encode()


def shopify(prices: Prices, currency: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["Handle", "Title", "Variant SKU", "Variant Inventory Qty", "Variant Price"])
    writer.writerows([s, s, s, 9, major(a, currency)] for s, a in prices.items())
    return out.getvalue().encode()


def feed_row(slug: str, amount: int, currency: str) -> dict[str, str]:
    price = f"{major(amount, currency)} {currency}"
    link = f"https://shop.example/p/{slug}"
    return {"id": slug, "title": slug, "link": link, "price": price, "quantity": "9"}


def google_tsv(prices: Prices, currency: str) -> bytes:
    rows = [feed_row(slug, amount, currency) for slug, amount in prices.items()]
    return "\n".join("\t".join(row) for row in [[*rows[0]], *(r.values() for r in rows)]).encode()


def google_xml(prices: Prices, currency: str) -> bytes:
    items = []
    for slug, amount in prices.items():
        row = feed_row(slug, amount, currency)
        items.append("".join(f"<g:{name}>{escape(text)}</g:{name}>" for name, text in row.items()))
    name = 'xmlns:g="http://base.google.com/ns/1.0"'
    body = "".join(f"<item>{item}</item>" for item in items)
    return f"<rss {name}><channel>{body}</channel></rss>".encode()


def openai_jsonl(prices: Prices, currency: str) -> bytes:
    rows = (feed_row(slug, amount, currency) for slug, amount in prices.items())
    return "\n".join(map(json.dumps, rows)).encode()


SOURCES: dict[str, Callable[[Prices, str], bytes]] = {
    "plantly-json": own_json,
    "shopify": shopify,
    "google-tsv": google_tsv,
    "google-xml": google_xml,
    "openai-jsonl": openai_jsonl,
}


@pytest.fixture
def open_empty(
    database_url: str, request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock
) -> OpenEmpty:
    """Give empty shops that sell in a currency, each in a database of its own that goes away."""
    sqlite = database_url.startswith("sqlite")
    template = request.getfixturevalue("migrated_sqlite" if sqlite else "migrated_postgres")
    server: PostgresServer | None = None if sqlite else request.getfixturevalue("postgres_server")

    @asynccontextmanager
    async def opened(currency: str) -> AsyncIterator[tuple[str, Database]]:
        name = f"exact_{next(_names)}"
        if server is None:
            url = f"sqlite:///{shutil.copyfile(template, tmp_path / name)}"
        else:
            url = await to_thread(server.create_database, name, template=template)
        database = open_database(url, clock=clock)
        try:
            config = read_shop_file(SHOP_TOML.replace('"USD"', f'"{currency}"'))
            await database.write(lambda uow: apply_shop(uow, config))
            yield url, database
        finally:
            await database.close()
            if server is not None:
                await to_thread(server.drop_database, name)

    return opened


async def stored(db: Database) -> dict[str, int]:
    """Give the amounts of every product as the database has them."""
    found = {}
    for slug, product in (await db.read(shelves)).items():
        (variant,) = product["variants"].values()
        ((amount, *others),) = variant["prices"].values()
        assert others == [None, None, None]
        assert product["list_price_minor"] == amount
        found[slug] = amount
    return found


def assert_no_float(value: Any) -> None:
    """Check that no number anywhere in a JSON value is a float."""
    assert not isinstance(value, float)
    for part in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        assert_no_float(part)


async def shown_by_tools(tools: ToolShop, prices: Prices, currency: str) -> None:
    """Check what assistants are told, up to what is to be paid."""
    await tools.parts.toolbook.refresh()
    listed = await tools.done("list_products", {"limit": 50})
    assert {card["id"]: card["price_minor"] for card in listed["products"]} == prices
    ordered = await tools.done("list_products", {"sort": "price_asc", "limit": 50})
    amounts = [card["price_minor"] for card in ordered["products"]]
    assert amounts == sorted(prices.values())
    for slug, amount in prices.items():
        exact = {"min_price_minor": amount, "max_price_minor": amount}
        found = await tools.done("search_products", exact)
        assert slug in {card["id"] for card in found["products"]}
        (product,) = (await tools.done("get_product", {"product_id": slug}))["products"]
        assert product["price_minor"] == product["variants"][0]["price_minor"] == amount
        fetched = await tools.done("fetch", {"id": slug})
        assert _digits(amount, currency) in fetched["text"]
        assert_no_float([found, product, fetched])
    lines = [{"product_id": slug, "quantity": 3} for slug in prices]
    cart = await tools.done("update_cart", {"lines": lines})
    session = await tools.done("start_checkout", {"cart_id": cart["cart_id"]})
    for shown in (listed, ordered, cart, session):
        assert_no_float(shown)
    for shown in (cart, session):
        totals = {entry["type"]: entry["amount_minor"] for entry in shown["totals"]}
        units = {item["product_id"]: item["unit_amount_minor"] for item in shown["items"]}
        assert units == prices
        assert totals["items_base_amount"] == 3 * sum(prices.values())
        assert totals["total"] >= totals["items_base_amount"]


def _digits(amount: int, currency: str) -> str:
    """Write an amount as people read it, with thousands apart."""
    whole, point, rest = major(amount, currency).partition(".")
    return f"{int(whole):,}{point}{rest}"


async def shown_on_pages(url: str, prices: Prices, currency: str, folder: Path) -> None:
    """Check what the pages say to people and to machines."""
    environment = {"PLANTLY_DATABASE_URL": url, "PLANTLY_DATA_DIR": str(folder)}
    async with serving(create_app(load_settings(environment))) as client:
        for slug, amount in prices.items():
            page = (await client.get(f"/p/{slug}")).text
            (data,) = re.findall(r"ld\+json\">(.*?)</script>", page, re.DOTALL)
            offer = json.loads(data)["@graph"][0]["offers"]
            assert (offer["price"], offer["priceCurrency"]) == (major(amount, currency), currency)
            assert f'amount" content="{major(amount, currency)}"' in page
            assert _digits(amount, currency) in page


# To a database an amount is a whole number, whatever the currency: one has to hear the largest.
@pytest.mark.parametrize(
    ("database_url", "currency"),
    [("sqlite", "USD"), ("sqlite", "JPY"), ("sqlite", "KWD"), ("postgresql", "KWD")],
    indirect=["database_url"],
)
async def test_amounts_are_the_same_from_file_to_file(
    open_empty: OpenEmpty,
    tmp_path: Path,
    clock: MovableClock,
    currency: str,
) -> None:
    prices: dict[str, int] = {}
    async with open_empty(currency) as (url, db), open_tools(url, clock=clock) as tools:
        for form, write in SOURCES.items():
            added = {f"{form}-{i}": amount + i for i, amount in enumerate(AMOUNTS)}
            report = await import_bytes(db, write(added, currency), form, tmp_path)
            assert (report.counts.created, report.skipped) == (len(added), 0), report.problems
            prices |= added
        assert await stored(db) == prices
        await shown_by_tools(tools, prices, currency)
        await shown_on_pages(url, prices, currency, tmp_path)
        exports = {form: await db.read(partial(export, form=form)) for form in WRITERS}
    for form, content in exports.items():
        async with open_empty(currency) as (_, empty):
            await import_bytes(empty, content, form, tmp_path)
            assert await stored(empty) == prices, form


def export(uow: UnitOfWork, form: str) -> bytes:
    out = io.BytesIO()
    write_export(uow, Wanted(form, PUBLIC_URL), out, lambda _done, _total: None)
    return out.getvalue()
